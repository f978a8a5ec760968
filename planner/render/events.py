"""Events for programs: one JSON object a line, as schemas/events.schema.json describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import evolve

from planner.errors import PlannerError
from planner.model.codec import encode
from planner.model.diagnostic import Diagnostic
from planner.model.ledger import (
    Entry,
    Event,
    Ledger,
    RolloutBegun,
    RolloutEvent,
    RolloutTurned,
    StepEvent,
    StepProgress,
    StepStarted,
    StepWaiting,
    ThreeWay,
    WaveBegun,
    WaveDone,
)
from planner.model.members import ContentChange, MemberChange
from planner.model.plan import Change, Drift, LeftOut, Plan
from planner.model.rollout import Member, Rollout
from planner.model.value import Value, is_sensitive
from planner.model.value_json import encode_value
from planner.render.resource_view import ChangeView
from planner.render.values import SENSITIVE
from planner.render.view import PlanView

FORMAT_VERSION = 1

Line = dict[str, Any]


def begin(version: str, command: str, environment: str) -> Line:
    line: Line = {"type": "begin", "format_version": FORMAT_VERSION, "planner": version}
    return line | {"command": command, "environment": environment}


def diagnostic(item: Diagnostic) -> Line:
    line: Line = {"type": "diagnostic", "severity": item.severity, "summary": item.summary}
    line |= _given(item, "detail", "address", "advice")
    if item.position is not None:
        line |= {"file": item.position.file, "line": item.position.line}
    return line


def plan(value: Plan, digest: str) -> Iterator[Line]:
    """The drift, the changes, the roll-outs, what is likely renamed, then a summary."""
    yield from (_drift(item) for item in value.drift)
    view = PlanView(value)
    yield from map(_change, view.views(value.changes))
    yield from (_planned(item.rollout, item.restarts) for item in view.rollouts)
    yield from ({"type": "rename"} | encode(item) for item in value.renames)
    if block := view.renames.block:
        yield {"type": "moved", "text": "\n".join(block)}
    yield from (_left_out(item) for item in value.left_out)
    yield from ({"type": "check"} | encode(result) for result in value.checks)
    yield from ({"type": "note", "text": note} for note in value.notes)
    summary = encode(value.summary) | {"unchanged": value.unchanged}
    yield {"type": "plan", "digest": digest, "summary": summary}


def _change(view: ChangeView) -> Line:
    change = view.change
    line = _about("change", change) | _given(change, "reason", "id")
    line |= {fact.key: fact.value for fact in view.facts} | _members(view.content)
    line |= {"attributes": [encode(diff) for diff in change.diffs], "used_by": list(change.used_by)}
    return line | ({"users": [encode(user) for user in change.users]} if change.users else {})


def _planned(rollout: Rollout, restarts: int) -> Line:
    rules = rollout.rules
    health = {"status": rules.health.status, "within": rules.health.within} | encode(rules.health)
    line: Line = {"type": "rollout", "name": rollout.name, "mode": rules.mode}
    line |= {"of": [str(address) for address in rollout.of]}
    line |= {"waves": [_members_of(wave) for wave in rollout.waves], "restarts": restarts}
    line |= {"at_once": rules.at_once, "pause": rules.pause, "health": health}
    line |= {"on_failure": rules.on_failure, "keeping": list(rollout.keeping)}
    line |= _given(rollout, "way_back", "no_way_back")
    return line | ({"held": encode(rollout.held)} if rollout.held else {})


def _members(content: ContentChange | None) -> Line:
    """What changes in an archive, where that is told."""
    if content is None:
        return {}
    line: Line = {"members": [_member(member) for member in content.members]}
    line |= {"members_left_out": content.left_out} if content.left_out else {}
    return line | ({"members_reason": content.reason} if content.reason else {})


def _member(item: MemberChange) -> Line:
    """Without its lines: a log of events goes to many places."""
    line = encode(evolve(item, text=None))
    return line | ({"added": item.text.added, "removed": item.text.removed} if item.text else {})


def _left_out(item: LeftOut) -> Line:
    return _about("left_out", item) | _given(item, "why", "deposed")


def _drift(item: Drift) -> Line:
    line: Line = {"type": "drift", "address": str(item.address), "id": item.id, "gone": item.gone}
    return line | _members(item.content) | {"attributes": [encode(diff) for diff in item.diffs]}


def _about(kind: str, item: Change | LeftOut | Entry) -> Line:
    return {"type": kind, "address": str(item.address), "action": item.action.value}


def _given(item: object, *keys: str) -> Line:
    """What stands under these keys, without what is not there."""
    return {key: value for key in keys if (value := getattr(item, key))}


def progress(event: Event) -> Line:
    """What an apply tells while it runs."""
    return step(event) if isinstance(event, StepEvent) else rollout(event)


def rollout(event: RolloutEvent) -> Line:
    """How far a roll-out is; names and ids of its deployments are as in the plan."""
    if isinstance(event, RolloutBegun):
        waves = [_members_of(wave) for wave in event.rollout.waves]
        line: Line = {"type": "rollout_begun", "rollout": event.rollout.name, "id": event.id}
        return line | {"waves": waves, "done": list(event.done)}
    line = {"rollout": event.rollout, "id": event.id, "wave": event.wave, "waves": event.waves}
    if isinstance(event, WaveBegun):
        return {"type": "wave_begun"} | line | {"members": _members_of(event.members)}
    if isinstance(event, WaveDone):
        return {"type": "wave_done"} | line | {"pause": event.pause}
    if isinstance(event, RolloutTurned):
        told = {"status": event.status, "deployment": event.deployment, "reason": event.reason}
        return {"type": "rollout_turned"} | line | told | {"back": _members_of(event.members)}
    return {"type": "rollout_ended"} | line | {"result": event.result} | _given(event, "deployment", "reason")


def _members_of(members: Iterable[Member]) -> list[Line]:
    return [encode(member) for member in members]


def step(event: StepEvent) -> Line:
    line: Line = {"step": event.step, "address": str(event.address)}
    if isinstance(event, StepProgress):
        return {"type": "upload"} | line | {"sent": event.sent, "total": event.total}
    if isinstance(event, StepWaiting):
        told = {"operation": event.operation, "reason": event.reason}
        return {"type": "waiting"} | line | told | {"seconds": round(event.seconds, 3)}
    line |= {"action": event.action.value, "operation": event.operation}
    if isinstance(event, StepStarted):
        return {"type": "started"} | line
    line |= {"ok": event.ok, "seconds": round(event.seconds, 3)}
    return {"type": "finished"} | line | _given(event, "id", "message")


def ledger(value: Ledger) -> Iterator[Line]:
    yield from (_entry(entry) for entry in value.entries)
    yield from ({"type": "rolled"} | encode(rolled) for rolled in value.rollouts)
    counts = {result: value.count(result) for result in ("applied", "failed", "skipped")}
    yield {"type": "ledger", "complete": value.complete, "interrupted": value.interrupted} | counts


def _entry(entry: Entry) -> Line:
    line = _about("result", entry) | {"result": entry.result} | _given(entry, "reason", "advice")
    return line | {"conflict": [*map(_three_way, entry.conflict)]} if entry.conflict else line


def _three_way(row: ThreeWay) -> Line:
    sides = ("desired", "prior", "observed")
    return {"path": list(row.path)} | {side: _shown(getattr(row, side), row.sensitive) for side in sides}


def output(name: str, value: Value) -> Line:
    return {"type": "output", "name": name, "value": _shown(value), "sensitive": is_sensitive(value)}


def error(found: PlannerError, exit_code: int) -> Line:
    return {"type": "error", "summary": found.summary, "advice": found.advice, "exit_code": exit_code}


def _shown(value: Value, sensitive: bool = False) -> Value:
    return SENSITIVE if sensitive or is_sensitive(value) else encode_value(value)
