"""Addresses of states at a server of Terraform's http protocol, for tests of what is special about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from attrs import define, field

from planner.ece.wsgi import WSGITransport
from planner.model.retry import Retry
from planner.state.http.backend import HttpBackend
from planner.state.http.target import http_target
from planner.state.locks import Timing

from .http_state_server import GITLAB, PLAIN, Answer, Asked, Fault, StateServer
from .places import BOB

Do = Callable[[Asked], Answer]
OF_TERRAFORM = b'{"version": 4, "terraform_version": "1.9.0", "serial": 0}'
PAGE = b"<!DOCTYPE html>\n<html><head><title>Page not\n found</title></head></html>"


@define
class Naps:
    """Stands for sleeping: time passes by itself."""

    now: float = 0.0
    told: list[Retry] = field(factory=list)

    @contextmanager
    def retrying(self, retry: Retry) -> Iterator[None]:
        self.told.append(retry)
        yield

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now


@define
class Address:
    """One address of the server. Each `open` is as another process would.

    connects: by a socket; else the server is called in this process.
    """

    server: StateServer
    path: str
    environ: Mapping[str, str] = field(factory=dict)
    connects: bool = True

    def open(self, naps: Naps | None = None) -> HttpBackend:
        naps = naps or Naps()
        target = http_target(self.server.url(self.path), "dev", self.environ)
        transport = None if self.connects else WSGITransport(self.server)
        return HttpBackend(target, Timing(naps.sleep, naps.clock, retrying=naps.retrying), transport)


@pytest.fixture
def server() -> Iterator[StateServer]:
    server = StateServer()
    yield server
    server.close()


@pytest.fixture
def connects() -> bool:
    """What is about connections says otherwise."""
    return False


@pytest.fixture(params=[PLAIN, GITLAB], ids=["plain", "gitlab"])
def address(request: pytest.FixtureRequest, server: StateServer, connects: bool) -> Address:
    return Address(server, server.new_path(request.param), connects=connects)


@pytest.fixture
def plain(server: StateServer, connects: bool) -> Address:
    return Address(server, server.new_path(PLAIN), connects=connects)


@pytest.fixture
def gitlab(server: StateServer, connects: bool) -> Address:
    return Address(server, server.new_path(GITLAB), connects=connects)


def answering(answer: Answer | None) -> Fault:
    """To everything."""
    return lambda asked, do: answer


def message(words: str) -> bytes:
    return json.dumps({"message": words}).encode()


def content(serial: int) -> bytes:
    return b'{"serial": %d}' % serial


def write(backend: HttpBackend, *serials: int) -> None:
    for serial in serials:
        backend.write_snapshot(content(serial), serial=serial, expected_serial=serial - 1)


def append_lines(backend: HttpBackend) -> None:
    backend.append([b"two", b"three"])


def write_second(backend: HttpBackend) -> None:
    backend.write_snapshot(content(2), serial=2, expected_serial=1)


def clear(backend: HttpBackend) -> None:
    backend.clear_journal()


def lock(backend: HttpBackend) -> None:
    with backend.lock(BOB, 0):
        pass
