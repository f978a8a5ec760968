"""What GitHub Actions (and Gitea's) shows and passes on of a step: the job summary and the outputs."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from planner.forge.errors import ForgeError

SUMMARY_LIMIT: Final = 1024 * 1024
"""Bytes, of all that one step writes; GitHub shows nothing of more."""

_TRIES: Final = 5
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def write_summary(environ: Mapping[str, str], render: Callable[[int], str]) -> bool:
    """Adds to the job summary. False where there is none. render: markdown of at most that many characters.

    It is rendered anew for fewer characters while its bytes are too many. ForgeError when it cannot be made
    short enough or written.
    """
    path = environ.get("GITHUB_STEP_SUMMARY", "")
    if not path:
        return False
    room = SUMMARY_LIMIT - _size(path) - 1
    limit = room
    for _ in range(_TRIES):
        content = f"{render(max(0, limit))}\n".encode(errors="replace")
        if len(content) <= room:
            _append(path, content, "the job summary")
            return True
        limit = limit * room // len(content) - 1
    raise ForgeError(f"the job summary is longer than the {SUMMARY_LIMIT} bytes that GitHub takes")


def write_outputs(environ: Mapping[str, str], outputs: Mapping[str, str]) -> bool:
    """Adds outputs of the step, of any number of lines each. False where there is no file for them."""
    path = environ.get("GITHUB_OUTPUT", "")
    if not path:
        return False
    text = "".join(_output(name, value) for name, value in outputs.items())
    _append(path, text.encode(errors="replace"), "the outputs of the step")
    return True


def _output(name: str, value: str) -> str:
    """With an end that no value can hold, so that none can make another output."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"no name of an output: {name!r}")
    end = f"planner_{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _append(path: str, content: bytes, what: str) -> None:
    try:
        with open(path, "ab", opener=_without_waiting) as file:
            os.set_blocking(file.fileno(), True)
            file.write(content)
    except (OSError, ValueError) as error:
        raise ForgeError(f"{what} cannot be written to {path}: {error}") from error


def _without_waiting(path: str, flags: int) -> int:
    """A pipe that nobody reads would never open."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)
