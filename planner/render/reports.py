"""What commands report beside plans and promotions, as documents that schemas/reports.schema.json describes.

All are redacted before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from planner.model.address import Address
from planner.model.codec import encode
from planner.model.kind import Kind
from planner.model.resource import Prior
from planner.model.rollout import Begun, Failure, Member
from planner.model.usage import Usage
from planner.model.value import Value
from planner.model.value_json import encode_value
from planner.render.graph import Graph
from planner.render.rollout_view import retry_advice
from planner.render.rollouts import STAGES, next_text, way_back, ways_on
from planner.render.template_text import Origins, Resources

Document = dict[str, Any]
_FORMAT: Final = 1


def _document(**told: Any) -> Document:
    return {"format_version": _FORMAT, **told}


def rendered_document(
    environment: str, resources: Resources, outputs: Mapping[str, Value], origins: Origins | None
) -> Document:
    """origins: names where an attribute's value comes from."""
    found = [_rendered(address, resources[address], origins) for address in sorted(resources)]
    return _document(environment=environment, resources=found, outputs=encode_value(outputs))


def _rendered(address: Address, attributes: Mapping[str, Value], origins: Origins | None) -> Document:
    told = {"address": str(address), "attributes": encode_value(attributes)}
    if origins is None:
        return told
    places = {name: list(found) for name in attributes if (found := origins(address, (name,)))}
    return {**told, "origins": places}


def graph_document(environment: str, graph: Graph) -> Document:
    found = [
        {"address": str(address), "depends_on": [str(other) for other in sorted(graph[address])]}
        for address in sorted(graph)
    ]
    return _document(environment=environment, resources=found)


def kinds_document(kinds: Iterable[Kind]) -> Document:
    return _document(kinds=[{"kind": kind.name, "title": kind.title} for kind in kinds])


def kind_document(kind: Kind, description: str, operations: Mapping[str, str], example: str) -> Document:
    """operations: what planner does -> the operation of the API, its method and path."""
    return _document(
        kind=kind.name,
        title=kind.title,
        description=description,
        attributes=kind.schema,
        operations=dict(operations),
        example=example,
    )


def lock_document(environment: str, holder: Mapping[str, Any] | None) -> Document:
    """holder: None where the environment is free."""
    return _document(environment=environment, locked=holder is not None, holder=holder)


def entries_document(environment: str, entries: Iterable[Prior], deposed: Iterable[Prior]) -> Document:
    """deposed: those of entries that are left over from a replacement."""
    left_over = list(deposed)
    found = [
        {"address": str(prior.address), "id": prior.id, "left_over": prior in left_over} for prior in entries
    ]
    return _document(environment=environment, resources=found)


def history_document(environment: str, snapshots: Iterable[Mapping[str, Any]]) -> Document:
    """snapshots: the newest first."""
    return _document(environment=environment, snapshots=list(snapshots))


def usage_document(usage: Usage) -> Document:
    """Who uses what. Of users and places the fields that are not known are left out."""
    used = [
        {
            "address": str(item.address) if item.address else None,
            "id": item.id or None,
            "url": item.value,
            "name": item.name or None,
            "gone": item.gone,
            "users": [encode(user) for user in item.users],
        }
        for item in usage.used
    ]
    asked = {"queries": usage.queries, "pages": usage.pages, "reads": usage.reads}
    return _document(environment=usage.environment, extensions=used, asked=asked, notes=list(usage.notes))


def rollouts_document(
    environment: str, begun: Iterable[Begun], failures: Iterable[Failure], busy: str = ""
) -> Document:
    """The roll-outs that have begun and not ended, and those that are held back. busy: who holds the lock."""
    held = [encode(failure) | {"advice": retry_advice(failure.rollout, environment)} for failure in failures]
    found = [_rollout(item, environment, busy) for item in begun]
    return _document(environment=environment, rollouts=found, failures=held)


def _rollout(item: Begun, environment: str, busy: str) -> Document:
    """wave: the first that is not done, null when all are. ways_on: commands, with what each does."""
    rollout = item.rollout
    waves = [[_member(item, member) for member in wave] for wave in rollout.waves]
    return {
        "id": item.id,
        "name": rollout.name,
        "mode": rollout.rules.mode,
        "of": [str(address) for address in rollout.of],
        "status": item.status,
        "reason": item.reason or None,
        "at": item.at,
        "plan_digest": item.plan_digest,
        "wave": item.wave if item.wave <= len(waves) else None,
        "waves": waves,
        "next": next_text(item, busy),
        "way_back": [member.id for member in way_back(item)],
        "ways_on": [{"command": command, "does": does} for command, does in ways_on(item, environment)],
    }


def _member(item: Begun, member: Member) -> Document:
    progress = item.of(member.id)
    return {
        "id": member.id,
        "address": str(member.address),
        "name": member.name or None,
        "version": member.version or None,
        "stage": STAGES.get(progress.stage, (progress.stage,))[0],
        "reason": progress.reason or None,
    }


def version_document(version: str, python: str, platform: str) -> Document:
    return _document(planner=version, python=python, platform=platform)
