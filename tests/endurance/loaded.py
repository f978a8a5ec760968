"""What deployments load, told by the attempts that an installation shows, and held against promises.

Nothing here is planner's: plans are read as the API documents them. An entry is ours by its address, or since
a template named it for the deployment; whatever else is listed is somebody else's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from .promises import promise

LISTS = ("user_bundles", "user_plugins")
OURS = ("repo://", "https://ours.example/")
"""How addresses begin that nobody else attaches."""

SOMEBODY = "somebody"
"""Who changes deployments beside planner."""

RESTART = "deployments.restart-resource"
UPDATE, SHUTDOWN = "deployments.update-deployment", "deployments.shutdown-deployment"

Entry = tuple[str, str, str, str]
"""The list that it is in, its name, its address, and its Elasticsearch version."""

Lists = dict[tuple[str, str], list[Entry]]
"""By element, "" for the plan itself, and by name; those that are there."""


def lists_of(plan: Mapping[str, Any]) -> Lists:
    return {
        (place, name): [_entry(name, item) for item in owner["elasticsearch"][name]]
        for place, owner in [("", plan), *((each["id"], each) for each in plan["cluster_topology"])]
        for name in LISTS
        if (owner.get("elasticsearch") or {}).get(name) is not None
    }


def _entry(name: str, item: Mapping[str, str]) -> Entry:
    return name, item["name"], item["url"], item["elasticsearch_version"]


def effective(plan: Mapping[str, Any]) -> dict[str, set[Entry]]:
    """By element, what its nodes load: its own list hides the plan's of that name, an empty one too."""
    found = lists_of(plan)
    return {
        each["id"]: {
            entry for name in LISTS for entry in found.get((each["id"], name), found.get(("", name), []))
        }
        for each in plan["cluster_topology"]
    }


