"""A headless Chromium, driven by the DevTools protocol: one tab, by what a reader sees and does."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.sync.client import connect

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 60
_KEYS = {"Enter": ("\r", 13), "Escape": ("", 27)}


def executable() -> str:
    """Return the path of Chromium; skip the test if there is none and none is required."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        assert not os.environ.get("REQUIRE_BROWSER"), "There is no Chromium on PATH"
        pytest.skip("There is no Chromium on PATH: install it to run this test")
    return found


class Browser:
    """A browser with one tab. Use it as a context manager.

    Args:
        folder: Where its profile and log are.
        width: The width of the page, in CSS pixels.
        height: Its height.
        dark: Whether the reader prefers dark colours.
    """

    def __init__(self, folder: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        self._folder = folder
        self._size = (width, height)
        self._dark = dark
        self._number = 0
        self._open = contextlib.ExitStack()
        self._frames: list[str] = []
        self.messages: list[str] = []

    def __enter__(self) -> Browser:
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [
            executable(),
            "--headless=new",
            "--no-sandbox",  # it does not start as root otherwise; it visits only our page
            "--no-first-run",
            "--remote-debugging-port=0",
            f"--user-data-dir={self._folder / 'profile'}",
            "--proxy-server=direct://",
            "about:blank",
        ]
        with (self._folder / "browser.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            self._attach()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _attach(self) -> None:
        found = self._folder / "profile" / "DevToolsActivePort"
        self._until(lambda: found.exists() and found.read_text().count("\n"), "DevTools")
        port = found.read_text().splitlines()[0]
        with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
            tab = next(one for one in json.load(answer) if one["type"] == "page")
        self._socket = self._open.enter_context(connect(tab["webSocketDebuggerUrl"], max_size=None, proxy=None))
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        width, height = self._size
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        colours = "dark" if self._dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": colours}])

    def call(self, method: str, session: str | None = None, /, **parameters: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol for the tab, or for a frame by its session, and return its result."""
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(request | ({"sessionId": session} if session else {})))
        while True:
            message = json.loads(self._socket.recv(timeout=_SECONDS))
            if message.get("id") == self._number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            # What the browser refuses, such as a script that the policy forbids, and what our scripts throw.
            if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.messages.append(message["params"]["entry"]["text"])
            # A frame in a sandbox has a process of its own.
            if message.get("method") == "Target.attachedToTarget":
                self._frames.append(message["params"]["sessionId"])
            if message.get("method") == "Target.detachedFromTarget":
                self._frames.remove(message["params"]["sessionId"])
            if message.get("method") == "Runtime.exceptionThrown":
                self.messages.append(str(message["params"]["exceptionDetails"]))

    def open(self, address: str) -> None:
        """Open an address in the tab."""
        self.call("Page.navigate", url=address)
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def read(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Wait until an expression is true, and return its value. It may fail while a page is being loaded."""

        def look() -> Any:
            answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
            return answer["result"].get("value") if "exceptionDetails" not in answer else None

        try:
            return self._until(look, expression)
        except AssertionError as error:
            raise AssertionError(f"{error}\nThe page at {self.read('location.pathname')}:\n{self.text()}") from None

    def text(self) -> str:
        """Return what the page shows."""
        return str(self.read("document.body.innerText"))

    def wait_for_frame(self, text: str) -> None:
        """Wait until a frame of the page contains a text."""

        def look() -> bool:
            # Events arrive with the answers to calls.
            self.call("Page.getFrameTree")
            expression = "document.body ? document.body.innerText : ''"
            return any(
                text in self.call("Runtime.evaluate", one, expression=expression)["result"].get("value", "")
                for one in self._frames
            )

        self._until(look, f"a frame contains {text!r}")

    def click(self, selector: str) -> None:
        """Click on the middle of an element, as a mouse does."""
        self.hold(selector)()

    def hold(self, selector: str, *, button: str = "left") -> Callable[[], None]:
        """Press the mouse on the middle of an element; return a function that releases it there."""
        where = f"document.querySelector({json.dumps(selector)})"
        # Elements still move while a page is being loaded.
        self.wait_for(f"document.readyState === 'complete' && {where} !== null")
        x, y = self.read(
            f"(() => {{ const e = {where}; e.scrollIntoView({{block: 'center'}}); const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )

        def mouse(kind: str) -> None:
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1)

        mouse("mousePressed")
        return lambda: mouse("mouseReleased")

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key."""
        text, code = _KEYS.get(key, (key, ord(key[0].upper())))
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, windowsVirtualKeyCode=code)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def print(self, path: Path) -> None:
        """Print the page into a PDF."""
        path.write_bytes(base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"]))

    @staticmethod
    def _until(look: Any, what: str) -> Any:
        end = time.monotonic() + _SECONDS
        while not (found := look()):
            assert time.monotonic() < end, f"This did not become true within {_SECONDS} s: {what}"
            time.sleep(0.05)
        return found
