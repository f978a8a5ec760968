"""The composition root: from a folder and an environment's name to everything a command needs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import evolve, field, frozen

from planner.archives import Archives
from planner.cli.console import Console
from planner.cli.redaction import Redactor, document_redaction
from planner.config.load import Configuration, choose_environment, load, open_project
from planner.config.variables import Inputs
from planner.ece import Client, Settings, WSGITransport, open_client
from planner.engine.selection import Selection
from planner.engine.wish import Wish
from planner.engine.workflow import Session
from planner.errors import InvalidConfiguration, PlannerError
from planner.kinds.contents import attach_contents
from planner.kinds.registry import KindFile, load_kinds
from planner.kinds.rest import RestDriver
from planner.model.codec import digest
from planner.model.declarations import Declarations, Import
from planner.model.diagnostic import Diagnostics
from planner.model.plan import DESTROY, IMPORT_ONLY, NORMAL, REFRESH_ONLY
from planner.model.project import Environment
from planner.model.resource import Desired
from planner.model.value import conceal
from planner.model.value_json import encode_value
from planner.state.registry import open_backend
from planner.state.store import Store


@frozen
class Request:
    """What the command line asks for."""

    folder: Path
    environment: str | None
    inputs: Inputs
    parallelism: int = 10
    refresh: bool = True
    destroy: bool = False
    refresh_only: bool = False
    selection: Selection = field(factory=Selection)
    imports: tuple[Import, ...] = ()
    import_only: bool = False


@frozen
class Opened:
    """One environment, ready to work on."""

    request: Request
    configuration: Configuration
    session: Session
    store: Store
    diagnostics: Diagnostics

    @property
    def environment(self) -> Environment:
        return self.configuration.environment


def configure(request: Request, console: Console) -> tuple[Configuration, dict[str, KindFile]]:
    """The configuration with every problem in its diagnostics; secrets are watched for from here on."""
    project = open_project(request.folder)
    environment = choose_environment(project, request.environment)
    kinds = dict(load_kinds())
    found = load(request.folder, project, environment, {n: k.kind for n, k in kinds.items()}, request.inputs)
    console.redact.watch(lambda: found.secrets)
    return found, kinds


def check_files(
    configuration: Configuration, kinds: dict[str, KindFile], folder: Path, workspace: Path
) -> Configuration:
    """The configuration with its files archived, hashed and checked."""
    diagnostics = Diagnostics(list(configuration.diagnostics))
    archives = Archives(folder, workspace)
    resources = attach_contents(configuration.resources, kinds, archives, configuration.locate, diagnostics)
    return evolve(configuration, resources=resources, diagnostics=tuple(diagnostics))


@contextmanager
def opened(request: Request, console: Console) -> Iterator[Opened]:
    """An environment opened for planning and applying. InvalidConfiguration with every problem found."""
    with ExitStack() as stack:
        workspace = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="planner-")))
        with console.doing("Reading templates and files"):
            configuration, kinds = configure(request, console)
            configuration = check_files(configuration, kinds, request.folder, workspace)
        diagnostics = Diagnostics(list(configuration.diagnostics))
        if diagnostics.has_errors:
            raise InvalidConfiguration(diagnostics.items)
        project, environment = configuration.project.name, configuration.environment
        store = open_store(request.folder, project, environment, console.redact)
        client = stack.enter_context(_client(request, environment, stack, console))
        session = _session(request, configuration, kinds, store, client)
        yield Opened(request, configuration, session, store, diagnostics)


def open_store(
    folder: Path, project: str, environment: Environment, redactor: Redactor | None = None
) -> Store:
    """The environment's state. What is written to it holds no secret that the redactor knows by then."""
    backend = open_backend(environment.state, environment=environment.name, folder=folder)
    redact = document_redaction(redactor or Redactor(), f"{project}/{environment.name}")
    return Store(backend, project, environment.name, redact=redact)


def _client(request: Request, environment: Environment, stack: ExitStack, console: Console) -> Client:
    settings = Settings.read(environment.name, environment.options, os.environ)
    console.redact.watch(lambda: settings.secrets)
    transport = None
    if settings.is_sandbox:
        transport = stack.enter_context(_sandbox(sandbox_file(request.folder, environment)))
    client = open_client(settings, pool_size=request.parallelism, transport=transport)
    if not settings.is_sandbox:
        console.redact.watch(lambda: client.secrets)
    return client


