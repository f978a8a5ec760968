"""The yardstick: the same files read, and the fewest calls that do it, by a program that does nothing else.

planner cannot be faster than that; how many times as long it takes, is what it can still gain.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from . import bare_client
from .projects import FORMER
from .server.process import Installation


def limit(
    files: Iterable[Path] = (),
    listed: Sequence[Installation] = (),
    calls: Sequence[bytes] = (),
    connections: int = 1,
    port: int = 0,
) -> float:
    """Seconds for reading files, listing each installation, and making calls over so many connections."""
    begun = time.perf_counter()
    for file in files:
        file.read_bytes()
    for installation in listed:
        reply = bare_client.exchange(installation.port, [bare_client.request("GET", installation.extensions)])
        orjson.loads(reply)
    bare_client.exchange(port, calls, connections)
    return time.perf_counter() - begun


def creates(installation: Installation, count: int) -> list[bytes]:
    """What an apply sends, as bytes."""
    return [bare_client.request("POST", installation.extensions, extension(n).encode()) for n in range(count)]


def extension(number: int, version: str = FORMER) -> str:
    """The body of a create, or of an update."""
    name, description = f"words-{number}", f"Words {number}"
    fields = {"name": name, "extension_type": "bundle", "version": version, "description": description}
    return json.dumps(fields)
