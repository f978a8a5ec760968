"""Events for programs: one JSON object a line, as schemas/events.schema.json describes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from planner.errors import PlannerError
from planner.model.codec import encode
from planner.model.diagnostic import Diagnostic
from planner.model.ledger import Entry, Event, Ledger, StepProgress, StepStarted
from planner.model.plan import Change, Drift, LeftOut, Plan
from planner.model.value import Value, is_sensitive
from planner.model.value_json import encode_value
from planner.render.values import SENSITIVE
from planner.render.view import ChangeView

FORMAT_VERSION = 1

Line = dict[str, Any]


def begin(version: str, command: str, environment: str) -> Line:
    return {
        "type": "begin",
        "format_version": FORMAT_VERSION,
        "planner": version,
        "command": command,
        "environment": environment,
    }


def diagnostic(item: Diagnostic) -> Line:
    line: Line = {"type": "diagnostic", "severity": item.severity, "summary": item.summary}
    line |= {key: getattr(item, key) for key in ("detail", "address", "advice") if getattr(item, key)}
    if item.position is not None:
        line |= {"file": item.position.file, "line": item.position.line}
    return line


def plan(value: Plan, digest: str) -> Iterator[Line]:
    """The drift, the changes, then a summary."""
    yield from (_drift(item) for item in value.drift)
    yield from (_change(change) for change in value.changes)
    yield from (_left_out(item) for item in value.left_out)
    yield from ({"type": "check"} | encode(result) for result in value.checks)
    yield from ({"type": "note", "text": note} for note in value.notes)
    yield {
        "type": "plan",
        "digest": digest,
        "summary": encode(value.summary) | {"unchanged": value.unchanged},
    }


def _change(change: Change) -> Line:
    line: Line = {"type": "change", "address": str(change.address), "action": change.action.value}
    line |= {key: getattr(change, key) for key in ("reason", "id") if getattr(change, key)}
    line |= {fact.key: fact.value for fact in ChangeView(change).facts}
    return line | {"attributes": [encode(diff) for diff in change.diffs], "used_by": list(change.used_by)}


def _left_out(item: LeftOut) -> Line:
    line: Line = {"type": "left_out", "address": str(item.address), "action": item.action.value}
    line |= {key: getattr(item, key) for key in ("why", "deposed") if getattr(item, key)}
    return line


def _drift(item: Drift) -> Line:
    return {
        "type": "drift",
        "address": str(item.address),
        "id": item.id,
        "gone": item.gone,
        "attributes": [encode(diff) for diff in item.diffs],
    }


def step(event: Event) -> Line:
    line: Line = {"step": event.step, "address": str(event.address)}
    if isinstance(event, StepProgress):
        return {"type": "upload"} | line | {"sent": event.sent, "total": event.total}
    line |= {"action": event.action.value, "operation": event.operation}
    if isinstance(event, StepStarted):
        return {"type": "started"} | line
    line |= {"ok": event.ok, "seconds": round(event.seconds, 3)}
    line |= {key: getattr(event, key) for key in ("id", "message") if getattr(event, key)}
    return {"type": "finished"} | line


def ledger(value: Ledger) -> Iterator[Line]:
    yield from (_entry(entry) for entry in value.entries)
    counts = {result: value.count(result) for result in ("applied", "failed", "skipped")}
    yield {"type": "ledger", "complete": value.complete, "interrupted": value.interrupted} | counts


def _entry(entry: Entry) -> Line:
    line: Line = {
        "type": "result",
        "address": str(entry.address),
        "action": entry.action.value,
        "result": entry.result,
    }
    line |= {key: getattr(entry, key) for key in ("reason", "advice") if getattr(entry, key)}
    if entry.conflict:
        line["conflict"] = [
            {
                "path": list(row.path),
                "desired": _shown(row.desired, row.sensitive),
                "prior": _shown(row.prior, row.sensitive),
                "observed": _shown(row.observed, row.sensitive),
            }
            for row in entry.conflict
        ]
    return line


def output(name: str, value: Value) -> Line:
    return {"type": "output", "name": name, "value": _shown(value), "sensitive": is_sensitive(value)}


def error(found: PlannerError, exit_code: int) -> Line:
    return {"type": "error", "summary": found.summary, "advice": found.advice, "exit_code": exit_code}


def _shown(value: Value, sensitive: bool = False) -> Value:
    return SENSITIVE if sensitive or is_sensitive(value) else encode_value(value)
