"""What a client may send to create or update a deployment (ECE API, DeploymentCreateRequest)."""

from __future__ import annotations

import fnmatch
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict, cast

from werkzeug.datastructures import MultiDict

from planner.sandbox.http import ApiError, Problem, api_error
from planner.sandbox.installation import REGION
from planner.sandbox.shapes import MOST_PROBLEMS, deployment_shapes
from planner.sandbox.tables import Resource, Resources

KINDS = ("elasticsearch", "kibana", "apm", "appsearch", "enterprise_search", "integrations_server")
MAIN = "main-elasticsearch"
CREATE, UPDATE = "DeploymentCreateRequest", "DeploymentUpdateRequest"
INVALID = "deployments.invalid_request"


class DeploymentRequest(TypedDict, total=False):
    """What is taken of a request to create or update a deployment."""

    name: str
    alias: str
    resources: dict[str, list[dict[str, Any]]]
    settings: dict[str, Any]
    metadata: dict[str, Any]
    prune_orphans: bool


class ExtensionEntry(TypedDict):
    """What a plan says of an extension that it loads."""

    name: str
    url: str
    elasticsearch_version: str


def invalid(message: str, field: str) -> ApiError:
    return api_error(400, INVALID, message, field)


def checked(body: Mapping[str, Any], name: str, *, repo_only: bool = False) -> DeploymentRequest:
    """A request of the shape `name`, CREATE or UPDATE, with its defaults filled in.

    `repo_only` refuses the address of an extension that is none of the installation's own. Raises ApiError
    400 with one element for each thing wrong.
    """
    shapes = deployment_shapes()
    taken: DeploymentRequest = shapes.known(filled(body), name)
    problems = [Problem(INVALID, message, (field,)) for field, message in shapes.problems(taken, name)]
    problems = problems or [*_misfits(taken.get("resources", {}), repo_only=repo_only)]
    if problems:
        raise ApiError(400, *problems[:MOST_PROBLEMS])
    return taken


def filled(body: Mapping[str, Any]) -> dict[str, Any]:
    """body with what the server adds to each resource: its ref_id, its region, its version, its cluster."""
    resources = body.get("resources")
    if not isinstance(resources, dict):
        return dict(body)
    filled = {
        kind: [_filled_resource(kind, payload, body) for payload in payloads]
        for kind, payloads in resources.items()
        if kind in KINDS and isinstance(payloads, list)
    }
    return {**body, "resources": resources | filled}


def _filled_resource(kind: str, payload: Any, body: Mapping[str, Any]) -> Any:
    if not isinstance(payload, dict):
        return payload
    given = {key: value for key, value in payload.items() if value is not None}
    plan, version = given.get("plan"), body.get("version")
    if isinstance(plan, dict) and isinstance(plan.get(kind), dict) and version is not None:
        given["plan"] = plan | {kind: {"version": version} | plan[kind]}
    target = {} if kind == "elasticsearch" else {"elasticsearch_cluster_ref_id": MAIN}
    region = body.get("region")
    return {"ref_id": f"main-{kind}", "region": REGION if region is None else region, **target, **given}


def _misfits(resources: Mapping[str, list[dict[str, Any]]], *, repo_only: bool) -> Iterator[Problem]:
    """What no Elasticsearch of the plans could load."""
    for resource in resources.get("elasticsearch", []):
        plan = resource["plan"]
        for settings in _elasticsearch_settings(plan):
            version = settings.get("version") or plan["elasticsearch"].get("version")
            for key, entry in _entries(settings):
                url, wanted = entry["url"], entry["elasticsearch_version"]
                if repo_only and not url.startswith("repo://"):
                    yield Problem("clusters.invalid_extension_url", f"Invalid extension URL [{url}].", (key,))
                if version and not _fits(key, wanted, version):
                    what = f"[{entry['name']}] of [{key}] is for Elasticsearch [{wanted}], not [{version}]."
                    yield Problem("clusters.cluster_invalid_plan", what, (key,))


