"""planner as a library: what the command line does, as functions from values to values.

It prints nothing, asks nobody, installs no signal handler and reads no variable of the process environment
that it was not given; the libraries of PostgreSQL and S3 read theirs. Environments may be worked on in
threads of their own. Errors are those of `planner.errors`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import orjson
from attrs import define, field, frozen

from planner.app.apply import Approval, apply_saved
from planner.app.caller import Silent
from planner.app.carrying import Applying, Outcome, Running
from planner.app.credentials import to_call
from planner.app.linting import proposed
from planner.app.opening import Request, configure, opened
from planner.app.redaction import Redactor, given_credentials
from planner.config.project import choose_environment
from planner.config.project import open_project as read_project
from planner.config.variables import Inputs
from planner.engine.selection import Selection
from planner.errors import PartlyApplied, PlannerError, Refused
from planner.model import plan as model
from planner.model.address import Address
from planner.model.diagnostic import Diagnostic
from planner.model.ledger import APPLIED, Event, Ledger
from planner.model.resource import Credential, Desired
from planner.model.rollout import DONE
from planner.model.state import State
from planner.model.value import Value
from planner.render.style import Style
from planner.render.text.plan import render_plan
from planner.state.saved import plan_digest

logging.getLogger("planner").addHandler(logging.NullHandler())

OnEvent = Callable[[Event], object]
OnCredential = Callable[[Credential], object]


def open_project(folder: str | Path, *, environ: Mapping[str, str] | None = None) -> Project:
    """The project in a folder that has a planner.yaml.

    environ: variables of the process environment that may be read, as credentials are; os.environ for all.
    PlannerError where there is no project, InvalidConfiguration where planner.yaml is wrong.
    """
    found = read_project(Path(folder))
    return Project(Path(folder), found.name, tuple(found.environments), dict(environ or {}))


@frozen
class Project:
    """A project as it lies in a folder. environments: their names, in the order of planner.yaml."""

    folder: Path
    name: str
    environments: tuple[str, ...]
    environ: Mapping[str, str] = field(factory=dict, repr=False)

    def environment(
        self,
        name: str | None = None,
        *,
        variables: Mapping[str, object] | None = None,
        var_files: Sequence[str] = (),
        parallelism: int = 10,
    ) -> Environment:
        """One environment of the project. variables: as --var gives them. var_files: as --var-file.
        PlannerError where there is none.
        """
        chosen = choose_environment(read_project(self.folder), name)
        assigned = [(key, _as_text(value)) for key, value in (variables or {}).items()]
        inputs = Inputs(assigned, tuple(var_files), self.environ)
        return Environment(chosen.name, self.folder, inputs, parallelism)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


@define
class Cancel:
    """Ends an apply early when it is asked to, from whatever thread: steps under way are finished."""

    asked: bool = False
    _hurry: list[Callable[[], object]] = field(factory=list, repr=False)

    def ask(self) -> None:
        self.asked = True
        for hurry in tuple(self._hurry):
            hurry()

    @contextmanager
    def hurrying(self, hurry: Callable[[], object]) -> Iterator[None]:
        """While in the context, hurry is called when somebody asks."""
        self._hurry.append(hurry)
        try:
            yield
        finally:
            self._hurry.remove(hurry)


@frozen
class Plan:
    """What apply would do. content: all of it. digest: of what it does. errors: for which it is refused."""

    content: model.Plan
    digest: str
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()

    @property
    def changes(self) -> tuple[model.Change, ...]:
        return self.content.changes

    @property
    def has_changes(self) -> bool:
        return self.content.has_changes

    def text(self, *, width: int = 100) -> str:
        """The plan as `planner plan` prints it, secrets hidden. width: columns, at least 40."""
        return render_plan(self.content, width=width, style=Style(colours=False))

    def markdown(self) -> str:
        from planner.render.markdown import render_markdown_plan  # noqa: PLC0415 - only where it is asked for

        return render_markdown_plan(self.content, self.digest)


@frozen
class Applied:
    """What an apply that did all of its plan came to. failed_check: whether a check failed afterwards."""

    ledger: Ledger
    outputs: Mapping[str, Value]
    failed_check: bool = False


@frozen
class Environment:
    """One environment of a project. Its files are read anew by each call."""

    name: str
    _folder: Path
    _inputs: Inputs = field(repr=False)
    _parallelism: int

    @contextmanager
    def _asking(self, **given: Any) -> Iterator[Request]:
        """One call. No error that leaves it holds a secret, and no temporary file stays."""
        caller, environ = Silent(), self._inputs.environ
        request = Request(self._folder, self.name, self._inputs, caller, self._parallelism, **given)
        caller.redact.watch(lambda: (*given_credentials(environ), *request.given_secrets()))
        try:
            yield request
        except PlannerError as error:
            caller.redact.clear(error)
            raise error from None  # what it comes from is not redacted
        finally:
            request.trees.close()
            request.workspace.close()

    def resources(self) -> Mapping[Address, Desired]:
        """What the templates become, without calling any API. InvalidConfiguration with all that is wrong."""
        with self._asking() as request:
            found, _ = configure(request)
            found.refuse_errors()
            return found.resources

    def state(self) -> State:
        """The state as it is kept, without asking the installation. Empty where nothing was applied yet."""
        with self._asking() as request:
            here = choose_environment(request.project, self.name)
            return request.states.open(here).load()

    def outputs(self) -> Mapping[str, Value]:
        """The outputs of the last apply; sensitive ones are fingerprints."""
        return self.state().outputs

    def plan(
        self,
        *,
        destroy: bool = False,
        refresh: bool = True,
        targets: Sequence[str] = (),
        excludes: Sequence[str] = (),
        replaces: Sequence[str] = (),
    ) -> Plan:
        """What apply would change. Takes no lock and writes nothing. See `planner plan` for what is given."""
        selection = Selection(tuple(targets), tuple(excludes), tuple(replaces))
        given = {"destroy": destroy, "refresh": refresh, "selection": selection}
        with self._asking(**given) as request, opened(request) as here:
            proposal = proposed(here)
            found = request.caller.redact.inside((*here.configuration.diagnostics, *proposal.diagnostics))
            content = here.store.redact(proposal.plan)  # as in a file: what is sensitive stays here
            return Plan(
                content,
                plan_digest(content),
                warnings=tuple(item for item in found if not item.is_error),
                errors=tuple(item for item in found if item.is_error),
            )

    def apply(
        self,
        plan: Plan,
        *,
        on_event: OnEvent = lambda _event: None,
        cancel: Cancel | None = None,
        lock_timeout: float = 0.0,
        on_credential: OnCredential | None = None,
    ) -> Applied:
        """Carries out a plan, unless the world moved since. lock_timeout: seconds to wait for the lock.

        on_event: called in this thread with the events of all steps; an error of it cancels the rest.
        on_credential: called, in some thread and one at a time, with what only the reply to a create shows;
        it has to be safe when that returns. Without it a plan that makes such a thing is refused.
        StalePlan, LockHeld and Refused when nothing was changed; PartlyApplied, with the ledger, when a part
        was. A protected environment is applied to: whoever calls has the plan, and could look at it.
        """
        if plan.errors:
            raise Refused(plan.errors[0].summary, advice=plan.errors[0].advice)
        cancel = cancel or Cancel()
        with self._asking() as request, opened(request) as here:
            report = _Report(cancel, request.caller.redact)
            kept = to_call(on_credential) if on_credential else None
            applying = Applying(here, report, credentials=kept)
            with ThreadPoolExecutor(1, "planner-apply") as pool:
                result = pool.submit(apply_saved, applying, plan.content, Approval(auto=True), lock_timeout)
                result.add_done_callback(lambda _: report.events.put(None))
                _hand_on(report.events, on_event, cancel)
                outcome = result.result()
            return _applied(outcome, report.shown)


def _hand_on(events: SimpleQueue[Event | None], on_event: OnEvent, cancel: Cancel) -> None:
    """Hand events on, in the caller's thread, until None ends them. What on_event raises is raised when the
    apply has ended, which it does early.
    """
    try:
        while (event := events.get()) is not None:
            on_event(event)
    except BaseException:
        cancel.ask()
        raise


def _applied(outcome: Outcome, outputs: Mapping[str, Value]) -> Applied:
    ledger = outcome.ledger or Ledger()
    if ledger.complete and not ledger.interrupted:
        return Applied(ledger, outputs, outcome.failed)
    left = [entry for entry in ledger.entries if entry.result != APPLIED]
    first = next((entry for entry in left if entry.reason), None)
    why = f"{first.address}: {first.reason}" if first else _unfinished(ledger) or "it was cancelled"
    raises = PartlyApplied if ledger.changed else Refused if ledger.refused else PlannerError
    missing = f"{len(left)} of {len(ledger.entries)} resources were not applied"
    waits = not left and not ledger.interrupted
    error = raises(f"{'not all of it was rolled out' if waits else missing}; {why}")
    if isinstance(error, PartlyApplied):
        error.ledger = ledger
    raise error


def _unfinished(ledger: Ledger) -> str:
    """The first roll-out that is not done, "" where all are."""
    rolled = next((rolled for rolled in ledger.rollouts if rolled.result != DONE), None)
    return f"rollout.{rolled.name} {rolled.result}: {rolled.reason}" if rolled else ""


@define
class _Report:
    """Takes what an apply tells: the events go to a queue, what is shown at the end is kept."""

    cancel: Cancel
    redact: Redactor
    events: SimpleQueue[Event | None] = field(factory=SimpleQueue)
    shown: Mapping[str, Value] = field(factory=dict)

    def plan(self, plan: model.Plan) -> None:
        """The caller has it."""

    def diagnostics(self, items: Iterable[Diagnostic]) -> None:
        """Nothing to do: those of a plan are with it; that a check failed afterwards is in the outcome."""

    @contextmanager
    def running(
        self,
        plan: model.Plan,  # noqa: ARG002 - the caller has it
        hurry: Callable[[], object],
    ) -> Iterator[Running]:
        with self.cancel.hurrying(hurry):
            yield Running(self._take, lambda: self.cancel.asked)

    def _take(self, event: Event) -> None:
        self.events.put(self.redact.inside(event))

    def ledger(self, ledger: Ledger, way_on: str) -> None:
        """Nothing to do: it is in the outcome."""

    def outputs(self, outputs: Mapping[str, Value]) -> None:
        self.shown = outputs
