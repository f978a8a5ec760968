"""What is wrong in the files that resources name, as a plan is told of it; `planner.archives.lint` finds it.

Nothing of it is in the plan. What would be sent has to be in order; of what the installation has already it
is only warned, so that rules which a newer planner brings stop nothing that works.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from attrs import evolve

from planner.app.opening import Opened, Request
from planner.archives import ArchiveError, Archives
from planner.config.load import Configuration
from planner.engine.ports import Counted, uncounted
from planner.engine.workflow import Proposal, propose
from planner.kinds.registry import KindFile
from planner.model.address import Address
from planner.model.diagnostic import ERROR, WARNING, Diagnostic, did_you_mean
from planner.model.lint import Fault
from planner.model.plan import NORMAL
from planner.model.resource import Content, Desired


def proposed(here: Opened, counted: Counted = uncounted) -> Proposal:
    """The plan to the goal, and what is wrong with it. Takes no lock, and changes nothing."""
    return with_findings(here.request, here.configuration, propose(here.session, here.state, counted))


def with_findings(request: Request, configuration: Configuration, proposal: Proposal) -> Proposal:
    """proposal with what linting finds; an error in what would be sent forbids it.

    A plan that carries out no templates sends nothing, and is left as it is.
    """
    if proposal.plan.mode != NORMAL:
        return proposal
    sent = {change.address for change in proposal.plan.changes if change.content is not None}
    found = (
        item if address in sent or not item.is_error else evolve(item, severity=WARNING)
        for address, item in _findings(request, configuration)
    )
    return evolve(proposal, diagnostics=(*proposal.diagnostics, *found))


def findings(request: Request, configuration: Configuration) -> tuple[Diagnostic, ...]:
    """What linting finds, where nothing is known of what the installation has."""
    return tuple(item for _, item in _findings(request, configuration))


def _findings(request: Request, configuration: Configuration) -> Iterator[tuple[Address, Diagnostic]]:
    archives = request.workspace.archives(request.folder, configuration.pinned)
    kinds = request.kinds
    for address, desired in configuration.resources.items():
        if desired.content is not None or desired.allow:
            for item in _of(desired, kinds[address.kind], archives, configuration):
                yield address, evolve(item, address=str(address))


def _of(
    desired: Desired, kind: KindFile, archives: Archives, configuration: Configuration
) -> Iterator[Diagnostic]:
    content, locate = desired.content, partial(configuration.locate, desired.address)
    faults: tuple[Fault, ...] = ()
    if content is not None and kind.kind.content is not None:
        try:
            faults = kind.driver.lint(archives, content, desired.attributes)
        except ArchiveError as error:
            yield Diagnostic(ERROR, error.summary, advice=error.advice)
        allowed = {item.rule for item in desired.allow}
        for fault in faults:
            if fault.rule not in allowed:
                yield evolve(_diagnostic(fault, content), position=locate((kind.kind.content.attribute,)))
    broken = {fault.rule for fault in faults}
    for index, item in enumerate(desired.allow):
        if item.rule not in broken:
            yield evolve(_idle(item.rule, content), position=locate(("allow", index)))


def _diagnostic(fault: Fault, content: Content) -> Diagnostic:
    summary = f"{fault.place(content.source)} {fault.sentence} ({fault.rule})"
    return Diagnostic(fault.severity, summary, detail=fault.detail, advice=fault.advice)


def _idle(rule: str, content: Content | None) -> Diagnostic:
    """Of a rule that is allowed, and not broken."""
    from planner.archives.lint import rules  # noqa: PLC0415 - only where it is told

    known = rules()
    if rule not in known:
        summary, advice = f'allow names the rule "{rule}", which there is not', did_you_mean(rule, known)
    elif content is None:
        summary, advice = f"allow names {rule}, and there is no file that could break it", ""
    else:
        summary, advice = f"allow names {rule}, which {content.source} does not break", ""
    return Diagnostic(WARNING, summary, advice=advice or "Take it out.")
