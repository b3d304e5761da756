"""Drive one Chromium over the DevTools protocol, so that a page is tested as a viewer sees it."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

WORDS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required", "--mute-audio", "--remote-debugging-port=0",
)  # fmt: skip
KEYS = {" ": ("Space", 32), "ArrowLeft": ("ArrowLeft", 37), "ArrowUp": ("ArrowUp", 38),
        "ArrowRight": ("ArrowRight", 39), "ArrowDown": ("ArrowDown", 40), "Enter": ("Enter", 13),
        "Escape": ("Escape", 27), "Tab": ("Tab", 9)}  # fmt: skip


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A browser with an empty profile in the folder; the test fails where there is no Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.fail("Browser tests need Chromium, which is not here: apt-get install chromium.")
    process = subprocess.Popen(
        [program, *WORDS, f"--user-data-dir={folder}", "about:blank"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        with connect(_address(process, folder), max_size=None, proxy=None) as socket:
            yield Browser(socket)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _address(process: subprocess.Popen[bytes], folder: Path) -> str:
    said = folder / "DevToolsActivePort"
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if said.exists() and len(lines := said.read_text().splitlines()) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        if process.poll() is not None:
            pytest.fail(f"Chromium ended at once with status {process.returncode}.")
        time.sleep(0.05)
    pytest.fail("Chromium did not open its DevTools within 60 s.")


class Browser:
    """The one connection; each page is a session in it, in a context of its own."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._pages: dict[str, Page] = {}

    def command(self, method: str, session: str | None = None, **words: Any) -> Any:
        """Send one command and wait for its result, keeping events that come before it."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": words}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            said = json.loads(self._socket.recv(timeout=60))
            if said.get("id") == number:
                assert "error" not in said, f"{method}: {said.get('error')}"
                return said["result"]
            if page := self._pages.get(said.get("sessionId", "")):
                page.heard.append((said["method"], said["params"]))

    @contextmanager
    def page(self, width: int = 1280, height: int = 800) -> Iterator[Page]:
        """An empty page without a cache or cookies of others; closed at the end."""
        context = self.command("Target.createBrowserContext")["browserContextId"]
        target = self.command(
            "Target.createTarget", url="about:blank", browserContextId=context,
            width=width, height=height,
        )["targetId"]  # fmt: skip
        session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.command(f"{domain}.enable")
        page.resize(width, height)
        try:
            yield page
        finally:
            self.command("Target.disposeBrowserContext", browserContextId=context)
            del self._pages[session]


@dataclass
class Page:
    """One page: go somewhere, press keys, ask it things."""

    browser: Browser
    session: str
    heard: list[tuple[str, Any]] = field(default_factory=list)
    """Events: method and what it said."""

    def command(self, method: str, **words: Any) -> Any:
        """Send a command to this page."""
        return self.browser.command(method, self.session, **words)

    def resize(self, width: int, height: int) -> None:
        """Show the page as a screen of this size does."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height,
            deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    def go(self, url: str) -> None:
        """Open an address and wait until its document can be asked things."""
        self.command("Page.navigate", url=url)
        self.until("location.href !== 'about:blank' && document.readyState !== 'loading'")

    def ask(self, expression: str) -> Any:
        """The JSON value of an expression, awaited where it is a promise."""
        said = self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True,
            userGesture=True,
        )  # fmt: skip
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def until(self, expression: str, seconds: float = 30.0) -> Any:
        """Wait until an expression is true and give its value."""
        end = time.monotonic() + seconds
        while not (value := self.ask(expression)):
            if time.monotonic() > end:
                said = self.ask("document.getElementById('message')?.textContent")
                pytest.fail(f"never true: {expression}; page says {said!r}; {self.complaints()}")
            time.sleep(0.03)
        return value

    def press(self, key: str) -> None:
        """Press and let go of a key."""
        code, number = KEYS.get(key, (f"Key{key.upper()}", ord(key.upper()[0])))
        text = {" ": " ", "Enter": "\r"}.get(key, key if len(key) == 1 else "")
        common = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.command("Input.dispatchKeyEvent", type="keyUp", **common)

    def point(self, x: float, y: float, *, click: bool = False) -> None:
        """Move the mouse somewhere, and press it there."""
        for kind in ("mouseMoved", *(("mousePressed", "mouseReleased") if click else ())):
            button = "none" if kind == "mouseMoved" else "left"
            self.command(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button=button,
                clickCount=int(click),
            )

    def names(self) -> dict[str, list[str]]:
        """Role to accessible names, as a screen reader is given them."""
        found: dict[str, list[str]] = {}
        for node in self.command("Accessibility.getFullAXTree")["nodes"]:
            if not node.get("ignored"):
                role = node.get("role", {}).get("value", "")
                found.setdefault(role, []).append(node.get("name", {}).get("value", ""))
        return found

    def complaints(self) -> list[str]:
        """Uncaught exceptions and what the browser refused, such as breaches of the policy."""
        thrown = [
            said["exceptionDetails"].get("exception", {}).get("description", "thrown")
            for method, said in self.heard if method == "Runtime.exceptionThrown"
        ]  # fmt: skip
        logged = [said["entry"] for method, said in self.heard if method == "Log.entryAdded"]
        return thrown + [
            f"{entry['source']}: {entry['text']}" for entry in logged
            if entry["level"] == "error" and entry["source"] != "network"
        ]  # fmt: skip

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """Keep a screenshot."""
        said = self.command("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(said["data"]))
