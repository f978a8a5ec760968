"""Which backend keeps the state that a URL names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from attrs import frozen

from planner.errors import StateError
from planner.state.backend import Backend
from planner.state.local import LocalBackend

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")  # two letters at least: C: is a drive
_CREDENTIALS: Final = re.compile(r"//[^/@]*@")


@frozen
class Location:
    """Where a state is. url: as written in planner.yaml. folder: what relative paths start from."""

    url: str
    environment: str
    folder: Path


def open_local(location: Location) -> Backend:
    """A path, `file:path` or `file:///path`; of the snapshot if it ends in .json, else of a folder."""
    path = _path_of(location.url)
    named = Path(path) if path.endswith(".json") else Path(path, f"{location.environment}.json")
    return LocalBackend(location.folder / named, shown=str(named))


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "file":
        return url
    if parts.netloc not in ("", "localhost"):
        raise StateError(f"{url} names the host {parts.netloc}", advice="Write file:path or file:///path.")
    return unquote(parts.path)


BACKENDS: Final[Mapping[str, Callable[[Location], Backend]]] = {
    "": open_local,
    "file": open_local,
}
"""URL scheme -> what opens it, without calling anything yet; "" is a plain path."""


def open_backend(url: str, *, environment: str, folder: Path) -> Backend:
    """The backend of url. Nothing is read or written yet. StateError for an unknown scheme."""
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else ""
    if scheme not in BACKENDS:
        known = ", ".join(f"{name}:" for name in sorted(BACKENDS) if name)
        raise StateError(
            f"no backend keeps a state at {_CREDENTIALS.sub('//', url)}: {scheme}: is not known",
            advice=f"Write a path, or a URL that begins with {known}",
        )
    return BACKENDS[scheme](Location(url, environment, folder))
