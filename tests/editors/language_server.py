"""yaml-language-server, driven as an editor does: by the Language Server Protocol over its standard streams.

https://microsoft.github.io/language-server-protocol/
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from attrs import define, field

PROGRAM: Final = "yaml-language-server"
PATIENCE: Final = 60.0
"""Seconds to wait for one message."""
PROPERTY, VALUE = 10, 12
"""What a completion is, in the protocol's numbers."""

Message = dict[str, Any]
Wrong = list[tuple[int, str]]
"""Lines, from 1, and what is said of them."""


def server_program() -> str | None:
    return shutil.which(PROGRAM)


@define
class LanguageServer:
    """One process, whose settings are settings. It fetches nothing: schemas are files."""

    process: subprocess.Popen[bytes]
    settings: Mapping[str, Any]
    _said: dict[str, Wrong] = field(factory=dict)
    _configured: bool = False
    _buffer: bytearray = field(factory=bytearray)
    _number: int = 0

    def begin(self, folder: Path) -> None:
        workspace = {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}}
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        self._ask(
            "initialize",
            processId=None,
            rootUri=folder.as_uri(),
            workspaceFolders=folders,
            capabilities={"workspace": workspace},
        )
        self._tell("initialized")
        while not self._configured:  # what is opened before is checked by other settings
            self._hear()

    def wrong(self, texts: Mapping[Path, str]) -> dict[Path, Wrong]:
        """What is wrong with files of these names, which are opened for the first time."""
        for path, text in texts.items():
            document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
            self._tell("textDocument/didOpen", textDocument=document)
        while not all(path.as_uri() in self._said for path in texts):
            self._hear()
        return {path: self._said[path.as_uri()] for path in texts}

    def completions(self, path: Path, line: int, character: int) -> list[Message]:
        """What is offered in an open file, at a place that is counted from 0."""
        place = {"line": line, "character": character}
        found = self._ask("textDocument/completion", textDocument={"uri": path.as_uri()}, position=place)
        return list(found["items"])

    def end(self) -> None:
        self._ask("shutdown")
        self._tell("exit")
        self.process.wait(PATIENCE)

    def _ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while (found := self._hear()).get("id") != self._number or "method" in found:
            pass
        assert "error" not in found, found
        return found["result"]

    def _tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        _stream(self.process.stdin).write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        _stream(self.process.stdin).flush()

    def _hear(self) -> Message:
        """The next message. What the server asks is answered, and what it says of files is kept."""
        message = self._received()
        method, params = message.get("method"), message.get("params", {})
        if method == "textDocument/publishDiagnostics":
            said = [(item["range"]["start"]["line"] + 1, item["message"]) for item in params["diagnostics"]]
            self._said[params["uri"]] = said
        elif method == "workspace/configuration":
            values = [self.settings.get(item["section"]) for item in params["items"]]
            self._send({"id": message["id"], "result": values})
            self._configured = True
        elif method and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message

    def _received(self) -> Message:
        deadline = time.monotonic() + PATIENCE
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._read(deadline)
        fields = dict(line.split(b": ") for line in bytes(self._buffer[:end]).split(b"\r\n"))
        begin, size = end + 4, int(fields[b"Content-Length"])
        while len(self._buffer) < begin + size:
            self._read(deadline)
        found: Message = json.loads(self._buffer[begin : begin + size])
        del self._buffer[: begin + size]
        return found

    def _read(self, deadline: float) -> None:
        out = _stream(self.process.stdout).fileno()
        ready, _, _ = select.select([out], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"nothing came within {PATIENCE:.0f} s"
        more = os.read(out, 1 << 20)
        assert more, "the server has ended"
        self._buffer += more


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


@contextmanager
def started(folder: Path, settings: Mapping[str, Any]) -> Iterator[LanguageServer]:
    """A server for the files in a folder, as an editor with these settings would start it."""
    program = server_program()
    assert program is not None
    yaml = {"validate": True, "completion": True, "schemaStore": {"enable": False}}
    yaml |= {name.removeprefix("yaml."): value for name, value in settings.items()}
    with subprocess.Popen(
        [program, "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "HOME": str(folder)},
    ) as process:
        server = LanguageServer(process, {"yaml": yaml})
        try:
            server.begin(folder)
            yield server
            server.end()
        finally:
            process.kill()
