"""What a CI says in its environment about the run and the pull request it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from planner.forge.marker import Run
from planner.forge.reading import number_at

Environ = Mapping[str, str]


@frozen
class Job:
    """forge: a name of the registry. Texts are "" and numbers None where the CI does not say.

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
    """name: as people write it. sources: the variables that say what, for messages. job: read from them.

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
