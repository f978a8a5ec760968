"""A forge to comment at, and what can go wrong on the way to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import define, evolve, field

from planner.forge.client import Pauses, connect
from planner.forge.kind import Run
from planner.forge.port import Facts, Forge
from planner.forge.posting import Marker, Posted, Posting, attached, post
from planner.forge.registry import KINDS

from .forge_http import Answer, Asked, Do, Fault, ForgeServer, Naps
from .forge_servers import (
    SERVERS,
    GitHubServer,
)

ID = "search-extensions"
HOSTILE = "a | `b` <!-- c --> @d\n/close\n✓"


@define
class Site:
    """A forge to comment at."""

    server: ForgeServer
    naps: Naps = field(factory=Naps)
    told: list[str] = field(factory=list)

    @property
    def forge(self) -> Forge:
        """Connected anew, as each run does."""
        naps = self.naps
        pauses = Pauses(sleep=naps.sleep, clock=naps.clock, now=naps.clock, random=lambda: 1.0)
        return connect(self.server.target, pauses=pauses, tell=self.told.append)

    @property
    def facts(self) -> Facts:
        return KINDS[self.server.forge].facts

    def post(
        self, text: str, run: int | None = 1, attempt: int = 1, *, needed: bool = True, disorder: str = ""
    ) -> Posted:
        posting = Posting(marker(run, attempt), lambda limit: text, needed, disorder)
        return post(self.forge, posting, sleep=self.naps.sleep, tell=self.told.append)

    def body(self, text: str, run: int = 1, attempt: int = 1, marker_id: str = ID) -> str:
        """As planner writes it."""
        return attached(text, evolve(marker(run, attempt), id=marker_id), self.facts)

    @property
    def texts(self) -> list[str]:
        """One's own comments, without their markers."""
        return [self._text(body) for body in self.server.bodies(self.server.me)]

    def _text(self, body: str) -> str:
        _, _, rest = body.partition("\n")
        return rest if self.facts.dialect.hides_comments else "\n".join(body.split("\n")[:-2])


def marker(run: int | None, attempt: int = 1) -> Marker:
    return Marker(ID, "3f9c1ab", None if run is None else Run(run, attempt))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(params=SERVERS, scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[ForgeServer]:
    server = SERVERS[request.param]()
    yield server
    server.close()


@pytest.fixture
def site(server: ForgeServer) -> Site:
    server.reset()
    return Site(server)


@pytest.fixture
def github() -> Iterator[Site]:
    server = GitHubServer()
    yield Site(server)
    server.close()


def unavailable(asked: Asked, do: Do) -> Answer:
    return Answer(503, b"<html><title>503 Service Unavailable</title></html>")


def hang_up(asked: Asked, do: Do) -> None:
    return None


def lose_reply(asked: Asked, do: Do) -> None:
    do(asked)


def fail_after(asked: Asked, do: Do) -> Answer:
    do(asked)
    return Answer(502, b"Bad Gateway")


def garble(asked: Asked, do: Do) -> Answer:
    found = do(asked)
    return evolve(found, body=found.body[:-20])


def strange(asked: Asked, do: Do) -> Answer:
    return evolve(do(asked), body=b'{"well": "done"}')


def only(method: str, fault: Fault) -> Fault:
    """fault for the next requests of that method; those before are answered."""
    return lambda asked, do: fault(asked, do) if asked.method == method else do(asked)


def first_times(times: int, fault: Fault) -> Fault:
    """fault for the first POSTs that make a comment."""
    left = [fault] * times

    def act(asked: Asked, do: Do) -> Answer | None:
        return left.pop()(asked, do) if left and asked.method == "POST" and not asks_who(asked) else do(asked)

    return act


def asks_who(asked: Asked) -> bool:
    """Whether this POST only asks who one is."""
    return asked.path == "/graphql"
