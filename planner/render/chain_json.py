"""The environments of a project as documents, as schemas/standings.schema.json describes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from planner.model.chain import Standing
from planner.model.release import Gate
from planner.render.gates import state_of
from planner.render.standings import Place

FORMAT_VERSION = 1

Document = dict[str, Any]


def places_document(project: str, places: Iterable[Place]) -> Document:
    environments = [
        {
            "environment": item.environment,
            "endpoint": item.endpoint or None,
            "state": item.state,
            "protected": item.protected,
            "promote_from": list(item.promote_from),
        }
        for item in places
    ]
    return {"format_version": FORMAT_VERSION, "project": project, "environments": environments}


def standings_document(project: str, at: str, chain: Sequence[Standing]) -> Document:
    """at: when it was looked, ISO 8601 in UTC. null stands for what is not known, or not there."""
    environments = [_standing(item) for item in chain]
    return {"format_version": FORMAT_VERSION, "project": project, "at": at, "environments": environments}


def _standing(item: Standing) -> Document:
    asked = item.asked and not item.problem
    return {
        "environment": item.environment,
        "promote_from": list(item.promote_from),
        "protected": item.protected,
        "release": item.release or None,
        "since": item.since or None,
        "whole": item.whole if item.readable else None,
        "converged": item.converged,
        "pending": item.pending if asked else None,
        "drifted": list(item.drifted) if asked else None,
        "next": _next(item) if item.coming else None,
        "problem": item.problem or None,
        "advice": item.advice or None,
    }


def _next(item: Standing) -> Document:
    return {
        "release": item.coming,
        "source": item.source,
        "promoted": item.promoted,
        "gates": [gate_document(gate) for gate in item.gates],
        "blocked_by": [gate.name for gate in item.closed_gates],
    }


def gate_document(gate: Gate) -> Document:
    return {
        "name": gate.name,
        "state": state_of(gate),
        "detail": gate.detail,
        "advice": gate.advice or None,
        "forced": gate.forced or None,
        "holds": "apply" if gate.applies else "promotion",
    }
