"""A browser driven by the DevTools protocol over a pipe: no port, no driver, nothing to install beside it.

With `--remote-debugging-pipe` Chromium reads commands from file descriptor 3 and writes answers and events to
4: JSON, each message ended by a zero byte. https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from attrs import define, field

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE: Final = 120.0
"""Seconds to wait for one answer or event."""
_OPTIONS: Final = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",  # root and containers have no user namespaces; the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--force-color-profile=srgb",
)

_BECOME: Final = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Puts two pipes where the browser looks for them, and becomes the browser."""

Message = dict[str, Any]


def browser_program() -> str | None:
    """The first Chromium found on the PATH."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserFailed(Exception):
    """The browser ended, answered with an error, or did not do in time what was waited for."""


@define
class Browser:
    """One process. commands, answers: our ends of its pipes. events: all that came, each with its session."""

    commands: int
    answers: int
    events: list[Message] = field(factory=list)
    _buffer: bytearray = field(factory=bytearray)
    _number: int = 0

    def ask(self, method: str, session: str | None = None, **params: Any) -> Message:
        """Sends a command and waits for its answer."""
        number = self._send(method, session, params)
        deadline = time.monotonic() + PATIENCE
        while (found := self._receive(deadline, method)).get("id") != number:
            self._keep(found)
        if "error" in found:
            raise BrowserFailed(f"{method}: {found['error']}")
        return dict(found["result"])

    def wait_for(self, method: str, session: str, seen: int = 0) -> Message:
        """The first event of that name, past or future, after as many as were seen."""
        deadline = time.monotonic() + PATIENCE
        while len(found := self.of(session, method)) <= seen:
            self._keep(self._receive(deadline, method))
        return found[seen]

    def of(self, session: str, method: str) -> list[Message]:
        """The parameters of the events of that name, so far."""
        return [
            event["params"]
            for event in self.events
            if event.get("sessionId") == session and event.get("method") == method
        ]

    def _keep(self, message: Message) -> None:
        if "method" in message:
            self.events.append(message)
        if (
            message.get("method") == "Page.javascriptDialogOpening"
        ):  # until it is closed the page stands still
            self._send("Page.handleJavaScriptDialog", message["sessionId"], {"accept": True})

    def _send(self, method: str, session: str | None, params: Message) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        rest = json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        while rest:
            rest = rest[os.write(self.commands, rest) :]
        return self._number

    def _receive(self, deadline: float, awaited: str) -> Message:
        while (end := self._buffer.find(b"\0")) < 0:
            ready, _, _ = select.select([self.answers], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise BrowserFailed(f"{awaited}: nothing came within {PATIENCE:.0f} s")
            more = os.read(self.answers, 1 << 20)
            if not more:
                raise BrowserFailed(f"{awaited}: the browser has ended")
            self._buffer += more
        message = json.loads(self._buffer[:end])
        del self._buffer[: end + 1]
        return dict(message)


@contextmanager
def started(program: str, folder: Path) -> Iterator[Browser]:
    """A browser that ends with the block. folder: for its profile, and browser.log with what it says."""
    read_commands, write_commands = os.pipe()
    read_answers, write_answers = os.pipe()
    pipes = map(str, (read_commands, write_answers))
    words = [program, *_OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    with (folder / "browser.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _BECOME, *pipes, *words],
            pass_fds=(read_commands, write_answers),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(folder)},
        )
    os.close(read_commands)
    os.close(write_answers)
    browser = Browser(write_commands, read_answers)
    try:
        yield browser
    finally:
        with suppress(BrowserFailed, OSError):
            browser.ask("Browser.close")
        os.close(write_commands)
        os.close(read_answers)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
