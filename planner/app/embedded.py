"""The embedded Elastic Cloud Enterprise of an environment: where its data is, and with what it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from planner.errors import PlannerError
from planner.model.project import Environment

if TYPE_CHECKING:
    from planner.ece.wsgi import WSGITransport

STATE_FOLDER: Final = "state"
"""Where a project has what belongs to this machine: local states, data of the embedded ECE."""
SPEED: Final = 60.0
"""Nobody who tries something out wants to wait as long as for a real one."""
T = TypeVar("T")


@contextmanager
def embedded(folder: Path, environment: Environment) -> Iterator[WSGITransport]:
    """The embedded ECE, or Elastic Cloud. PlannerError when its data cannot be used."""
    from planner.ece.wsgi import WSGITransport  # noqa: PLC0415 - only where it is the endpoint
    from planner.sandbox import SandboxError, create_app  # noqa: PLC0415 - only where it is the endpoint

    data = sandbox_file(folder, environment)
    try:
        app = seeded(
            folder,
            environment.sandbox.get("seed"),
            lambda seed: create_app(
                data,
                platform=sandbox_platform(environment),
                seed=seed,
                speed=float(environment.sandbox.get("speed", SPEED)),
                mask_secrets=bool(environment.sandbox.get("mask_secrets")),
            ),
        )
    except SandboxError as error:
        raise PlannerError(f"the sandbox cannot run: {error}", advice="See planner sandbox reset.") from None
    except OSError as error:
        raise PlannerError(
            f"the sandbox cannot keep its data in {data}: {error.strerror}",
            advice="It needs a folder that can be written to, also for a plan.",
        ) from None
    with app:
        yield WSGITransport(app)


def seeded(folder: Path, name: str | None, work: Callable[[Mapping[str, Any]], T]) -> T:
    """What work makes of the seed in a file, which is named from the folder, or of an empty one.
    InvalidConfiguration that says where the seed is wrong."""
    if name is None:
        return work({})
    from planner.config.seed import read_seed  # noqa: PLC0415 - few have one
    from planner.sandbox.seed import SeedError  # noqa: PLC0415 - few have one

    seed = read_seed(folder, name)
    try:
        return work(seed.document)
    except SeedError as error:
        raise seed.refusal(error.path, str(error)) from None


def sandbox_file(folder: Path, environment: Environment) -> Path:
    """As planner.yaml says; else beside the environment's local state, in state/ when that is elsewhere."""
    if named := environment.sandbox.get("file"):
        return folder / str(named)
    is_path = environment.state.endswith(".json") and "://" not in environment.state
    place = (
        folder / Path(environment.state.removeprefix("file:")).parent if is_path else folder / STATE_FOLDER
    )
    return place / f"sandbox-{environment.name}.db"


def sandbox_platform(environment: Environment) -> str:
    return str(environment.options.get("platform", "ece"))
