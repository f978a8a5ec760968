"""What became of a roll-out, by the sandbox's own count, held against what it promises.

Nothing here is planner's: which attempts there were, what each had a deployment load, what was started anew
and when, which extensions were made and deleted, the sandbox tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from attrs import frozen

from tests.acceptance.command import Done as Ended
from tests.acceptance.ece import Ece
from tests.acceptance.runner import Project

from .loaded import RESTART, SOMEBODY, Attempt, Deployment, as_sets, lists_of
from .promises import promise
from .rolled_project import COUNT, id_of
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
    """An installation at a moment. deployments: by number. rules: what the dictionary says, by extension.
    made: how many extensions were. deleted: extensions, with when. starts: attempts that started nodes
    anew, by deployment. stored: the SHA-256 of extensions. loaded: those of ours that nodes have, by
    deployment.
    """

    deployments: Mapping[int, Deployment]
    rules: Mapping[str, str]
    made: int
    deleted: Mapping[str, str]
    starts: Mapping[str, int]
    stored: Mapping[str, str]
    loaded: Mapping[str, Collection[str]]

    @classmethod
    def of(cls, project: Project, count: int = COUNT + 1) -> Seen:
        with project.sandbox() as ece:
            log = ece.client.get("/sandbox/requests").get_json()["requests"]
            files = ece.client.get("/sandbox/files").get_json()["files"]
            known = ece.client.get("/sandbox/deployments").get_json()["deployments"]
            restarts = ece.client.get("/sandbox/restarts").get_json()["restarts"]
            return cls(
                {number: _deployment(ece, number) for number in range(count)},
                _rules(ece),
                sum(_made(entry) for entry in log),
                {_last(entry): entry["time"] for entry in log if _deleted(entry)},
                Counter(each["deployment_id"] for each in restarts),
                {file["id"]: file["sha256"] for file in files},
                {one["id"]: {*_loaded(one)} for one in known},
            )

    def loads(self, number: int) -> str:
        """The rule of the dictionary that a deployment loads, "" where it loads none."""
        plan = self.deployments[number].current
        return "" if plan is None else ", ".join(self.rules.get(id_, id_) for id_ in ours_in(plan))

    def hold(self, before: Seen, contents: int = 1) -> None:
        """What holds at any moment. before: when the wish was made. contents: how many were wanted since."""
        for number, deployment in self.deployments.items():
            known = {each.id for each in before.deployments[number].attempts}
            deployment.hold_kept()
            _hold_single(deployment, known)
            self._hold_there(deployment)
            restarts = [each for each in deployment.attempts if _restarts(each) and each.id not in known]
            promise(len(restarts) <= contents, f"{deployment.name} was restarted by {restarts}")
            starts = self.starts.get(deployment.id, 0) - before.starts.get(deployment.id, 0)
            new = [attempt for attempt in deployment.attempts if attempt.id not in known]
            promise(starts <= len(new), f"{deployment.name} started {starts} times for {new}")

    def _hold_there(self, deployment: Deployment) -> None:
        """What a plan in force or pending loads is there, and was as long as it was."""
        for attempt, until in _ends(deployment):
            for id_ in ours_in(attempt.plan):
                gone = self.deleted.get(id_)
                early = gone is not None and gone < until
                promise(not early, f"{deployment.name} loads {id_} until {until}, deleted at {gone}")

    def hold_wanted(self, rule: str, bound: Collection[int], *, loaded: bool = True) -> None:
        """Everybody who is bound is to load the one extension that there is. loaded: and has done so."""
        promise([*self.rules.values()] == [rule], f"there are {dict(self.rules)}, not {rule} alone")
        self.hold_loading({number: rule if number in bound else "" for number in self.deployments})
        if loaded:
            self.hold_loaded(bound)

    def hold_loaded(self, bound: Collection[int]) -> None:
        """The nodes of these have what is stored."""
        old = [number for number in bound if self.loaded[id_of(number)] != {*self.stored.values()}]
        promise(not old, f"the nodes of {old} have {self.loaded}, and {self.stored} is stored")

    def hold_loading(self, wanted: Mapping[int, str]) -> None:
        loads = {number: self.loads(number) for number in wanted}
        promise(loads == dict(wanted), f"deployments load {loads}, not {dict(wanted)}")

    def hold_served(self, bound: Collection[int], before: Seen) -> None:
        """Everybody who is bound loads one dictionary, which is there; or what somebody else left there; or
        none, as before."""
        for number in bound:
            found, last = self.loads(number), self.deployments[number].attempts[-1]
            none_yet = not found and not before.loads(number)
            served = found in self.rules.values() or not last.is_planners or none_yet
            promise(served, f"{number} loads {found} of {dict(self.rules)}")


def _hold_single(deployment: Deployment, known: Collection[str]) -> None:
    """Each change is carried out once, unless somebody else's came in between; none says what was so
    already."""
    carried_out: set[str] = set()
    for before, attempt in deployment.with_before():
        if attempt.id in known:
            continue
        if not attempt.is_planners:
            carried_out.clear()
            continue
        wanted = ", ".join(ours_in(attempt.plan))
        promise(as_sets(before) != as_sets(attempt.plan), f"{deployment.name}: {attempt.id} changes nothing")
        promise(wanted not in carried_out, f"{deployment.name} was given {wanted} twice: {attempt.id}")
        carried_out |= {wanted} if attempt.well is not False else set()


def _restarts(attempt: Attempt) -> bool:
    """Whether planner began a restart that was carried out, or goes on."""
    return attempt.user != SOMEBODY and attempt.action == RESTART and attempt.well is not False


def ours_in(plan: Mapping[str, Any]) -> list[str]:
    """The ids of our extensions that a plan names."""
    urls = {entry[2] for found in lists_of(plan).values() for entry in found}
    return sorted(url.removeprefix(OURS) for url in urls if url.startswith(OURS))


def _ends(deployment: Deployment) -> Iterator[tuple[Attempt, str]]:
    """Each attempt that came to be in force or goes on, with when the next one of these was over."""
    found = [attempt for attempt in deployment.attempts if attempt.well is not False]
    for attempt, later in zip(found, [*found[1:], None], strict=True):
        yield attempt, "9999" if later is None or later.well is None else later.ended


def _deployment(ece: Ece, number: int) -> Deployment:
    shown = ece.client.get(f"/api/v1/deployments/{id_of(number)}?{HISTORY}", headers=LOGIN).get_json()
    return Deployment.of(shown)


def _rules(ece: Ece) -> dict[str, str]:
    listed = ece.client.get(EXTENSIONS, headers=LOGIN).get_json()["extensions"]
    return {item["id"]: _rule(ece, item) for item in listed}


def _rule(ece: Ece, item: Mapping[str, Any]) -> str:
    url = (item.get("file_metadata") or {}).get("url", "")
    if not url:
        return "nothing"
    with ZipFile(BytesIO(ece.client.get(url.partition("localhost")[2] or url).get_data())) as archive:
        return archive.read(DICTIONARY).decode().strip()


def _made(entry: Mapping[str, Any]) -> bool:
    return (entry["method"], entry["status"]) == ("POST", 201) and _last(entry) == "extensions"


def _deleted(entry: Mapping[str, Any]) -> bool:
    return (entry["method"], entry["status"]) == ("DELETE", 200) and "/extensions/" in str(entry["path"])


def _last(entry: Mapping[str, Any]) -> str:
    return str(entry["path"].rpartition("/")[2])


def _loaded(one: Mapping[str, Any]) -> Iterator[str]:
    instances = (instance for resource in one["resources"] for instance in resource["instances"])
    entries = (entry for instance in instances for entry in instance["loaded"])
    return (entry["sha256"] for entry in entries if entry["url"].startswith(OURS))
