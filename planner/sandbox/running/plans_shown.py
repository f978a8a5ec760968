"""Plans and their attempts as the API shows them at a moment (ECE API, ElasticsearchClusterPlansInfo)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Self

from attrs import frozen
from werkzeug.datastructures import MultiDict

from planner.sandbox import objects
from planner.sandbox.running import attempts
from planner.sandbox.running.attempts import Attempt, Failure, Owner
from planner.sandbox.running.schedule import SEARCH
from planner.sandbox.tables import Deployment, Resource

Body = dict[str, Any]
MOST: Final = 100
FIRST: Final = 10
"""Of a longer history the first 10 and the last 90 are shown."""
_DEFAULTS: Final = {
    "auto_create_index": True,
    "destructive_requires_name": False,
    "enable_close_index": True,
    "monitoring_collection_interval": -1,
    "monitoring_history_duration": "3d",
    "reindex_whitelist": [],
    "scripting": {"inline": {"enabled": True}, "stored": {"enabled": True}},
    "use_disk_threshold": True,
}


@frozen
class Shows:
    """What a read asks to see, by the query parameters of the API and their defaults."""

    plans: bool = True
    logs: bool = False
    history: bool = False
    all_history: bool = False
    defaults: bool = False
    settings: bool = False
    enriched: bool = True
    no_transient: bool = False
    alerts: int = 0

    @classmethod
    def asked(cls, query: MultiDict[str, str]) -> Self:
        def flag(name: str, default: bool = False) -> bool:
            return query.get(name, str(default)).lower() == "true"

        alerts = query.get("show_system_alerts", "")
        return cls(
            plans=query.get("show_plans", "true").lower() != "false",
            logs=flag("show_plan_logs"),
            history=flag("show_plan_history"),
            all_history=flag("force_all_plan_history"),
            defaults=flag("show_plan_defaults"),
            settings=flag("show_settings"),
            enriched=query.get("enrich_with_template", "true").lower() != "false",
            no_transient=flag("clear_transient"),
            alerts=int(alerts) if alerts.isascii() and alerts.isdigit() and len(alerts) < 9 else 0,
        )


@frozen(eq=False)
class PlansShown:
    """The plans of one resource."""

    db: sqlite3.Connection
    now: str
    shows: Shows
    deployment: Deployment
    kind: str
    resource: Resource

    @property
    def owner(self) -> Owner:
        return Owner(self.deployment.id, self.kind, self.resource["ref_id"])

    def info(self) -> Body:
        """A deployment that was shut down has no plan in force."""
        pending = attempts.pending(self.db, self.owner)
        last = pending or attempts.last_ended(self.db, self.owner)
        found: Body = {"healthy": last is None or not self._failed(last), "history": self._history()}
        if not self.deployment.stopped and not self.resource.get("fresh"):
            found["current"] = self._current()
        if pending is not None:
            found["pending"] = self.attempt(pending)
        return found

    def attempt(self, attempt: Attempt) -> Body:
        """ECE API, ElasticsearchClusterPlanInfo."""
        failed, ended = self._failed(attempt), attempt.ends <= self.now
        shown: Body = {
            "plan_attempt_id": attempt.id,
            "healthy": not failed,
            "attempt_start_time": attempt.begun,
            "source": attempt.source,
            "warnings": [],
            "plan_attempt_log": [*self._log(attempt)] if self.shows.logs else [],
        }
        if ended:
            shown["attempt_end_time"] = attempt.ends
        if failed and attempt.failure:
            told = {"message": attempt.failure.message, "failure_type": attempt.failure.type}
            shown["error"] = told | {"timestamp": attempt.ends, "details": attempt.failure.details}
        return shown | self._plan(attempt.plan)

    def _failed(self, attempt: Attempt) -> bool:
        return attempt.failure is not None and attempt.ends <= self.now

    def _current(self) -> Body:
        found = attempts.ended(self.db, self.owner, self.resource.get("attempt", ""))
        return self.attempt(found or attempts.first(self.deployment, self.kind, self.resource))

    def _history(self) -> list[Body]:
        if not self.shows.history:
            return []
        found = attempts.history(self.db, self.owner)
        if len(found) > MOST and not self.shows.all_history:
            found = found[:FIRST] + found[FIRST - MOST :]
        return [self.attempt(each) | {"plan_attempt_name": f"attempt-{each.number:010}"} for each in found]

    def _log(self, attempt: Attempt) -> Iterator[Body]:
        """The steps that have begun."""
        broken = len(attempt.steps) - 2 if attempt.failure else len(attempt.steps)
        for number, (step, start, end) in enumerate(attempt.steps):
            if start > self.now or (number > broken and attempt.ends > self.now):
                return
            yield _step(step, start, end, self.now) | (
                _error(attempt.failure, start, end)
                if attempt.failure and number >= broken and end <= self.now
                else {}
            )

    def _plan(self, plan: Mapping[str, Any]) -> Body:
        if not self.shows.plans:
            return {}
        shown = dict(plan)
        if self.shows.no_transient:
            shown.pop("transient", None)
        if self.kind != SEARCH:
            return {"plan": shown}
        if self.shows.enriched:
            shown["cluster_topology"] = [*shown.get("cluster_topology", ()), *self._missing(plan)]
        if self.shows.defaults:
            shown["cluster_topology"] = [_defaulted(each) for each in shown.get("cluster_topology", ())]
        return {"plan": shown}

    def _missing(self, plan: Mapping[str, Any]) -> Iterator[Body]:
        """Elements of the template that the plan does not have, which are off."""
        template = (plan.get("deployment_template") or {}).get("id")
        have = {element.get("id") for element in plan.get("cluster_topology") or ()}
        for thing in objects.named(self.db, "deployment_template", template)[:1] if template else ():
            resources = thing.body["deployment_template"].get("resources", {})
            for resource in resources.get(SEARCH, ()):
                for element in resource["plan"].get("cluster_topology", ()):
                    if element.get("id") not in have:
                        yield {**element, "size": {**element.get("size", {}), "value": 0}}


def _step(step: str, start: str, end: str, now: str) -> Body:
    begun: Body = {"step_id": step, "started": start, "info_log": []}
    if end > now:
        return begun | {"status": "pending", "stage": "in_progress"}
    millis = round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000)
    done = {"status": "success", "stage": "completed"}
    return begun | done | {"completed": end, "duration_in_millis": millis}


def _error(failure: Failure, start: str, end: str) -> Body:
    millis = round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000)
    told: Body = {
        "message": failure.message,
        "stage": "completed",
        "timestamp": end,
        "delta_in_millis": millis,
        "details": failure.details,
        "failure_type": failure.type,
    }
    internal = {"internal_details": failure.internal} if failure.internal else {}
    return {"status": "error", "info_log": [told | internal]}


def _defaulted(element: Mapping[str, Any]) -> Body:
    own = element.get(SEARCH) or {}
    return {**element, SEARCH: {"system_settings": _DEFAULTS, **own}}
