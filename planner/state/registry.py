"""Which backend keeps the state that a URL names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from planner.distribution import how_to_add
from planner.errors import StateError
from planner.state.backend import Backend
from planner.state.local import LocalBackend
from planner.state.locks import TIMING, Timing

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")  # two letters at least: C: is a drive
_CREDENTIALS: Final = re.compile(r"//[^/?#]*@")


@frozen
class Location:
    """Where a state is. url: as written in planner.yaml. folder: what relative paths start from.

    project, environment: whose state it is, where one place keeps many. timing: of its lock and of whoever
    waits for it. environ: where http finds its credentials; the libraries of PostgreSQL and S3 read the
    process environment.
    """

    url: str
    environment: str
    folder: Path
    project: str = ""
    timing: Timing = TIMING
    environ: Mapping[str, str] = field(factory=dict)


def open_local(location: Location) -> Backend:
    """A path, `file:path` or `file:///path`; of the snapshot if it ends in .json, else of a folder."""
    path, parts = location.url, urlsplit(location.url)
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost"):
            told = f"{location.url} names the host {parts.netloc}"
            raise StateError(told, advice="Write file:path or file:///path.")
        path = unquote(parts.path)
    named = Path(path) if path.endswith(".json") else Path(path, f"{location.environment}.json")
    return LocalBackend(location.folder / named, shown=str(named), timing=location.timing)


@contextmanager
def _needing(package: str, extra: str, shown: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        told = f"a state at {shown} needs {package}, which is not installed"
        raise StateError(told, advice=how_to_add(extra)) from error


def open_postgres(location: Location) -> Backend:
    """`postgresql://[user@]host[:port]/database[?schema=planner]`; see `planner.state.postgres`."""
    from planner.state.postgres.target import postgres_target  # noqa: PLC0415 - of one place of all

    target = postgres_target(location.url)
    with _needing("psycopg", "postgres", target.shown):
        from planner.state.postgres.backend import PostgresBackend  # noqa: PLC0415 - psycopg is an extra
    return PostgresBackend(target, location.project, location.environment, location.timing)


def open_http(location: Location) -> Backend:
    """`https://host/path[?lock_address=...]`, Terraform's http backend; see `planner.state.http`."""
    from planner.state.http.backend import HttpBackend  # noqa: PLC0415 - requests takes its time
    from planner.state.http.target import http_target  # noqa: PLC0415 - so does what it needs

    target = http_target(location.url, location.environment, location.environ)
    return HttpBackend(target, location.timing)


def open_s3(location: Location) -> Backend:
    """`s3://bucket[/prefix][?endpoint=...&region=...]`; see `planner.state.s3`."""
    from planner.state.s3.target import s3_target  # noqa: PLC0415 - of one place of all

    target = s3_target(location.url, project=location.project, environment=location.environment)
    with _needing("botocore", "s3", target.shown):
        from planner.state.s3.backend import S3Backend  # noqa: PLC0415 - botocore is an extra
    return S3Backend(target, location.timing)


BACKENDS: Final[Mapping[str, Callable[[Location], Backend]]] = {
    "": open_local,
    "file": open_local,
    "http": open_http,
    "https": open_http,
    "postgres": open_postgres,
    "postgresql": open_postgres,
    "s3": open_s3,
}
"""URL scheme -> what opens it, without calling anything yet; "" is a plain path."""


def open_backend(location: Location) -> Backend:
    """The backend of its url. Nothing is read or written yet. StateError for an unknown scheme."""
    url = location.url
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else ""
    if scheme not in BACKENDS:
        known = ", ".join(f"{name}:" for name in sorted(BACKENDS) if name)
        raise StateError(
            f"no backend keeps a state at {_CREDENTIALS.sub('//', url)}: {scheme}: is not known",
            advice=f"Write a path, or a URL that begins with {known}",
        )
    return BACKENDS[scheme](location)