@contextmanager
def _sandbox(data: Path) -> Iterator[WSGITransport]:
    """The embedded ECE. PlannerError when its data cannot be used."""
    from planner.sandbox import SandboxError, create_app  # noqa: PLC0415 - only where it is the endpoint

    try:
        app = create_app(data)
    except SandboxError as error:
        raise PlannerError(f"the sandbox cannot run: {error}", advice="See planner sandbox reset.") from None
    except OSError as error:
        raise PlannerError(
            f"the sandbox cannot keep its data in {data}: {error.strerror}",
            advice="It needs a folder that can be written to, also for a plan.",
        ) from None
    with app:
        yield WSGITransport(app)


def sandbox_file(folder: Path, environment: Environment) -> Path:
    """Beside the environment's local state; in state/ when the state is elsewhere."""
    is_path = environment.state.endswith(".json") and "://" not in environment.state
    place = folder / Path(environment.state.removeprefix("file:")).parent if is_path else folder / "state"
    return place / f"sandbox-{environment.name}.db"


def _session(
    request: Request,
    configuration: Configuration,
    kinds: dict[str, KindFile],
    store: Store,
    client: Client,
) -> Session:
    send_version = bool(configuration.environment.options.get("send_version"))
    drivers: dict[str, RestDriver] = {
        name: k.driver(k.kind, k.binding, client, send_version) for name, k in kinds.items()
    }

    def busy() -> str:
        holder = store.backend.lock_holder()
        return str(holder) if holder else ""

    wish = _wish(request, configuration, store.load().lineage)
    return Session(wish, drivers, store, busy, request.parallelism, request.refresh)


def _wish(request: Request, configuration: Configuration, lineage: str) -> Wish:
    project, environment = configuration.project.name, configuration.environment.name
    salt = hashlib.sha256((lineage or f"{project}/{environment}").encode()).hexdigest()[:32]
    return Wish(
        project=project,
        environment=environment,
        config_digest=_config_digest(configuration, salt),
        salt=salt,
        resources={} if request.destroy else configuration.resources,
        outputs={} if request.destroy else configuration.outputs,
        mode=_mode(request),
        declarations=_declarations(request, configuration),
        selection=request.selection,
        origins=configuration.origins,
    )


def _mode(request: Request) -> str:
    chosen = (
        (request.destroy, DESTROY),
        (request.refresh_only, REFRESH_ONLY),
        (request.import_only, IMPORT_ONLY),
    )
    return next((mode for asked, mode in chosen if asked), NORMAL)


def _declarations(request: Request, configuration: Configuration) -> Declarations:
    """Those of the templates; what the command line imports comes with them."""
    declared = configuration.declarations
    if request.destroy:
        return Declarations(moves=declared.moves)
    return evolve(declared, imports=(*declared.imports, *request.imports))


def _config_digest(configuration: Configuration, salt: str) -> str:
    """A digest over all that the configuration wants; secrets go in as fingerprints."""
    resources = {str(address): _described(d, salt) for address, d in configuration.resources.items()}
    outputs = encode_value(conceal(dict(configuration.outputs), salt))
    said = configuration.declarations
    statements = [
        [[str(move.source), str(move.target)] for move in said.moves],
        [[str(item.target), item.id] for item in said.imports],
        [[str(removal.source), removal.destroy] for removal in said.removals],
        [[c.name, c.message, c.severity, conceal(c.condition, salt)] for c in said.checks],
    ]
    return digest({"resources": resources, "outputs": outputs, "statements": statements})


def _described(desired: Desired, salt: str) -> dict[str, object]:
    lifecycle = desired.lifecycle
    return {
        "attributes": encode_value(conceal(dict(desired.attributes), salt)),
        "depends_on": [str(address) for address in desired.depends_on],
        "lifecycle": [
            lifecycle.prevent_destroy,
            lifecycle.create_before_destroy,
            [list(path) for path in lifecycle.ignore_changes],
            [str(reference) for reference in lifecycle.replace_triggered_by],
        ],
        "content": desired.content.sha256 if desired.content else None,
    }


def commit_of(folder: Path) -> str | None:
    """The commit that the project's git repository is at; None without one."""
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None
