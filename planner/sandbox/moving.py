"""What a deployment would become: moved to a template (ECE API, migrate-deployment-template), and whether it
may be upgraded. Nothing is changed: a client puts what it is given, after its own changes.

Bundles, sizes and settings stay the deployment's. The template gives the instance configurations of each
element, and the elements that the deployment does not have, which are off.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen
from werkzeug.wrappers import Response

from planner.sandbox import deployment_request as requested
from planner.sandbox import objects
from planner.sandbox.deployments import find
from planner.sandbox.http import Call, Route, api_error, reply
from planner.sandbox.installation import Installation
from planner.sandbox.seed import prepare
from planner.sandbox.tables import Deployment, Resource

ITEM: Final = "/deployments/{deployment_id}"
SEARCH: Final = "elasticsearch"
HARDWARE: Final = ("instance_configuration_id", "instance_configuration_version")
TRANSIENT: Final = {
    "strategy": {"autodetect": {}},
    "plan_configuration": {
        "calm_wait_time": 5,
        "extended_maintenance": False,
        "max_snapshot_age": 300,
        "max_snapshot_attempts": 3,
        "move_allocators": [],
        "move_instances": [],
        "move_only": False,
        "override_failsafe": False,
        "preferred_allocators": [],
        "reallocate_instances": False,
        "skip_data_migration": False,
        "skip_post_upgrade_steps": False,
        "skip_snapshot": False,
        "skip_snapshot_post_major_upgrade": False,
        "skip_upgrade_checker": False,
        "timeout": 32768,
    },
}
Body = dict[str, Any]
Template = Mapping[str, list[dict[str, Any]]]
"""The resources of a deployment template, by kind."""


@frozen(eq=False, repr=False)
class MovingApi:
    at: Installation

    def routes(self) -> list[Route]:
        return [
            Route("GET", ITEM + "/migrate_template", self.migrate),
            Route("GET", ITEM + "/upgrade_assistant/status", self.upgrade_status),
        ]

    def migrate(self, call: Call) -> Response:
        prepare(self.at)
        with self.at.storage.read() as db:
            deployment = find(db, call)
            name = call.request.args.get("template_id", "")
            template = _template(db, deployment, name)
        resources = {
            kind: [_moved(kind, resource, template.get(kind) or (), name) for resource in found]
            for kind, found in _by_kind(deployment).items()
        }
        told = {"name": deployment.name, "alias": deployment.alias, "settings": deployment.settings}
        body = {key: value for key, value in told.items() if value is not None}
        return reply(body | {"prune_orphans": False, "resources": resources})

    def upgrade_status(self, call: Call) -> Response:
        with self.at.storage.read() as db:
            find(db, call)
        details = "There are 0 Elasticsearch deprecations and 0 Kibana deprecations that need to be resolved."
        return reply({"ready_for_upgrade": True, "details": details})


def _by_kind(deployment: Deployment) -> dict[str, list[Resource]]:
    return {kind: deployment.resources.get(kind, []) for kind in requested.KINDS}


def _template(db: sqlite3.Connection, deployment: Deployment, name: str) -> Template:
    """Raises ApiError 400 for a template that the region of the deployment does not have."""
    regions = {resource["region"] for _, resource in requested.each(deployment.resources)}
    for region in sorted(regions):
        if found := objects.find(db, "deployment_template", region, name):
            resources: Template = found.body["deployment_template"].get("resources", {})
            return resources
    message = f"The deployment cannot be migrated to the template [{name}]: it cannot be found."
    raise api_error(400, "templates.template_not_found", message, "template_id")


def _moved(kind: str, resource: Resource, template: Any, name: str) -> Body:
    plan = resource["plan"]
    wanted = [element for other in template for element in other["plan"].get("cluster_topology") or ()]
    elements = [*_elements(plan.get("cluster_topology") or [], wanted, kind)]
    moved: Body = {**plan, "cluster_topology": elements}
    if kind == SEARCH:
        moved |= {"deployment_template": {"id": name}, "transient": TRANSIENT}
    shown = {key: value for key, value in resource.items() if key in ("ref_id", "region", "settings")}
    target = {"elasticsearch_cluster_ref_id": resource.get("elasticsearch_cluster_ref_id", requested.MAIN)}
    named = {"display_name": resource["display_name"]} if "display_name" in resource else {}
    return shown | named | ({} if kind == SEARCH else target) | {"plan": moved}


def _elements(own: list[Body], wanted: list[Body], kind: str) -> Iterator[Body]:
    """Of a kind without named elements there is one."""
    if kind != SEARCH:
        yield from ({**element, **_hardware(wanted[0] if wanted else {})} for element in own)
        return
    by_id = {element.get("id"): element for element in wanted}
    yield from ({**element, **_hardware(by_id.get(element.get("id"), {}))} for element in own)
    have = {element.get("id") for element in own}
    for id_, element in by_id.items():
        if id_ not in have:
            yield {**element, "size": {**element.get("size", {"resource": "memory"}), "value": 0}}


def _hardware(element: Mapping[str, Any]) -> Body:
    return {key: element[key] for key in HARDWARE if key in element}
