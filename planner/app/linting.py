"""What is wrong in the files that resources name, as a plan is told of it; `planner.archives.lint` finds it.

Nothing of it is in the plan. What would be sent has to be in order; of what the installation has already it
is only warned, so that rules which a newer planner brings stop nothing that works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import evolve

from planner.archives import ArchiveError, Archives
from planner.config.load import Configuration
from planner.engine.ports import Counted, uncounted
from planner.engine.workflow import Proposal, propose
from planner.errors import WrongUsage
from planner.kinds.registry import KindFile
from planner.model.address import Address
from planner.model.diagnostic import ERROR, WARNING, Diagnostic, Position, did_you_mean
from planner.model.lint import Fault, Rule
from planner.model.plan import NORMAL
from planner.model.resource import Content, Desired
from planner.model.rollout import RESTART
from planner.model.value import Path

if TYPE_CHECKING:
    from planner.app.opening import Opened, Request
    from planner.app.prior_content import Fetch

Locate = Callable[[Path], Position]
_TAKE_OUT: Final = "Take it out."
_NOTHING: Final[Mapping[str, Content]] = MappingProxyType({})


def proposed(
    here: Opened,
    counted: Counted = uncounted,
    at_hand: Mapping[str, Content] = _NOTHING,
    *,
    ask_server: bool = False,
) -> Proposal:
    """The plan to the goal, and what is wrong with it. Takes no lock, and changes nothing. at_hand: see
    with_findings. ask_server: the installation says, too, whether it would take it.
    """
    found = propose(here.session, here.state, counted)
    if here.state.rollouts:
        from planner.app.begun import with_open  # noqa: PLC0415 - only where one has begun

        found = with_open(found)
    found = with_findings(here.request, here.configuration, found, here.stored, at_hand)
    if not ask_server or found.forbidden:
        return found
    if not here.environment.options.get("validate_only", True):
        raise WrongUsage("--ask-server does not go with validate_only: false, which planner.yaml says here")
    from planner.engine.validation import validated  # noqa: PLC0415 - only where it is asked for

    return validated(here.session, found, counted)


def with_findings(
    request: Request,
    configuration: Configuration,
    proposal: Proposal,
    fetch: Fetch | None = None,
    at_hand: Mapping[str, Content] = _NOTHING,
) -> Proposal:
    """proposal with what changes in the files that would be sent, and what linting finds; an error in what
    would be sent forbids it.

    fetch: asks the installation for an archive. at_hand: those that it may have, by their hash.
    A plan that carries out no templates sends nothing, and is left as it is.
    """
    if proposal.diagnostics:
        proposal = evolve(proposal, diagnostics=tuple(_placed(proposal.diagnostics, configuration)))
    if proposal.plan.mode != NORMAL:
        return proposal
    if proposal.plan.changes:
        from planner.app.contents import with_files  # noqa: PLC0415 - only where something changes

        proposal = with_files(request, configuration, proposal)
    if proposal.plan.contents or proposal.plan.drift:
        from planner.app.lines import with_lines  # noqa: PLC0415 - only where an archive is another one

        proposal = with_lines(request, configuration, proposal, fetch, at_hand)
    if any(rollout.rules.mode == RESTART for rollout in proposal.plan.rollouts):
        from planner.app.way_back import with_way_back  # noqa: PLC0415 - only where something is replaced

        proposal = with_way_back(request, proposal, fetch if request.refresh else None)
    sent = {change.address for change in proposal.plan.changes if change.content is not None}
    found = (
        item if address in sent or not item.is_error else evolve(item, severity=WARNING)
        for address, item in _findings(request, configuration)
    )
    beside = _beside(request, configuration, proposal) if proposal.plan.changes else ()
    return evolve(proposal, diagnostics=(*proposal.diagnostics, *found, *beside))


def _placed(diagnostics: Iterable[Diagnostic], configuration: Configuration) -> Iterator[Diagnostic]:
    """diagnostics with the places of the blocks that they are about. Planning knows of none."""
    declared: dict[str | None, Address] = {str(address): address for address in configuration.resources}
    for item in diagnostics:
        known = item.address in declared and item.position is None
        yield evolve(item, position=configuration.locate(declared[item.address], ())) if known else item


def _beside(request: Request, configuration: Configuration, proposal: Proposal) -> Iterator[Diagnostic]:
    """Of files that a resource brings together, where the plan changes that resource or sends one of them."""
    archives = request.workspace.archives(request.folder, configuration.pinned)
    changes = proposal.plan.changes
    sent, changed = {c.address for c in changes if c.content is not None}, {c.address for c in changes}
    kinds = {name: request.kinds[name] for name in {address.kind for address in configuration.resources}}
    bringing = {name: found.driver for name, found in kinds.items() if found.kind.user}
    for address, desired in configuration.resources.items():
        if address.kind not in bringing:
            continue
        resources = ((other, configuration.resources.get(other)) for other in desired.dependencies)
        used = {other: found for other, found in resources if found is not None and found.content}
        if address in changed or sent & used.keys():
            observed = proposal.view.resources.get(address) or proposal.view.imports.get(address)
            place = configuration.locate(address, ())
            for item in bringing[address.kind].beside(archives, used, observed):
                yield evolve(item, position=place, address=str(address))


def findings(request: Request, configuration: Configuration) -> tuple[Diagnostic, ...]:
    """What linting finds, where nothing is known of what the installation has."""
    return tuple(item for _, item in _findings(request, configuration))


def _findings(request: Request, configuration: Configuration) -> Iterator[tuple[Address, Diagnostic]]:
    archives = request.workspace.archives(request.folder, configuration.pinned)
    kinds, now = request.kinds, request.clock()
    wrong = {item.address for item in configuration.diagnostics if item.is_error}
    for address, desired in configuration.resources.items():
        if desired.content is not None or desired.allow:
            locate = partial(configuration.locate, address)
            of_files = _of(desired, kinds[address.kind], archives, locate, now)
            found = _unknown(desired, locate) if str(address) in wrong else of_files
            yield from ((address, evolve(item, address=str(address))) for item in found)


def _of(
    desired: Desired, kind: KindFile, archives: Archives, locate: Locate, now: str
) -> Iterator[Diagnostic]:
    content = desired.content
    faults: tuple[Fault, ...] = ()
    if content is not None and kind.kind.content is not None:
        try:
            found = kind.driver.lint(archives, content, desired.attributes)
            faults = tuple(fault for fault in found if fault.since <= now)
        except ArchiveError as error:
            yield Diagnostic(ERROR, error.summary, advice=error.advice)
        allowed = {item.rule for item in desired.allow}
        for fault in faults:
            if fault.rule not in allowed:
                yield evolve(_diagnostic(fault, content), position=locate((kind.kind.content.attribute,)))
    yield from _unknown(desired, locate)
    broken = {fault.rule for fault in faults}
    for index, item in enumerate(desired.allow):
        if item.rule not in broken and item.rule in _rules():
            yield evolve(_idle(item.rule, content), position=locate(("allow", index)))


def _unknown(desired: Desired, locate: Locate) -> Iterator[Diagnostic]:
    """Of rules that are allowed, and that there are not: whatever else is wrong with the resource."""
    for index, item in enumerate(desired.allow):
        if item.rule not in _rules():
            summary = f'allow names the rule "{item.rule}", which there is not'
            advice = did_you_mean(item.rule, _rules()) or _TAKE_OUT
            yield Diagnostic(WARNING, summary, position=locate(("allow", index)), advice=advice)


def _rules() -> Mapping[str, Rule]:
    from planner.archives.lint import rules  # noqa: PLC0415 - only where one is allowed

    return rules()


def _diagnostic(fault: Fault, content: Content) -> Diagnostic:
    summary = f"{fault.place(content.source)} {fault.sentence} ({fault.rule})"
    return Diagnostic(fault.severity, summary, detail=fault.detail, advice=fault.advice)


def _idle(rule: str, content: Content | None) -> Diagnostic:
    """Of a rule that is allowed, and not broken."""
    why = f"which {content.source} does not break" if content else "and there is no file that could break it"
    return Diagnostic(WARNING, f"allow names {rule}, {why}", advice=_TAKE_OUT)
