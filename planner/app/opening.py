"""The composition root: from a folder and an environment's name to everything a command needs."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from attrs import Factory, evolve, field, frozen

from planner.app.caller import Caller, Silent
from planner.app.command_line import Typed
from planner.app.config_digest import config_digest
from planner.app.disclosure import discretion, exposed, exposed_names
from planner.app.embedded import STATE_FOLDER, embedded
from planner.app.linting import findings
from planner.app.passing import Passing, Real
from planner.app.pinned import PinnedTrees
from planner.app.redaction import given_values
from planner.app.stores import States
from planner.archives import Workspace
from planner.config.apart import apart
from planner.config.environment_file import Pins, read_pins
from planner.config.jobs import Runner
from planner.config.load import Configuration, Projects, first_causes, load
from planner.config.project import choose_environment
from planner.config.sources import Sources
from planner.config.variables import Inputs
from planner.ece.operations import Timeouts, UploadForm
from planner.ece.redaction import Discretion
from planner.ece.settings import Settings
from planner.engine.goal import Goal, Origins
from planner.engine.ports import Drivers
from planner.engine.recover import Waiting
from planner.engine.selection import Selection
from planner.engine.workflow import Session
from planner.errors import InvalidConfiguration
from planner.kinds.binding import REGION, Conventions
from planner.kinds.contents import attach_contents
from planner.kinds.registry import KindFile, load_kinds, project_kinds
from planner.model.declarations import Declarations, Import
from planner.model.diagnostic import Diagnostics
from planner.model.lazily import Lazily
from planner.model.plan import DESTROY, IMPORT_ONLY, NORMAL, REFRESH_ONLY
from planner.model.project import Environment, Project
from planner.model.state import State
from planner.state.locks import utc_now
from planner.state.store import Store

if TYPE_CHECKING:
    from planner.app.prior_content import Fetch
    from planner.ece.client import Client


@frozen(eq=False, repr=False)
class Request:
    """What the command line asks for. caller: who asks, and is told. content: what is to be shown of changed
    archives, one of model.SHOWN; None where nobody says: lines, without asking the installation for its
    archives. retried: roll-outs that are to begin though they failed before. texts: of files of the project,
    whatever is on disk. clock: the time, as ISO 8601 in UTC.
    """

    folder: Path
    environment: str | None
    inputs: Inputs
    caller: Caller = field(factory=Silent)
    parallelism: int = 10
    refresh: bool = True
    destroy: bool = False
    refresh_only: bool = False
    content: str | None = None
    selection: Selection = field(factory=Selection)
    retried: tuple[str, ...] = ()
    imports: tuple[Import, ...] = ()
    import_only: bool = False
    typed: Typed = field(factory=Typed)
    texts: Mapping[str, str] = field(factory=dict)
    projects: Projects = field(factory=Projects)
    workspace: Workspace = field(
        default=Factory(lambda self: Workspace(self.folder / STATE_FOLDER), takes_self=True)
    )
    run: Runner = field(factory=apart)  # before a thread is started that shows what goes on
    trees: PinnedTrees = field(default=Factory(lambda self: PinnedTrees(self.folder), takes_self=True))
    clock: Callable[[], str] = utc_now

    def given_secrets(self) -> tuple[str, ...]:
        """The values of the sensitive variables that are set here, once it is known which are."""
        known = self.projects.known(self.folder)
        return given_values(known, self.inputs.environ) if known else ()

    @property
    def project(self) -> Project:
        """The project. PlannerError when there is none, InvalidConfiguration when it is wrong."""
        return self.projects.at(self.folder).project

    def pins_of(self, environment: str) -> Pins | None:
        """The pins of an environment; None where they cannot be used: whoever reads the file for its values
        tells what is wrong.
        """
        return read_pins(Sources(self.folder, texts=self.texts), environment, Diagnostics())

    @property
    def states(self) -> States:
        return States(
            self.folder, self.project.name, self.inputs.environ, self.caller.redact, self.caller.retrying
        )

    @cached_property
    def kinds(self) -> Mapping[str, KindFile]:
        """The kinds that there are for the project."""
        return load_kinds(project_kinds(self.folder))

    def elsewhere(self, environment: str) -> Request:
        """A look at another environment: what the command line says of variables is about this one."""
        return Request(
            self.folder,
            environment,
            Inputs(environ=self.inputs.environ),
            self.caller,
            self.parallelism,
            content=self.content,
            projects=self.projects,
            workspace=self.workspace,
            run=self.run,
            trees=self.trees,
            clock=self.clock,
        )


@frozen(eq=False, repr=False)
class Opened:
    """One environment, ready to work on. state: as it was read to open it, without the lock.

    passing: time, for what waits. hurry: ends what waits for the installation or its rate limit. stored: the
    archive that the installation keeps of a resource.
    """

    request: Request
    configuration: Configuration
    session: Session
    store: Store
    state: State
    passing: Passing = field(factory=Real)
    hurry: Callable[[], object] = lambda: None
    stored: Fetch | None = None

    @property
    def environment(self) -> Environment:
        return self.configuration.environment

    @property
    def caller(self) -> Caller:
        return self.request.caller


def configure(request: Request) -> tuple[Configuration, Mapping[str, KindFile]]:
    """The configuration with every problem in its diagnostics; secrets are watched for from here on."""
    project, redact = request.project, request.caller.redact
    environment = choose_environment(project, request.environment)
    kinds = request.kinds
    pins = request.pins_of(environment.name)
    try:
        sources = Sources(request.folder, texts=request.texts, pinned=request.trees.tree_for(pins))
    except InvalidConfiguration as error:
        return Configuration(project, environment, diagnostics=error.diagnostics, pins=pins), kinds
    known = Lazily(kinds, lambda name: kinds[name].kind)
    declared = request.projects.at(request.folder)
    found = load(sources, declared, environment, known, request.inputs, request.run)
    if found.secrets:  # each source is asked again for each output, of whatever environment
        redact.watch(lambda: found.secrets)
    shown = (*exposed(found, request.folder), *exposed_names(found, kinds, redact.known()))
    return evolve(found, diagnostics=(*found.diagnostics, *shown), pins=pins), kinds


def configure_files(request: Request) -> tuple[Configuration, Mapping[str, KindFile]]:
    """As `configure`, with the files archived, hashed and checked; and linted, where something is wrong: what
    comes of files is told with the rest then.
    """
    configuration, kinds = configure(request)
    diagnostics = Diagnostics(list(configuration.diagnostics))
    archives = request.workspace.archives(request.folder, configuration.pinned)
    resources = attach_contents(configuration.resources, kinds, archives, configuration.locate, diagnostics)
    found = evolve(configuration, resources=resources, diagnostics=first_causes(diagnostics))
    more = findings(request, found) if found.has_errors else ()
    return evolve(found, diagnostics=(*found.diagnostics, *more)), kinds


@contextmanager
def opened(request: Request) -> Iterator[Opened]:
    """An environment opened for planning and applying. InvalidConfiguration with every problem found."""
    with request.caller.doing("Reading templates and files"):
        configuration, kinds = configure_files(request)
    configuration.refuse_errors()
    with _with_kinds(request, configuration, kinds) as here:
        yield here


@contextmanager
def opened_without_templates(request: Request) -> Iterator[Opened]:
    """As `opened`, for what the state alone tells; templates, files and variables are not looked at."""
    environment = choose_environment(request.project, request.environment)
    with _with_kinds(request, Configuration(request.project, environment), request.kinds) as here:
        yield here


@contextmanager
def _with_kinds(
    request: Request, configuration: Configuration, kinds: Mapping[str, KindFile]
) -> Iterator[Opened]:
    environment = configuration.environment
    store = request.states.open(environment, _noting(request.caller))
    settings = Settings.read(environment.name, environment.options, request.inputs.environ)
    conventions = _conventions(environment, settings)
    discreet = discretion(request.caller, configuration, kinds, store)
    with _client(request, configuration, settings, store, discreet) as (client, passing):
        state = store.load()
        drivers = Lazily(kinds, lambda name: kinds[name].at(client, conventions))
        session = Session(
            goal=_goal(request, configuration, state.lineage),
            drivers=drivers,
            store=store,
            busy=lambda: str(store.backend.lock_holder() or ""),
            parallelism=request.parallelism,
            refresh=request.refresh,
            waiting=_waiting(settings, request.caller),
        )
        yield Opened(
            *(request, configuration, session, store, state, passing),
            hurry=lambda: [hurry() for hurry in (client.hurry, passing.hurry)],
            stored=lambda address, id_: drivers[address.kind].stored(id_),
        )


def opened_offline(request: Request) -> tuple[Goal, Drivers]:
    """What is wanted, and drivers that know their kinds and can call nothing. InvalidConfiguration."""
    configuration, kinds = configure_files(request)
    configuration.refuse_errors()
    nobody = cast("Client", None)
    drivers = Lazily(kinds, lambda name: kinds[name].at(nobody))
    return _goal(request, configuration, ""), drivers


@contextmanager
def _client(
    request: Request, configuration: Configuration, settings: Settings, store: Store, discreet: Discretion
) -> Iterator[tuple[Client, Passing]]:
    """And how time passes where it is. Whoever lost the lock of the state sends nothing more that writes, be
    it the next attempt of a call.
    """
    from planner.ece.client import open_client  # noqa: PLC0415 - not for those who ask no installation

    real = nullcontext((None, Real()))
    sandbox = embedded(request.folder, configuration.environment) if settings.is_sandbox else real
    with (
        sandbox as (transport, passing),
        open_client(
            settings,
            pool_size=request.parallelism,
            transport=transport,
            discretion=discreet,
            permit=store.backend.still_held,
            retrying=request.caller.retrying,
        ) as client,
    ):
        if not settings.is_sandbox:
            request.caller.redact.watch(lambda: client.auth.secrets)
        yield client, passing


def _noting(caller: Caller) -> Callable[[str], None]:
    """Tells each note once, however often the state is read."""
    told: set[str] = set()

    def tell(note: str) -> None:
        if note not in told:
            told.add(note)
            caller.tell(f"Note: {note}.")

    return tell


def _waiting(settings: Settings, caller: Caller) -> Waiting:
    """A create is waited for as long as a client waits for a reply. The embedded ECE ends with the process
    that asked it.
    """
    grace = 0.0 if settings.is_sandbox else settings.timeout or Timeouts().read
    return Waiting(grace, time.sleep, caller.tell)


def _conventions(environment: Environment, settings: Settings) -> Conventions:
    send_version = bool(environment.options.get("send_version"))
    uploads = UploadForm(settings.upload)
    asks = bool(environment.options.get("validate_only", True))
    return Conventions(send_version, settings.cloud, uploads, settings.region or REGION, asks)


def _goal(request: Request, configuration: Configuration, lineage: str) -> Goal:
    salt = make_salt(configuration, lineage)
    return Goal(
        project=configuration.project.name,
        environment=configuration.environment.name,
        config_digest=config_digest(configuration, salt),
        salt=salt,
        resources={} if request.destroy else configuration.resources,
        outputs=configuration.outputs,
        mode=_mode(request),
        declarations=_declarations(request, configuration),
        selection=request.selection,
        origins=_origins(configuration),
        declared=configuration.resources,
        retried=request.retried,
    )


def _origins(configuration: Configuration) -> Origins:
    return Origins(
        of=configuration.origins,
        line=lambda address, path: str(configuration.locate(address, path)),
        variables={name: assigned.value for name, assigned in configuration.variables.items()},
    )


def make_salt(configuration: Configuration, lineage: str) -> str:
    """The salt for fingerprints of secrets. lineage: of the state, "" before there is one."""
    project, environment = configuration.project.name, configuration.environment.name
    return hashlib.sha256((lineage or f"{project}/{environment}").encode()).hexdigest()[:32]


def _mode(request: Request) -> str:
    chosen = (
        (request.destroy, DESTROY),
        (request.refresh_only, REFRESH_ONLY),
        (request.import_only, IMPORT_ONLY),
    )
    return next((mode for asked, mode in chosen if asked), NORMAL)


def _declarations(request: Request, configuration: Configuration) -> Declarations:
    """The declarations of the templates; what the command line imports comes with them."""
    declared = configuration.declarations
    if request.destroy:
        return Declarations(moves=declared.moves)
    return evolve(declared, imports=(*declared.imports, *request.imports))