def _fits(key: str, wanted: str, version: str) -> bool:
    """A bundle may be for versions of a pattern, a plugin is for one."""
    return wanted == version if key == "user_plugins" else fnmatch.fnmatchcase(version, wanted)


def check_id(request_id: str | None) -> None:
    if request_id is not None and not 32 <= len(request_id) <= 128:
        raise invalid("The request_id must have 32 to 128 characters.", "request_id")


def check_template(query: MultiDict[str, str], request: DeploymentRequest) -> None:
    """Nothing is taken from a template that a request does not have itself."""
    template = query.get("template_id")
    if template is not None and not any(request.get("resources", {}).values()):
        message = f"The sandbox takes no resources from the deployment template [{template}]: send them."
        raise invalid(message, "template_id")


def resources(request: DeploymentRequest) -> Resources:
    """Every resource of a checked request, with a new id, and fresh. What may only be written is not kept."""
    sent = request.get("resources", {})
    return {kind: [_kept(payload) for payload in sent.get(kind, [])] for kind in KINDS}


def _kept(payload: Mapping[str, Any]) -> Resource:
    sent = payload.get("settings", {})
    settings = {key: value for key, value in sent.items() if key != "keystore_contents"}
    return cast(Resource, {**payload, "settings": settings, "id": secrets.token_hex(16), "fresh": True})


def merged(before: Resources, wanted: Resources | None, *, prune: bool) -> Resources:
    """Resources are known by `ref_id`: one sent again keeps its id, one left out goes only with `prune`.

    A request without any `resources` leaves all as they are.
    """
    if wanted is None:
        return before
    return {kind: [*_merged_kind(before.get(kind, []), wanted[kind], prune)] for kind in KINDS}


def _merged_kind(before: list[Resource], wanted: list[Resource], prune: bool) -> Iterator[Resource]:
    earlier = {resource["ref_id"]: resource for resource in before}
    sent = {resource["ref_id"] for resource in wanted}
    yield from (resource for resource in before if resource["ref_id"] not in sent and not prune)
    for resource in wanted:
        same = earlier.get(resource["ref_id"])
        yield _merged_resource(same, resource) if same else resource


def _merged_resource(before: Resource, wanted: Resource) -> Resource:
    """Settings that are not sent stay, and so does the plan, until an attempt has brought another about."""
    settings = {**before.get("settings", {}), **wanted["settings"]}
    kept = before if not before.get("fresh") else {**before, "plan": wanted["plan"]}
    of_attempts = {key: kept[key] for key in ("id", "plan", "attempt", "fresh") if key in kept}
    sent = {key: value for key, value in wanted.items() if key != "fresh"}
    return cast(Resource, {**sent, "settings": settings, **of_attempts})


def each(resources: Resources) -> Iterator[tuple[str, Resource]]:
    return ((kind, resource) for kind in KINDS for resource in resources.get(kind, ()))


def extension_urls(plans: Iterable[Mapping[str, Any]]) -> set[str]:
    """What plans of Elasticsearch name in `user_bundles` and `user_plugins`, for all nodes or for some."""
    return {
        entry["url"]
        for plan in plans
        for settings in _elasticsearch_settings(plan)
        for _, entry in _entries(settings)
        if isinstance(entry, dict) and isinstance(entry.get("url"), str)
    }


def _entries(settings: Mapping[str, Any]) -> Iterator[tuple[str, ExtensionEntry]]:
    for key in ("user_bundles", "user_plugins"):
        for entry in settings.get(key) or []:
            yield key, entry


def _elasticsearch_settings(plan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The `elasticsearch` parts of a plan, also of a stored one, which an earlier version took unchecked."""
    for owner in (plan, *(plan.get("cluster_topology") or [])):
        if isinstance(owner, dict) and isinstance(owner.get("elasticsearch"), dict):
            yield owner["elasticsearch"]
