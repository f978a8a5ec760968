"""Which traffic filters a deployment has: those that its create names, those of its region that are for all
new ones, and what is associated later."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from planner.sandbox import objects
from planner.sandbox.http import Stamp, api_error
from planner.sandbox.objects import Object
from planner.sandbox.tables import Deployment

FILTER: Final = "traffic_filter"
ASSOCIATION: Final = "traffic_filter_association"
SETTINGS: Final = "traffic_filter_settings"


def associate(db: sqlite3.Connection, ruleset_id: str, type_: str, id_: str, now: str) -> bool:
    """False where it is associated already."""
    return objects.insert(db, Object(ASSOCIATION, ruleset_id, f"{type_}/{id_}", {}, Stamp(1, now, now)))


def begin(db: sqlite3.Connection, deployment: Deployment) -> None:
    """Associates a new deployment. Raises ApiError 400 for a ruleset that is not there."""
    regions = {resource["region"] for found in deployment.resources.values() for resource in found}
    for ruleset in objects.every(db, FILTER):
        if ruleset.body["include_by_default"] and ruleset.body["region"] in regions:
            associate(db, ruleset.id, "deployment", deployment.id, deployment.stamp.created)
    for ruleset_id in deployment.settings.get(SETTINGS, {}).get("rulesets", ()):
        if objects.find(db, FILTER, "", ruleset_id) is None:
            message = f"The traffic filter ruleset [{ruleset_id}] cannot be found."
            raise api_error(400, "deployments.invalid_request", message, f"settings.{SETTINGS}.rulesets")
        associate(db, ruleset_id, "deployment", deployment.id, deployment.stamp.created)


def settings(db: sqlite3.Connection, deployment_id: str) -> dict[str, Any]:
    """What the settings of a deployment say of its traffic filters, by both names; nothing of none."""
    found = {"rulesets": rulesets(db, f"deployment/{deployment_id}")}
    return {SETTINGS: found, "ip_filtering_settings": found} if found["rulesets"] else {}


def rulesets(db: sqlite3.Connection, entity: str) -> list[str]:
    """Ids of those that are associated with an entity, which is named by its type and its id."""
    return [thing.parent for thing in objects.named(db, ASSOCIATION, entity)]


def end(db: sqlite3.Connection, deployment_id: str) -> None:
    """A deployment that is gone is associated with nothing."""
    for thing in objects.named(db, ASSOCIATION, f"deployment/{deployment_id}"):
        objects.delete(db, thing)
