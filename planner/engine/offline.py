"""What a change of the project's files does, told without asking any installation. Pure.

Which environments it affects: what an environment is made of is rendered before and after the change, and
compared as a whole. So a change that reaches nothing there does not count, however many environments read the
file; and one that comes in by any way does. What it does to them: a plan from the state that there would be
if the configuration before were applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve, field, frozen

from planner.model.address import Address
from planner.model.compare import identical
from planner.model.kind import Kind
from planner.model.preview import NEW, NOT_RENDERED, NOT_RENDERED_BEFORE, OUTSIDE
from planner.model.project import PINNED
from planner.model.resource import Desired, Prior
from planner.model.state import State
from planner.model.value import UNKNOWN, Reference, Value, at, conceal, is_deferred, resolve


@frozen
class Reading:
    """What an environment is made of. problem: why it could not be rendered, "" when it could.

    digest: of everything that it wants, and of how it is reached. reads: the project's files that it read, a
    folder with "/" at its end. variables: name -> a fingerprint of the value. pin: the commit that it is
    pinned to, so that it reads nothing else of the pinned folders.
    """

    digest: str = ""
    reads: frozenset[str] = frozenset()
    variables: Mapping[str, Value] = field(factory=dict)
    problem: str = ""
    pin: str = ""


ABSENT = Reading(problem="it is not declared")


def why_affected(before: Reading, after: Reading, changed: Iterable[str]) -> tuple[str, ...]:
    """Why an environment has to be planned; () when nothing that it is made of changed.

    changed: the project's files that differ. Variables and files are named, variables first: they say more.
    """
    if after.problem:
        return _read(before, after, changed) or (NOT_RENDERED,)
    if before is ABSENT:
        return (NEW,)
    if before.problem:
        return (NOT_RENDERED_BEFORE,)
    if (before.digest, before.pin) == (after.digest, after.pin):
        return ()
    return (*_variables(before, after), *_read(before, after, changed)) or (OUTSIDE,)


def followed(reading: Reading, links: Mapping[str, str]) -> Reading:
    """reading with what its files lead to. links: of the project, the name of each and where it leads; a
    folder with "/" at its end.
    """
    reads, new = set(reading.reads), set(reading.reads)
    while new:
        folders = tuple(name for name in new if name.endswith("/"))
        below = {to for name, to in links.items() if name in new or name.startswith(folders)}
        beyond = {
            to + read.removeprefix(f"{name}/")
            for name, to in links.items()
            for read in new
            if read.startswith(f"{name}/")
        }
        new = (below | beyond) - reads
        reads |= new
    return evolve(reading, reads=frozenset(reads))


def _read(before: Reading, after: Reading, changed: Iterable[str]) -> tuple[str, ...]:
    reads = before.reads | after.reads
    if after.pin:
        reads = frozenset(name for name in reads if name.split("/", 1)[0] not in PINNED)
    folders = tuple(name for name in reads if name.endswith("/"))
    return tuple(sorted(name for name in changed if name in reads or name.startswith(folders)))


def _variables(before: Reading, after: Reading) -> tuple[str, ...]:
    names = sorted({*before.variables, *after.variables})
    pairs = {name: (before.variables.get(name), after.variables.get(name)) for name in names}
    return tuple(f"var.{name}" for name, pair in pairs.items() if not identical(*pair))


NO_ID = ""
"""Who has it was not asked, and nobody shows an empty one."""


def imagined(
    project: str,
    environment: str,
    desired: Mapping[Address, Desired],
    outputs: Mapping[str, Value],
    kinds: Mapping[str, Kind],
    salt: str,
) -> State:
    """The state after an apply of desired and outputs.

    What an installation would set stands for itself, as a text that no attribute has, so that two
    configurations that refer to it agree.
    """
    made: dict[Address, Prior] = {}

    def lookup(reference: Reference) -> Value:
        resource = desired.get(reference.address)
        return at(entry(resource).attributes, reference.path) if resource else UNKNOWN

    def entry(resource: Desired) -> Prior:
        address = resource.address
        if address not in made:
            made[address] = _prior(resource, kinds[address.kind], {})  # of a cycle, reported elsewhere
            shown = {name: resolve(value, lookup) for name, value in resource.attributes.items()}
            made[address] = _prior(resource, kinds[address.kind], shown)
        return made[address]

    priors = {address: entry(resource) for address, resource in desired.items()}
    resources = {
        address: evolve(prior, attributes={n: conceal(v, salt) for n, v in prior.attributes.items()})
        for address, prior in priors.items()
    }
    shown = {name: conceal(resolve(value, lookup), salt) for name, value in outputs.items()}
    known = {name: value for name, value in shown.items() if value is not None and not is_deferred(value)}
    return State(project, environment, resources=resources, outputs=known)


def _prior(desired: Desired, kind: Kind, shown: Mapping[str, Value]) -> Prior:
    set_there = {name: f"${{{desired.address}.{name}}}" for name in kind.computed}
    declared = {name: str(value) if is_deferred(value) else value for name, value in shown.items()}
    return Prior(
        address=desired.address,
        id=NO_ID,
        attributes={**set_there, **declared},
        content_sha256=desired.content.sha256 if desired.content else None,
        **desired.for_state,
    )
