"""Where the environments of a project are, without asking any of them."""

from __future__ import annotations

from pathlib import Path

from planner.app.stores import without_secrets, without_user
from planner.errors import PlannerError
from planner.model.project import Environment, Project
from planner.render.standings import Place
from planner.state.registry import Location, open_backend


def places(project: Project, folder: Path) -> tuple[Place, ...]:
    """In the order of planner.yaml."""
    return tuple(_place(project, item, folder) for item in project.environments.values())


def _place(project: Project, environment: Environment, folder: Path) -> Place:
    return Place(
        environment=environment.name,
        endpoint=shown_endpoint(environment),
        state=state_place(project.name, environment, folder),
        protected=environment.protected,
        promote_from=environment.promote_from,
    )


def shown_endpoint(environment: Environment) -> str:
    """As planner.yaml has it, without credentials; "" where it leaves it to EC_ENDPOINT."""
    return without_user(environment.endpoint)


def state_place(project: str, environment: Environment, folder: Path) -> str:
    """As messages name it, without credentials; also where this machine lacks what opens it."""
    url = environment.state
    try:
        return open_backend(Location(url, environment.name, folder, project)).describe()
    except PlannerError:
        return without_secrets(url)
