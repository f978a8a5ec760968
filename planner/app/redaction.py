"""Redaction: known secrets are taken out of everything before it leaves the program.

Those in the process environment are known from the start.
Texts are redacted before they are rendered, since a renderer may break a secret over two lines; streams, as a
net below that; and what is written to files, by `document_redaction`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, TypeVar, cast

from attrs import define, evolve, field

from planner import ece, forge, state
from planner.errors import GatesClosed, InvalidConfiguration, PartlyApplied, PlannerError
from planner.model.known_secrets import KnownSecrets, known_secrets
from planner.model.project import PREFIX, Project
from planner.model.redaction import for_display, for_file
from planner.model.state import State
from planner.model.value import Fingerprint, Value
from planner.state.document import Redact

T = TypeVar("T")
WEBHOOK: Final = "PLANNER_WEBHOOK"
"""Names the webhook: its URL is a secret."""

_SECRET_VARIABLES: Final = (
    *(WEBHOOK, *ece.SECRET_VARIABLES),
    *(*state.SECRET_VARIABLES, *forge.SECRET_VARIABLES),
)


def given_credentials(environ: Mapping[str, str]) -> tuple[str, ...]:
    """All that the process environment holds, whichever of them a command is going to use: a template, a
    reply or git may repeat any. With names of environments behind theirs too, as EC_API_KEY_PROD. What ends
    in _FILE names a file.
    """
    found = {
        text.strip()
        for name, text in environ.items()
        if any(name == known or name.startswith(f"{known}_") for known in _SECRET_VARIABLES)
        and not name.endswith("_FILE")
    }
    return tuple(sorted(found - {""}))


def given_values(project: Project, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the sensitive variables that are set here, for what reads no templates."""
    names = (f"{PREFIX}{name}" for name, variable in project.variables.items() if variable.sensitive)
    return tuple(environ[name] for name in names if environ.get(name))


@define(eq=False, repr=False)
class Redactor:
    """Takes secrets out, in whatever form they come. Sources are asked each time: logins add tokens."""

    _sources: list[Callable[[], Iterable[str]]] = field(factory=list, init=False)

    def watch(self, source: Callable[[], Iterable[str]]) -> None:
        self._sources.append(source)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(secret for source in self._sources for secret in source()))

    def known(self) -> KnownSecrets:
        """All secrets, for many texts: asking the sources takes longer than looking through one."""
        return known_secrets(self.secrets)

    def __call__(self, text: str) -> str:
        return self.known().redact(text)

    def inside(self, thing: T) -> T:
        """A plan, ledger, diagnostic or value as it is shown; thing itself when no secret is in it."""
        known = self.known()
        return for_display(_with_records(thing, known), known)

    def clear(self, error: PlannerError) -> None:
        """Takes them out of an error, and of what comes with it."""
        error.summary, error.advice = self(error.summary), self(error.advice)
        error.args = (error.summary,)
        if isinstance(error, InvalidConfiguration):
            error.diagnostics = self.inside(error.diagnostics)
        if isinstance(error, GatesClosed):
            error.gates = self.inside(error.gates)
        if isinstance(error, PartlyApplied):
            error.ledger = self.inside(error.ledger)


def document_redaction(redactor: Redactor, environment: str) -> Redact:
    """The redaction for state, journal and saved plans. environment: what the salt of fingerprints is made
    from.
    """
    salt = hashlib.sha256(environment.encode()).hexdigest()[:32]

    def redact(thing: T) -> T:
        known = redactor.known()
        return for_file(_with_records(thing, known), known, partial(Fingerprint.of, salt=salt))

    return redact


def _with_records(thing: T, known: KnownSecrets) -> T:
    """A state with secrets taken out of its records of promotions; anything else as it is."""
    if not (known and isinstance(thing, State)):
        return thing
    records = _records(thing.promotions, known)
    return thing if records is thing.promotions else cast(T, evolve(thing, promotions=records))


def without_secrets(thing: T, known: KnownSecrets) -> T:
    """What is remembered of releases: texts where there were texts."""
    return for_file(thing, known, known.redact)


def _records(
    promotions: tuple[Mapping[str, Value], ...], known: KnownSecrets
) -> tuple[Mapping[str, Value], ...]:
    """They hold texts where they had texts: whoever reads them takes nothing else."""
    from planner.promote.log import read_log, write_log  # noqa: PLC0415 - of a state, by who has secrets

    try:
        log = read_log(promotions)
    except ValueError:  # of a newer planner, perhaps: nobody knows what is structure in them
        return for_file(promotions, known, known.redact)
    redacted = without_secrets(log, known)
    return promotions if redacted is log else write_log(redacted)
