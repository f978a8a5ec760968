"""The forges there are, and what their CIs say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve

from planner.forge import azure, bitbucket, gitea, github, gitlab
from planner.forge.kind import Job, Kind

_ALL: Final = (github.KIND, gitlab.KIND, gitea.KIND, bitbucket.KIND, azure.KIND)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _ALL}
ALIASES: Final[Mapping[str, str]] = {alias: kind.name for kind in _ALL for alias in kind.aliases}
NAMES: Final = (*KINDS, *ALIASES)
"""What people may call a forge."""
PUBLIC: Final[Mapping[str, str]] = {kind.host: kind.name for kind in _ALL if kind.host}
"""The forges that everybody knows, by host."""

MESSAGES: Final = tuple(
    dict.fromkeys([*(p for kind in _ALL for p in kind.merged), *(p for kind in _ALL for p in kind.squashed)])
)
"""How the message of a commit names the pull request that it merged, the surest first."""

ACTOR_VARIABLES: Final = tuple(dict.fromkeys(kind.ci.actor for kind in _ALL))


def running(environ: Mapping[str, str]) -> Kind | None:
    """The forge whose CI this is."""
    here = [kind for kind in _ALL if kind.ci.is_here(environ)]
    imitated = {kind.ci.imitates for kind in here}
    return next((kind for kind in here if kind.name not in imitated), None)


def job_in(environ: Mapping[str, str]) -> Job:
    """What the CI says of its job; nothing where no known CI runs this."""
    kind = running(environ)
    if kind is None:
        return Job()
    job = kind.ci.job(environ)
    return evolve(job, forge="" if job.elsewhere else kind.name)
