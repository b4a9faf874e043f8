// Changes the page in place as its server-sent events say. Everything in them was rendered and escaped by the server.
"use strict";

(() => {
  const address = document.body.dataset.live;
  if (!address) return;
  const connection = document.getElementById("connection");
  const problem = document.getElementById("problem");
  const announcement = document.getElementById("announcement");
  const waiting = new Set();
  let source = null;
  let hasEnded = false;

  const show = (state, text) => {
    connection.hidden = false;
    if (connection.className !== state) {
      connection.className = state;
      connection.textContent = text;
    }
  };

  const parsed = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  };

  // The focus, a selected row, what is unfolded and the position in a scrolled part survive the change.
  const replace = (old, element) => {
    if (old.isEqualNode(element)) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const href = focused && focused.getAttribute("href");
    const scrolled = [...old.querySelectorAll(".scroll")].map((part) => part.scrollLeft);
    if (old.classList.contains("selected")) element.classList.add("selected");
    if (old.dataset.status !== element.dataset.status) {
      announcement.textContent = `${element.dataset.name}: ${element.dataset.status}`;
    }
    for (const details of old.querySelectorAll("details[open]")) element.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute("open", "");
    old.replaceWith(element);
    element.querySelectorAll(".scroll").forEach((part, index) => { part.scrollLeft = scrolled[index] || 0; });
    if (href) element.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
  };

  // Rows must not move under the reader's hand: new ones wait while somebody has scrolled or selected.
  const isBusy = () => window.scrollY > 40 || document.querySelector(".run.selected, .run:focus-within, .run:hover");

  const add = (element) => {
    const runs = document.getElementById("runs");
    if (!runs || !element.classList.contains("run") || document.body.dataset.page !== "1") return;
    if (!isBusy()) {
      runs.hidden = false;
      document.getElementById("empty")?.remove();
      runs.tHead.after(element);
      announcement.textContent = `New: ${element.dataset.name}`;
      return;
    }
    waiting.add(element.id);
    const note = document.getElementById("new-runs");
    note.hidden = false;
    note.firstElementChild.textContent = waiting.size === 1 ? "Show 1 new run" : `Show ${waiting.size} new runs`;
  };

  // A click is lost if its element is replaced between press and release.
  const held = [];
  let isPressed = false;
  const release = () => {
    isPressed = false;
    held.splice(0).forEach(change);
  };
  // The release of another button may go to the menu that it opens.
  document.addEventListener("pointerdown", (event) => { if (event.button === 0) isPressed = true; });
  for (const end of ["pointerup", "pointercancel", "contextmenu"]) document.addEventListener(end, () => setTimeout(release));

  const change = (event) => {
    if (isPressed) {
      held.push(event);
      return;
    }
    const elements = Object.entries(JSON.parse(event.data)).map(([id, html]) => [document.getElementById(id), parsed(html)]);
    // The newest is the last one to be put on top.
    for (const [old, element] of elements.reverse()) old ? replace(old, element) : add(element);
  };

  const open = () => {
    source = new EventSource(address);
    source.addEventListener("open", () => show("connected", "● live"));
    source.addEventListener("change", change);
    source.addEventListener("fresh", () => { problem.replaceChildren(); show("connected", "● live"); });
    source.addEventListener("problem", (event) => { problem.replaceChildren(parsed(JSON.parse(event.data).html)); show("lost", "✗ not live"); });
    source.addEventListener("reload", () => { source.close(); location.reload(); });
    source.addEventListener("end", () => { source.close(); connection.hidden = true; hasEnded = true; });
    source.addEventListener("error", () => {
      show("lost", "✗ connection lost, trying again");
      // A refused request is not repeated by the browser: 'runs ui' may have been started again.
      if (source && source.readyState === EventSource.CLOSED) setTimeout(() => { if (!document.hidden) open(); }, 3000);
    });
  };

  // A page that nobody looks at reads nothing.
  const visibility = () => {
    if (hasEnded) return;
    if (document.hidden) { source?.close(); source = null; } else if (!source) open();
  };
  document.addEventListener("visibilitychange", visibility);
  open();
})();
