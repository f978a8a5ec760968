"""The campaign "kinds": random edits over all kinds, and cuts on the way, also while something settles.

A round edits the templates: resources come, change, and go, singletons are taken over and left. The apply is
mostly killed at a moment of its journal, of a call, or of a read while it waits, and the next one goes on.
Then each object of the installation is in the state, somebody else's, or was there before; what is declared
is there; nobody else's was touched; of what is shown once the file has the value; nothing is marked as not
settled; and nothing is left to do.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from attrs import define, field

from tests.acceptance.kind_cases import CASES, begun
from tests.acceptance.platform import (
    ALLOCATOR,
    KEYS,
    NOTHING,
    PLATFORM,
    REGION,
    RULESETS,
    STORE,
    TOKENS,
    ask,
)
from tests.acceptance.runner import Project

from .campaign import Broken, Campaign, Figures, Order
from .commands import KILLED, Command
from .mortal import CALL, JOURNAL, LOOK
from .promises import promise
from .rounds import APPLY
from .wanted_kinds import ALONE, KINDS, NAMES, Attributes, Wanted, edited

OFFICE = {"type": "ip", "region": "ece-region", "include_by_default": False, "rules": []}
MOMENTS: Mapping[str, int] = {JOURNAL: 40, CALL: 8, LOOK: 12}
"""Where a kill may be, at most, by kind of moment: one that passes fewer ends by itself."""

KEYS_OF = {"api_key": "key", "enrollment_token": "token"}
SINK = "credentials.jsonl"

TAG = "allocator_metadata_item"
"""Listed by its key, below the allocator."""

Listed = dict[str, dict[str, Any]]
"""What an installation holds: by kind and id, as it lists them."""


def listed(project: Project) -> Listed:
    found: Listed = {}
    for name, kind in KINDS.items():
        path, key = kind.list
        if path:
            reply = ask(project, "GET", path)
            found[name] = _by_id(name, reply[key] if key else reply)
    rulesets = ask(project, "GET", f"{RULESETS}?include_associations=true")["rulesets"]
    found["traffic_filter_association"] = {
        f"{ruleset['id']}/{one['entity_type']}/{one['id']}": one
        for ruleset in rulesets
        for one in ruleset["associations"]
    }
    return found


def _by_id(kind: str, items: Any) -> dict[str, Any]:
    if isinstance(items, dict):
        return items
    if kind.endswith("_realm"):  # one list of all types; the order of all of them is a resource of its own
        mine = [item for item in items if f"{item['type']}_realm" == kind]
        items = [{**item, "order": None} for item in mine]
    found = {KINDS[kind].id(item): item for item in items}
    if kind == "blueprinter_role":  # its blessings are a resource of their own
        return {id_: item["role"]["value"] for id_, item in found.items()}
    return found


STRANGERS: tuple[tuple[str, str, Attributes], ...] = (
    *(("POST", RULESETS, {**OFFICE, "name": name}) for name in NAMES),
    *(("POST", f"/comments/allocator/{ALLOCATOR}", {"message": f"{name} is kept"}) for name in NAMES),
    *(("POST", KEYS, {"description": f"{name} of CI"}) for name in NAMES),
    ("POST", TOKENS, {"persistent": True, "roles": ["allocator"]}),
    ("POST", f"{STORE}/theirs", {"value": "kept"}),
    ("POST", "/users", {"user_name": "theirs", "security": {"roles": [], "password": "long enough"}}),
    ("PUT", f"{PLATFORM}/snapshots/repositories/theirs", {"type": "s3", "settings": {"bucket": "theirs"}}),
    ("PUT", f"{PLATFORM}/instances/theirs", {"name": "x", "discrete_sizes": {"sizes": [1024]}}),
    (
        "PUT",
        f"/deployments/templates/theirs?{REGION}",
        {"name": "x", "deployment_template": {"resources": {}}},
    ),
)
"""Made by somebody else, under names that are wanted too where names need not be unique."""


@define
class Ground:
    """The project from round to round. others: what is somebody else's, or was there before. alone: what the
    singletons show that nobody declares; before: what they showed at first.
    """

    project: Project
    others: Listed
    before: Mapping[str, Any]
    alone: dict[str, Any]
    wanted: Wanted = field(factory=dict)
    tally: Counter[str] = field(factory=Counter)

    @classmethod
    def make(cls, folder: Path) -> Ground:
        project = begun(folder, "{}", CASES.values())
        for method, path, body in STRANGERS:
            promise(ask(project, method, path, json=body) is not None, f"{method} {path} is refused")
        before = {path: ask(project, "GET", path) for path in ALONE.values()}
        return cls(project, listed(project), before, dict(before))

    @property
    def applies(self) -> tuple[str, ...]:
        return (*APPLY, "--credentials", str(self.project.folder / SINK))

    def turn(self, chance: Random) -> None:
        wanted, edits = edited(self.wanted, chance)
        self._leave(wanted)
        self.wanted = wanted
        self.tally["edits"] += edits
        blocks: dict[str, dict[str, Any]] = {}
        for address, attributes in wanted.items():
            kind, _, name = address.partition(".")
            blocks.setdefault(kind, {})[name] = attributes
        self.project.write("templates/main.yaml", json.dumps({"resource": blocks} if blocks else {}))
        if chance.random() < 0.2:
            self.project.environ["PLANNER_VAR_viewer_password"] = f"secret-{chance.random()}"

    def _leave(self, wanted: Wanted) -> None:
        """What the singletons show that are left."""
        for kind, path in ALONE.items():
            held = [address for address in self._ids() if address.startswith(f"{kind}.")]
            if held and not any(address.startswith(f"{kind}.") for address in wanted):
                reset = self.project.resource(held[0]).get("on_leave") == "reset"
                self.alone[path] = self.before[path] if reset else ask(self.project, "GET", path)

    def cut(self, where: str, width: str) -> None:
        """An apply that dies there, if it comes that far. Whoever only reads gets through."""
        command = Command((*self.applies, "--parallelism", width), where)
        done = command.forked(self.project.folder, self.project.environ)
        promise(done.code in (0, KILLED), f"it ended by itself, and badly: {done}")
        self.tally["kills"] += done.code == KILLED
        looked = self.project.run("plan", "--detailed-exitcode")
        promise(looked.code in (0, 2), f"a plan after a kill: {looked.both}")

    def finish(self) -> None:
        done = self.project.run(*self.applies)
        promise(done.code == 0, f"the apply ended with {done.code}: {done.both[-3000:]}")
        again = self.project.run("plan", "--detailed-exitcode")
        promise(again.code == 0 and NOTHING in again.out, f"something is left to do: {again.both[-3000:]}")

    def check(self) -> None:
        ids = self._ids()
        promise({*ids} == {*self.wanted}, f"{sorted(ids)} are in the state, not {sorted(self.wanted)}")
        there = listed(self.project)
        for kind, items in there.items():
            ours = [id_ for address, id_ in ids.items() if address.startswith(f"{kind}.")]
            self._hold(kind, items, [id_.rpartition("/")[2] if kind == TAG else id_ for id_ in ours])
        for address, attributes in self.wanted.items():
            self._declared(address, attributes, there, ids[address])
        self._settled()
        for kind, path in ALONE.items():
            if not any(address.startswith(f"{kind}.") for address in self.wanted):
                shown = ask(self.project, "GET", path)
                promise(shown == self.alone[path], f"{kind} shows {shown}, not {self.alone[path]}")

    def _settled(self) -> None:
        """Nothing is waited for, and who made what is shown once has it."""
        state = self.project.state() if self._ids() else {"resources": []}
        file = self.project.folder / SINK
        waits = [item["address"] for item in state["resources"] if item.get("settling")]
        promise(not waits, f"{waits} are not settled")
        lines = file.read_text().splitlines() if file.exists() else []
        kept = {(line["attribute"], line["id"]) for line in map(json.loads, lines)}
        ours = [(KEYS_OF[kind], id_) for kind, id_ in self._kinds_and_ids() if kind in KEYS_OF]
        promise({*ours} <= kept, f"of {ours} the file has only {kept}")

    def _kinds_and_ids(self) -> list[tuple[str, str]]:
        return [(address.partition(".")[0], id_) for address, id_ in self._ids().items()]

    def _ids(self) -> dict[str, str]:
        """Of what the state has, by address; there is none before anything was applied."""
        if not (self.project.folder / "state/dev.json").exists():
            return {}
        return {item["address"]: item["id"] for item in self.project.state()["resources"]}

    def _hold(self, kind: str, items: Mapping[str, Any], ours: list[str]) -> None:
        others = self.others[kind]
        orphans = {*items} - {*ours} - {*others}
        touched = [id_ for id_, item in others.items() if items.get(id_) != item]
        promise(not orphans, f"{kind} {sorted(orphans)} is in no state")
        promise(len({*ours}) == len(ours), f"{kind}: two addresses have one of {sorted(ours)}")
        promise({*ours} <= {*items}, f"{kind}: of {sorted(ours)} there are {sorted(items)}")
        promise(not touched, f"{kind} {touched}, of others, was touched")

    def _declared(self, address: str, attributes: Attributes, there: Listed, id_: str) -> None:
        kind = address.partition(".")[0]
        if kind in ALONE:
            shown = ask(self.project, "GET", ALONE[kind])
            shown = shown.get("license", shown) if isinstance(shown, dict) else {"items": shown}
        elif kind not in there:
            return
        else:
            shown = there[kind][id_.rpartition("/")[2] if kind == TAG else id_]
            shown = shown.get("config") or shown.get("comment") or shown
        own = {key: value for key, value in attributes.items() if key in shown}
        if kind == "deployment_keystore":  # which shows no values
            own["secrets"] = {name: {} for name in attributes["secrets"]}
        promise(covers(shown, own), f"{address}: {attributes} is shown as {shown}")


def covers(shown: Any, declared: Any) -> bool:
    """Whether what is declared is there, but for secrets and references."""
    if isinstance(declared, dict):
        return isinstance(shown, dict) and all(
            covers(shown.get(key), value) or _is_open(value) for key, value in declared.items()
        )
    if isinstance(declared, list):
        return isinstance(shown, list) and all(any(covers(item, one) for item in shown) for one in declared)
    return bool(shown == declared)


def _is_open(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value


def run(order: Order) -> Figures:
    ground = Ground.make(order.folder / "platform")
    for number in range(1, order.rounds + 1):
        chance = Random(f"{order.seed}/{number}")  # noqa: S311 - which edit comes next is no secret
        try:
            one_round(ground, chance)
        except Broken as error:
            shown = (ground.project.folder / "templates/main.yaml").read_text()
            raise Broken(f"seed {order.seed}, round {number}: {error}\n{shown}") from error
        if number % 20 == 0:
            order.tell(f"round {number} of {order.rounds}, {ground.tally['kills']} kills")
    counted = {name: ground.tally[name] for name in ("edits", "kills")}
    return {"rounds": order.rounds, **counted, "orphans": 0, "duplicates": 0, "of others touched": 0}


def one_round(ground: Ground, chance: Random) -> None:
    ground.turn(chance)
    for _ in range(chance.choice((1, 1, 2))):
        kind = chance.choice((JOURNAL, JOURNAL, CALL, LOOK))
        ground.cut(f"{kind}:{chance.randint(1, MOMENTS[kind])}", chance.choice(("1", "10")))
    ground.finish()
    ground.check()


CAMPAIGN = Campaign(
    "Resources of all kinds are as declared, whatever was edited and wherever an apply was cut.",
    150,
    run,
)
