"""`planner sandbox`."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.options import make_console
from planner.errors import PlannerError, WrongUsage
from planner.sandbox import SandboxError, reset, serve

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("state/sandbox.db"),
    show_default=True,
    metavar="FILE",
    help="Where it keeps what it holds.",
)


@click.group("sandbox")
def command() -> None:
    """An Elastic Cloud Enterprise that runs here, for trying out and for tests.

    An environment with `endpoint: sandbox` needs no server. This one is for other clients, as curl, and may
    use the same file: state/sandbox-<environment>.db.
    """


@command.command("serve")
@DATA
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=12400, show_default=True, help="0 picks a free one."
)
@click.option("--fetch", is_flag=True, help="Really download from download_url.")
@click.option("--enforce-version", is_flag=True, help="Honour ?version= on extensions.")
@click.option(
    "--fault", "faults", multiple=True, metavar="SPEC", help='A fault, as "POST /deployments/extensions 503".'
)
@click.pass_context
def serve_command(
    context: click.Context,
    data: Path,
    host: str,
    port: int,
    fetch: bool,
    enforce_version: bool,
    faults: tuple[str, ...],
) -> int:
    """Serve it over HTTP until Ctrl-C.

    \b
    planner sandbox serve --port 12400 --data state/sandbox-dev.db
    curl -H 'Authorization: ApiKey any' localhost:12400/api/v1/deployments/extensions
    """
    console = make_console(context)

    def ready(at_host: str, at_port: int) -> None:
        console.tell(f"The sandbox listens on http://{at_host}:{at_port} and keeps its data in {data}.")

    try:
        serve(data, host, port, fetch=fetch, enforce_version=enforce_version, faults=faults, ready=ready)
    except ValueError as error:
        raise WrongUsage(str(error)) from None
    except (SandboxError, OSError) as error:
        raise PlannerError(f"the sandbox cannot run: {error}") from None
    return 0


@command.command("reset")
@DATA
@click.pass_context
def reset_command(context: click.Context, data: Path) -> int:
    """Empty it."""
    console = make_console(context)
    try:
        reset(data)
    except (SandboxError, OSError) as error:
        raise PlannerError(f"the sandbox cannot be emptied: {error}") from None
    console.tell(f"Emptied {data}.")
    return 0
