"""What planner has to know of a forge and its CI. Each forge's file makes a `Kind`, which is registered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

from planner.forge.connection import Connection, number_at
from planner.forge.port import Credentials, Facts

Environ = Mapping[str, str]
NAME: Final = r"(?!\.{1,2}(?:/|$))[\w.-]+"
TWO_NAMES: Final = re.compile(rf"{NAME}/{NAME}", re.ASCII)


@frozen(order=True)
class Run:
    """One run of a CI. number: grows from run to run. attempt: grows when a run is repeated."""

    number: int
    attempt: int


@frozen
class Job:
    """What a CI says of its job. forge: a name of the registry. Texts are "" and numbers None where the CI
    does not say.

    commit: the head of the pull request, and what is built where there is none. base: what it goes into, a
    commit or a branch. queued: a merge queue asks, where nobody reads comments any more. elsewhere: what is
    built is at another forge, named here.
    """

    api: str = ""
    repository: str = ""
    number: int | None = None
    commit: str = ""
    base: str = ""
    queued: bool = False
    run: Run | None = None
    elsewhere: str = ""
    forge: str = ""


@frozen
class Ci:
    """A CI: how it is recognized, and where its variables say what. name: as people write it. sources: the
    variables that say what, for messages. job: read from them.

    actor: the variable of the user who started the job. authorities: that of the file of those to trust at
    the CI's own forge. imitates: the forge whose CI's variables it sets as well.
    """

    name: str
    is_here: Callable[[Environ], bool]
    job: Callable[[Environ], Job]
    sources: Mapping[str, str]
    actor: str
    authorities: str = ""
    imitates: str = ""


def says_true(*names: str) -> Callable[[Environ], bool]:
    """Whether one of the variables does."""
    return lambda environ: any(environ.get(name, "").lower() == "true" for name in names)


def joined(environ: Environ, *names: str) -> str:
    """A repository's name, from its parts; "" when one is missing."""
    parts = [environ.get(name, "") for name in names]
    return "/".join(parts) if all(parts) else ""


def run_of(environ: Environ, number: str, attempt: str) -> Run | None:
    found = number_at(environ.get(number))
    return Run(found, number_at(environ.get(attempt)) or 1) if found else None


@frozen
class Way:
    """A way to give credentials: the variables that hold them. variable: of the token. username: the variable
    of the user name; "" for an empty one, None for none.

    own_ci: only in the forge's own CI the variable is this forge's.
    """

    variable: str
    username: str | None = None
    own_ci: bool = False

    @property
    def shown(self) -> str:
        return f"{self.username} and {self.variable}" if self.username else self.variable


@frozen
class Kind:
    """All that is special about a forge. name: of the registry; aliases: what people also call it. public:
    the API of the one that everybody uses, host: its web pages', "" where there is none. api_root: from what
    people give to the API's URL. repository: what one is called, example: of that. headers: with the
    credentials; ways: where these are, hint: on how to get them. advice: by status. merged: how the message
    of a merge names the pull request, squashed: and that of a squash, which other messages look like.
    """

    name: str
    api_root: Callable[[str], str]
    repository: re.Pattern[str]
    example: str
    headers: Callable[[Credentials], Mapping[str, str]]
    advice: Mapping[int, str]
    connected: type[Connection]
    ways: tuple[Way, ...]
    hint: str
    ci: Ci
    aliases: tuple[str, ...] = ()
    public: str = ""
    host: str = ""
    merged: tuple[re.Pattern[str], ...] = ()
    squashed: tuple[re.Pattern[str], ...] = ()

    @property
    def facts(self) -> Facts:
        return self.connected.facts


def below(path: str) -> Callable[[str], str]:
    """An api_root that is the address that people give, or below it."""
    return lambda url: url if url.endswith(path) else f"{url}{path}"
