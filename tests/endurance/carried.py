"""What became of a roll-out, by the sandbox's own count, held against what it promises.

Nothing here is planner's: which attempts there were, what each had a deployment load, what was started anew
and when, which extensions were made and deleted, the sandbox tells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from attrs import field, frozen
from werkzeug.test import Client

from tests.acceptance.command import Done as Ended
from tests.acceptance.runner import Project

from .loaded import RESTART, SOMEBODY, Attempt, Deployment, as_sets, effective, lists_of
from .promises import promise
from .recorded import named_before
from .rolled_project import id_of
from .somebody import HISTORY, LOGIN

EXTENSIONS = "/api/v1/deployments/extensions"
DICTIONARY = "dictionaries/ours.txt"
OURS = "repo://"


REFUSED = 3


def is_held(done: Ended) -> bool:
    """Whether a command says that it holds back what failed before."""
    return done.code == REFUSED and "held back" in done.both


@frozen
class Seen:
    """An installation at a moment. deployments: by number, without those that are gone. rules: what the
    dictionary says, by extension. deleted: extensions, with when. starts: the ids of attempts that started
    nodes anew, one for each time. stored: the SHA-256 of extensions. loaded: those of ours that nodes have,
    by deployment. cancelled: the paths of pending plans that somebody asked to be dropped.
    """

    deployments: Mapping[int, Deployment]
    rules: Mapping[str, str]
    deleted: Mapping[str, str] = field(factory=dict)
    starts: Sequence[str] = ()
    stored: Mapping[str, str] = field(factory=dict)
    loaded: Mapping[str, Collection[str]] = field(factory=dict)
    cancelled: Sequence[str] = ()

    @classmethod
    def of(cls, project: Project) -> Seen:
        with project.sandbox() as ece:
            return cls.through(ece.client)

    @classmethod
    def through(cls, client: Client) -> Seen:
        log = client.get("/sandbox/requests").get_json()["requests"]
        files = client.get("/sandbox/files").get_json()["files"]
        known = client.get("/sandbox/deployments").get_json()["deployments"]
        restarts = client.get("/sandbox/restarts").get_json()["restarts"]
        return cls(
            {int(one["id"], 16): _deployment(client, one["id"]) for one in known},
            _rules(client),
            {_last(entry): entry["time"] for entry in log if _deleted(entry)},
            [each["attempt_id"] for each in restarts],
            {file["id"]: file["sha256"] for file in files},
            {one["id"]: {*_loaded(one)} for one in known},
            [entry["path"] for entry in log if entry["method"] == "DELETE" and "/pending" in entry["path"]],
        )

    @property
    def made(self) -> set[str]:
        """The extensions that ever were."""
        return {*self.rules} | {*self.deleted}

    @property
    def ever_loaded(self) -> set[str]:
        """The extensions that a plan ever named. Another one is of an upload of which nobody knows whether it
        was whole: who was cut off there makes another, and deletes the first."""
        plans = (attempt.plan for one in self.deployments.values() for attempt in one.attempts)
        return {id_ for plan in plans for id_ in ours_in(plan)}

    def starts_of(self, number: int) -> int:
        """How often nodes of it were started anew for a plan."""
        return sum(self.starts.count(attempt.id) for attempt in self.deployments[number].attempts)

    def loads(self, number: int) -> str:
        """The rule of the dictionary that a deployment loads, "" where it loads none."""
        plan = self.deployments[number].current
        return "" if plan is None else ", ".join(self.rules.get(id_, id_) for id_ in ours_in(plan))

    def hold(self, before: Seen, contents: int = 1) -> None:
        """What holds at any moment. before: when the wish was made. contents: how many were wanted since."""
        promise(not self.cancelled, f"a pending plan was cancelled: {self.cancelled}")
        made = (self.made - before.made) & self.ever_loaded
        promise(len(made) <= contents, f"{len(made)} extensions were made for {contents} contents: {made}")
        for number, deployment in self.deployments.items():
            known = {each.id for each in before.deployments[number].attempts}
            deployment.hold_kept()
            _hold_single(deployment, known)
            self._hold_there(deployment)
            new = [attempt for attempt in deployment.attempts if attempt.id not in known]
            restarts = [attempt for attempt in new if _restarts(attempt)]
            promise(len(restarts) <= contents, f"{deployment.name} was restarted by {restarts}")
            twice = [attempt for attempt in new if self.starts.count(attempt.id) > 1]
            promise(not twice, f"{deployment.name} started more than once for one plan: {twice}")

    def hold_way_back(self, records: Iterable[Mapping[str, Any]]) -> None:
        """What a roll-out that has not ended may go back to is there."""
        for record in records:
            gone = named_before(record) & {*self.deleted}
            promise(not gone, f"{gone} may be gone back to, and is deleted: {self.deleted}")

    def hold_begun(self, before: Seen, numbers: Collection[int]) -> None:
        """Of all others, nobody was given anything since."""
        for number, deployment in self.deployments.items():
            known = {each.id for each in before.deployments[number].attempts}
            sent = [e for e in deployment.attempts if e.id not in known and (e.is_planners or _restarts(e))]
            promise(
                number in numbers or not sent, f"{deployment.name} began, in no wave of {numbers}: {sent}"
            )

    def _hold_there(self, deployment: Deployment) -> None:
        """What a plan in force or pending loads is there, and was as long as it was."""
        for attempt, until in _ends(deployment):
            for id_ in ours_in(attempt.plan):
                gone = self.deleted.get(id_)
                early = gone is not None and gone < until
                promise(not early, f"{deployment.name} loads {id_} until {until}, deleted at {gone}")

    def hold_wanted(self, rule: str, bound: Collection[int], *, loaded: bool = True) -> None:
        """Everybody who is bound is to load the one extension that there is; whoever is not may have kept
        one. loaded: and has done so. What is stopped is to do it when it is started."""
        running = [number for number in bound if self.deployments[number].current is not None]
        stopped = {id_ for one in self.deployments.values() for id_ in _ids_in(one.loads_again)}
        others = [number for number in self.deployments if number not in bound]
        kept = {id_ for number in others for id_ in self._ids(number)} | stopped
        now = {id_ for number in running for id_ in self._ids(number)}
        only = [said for id_, said in self.rules.items() if id_ in now or id_ not in kept]
        promise(only == [rule], f"there are {dict(self.rules)}, not {rule} alone, and {kept} are kept")
        self.hold_loading(dict.fromkeys(running, rule))
        if loaded:
            self.hold_loaded(running)

    def hold_loaded(self, numbers: Collection[int]) -> None:
        """The nodes of these have what is stored."""
        stored = {self.stored.get(id_, "") for number in numbers for id_ in self._ids(number)}
        old = [number for number in numbers if {*self.loaded[id_of(number)]} != stored]
        promise(not old, f"the nodes of {old} have {self.loaded}, and {self.stored} is stored")

    def hold_unbound(self, numbers: Iterable[int]) -> None:
        """Those of which no binding is any more load nothing of ours."""
        self.hold_loading({number: "" for number in numbers if number in self.deployments})

    def _ids(self, number: int) -> list[str]:
        plan = self.deployments[number].current
        return [] if plan is None else ours_in(plan)

    def hold_loading(self, wanted: Mapping[int, str]) -> None:
        loads = {number: self.loads(number) for number in wanted}
        promise(loads == dict(wanted), f"deployments load {loads}, not {dict(wanted)}")

    def hold_served(self, bound: Collection[int], before: Seen, *, all_back: bool = False) -> None:
        """Everybody who is bound loads one dictionary, which is there; or what somebody else left there; or
        none, as before. all_back: the one from before."""
        for number in bound:
            deployment, was = self.deployments[number], before.loads(number)
            found, none = self.loads(number), deployment.current is None
            served = found in self.rules.values() and (not all_back or found == was)
            excused = none or (not found and not was) or _is_left_by_somebody(deployment)
            promise(served or excused, f"{number} loads {found} of {dict(self.rules)}, and {was} before")


def _hold_single(deployment: Deployment, known: Collection[str]) -> None:
    """Each change is carried out once, unless somebody else's took it away in between; none says what was so
    already."""
    carried_out: set[str] = set()
    for before, attempt in deployment.with_before():
        if attempt.id in known:
            continue
        if not attempt.is_planners:
            if attempt.is_in_force and _effective(attempt.plan) != _effective(before):
                carried_out.clear()
            continue
        wanted = ", ".join(ours_in(attempt.plan))
        promise(as_sets(before) != as_sets(attempt.plan), f"{deployment.name}: {attempt.id} changes nothing")
        promise(wanted not in carried_out, f"{deployment.name} was given {wanted} twice: {attempt.id}")
        carried_out |= {wanted} if attempt.well is not False else set()


def _restarts(attempt: Attempt) -> bool:
    """Whether planner began a restart that was carried out, or goes on."""
    return attempt.user != SOMEBODY and attempt.action == RESTART and attempt.well is not False


def _is_left_by_somebody(deployment: Deployment) -> bool:
    """Whether it was somebody else who had it load of ours what it does: a way back takes it there again."""
    left = [
        _effective(attempt.plan)
        for before, attempt in deployment.with_before()
        if not attempt.is_planners and attempt.is_in_force and _effective(attempt.plan) != _effective(before)
    ]
    return deployment.current is not None and _effective(deployment.current) in left


def _effective(plan: Mapping[str, Any]) -> dict[str, set[str]]:
    """By element, the ids of our extensions that its nodes load."""
    return {at: {*_ids_in(entry[2] for entry in found)} for at, found in effective(plan).items()}


def _ids_in(urls: Iterable[str]) -> Iterator[str]:
    return (url.removeprefix(OURS) for url in urls if url.startswith(OURS))


def ours_in(plan: Mapping[str, Any]) -> list[str]:
    """The ids of our extensions that a plan names."""
    return sorted({*_ids_in(entry[2] for found in lists_of(plan).values() for entry in found)})


def _ends(deployment: Deployment) -> Iterator[tuple[Attempt, str]]:
    """Each attempt that came to be in force or goes on, with when the next one of these was over."""
    found = [attempt for attempt in deployment.attempts if attempt.well is not False]
    for attempt, later in zip(found, [*found[1:], None], strict=True):
        yield attempt, "9999" if later is None or later.well is None else later.ended


def _deployment(client: Client, id_: str) -> Deployment:
    return Deployment.of(client.get(f"/api/v1/deployments/{id_}?{HISTORY}", headers=LOGIN).get_json())


def _rules(client: Client) -> dict[str, str]:
    listed = client.get(EXTENSIONS, headers=LOGIN).get_json()["extensions"]
    return {item["id"]: _rule(client, item) for item in listed}


def _rule(client: Client, item: Mapping[str, Any]) -> str:
    url = (item.get("file_metadata") or {}).get("url", "")
    if not url:
        return "nothing"
    path = f"/sandbox/{url.partition('/sandbox/')[2]}"
    with ZipFile(BytesIO(client.get(path).get_data())) as archive:
        return archive.read(DICTIONARY).decode().strip()


def _deleted(entry: Mapping[str, Any]) -> bool:
    return (entry["method"], entry["status"]) == ("DELETE", 200) and "/extensions/" in str(entry["path"])


def _last(entry: Mapping[str, Any]) -> str:
    return str(entry["path"].rpartition("/")[2])


def _loaded(one: Mapping[str, Any]) -> Iterator[str]:
    instances = (instance for resource in one["resources"] for instance in resource["instances"])
    entries = (entry for instance in instances for entry in instance["loaded"])
    return (entry["sha256"] for entry in entries if entry["url"].startswith(OURS))
