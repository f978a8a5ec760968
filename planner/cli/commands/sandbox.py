"""`planner sandbox`."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import click

from planner.cli.handed import Console, Credentials
from planner.cli.options import Whole, environment_option
from planner.cli.verbs import Verbs, folder_of, make_console
from planner.errors import PlannerError, WrongUsage
from planner.links import open_regular
from planner.model.project import Environment
from planner.model.value import Value

FAULT_HELP = (
    'A fault, as "POST /deployments/extensions 503 times=1" or "* ** delay:2"; may be repeated. Effects: '
    "503 (any status), rate-limit, delay:SECONDS, hold, drop-after, reset-before, truncate, fail-plan,"
    " no-start, ..."
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where it keeps what it holds; state/sandbox.db if left out.",
)


@click.group("sandbox", cls=Verbs)
def command() -> None:
    """An Elastic Cloud Enterprise that runs here, for trying out and for tests.

    An environment with `endpoint: sandbox` needs no server: it opens its data file itself. This is for other
    clients, as curl; with -e it serves the very file of that environment.
    """


@command.command("serve")
@data_option
@environment_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=Whole(0, 65535), default=12400, show_default=True, help="0 picks a free one.")
@click.option(
    "--platform",
    type=click.Choice(["ece", "cloud"]),
    help="What it is like: cloud forbids what is gone or another's, and foreign addresses in plans. As"
    " planner.yaml says, else ece, if left out.",
)
@click.option(
    "--credentials",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Who may call, as YAML or JSON: {api_keys: {KEY: USER}, users: {USER: PASSWORD}}. Anybody, if left"
    " out.",
)
@click.option(
    "--seed",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What it holds before the first call, as YAML: deployments, allocators, users and more. As"
    " planner.yaml says, if left out.",
)
@click.option("--mask-secrets", is_flag=True, help="Secrets of snapshot repositories come back masked.")
@click.option("--fetch", is_flag=True, help="Really download from download_url.")
@click.option("--enforce-version", is_flag=True, help="Honour ?version= on extensions.")
@click.option(
    "--speed",
    type=float,
    metavar="N",
    help="At 60 what takes a minute, as a plan of a deployment, takes a second; as planner.yaml says, else 1,"
    " if left out. POST {advance: SECONDS} to /sandbox/clock lets time pass at once.",
)
@click.option("--fault", "faults", multiple=True, metavar="SPEC", help=FAULT_HELP)
@click.pass_context
def serve_command(
    context: click.Context,
    /,
    data: Path | None,
    environment: str | None,
    host: str,
    port: int,
    credentials: Path | None,
    **given: Any,
) -> None:
    """Serve it over HTTP until Ctrl-C. Its own paths are below /sandbox: faults, requests, files, clock,
    index, deployments, restarts.

    With --credentials an extension belongs to the user who made it; a key whose user is null has no user id.

    \b
    planner sandbox serve -e dev
    planner sandbox serve --port 0 --data /tmp/ece.db --fault '* ** delay:0.2'
    curl localhost:12400/sandbox/requests
    """
    from planner.app.embedded import sandbox_platform, seeded
    from planner.sandbox import SandboxError
    from planner.sandbox.serve import serve

    console = make_console(context)
    file, chosen = _file(context, data, environment)
    given["platform"] = given["platform"] or (sandbox_platform(chosen) if chosen else "ece")
    if given["speed"] is None:
        given["speed"] = float(chosen.sandbox.get("speed", 1) if chosen else 1)
    given["credentials"] = _credentials(credentials) if credentials else None

    def ready(at_host: str, at_port: int) -> None:
        _tell_ready(console, f"http://{_bracketed(at_host)}:{at_port}", file, credentials)

    try:
        named = (Path(), str(seed)) if (seed := given.pop("seed")) else _seed(context, chosen)
        seeded(*named, lambda seed: serve(file, host, port, ready=ready, seed=seed, **given))
    except ValueError as error:
        raise WrongUsage(str(error)) from None
    except SandboxError as error:
        raise PlannerError(f"the sandbox cannot run: {error}") from None
    except OSError as error:
        raise _not_listening(error, f"{_bracketed(host)}:{port}") from None


@command.command("reset")
@data_option
@environment_option
@click.pass_context
def reset_command(context: click.Context, /, data: Path | None, environment: str | None) -> None:
    """Empty it. The state that was made with it stays, and finds everything gone.

    \b
    planner sandbox reset -e dev
    """
    from planner.sandbox import SandboxError, reset

    file, _ = _file(context, data, environment)
    try:
        was_there = file.exists()
        reset(file)
    except (SandboxError, OSError) as error:
        raise PlannerError(f"the sandbox cannot be emptied: {error}") from None
    other = "" if data or environment else " -e names the sandbox of an environment."
    nothing = f"Nothing was emptied: {file} is not there.{other}"
    make_console(context).tell(f"Emptied {file}." if was_there else nothing)


def _file(
    context: click.Context, data: Path | None, environment: str | None
) -> tuple[Path, Environment | None]:
    """Where the sandbox keeps what it holds, and the environment that it does so for."""
    from planner.app.embedded import sandbox_file
    from planner.config.project import choose_environment, open_project

    folder = folder_of(context)
    if environment is None:
        return data or folder / "state" / "sandbox.db", None
    if data is not None:
        raise WrongUsage("--data and -e both say which file")
    chosen = choose_environment(open_project(folder), environment)
    return Path(os.path.normpath(sandbox_file(folder, chosen))), chosen


def _seed(context: click.Context, environment: Environment | None) -> tuple[Path, str | None]:
    return folder_of(context), environment.sandbox.get("seed") if environment else None


def _credentials(file: Path) -> Credentials:
    from planner.config.yaml_document import parse
    from planner.config.yaml_problem import YamlProblem
    from planner.sandbox import Credentials

    try:
        with open_regular(file) as stream:
            documents = parse(stream.read().decode())
        return Credentials.from_json(_as_written(documents[0] if len(documents) == 1 else None))
    except OSError as error:
        raise PlannerError(f"{file} cannot be read: {error.strerror}") from None
    except YamlProblem as problem:
        raise PlannerError(f"{file}:{problem.line}: {problem.summary}") from None
    except ValueError as error:  # of the bytes too, where they are no UTF-8
        advice = "Write it as {api_keys: {KEY: USER or null}, users: {USER: PASSWORD}}, in YAML or JSON."
        raise PlannerError(f"{file} holds no credentials: {error}", advice=advice) from None


def _as_written(value: Any) -> Value:
    """Keys and passwords are texts, also where they look like numbers."""
    from planner.config.values import Literal, plain

    if isinstance(value, dict):
        return {key: _as_written(inner) for key, inner in value.items()}
    return value.text if isinstance(value, Literal) and value.value is not None else plain(value)


def _tell_ready(console: Console, url: str, file: Path, credentials: Path | None) -> None:
    keys, key = (f"The API keys of {credentials}", "KEY") if credentials else ("Any API key", "any")
    console.tell(f"The sandbox listens on {url} and keeps its data in {file}. Ctrl-C ends it.")
    console.tell(f"{keys} will do:")
    console.tell(f"  curl -H 'Authorization: ApiKey {key}' {url}/api/v1/deployments/extensions")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _not_listening(error: OSError, place: str) -> PlannerError:
    if error.errno == errno.EADDRINUSE:
        return PlannerError(
            f"{place} is in use by another program", advice="Choose another --port; 0 picks a free one."
        )
    if error.errno in (errno.EACCES, errno.EPERM) and error.filename is None:
        return PlannerError(
            f"this user may not listen on {place}", advice="Choose a --port above 1023; 0 picks a free one."
        )
    return PlannerError(f"the sandbox cannot run at {place}: {error.strerror or error}")
