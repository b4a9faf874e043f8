// Keys for people who do not want to leave the keyboard. Links and forms do the work: nothing here acts by itself.
"use strict";

(() => {
  const help = document.getElementById("help");
  document.getElementById("help-button").addEventListener("click", () => help.showModal());

  const rows = () => [...document.querySelectorAll(".run")];
  const selected = () => document.querySelector(".run.selected") || document.querySelector(".head[data-run]");

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("selected"));
    const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
    all[at]?.classList.remove("selected");
    next.classList.add("selected");
    next.querySelector("a").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };

  const ask = (verb) => {
    const run = selected();
    if (!run) return;
    const live = ["waiting", "running"].includes(run.dataset.status);
    // The server would refuse the other one.
    if ((verb === "cancel") === live) location.assign(`/runs/${encodeURIComponent(run.dataset.run)}/${verb}`);
  };

  const actions = {
    "/": () => { const search = document.getElementById("search"); search ? search.focus() : location.assign("/"); },
    "?": () => help.showModal(),
    j: () => move(1),
    k: () => move(-1),
    c: () => ask("cancel"),
    r: () => ask("retry"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.closest("input, textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  // A form that is sent twice would ask twice.
  document.addEventListener("submit", (event) => {
    if (event.target.method === "post") event.submitter.disabled = true;
  });
})();
