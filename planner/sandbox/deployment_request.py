"""What a client may send to create or update a deployment (ECE API, DeploymentCreateRequest)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from planner.sandbox.replies import ApiError, api_error

KINDS = ("elasticsearch", "kibana", "apm", "appsearch", "enterprise_search", "integrations_server")
REGION = "ece-region"

# Per kind of KINDS the payloads as sent, each with the `id` that the server gave it.
Resources = dict[str, list[dict[str, Any]]]


def _invalid(message: str, *fields: str) -> ApiError:
    return api_error(400, "deployments.invalid_request", message, *fields)


def optional_text(body: Mapping[str, Any], key: str) -> str | None:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise _invalid(f"Field [{key}] must be a string.", key)
    return value


def check_request_id(request_id: str | None) -> None:
    if request_id is not None and not 32 <= len(request_id) <= 128:
        raise _invalid("The request_id must have 32 to 128 characters.", "request_id")


def requested_resources(body: Mapping[str, Any]) -> Resources:
    """Every resource with its `ref_id`, region and a new id. Raises ApiError 400 for a wrong shape."""
    sent = body.get("resources")
    sent = {} if sent is None else sent
    if not isinstance(sent, dict):
        raise _invalid("Field [resources] must be an object.", "resources")
    return {kind: [_resource(kind, payload) for payload in _payloads(sent, kind)] for kind in KINDS}


def _payloads(sent: Mapping[str, Any], kind: str) -> list[Any]:
    payloads = sent.get(kind)
    payloads = [] if payloads is None else payloads
    if not isinstance(payloads, list):
        raise _invalid(f"Field [resources.{kind}] must be a list.", f"resources.{kind}")
    return payloads


def _resource(kind: str, payload: Any) -> dict[str, Any]:
    field = f"resources.{kind}"
    if not isinstance(payload, dict) or not isinstance(payload.get("plan"), dict):
        raise _invalid(f"Each element of [{field}] must have a plan.", f"{field}.plan")
    ref_id = optional_text(payload, "ref_id") or f"main-{kind}"
    region = optional_text(payload, "region") or REGION
    return payload | {"ref_id": ref_id, "region": region, "id": secrets.token_hex(16)}


def merged(before: Resources, wanted: Resources | None, *, prune: bool) -> Resources:
    """Resources are known by `ref_id`: one sent again keeps its id, one left out goes only with `prune`.

    A request without any `resources` leaves all as they are.
    """
    if wanted is None:
        return before
    return {kind: _merged_kind(before.get(kind, []), wanted[kind], prune=prune) for kind in KINDS}


def _merged_kind(
    before: list[dict[str, Any]], wanted: list[dict[str, Any]], *, prune: bool
) -> list[dict[str, Any]]:
    ids = {resource["ref_id"]: resource["id"] for resource in before}
    sent = {resource["ref_id"] for resource in wanted}
    kept = [] if prune else [resource for resource in before if resource["ref_id"] not in sent]
    return kept + [resource | {"id": ids.get(resource["ref_id"], resource["id"])} for resource in wanted]


def extension_urls(resources: Resources) -> set[str]:
    """What the Elasticsearch plans name in `user_bundles` and `user_plugins`, for all nodes or for some."""
    return {
        entry["url"]
        for resource in resources.get("elasticsearch", [])
        for settings in _elasticsearch_settings(resource["plan"])
        for key in ("user_bundles", "user_plugins")
        for entry in settings.get(key) or []
        if isinstance(entry, dict) and isinstance(entry.get("url"), str)
    }


def _elasticsearch_settings(plan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for owner in (plan, *(plan.get("cluster_topology") or [])):
        if isinstance(owner, dict) and isinstance(owner.get("elasticsearch"), dict):
            yield owner["elasticsearch"]