def rest_of(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The plan without its lists, and without what is of one attempt alone."""
    kept = {key: value for key, value in plan.items() if key != "transient"}
    elements = [_without_lists(each) for each in plan["cluster_topology"]]
    return _without_lists(kept) | {"cluster_topology": elements}


def _without_lists(owner: Mapping[str, Any]) -> dict[str, Any]:
    settings = owner.get("elasticsearch") or {}
    left = {key: value for key, value in settings.items() if key not in LISTS}
    return {**owner, "elasticsearch": left}


@frozen
class Attempt:
    """One attempt of the Elasticsearch of a deployment. well: None while it goes on. ended: when, "" while it
    goes on."""

    id: str
    user: str
    action: str
    well: bool | None
    plan: Mapping[str, Any] = field(repr=False)
    ended: str = ""

    @property
    def is_planners(self) -> bool:
        return self.user != SOMEBODY and self.action == UPDATE

    @property
    def is_in_force(self) -> bool:
        return self.well is True and self.action != SHUTDOWN


def attempts_of(shown: Mapping[str, Any]) -> list[Attempt]:
    """All that there were, the oldest first, in the reply to a read with the whole history."""
    (search,) = shown["resources"]["elasticsearch"]
    plans = search["info"]["plan_info"]
    found = [_attempt(each, ended=True) for each in plans["history"]]
    pending = plans.get("pending")
    return [*found, _attempt(pending, ended="attempt_end_time" in pending)] if pending else found


def _attempt(shown: Mapping[str, Any], *, ended: bool) -> Attempt:
    source = shown["source"]
    return Attempt(
        shown["plan_attempt_id"],
        source.get("user_id", SOMEBODY),
        source["action"],
        bool(shown["healthy"]) if ended else None,
        shown["plan"],
        shown["attempt_end_time"] if ended else "",
    )


@frozen
class Deployment:
    """A deployment at a moment. current: its plan in force, None while it is stopped. named: the addresses
    that templates named for it so far.
    """

    id: str
    name: str
    attempts: Sequence[Attempt]
    current: Mapping[str, Any] | None
    named: Collection[str] = ()

    @classmethod
    def of(cls, shown: Mapping[str, Any], named: Collection[str] = ()) -> Deployment:
        (search,) = shown["resources"]["elasticsearch"]
        current = search["info"]["plan_info"].get("current")
        return cls(shown["id"], shown["name"], attempts_of(shown), current and current["plan"], named)

    def is_ours(self, entry: Entry) -> bool:
        return entry[2].startswith(OURS) or entry[2] in self.named

    @property
    def loads_again(self) -> set[str]:
        """The addresses of what it loads once it is started; nothing where it is not stopped."""
        last = next((each.plan for each in reversed(self.attempts) if each.is_in_force), None)
        if self.current is not None or last is None:
            return set()
        return {entry[2] for found in lists_of(last).values() for entry in found}

    def planners(self, since: Collection[str]) -> list[Attempt]:
        """The attempts that planner began, but for those that there were."""
        return [each for each in self.attempts if each.is_planners and each.id not in since]

    def comes_to(self, later: Deployment) -> bool:
        """Whether somebody else's plan came into force until later."""
        return self.current != later.current and not later.attempts[-1].is_planners

    def hold_kept(self) -> None:
        """No plan of planner's takes away what is somebody else's, has it twice, or touches anything else."""
        for before, attempt in self.with_before():
            if attempt.is_planners:
                self._hold_change(before, attempt.plan)

    def with_before(self) -> Iterator[tuple[Mapping[str, Any], Attempt]]:
        """Each attempt but the first, with the plan that was in force when it began."""
        before = self.attempts[0].plan
        for attempt in self.attempts[1:]:
            yield before, attempt
            before = attempt.plan if attempt.is_in_force else before

    def _hold_change(self, plan: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
        before, after = lists_of(plan), lists_of(sent)
        theirs = {at: {e for e in found if not self.is_ours(e)} for at, found in before.items()}
        left = {at: {e for e in found if not self.is_ours(e)} for at, found in after.items()}
        left = {at: found for at, found in left.items() if found or at in before or at[0]}
        promise(left == theirs, f"{self.name}: of others' {theirs}, planner left {left}")
        doubled = [at for at, found in after.items() if len({*found}) < len(found)]
        promise(not doubled, f"{self.name}: planner sent entries twice in {doubled}: {after}")
        promise(rest_of(sent) == rest_of(plan), f"{self.name}: planner changed {plan} into {sent}")

    def hold_single(self, since: Collection[str]) -> None:
        """None of planner's plans says what was so already, and none follows one that was carried out, unless
        somebody else's came in between. since: the attempts before the wish.
        """
        carried_out = ""
        for before, attempt in self.with_before():
            if attempt.id in since:
                continue
            if not attempt.is_planners:
                carried_out = ""
                continue
            same = as_sets(before) == as_sets(attempt.plan)
            promise(not same, f"{self.name}: a double change, {attempt.id} changes nothing")
            promise(not carried_out, f"{self.name}: a double change, {attempt.id} after {carried_out}")
            carried_out = attempt.id if attempt.well else ""

    def misfits(self, wanted: Iterable[Entry]) -> str:
        """In what its lists are not as wanted, "" in nothing."""
        promise(self.current is not None, f"{self.name} is stopped")
        plan, entries = self.current or {}, {*wanted}
        lacking = {at: sorted(entries - there) for at, there in effective(plan).items() if entries - there}
        listed = {entry for found in lists_of(plan).values() for entry in found}
        over = {entry for entry in listed if entry[2].startswith(OURS)} - entries
        return (f"lacks {lacking} " if lacking else "") + (f"keeps {sorted(over)}" if over else "")


def as_sets(plan: Mapping[str, Any]) -> dict[tuple[str, str], set[Entry]]:
    """An empty list of the plan itself is as good as none."""
    return {at: {*found} for at, found in lists_of(plan).items() if found or at[0]}
