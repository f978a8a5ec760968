"""Somebody else at the deployments of a sandbox: attaches, detaches, doubles, stops, starts, plans."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any

from attrs import define

from tests.acceptance.runner import Project

from .loaded import LISTS, OURS, SOMEBODY, Deployment
from .promises import promise
from .wanted_bindings import LITERALS, VERSION

LOGIN = {"Authorization": "Basic " + b64encode(f"{SOMEBODY}:secret".encode()).decode()}
LATER = 3600
"""Seconds after which each plan is over."""

HISTORY = "show_plans=true&show_plan_history=true&force_all_plan_history=true&enrich_with_template=false"
Plan = dict[str, Any]


@define
class Somebody:
    """made: how many entries so far; each is another one."""

    project: Project
    chance: Random
    made: int = 0

    def call(self, method: str, path: str, **sent: Any) -> Any:
        """None for what is refused."""
        with self.project.sandbox() as ece:
            reply = ece.client.open(f"/api/v1{path}", method=method, **{"headers": LOGIN, **sent})
            return reply.get_json() if reply.status_code < 300 else None

    def look(self, *ids: str) -> list[Any]:
        """Deployments, each with all its attempts."""
        with self.project.sandbox() as ece:
            paths = (f"/api/v1/deployments/{id_}?{HISTORY}" for id_ in ids)
            return [ece.client.get(path, headers=LOGIN).get_json() for path in paths]

    def let_pass(self) -> None:
        with self.project.sandbox() as ece:
            ece.wait(LATER)

    def act(self, id_: str, *, stops: bool = True) -> str:
        """Does something to a deployment; what it was, "" where that was not possible."""
        (shown,) = self.look(id_)
        plan = Deployment.of(shown).current
        if plan is None:
            return self._start(id_)
        if self.chance.random() < 0.25:
            ways = (self._stop, self._restart, self._tag) if stops else (self._restart, self._tag)
            return self.chance.choice(ways)(id_)
        wanted = deepcopy(dict(plan))
        told = self.chance.choice(_EDITS)(self, wanted)
        return self._put(id_, wanted, told) if told else ""

    def _put(self, id_: str, plan: Plan, told: str) -> str:
        fails = self.chance.choice(("", "", "", "fail-plan", "no-start"))
        if fails:
            self._fault(f"PUT /deployments/{id_} {fails} times=1")
        search = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": plan}
        body = {"prune_orphans": False, "resources": {"elasticsearch": [search]}}
        taken = self.call("PUT", f"/deployments/{id_}", json=body)
        self._no_faults()
        return f"{told}{' in vain' * bool(fails)}{self._pending()}" if taken is not None else ""

    def _pending(self) -> str:
        if self.chance.random() < 0.4:
            return ", pending"
        self.let_pass()
        return ""

    def _fault(self, *specs: str) -> None:
        with self.project.sandbox() as ece:
            ece.fault(*specs)

    def _no_faults(self) -> None:
        with self.project.sandbox() as ece:
            ece.no_faults()

    def _stop(self, id_: str) -> str:
        done = self.call("POST", f"/deployments/{id_}/_shutdown")
        return f"stops it{self._pending()}" if done is not None else ""

    def _start(self, id_: str) -> str:
        done = self.call("POST", f"/deployments/{id_}/_restore")
        return f"starts it{self._pending()}" if done is not None else ""

    def _restart(self, id_: str) -> str:
        done = self.call("POST", f"/deployments/{id_}/elasticsearch/_main/_restart")
        return f"restarts it{self._pending()}" if done is not None else ""

    def load(self, id_: str, name: str, url: str) -> None:
        """Attaches an extension by hand."""
        (shown,) = self.look(id_)
        plan = deepcopy(dict(Deployment.of(shown).current or {}))
        entry = {"name": name, "url": url, "elasticsearch_version": VERSION}
        settings = plan.setdefault("elasticsearch", {})
        settings["user_bundles"] = [*settings.get("user_bundles", ()), entry]
        search = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": plan}
        body = {"prune_orphans": False, "resources": {"elasticsearch": [search]}}
        promise(self.call("PUT", f"/deployments/{id_}", json=body) is not None, f"{id_} takes no {url}")
        self.let_pass()

    def delete(self, id_: str) -> None:
        """Stopped first, which has to be over."""
        self.let_pass()
        self._stop(id_)
        self.let_pass()
        promise(self.call("DELETE", f"/deployments/{id_}") is not None, f"{id_} cannot be deleted")

    def start_all(self, ids: Iterable[str]) -> None:
        self.let_pass()
        for shown in self.look(*ids):
            if Deployment.of(shown).current is None:
                self.call("POST", f"/deployments/{shown['id']}/_restore")
        self.let_pass()

    def _tag(self, id_: str) -> str:
        self.made += 1
        tags = {"tags": [{"key": "round", "value": str(self.made)}]}
        body = {"prune_orphans": False, "resources": {}, "metadata": tags}
        return "tags it" if self.call("PUT", f"/deployments/{id_}", json=body) is not None else ""

    def attach(self, plan: Plan) -> str:
        where, settings = self._owner(plan)
        self.made += 1
        name = self.chance.choice(LISTS)
        shared = [each for each in LITERALS.values() if not each[2].startswith(OURS)]
        entry = {
            "name": f"theirs-{self.made}",
            "url": f"https://theirs.example/{self.made}.zip",
            "elasticsearch_version": VERSION,
        }
        if self.chance.random() < 0.2:
            name, *said = self.chance.choice(shared)
            entry = dict(zip(entry, said, strict=True))
        own = settings.get(name)
        there = own if own is not None else (plan.get("elasticsearch") or {}).get(name) or []
        begins = [] if own is None and self.chance.random() < 0.3 else there
        settings[name] = [*begins, *[entry] * self.chance.choice((1, 1, 2))]
        return f"attaches {entry['name']} in {where or 'the plan'}"

    def _owner(self, plan: Plan) -> tuple[str, dict[str, Any]]:
        """The settings of the plan or of one of its elements, as they stand in it."""
        owners = [("", plan), *((each["id"], each) for each in plan["cluster_topology"])]
        where, owner = self.chance.choice([*owners, owners[0]])
        owner["elasticsearch"] = dict(owner.get("elasticsearch") or {})
        return where, owner["elasticsearch"]

    def detach(self, plan: Plan) -> str:
        """One of a list, whose ever it is."""
        where, name, items = self._list(plan)
        if not items:
            return ""
        gone = self.chance.choice(items)
        items[:] = [item for item in items if item != gone]
        return f"detaches {gone['url']} in {where or 'the plan'}'s {name}"

    def double(self, plan: Plan) -> str:
        where, name, items = self._list(plan)
        if not items:
            return ""
        items.append(dict(self.chance.choice(items)))
        return f"doubles {items[-1]['url']} in {where or 'the plan'}'s {name}"

    def _list(self, plan: Plan) -> tuple[str, str, list[dict[str, str]]]:
        found: Sequence[tuple[str, str, list[dict[str, str]]]] = [
            (where, name, settings[name])
            for where, owner in [("", plan), *((each["id"], each) for each in plan["cluster_topology"])]
            for settings in [owner.get("elasticsearch") or {}]
            for name in LISTS
            if settings.get(name)
        ]
        return self.chance.choice(found) if found else ("", "", [])

    def empty(self, plan: Plan) -> str:
        """An empty list of its own, for an element, or none any more."""
        where, settings = self._owner(plan)
        name = self.chance.choice(LISTS)
        if not where:
            return ""
        if name in settings and self.chance.random() < 0.5:
            del settings[name]
            return f"lets {where} have the plan's {name}"
        settings[name] = []
        return f"lets {where} have no {name}"


_EDITS = (Somebody.attach, Somebody.attach, Somebody.attach, Somebody.detach, Somebody.double, Somebody.empty)


def in_between(id_: str, made: int, elements: Sequence[str], chance: Random) -> str:
    """A fault that has somebody attach one just before a write, or after a read."""
    method, pending = chance.choice(("PUT", "PUT", "GET")), chance.choice(("", ":1"))
    element = chance.choice(("", *(f" element={each}" for each in elements)))
    when = f"from={chance.randint(1, 4)} times={chance.randint(1, 2)}"
    url = f"https://theirs.example/between-{made}.zip"
    return f"{method} /deployments/{id_} other-change{pending} {when} url={url}{element}"


TROUBLES: Mapping[str, tuple[str, ...]] = {
    "PUT": ("fail-plan", "fail-plan message='It was not to be'", "no-start", "stay-yellow"),
    "GET": tuple(
        f"odd-plans how={how}"
        for how in ("no-current", "no-pending", "no-logs", "no-reasons", "newest-first")
    ),
}
"""What differs though it is answered well, by method."""
