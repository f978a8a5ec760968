"""A binding at a deployment that others change as well: one PUT from the read just before it, or none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from attrs import define, evolve, field

from planner.errors import ApiError, Conflict, Forbidden, NotFound, NotYet, PlannerError, Refused
from planner.kinds.binding import Conventions
from planner.kinds.extension_binding import DETACH, ExtensionBindingDriver
from planner.kinds.registry import load_kinds
from planner.model.address import Address
from planner.model.plan import SETTLE
from planner.model.resource import FAILED, PENDING, Observed, Request, Validation
from planner.model.value import Deferred, Reference, Value

from .installation import client_of

ID = "55a6ce1d5d9a4bd08e41aa3ed6ffc0d2"
KIND = load_kinds()["extension_binding"]
ADDRESS = Address("extension_binding", "shop")
Entry = dict[str, str]


def said(name: str) -> Entry:
    return {"name": name, "url": f"repo://{name}", "elasticsearch_version": "8.*"}


def bundle(name: str) -> Entry:
    return {"type": "bundle", **said(name)}


def attempt(number: int, *, well: bool = True, ends: bool = True) -> dict[str, Any]:
    last = {
        "step_id": "plan-completed",
        "status": "success" if well else "error",
        "info_log": [{"message": "no"}],
    }
    steps = [{"step_id": "rolling-upgrade", "status": "success"}, *([last] if ends else [])]
    begun = f"2026-11-02T10:00:{number:02}Z"
    return {
        "plan_attempt_id": f"a{number}",
        "attempt_start_time": begun,
        "healthy": well,
        "plan_attempt_log": steps,
    }


@define
class Deployment:
    """An API of one deployment. between: what happens after a read, before the next write. refusals: status
    and code of the next writes. gone: the status that it answers with, and codes: of that error. info: of its
    Elasticsearch resource, in place of its own; plans: what of its plans is not as usual.
    asked: the questions whether it would take a write, which it answers, and moves by so many versions.
    """

    plan: dict[str, Any]
    version: int = 3
    puts: list[tuple[str, Any]] = field(factory=list)
    between: list[Callable[[Deployment], None]] = field(factory=list)
    gone: int = 0
    refusals: list[tuple[int, str]] = field(factory=list)
    info: Any = None
    plans: dict[str, Any] = field(factory=dict)
    codes: str = ""
    queries: list[str] = field(factory=list)
    asked: list[Any] = field(factory=list)
    answer: dict[str, Any] = field(factory=lambda: {"diagnostics": {}})
    moves: int = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path, query = (environ[key] for key in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING"))
        status, body = 200, self.shown("show_plan_history=true" in query)
        if path.endswith("/deployments"):
            body = {"deployments": [{"id": ID, "name": "shop"}, {"id": "7" * 32, "name": "twin"}]}
            body["deployments"].append({"id": "8" * 32, "name": "twin"})
        elif self.gone:
            status, body = self.gone, {"errors": [{"code": self.codes, "message": "no"}]}
        elif method == "PUT":
            status, body = self._put(query, json.loads(environ["wsgi.input"].read()))
        else:
            self.queries.append(query)
        headers = [("Content-Type", "application/json"), ("x-cloud-resource-version", str(self.version))]
        code = body["errors"][0]["code"] if "errors" in body else ""
        start(f"{status} X", headers + ([("x-cloud-error-codes", code)] if code else []))
        return [json.dumps(body).encode()]

    def _put(self, query: str, body: Any) -> tuple[int, Any]:
        if self.between:
            self.between.pop(0)(self)
        if self.refusals:
            status, code = self.refusals.pop(0)
            return status, {"errors": [{"code": code, "message": "no"}]}
        if f"version={self.version}" not in query:
            return 409, {"errors": [{"code": "deployments.version_conflict", "message": "no"}]}
        if "validate_only=true" in query:
            self.asked.append(deepcopy(body))
            self.version += self.moves
            return 200, {"id": ID, **self.answer}
        self.puts.append((query, deepcopy(body)))
        self.plan, self.version = body["resources"]["elasticsearch"][0]["plan"], self.version + 1
        return 200, {"id": ID, "resources": []}

    def shown(self, history: bool) -> dict[str, Any]:
        plans = {"current": {"plan": self.plan, **attempt(self.version)}, **self.plans}
        if not history:
            plans.pop("history", None)
        info = self.info or {"status": "started", "plan_info": plans}
        es = [{"ref_id": "main", "region": "r", "info": info}]
        return {"id": ID, "name": "shop", "resources": {"elasticsearch": es, "kibana": []}}

    @property
    def names(self) -> list[str]:
        return [entry["name"] for entry in self.plan["elasticsearch"].get("user_bundles", [])]

    def attach(self, *names: str) -> None:
        lists = self.plan["elasticsearch"].setdefault("user_bundles", [])
        lists += [said(name) for name in names]
        self.version += 1


def deployment(*names: str) -> Deployment:
    made = Deployment({"elasticsearch": {"version": "8.15.3"}, "transient": {"x": 1}, "more": {"y": 1}})
    made.attach(*names)
    return made


def driver_of(api: Deployment, cloud: str = "") -> ExtensionBindingDriver:
    found = KIND.at(client_of(api), Conventions(cloud=cloud))
    assert isinstance(found, ExtensionBindingDriver)
    return found


def read(api: Deployment) -> Observed:
    found = driver_of(api).read(ID)
    assert found is not None
    return found


def request(api: Deployment, wanted: str = "", held: str = "", operation: str = "update") -> Request:
    """Of a plan that is made from what is there now. held: what the state says that it owns."""
    now = read(api)
    return Request(
        operation,
        ADDRESS,
        {} if operation == DETACH else {"deployment": ID, "extensions": [bundle(name) for name in wanted]},
        {**now.attributes, "extensions": [bundle(name) for name in held]},
        ID,
        now.version,
    )


@pytest.mark.parametrize(
    ("there", "held", "wanted", "names"),
    [
        ("", "", "a", "a"),
        ("xy", "", "a", "xya"),
        ("xay", "a", "b", "xyb"),
        ("xab", "ab", "b", "xb"),
        ("xxa", "", "b", "xab"),
        ("xa", "a", "", "x"),
    ],
)
def test_it_owns_what_it_declares_or_declared(there: str, held: str, wanted: str, names: str) -> None:
    api = deployment(*there)
    result = driver_of(api).perform(request(api, wanted, held))
    assert "".join(api.names) == names
    assert result.observed is not None
    now = read(api)
    noted = {"following": {"elasticsearch": ["a4"]}, "owned": [bundle(n) for n in sorted({*held, *wanted})]}
    assert result.observed.attributes == {**now.attributes, **noted}
    assert result.observed.version == now.version
    ((query, body),) = api.puts
    assert query == "version=4"
    assert body["prune_orphans"] is False
    assert body["resources"].keys() == {"elasticsearch"}
    (sent,) = body["resources"]["elasticsearch"]
    assert sent.keys() == {"ref_id", "region", "plan"}
    assert "transient" not in sent["plan"], "it would be carried out again"
    assert sent["plan"]["more"] == {"y": 1}


def test_it_reads_what_can_be_sent_back() -> None:
    api = deployment()
    driver_of(api).perform(request(api, "a"))
    wanted = {"clear_transient=true", "enrich_with_template=false", "show_plan_defaults=false"}
    assert api.queries
    assert all(wanted <= {*query.split("&")} for query in api.queries)


@pytest.mark.parametrize(
    ("there", "held", "wanted"), [("a", "", "a"), ("xa", "a", "a"), ("x", "a", ""), ("aa", "", "a")]
)
def test_nothing_is_sent_where_nothing_differs(there: str, held: str, wanted: str) -> None:
    api = deployment(*there)
    driver_of(api).perform(request(api, wanted, held))
    assert api.puts == []


def test_a_delete_takes_its_own_away() -> None:
    api = deployment(*"xay")
    driver = driver_of(api)
    assert driver.deletion() == (DETACH, SETTLE, "delete")
    detached = driver.perform(request(api, held="a", operation=DETACH)).observed
    assert detached is not None
    assert detached.attributes["extensions"] == [bundle("a")], "it owns that until it is gone"
    assert "".join(api.names) == "xy"
    asked = Request("delete", ADDRESS, {}, detached.attributes, ID, detached.version)
    assert driver.perform(asked).observed is None
    assert len(api.puts) == 1


def renamed(api: Deployment) -> None:
    api.version += 1


@pytest.mark.parametrize("times", [1, 4])
def test_an_unrelated_change_between_read_and_write_is_kept(times: int) -> None:
    api = deployment("x")
    api.between = [renamed] * times
    driver_of(api).perform(request(api, "a"))
    assert (api.names, len(api.puts), api.version) == (["x", "a"], 1, 4 + times + 1)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "deployments.resource_plan_state_error", NotYet),
        (412, "clusters.cluster_plan_state_error", NotYet),
        (409, "deployments.version_conflict", None),
        (400, "clusters.cluster_version_conflict", None),
        (400, "clusters.cluster_invalid_plan", ApiError),
        (409, "deployments.something_else", Conflict),
    ],
)
def test_what_a_refusal_means_its_code_tells(status: int, code: str, error: Any) -> None:
    """No description says what a write gets that comes too early, or too late."""
    api = deployment("x")
    asked = request(api, "a")
    api.refusals = [(status, code)]
    if error is None:
        driver_of(api).perform(asked)
        assert api.names == ["x", "a"]
        return
    with pytest.raises(error) as caught:
        driver_of(api).perform(asked)
    assert type(caught.value) is error
    assert api.puts == []


@pytest.mark.parametrize(
    ("called", "told"), [("shop", ""), ("twin", "2 deployments"), ("x", "no deployments")]
)
def test_one_that_could_not_be_looked_for_is_looked_for_then(called: str, told: str) -> None:
    api = deployment("x")
    asked = evolve(request(api, "a", operation="create"), id=None, version=None, baseline={})
    asked = evolve(asked, desired={**asked.desired, "deployment": called})
    if told:
        with pytest.raises(PlannerError, match=told):
            driver_of(api).perform(asked)
    else:
        made = driver_of(api).perform(asked).observed
        assert made is not None
        assert (made.id, made.attributes["deployment"], api.names) == (ID, ID, ["x", "a"])


def test_it_gives_up_in_the_end() -> None:
    api = deployment("x")
    api.between = [renamed] * 9
    with pytest.raises(Conflict, match="version_conflict"):
        driver_of(api).perform(request(api, "a"))
    assert api.names == ["x"]


@pytest.mark.parametrize("when", ["before", "between"])
def test_an_entry_that_somebody_attaches_meanwhile_is_never_lost(when: str) -> None:
    api = deployment("x")
    asked = request(api, "a")
    if when == "before":
        api.attach("y")
    else:
        api.between = [lambda api: api.attach("y")]
    with pytest.raises(Conflict, match="somebody else changed what shop loads") as caught:
        driver_of(api).perform(asked)
    assert (api.names, api.puts) == (["x", "y"], [])
    assert caught.value.observed == read(api)


def test_what_somebody_else_attached_already_is_no_conflict() -> None:
    api = deployment("x")
    asked = request(api, "a")
    api.attach("a")
    assert driver_of(api).perform(asked).note == "it was so already"
    assert api.puts == []


@pytest.mark.parametrize(
    ("status", "code", "operation", "error"),
    [
        (404, "deployments.deployment_not_found", "update", NotFound),
        (404, "deployments.deployment_not_found", DETACH, None),
        (403, "root.permission_denied", "update", Forbidden),
        (500, "x", "update", PlannerError),
    ],
)
def test_a_deployment_that_is_not_there(status: int, code: str, operation: str, error: Any) -> None:
    api = deployment("a")
    asked = request(api, "b", "a", operation)
    api.gone, api.codes = status, code
    if error is None:
        assert driver_of(api).perform(asked).note == "it was gone already"
    else:
        with pytest.raises(error):
            driver_of(api).perform(asked)


def halted(status: str) -> Any:
    return {"status": status, "plan_info": {"history": []}}


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("stopped", "the deployment shop is stopped, and has no plan"),
        ("initializing", "the deployment shop has no plan in force yet"),
    ],
)
def test_a_deployment_without_a_plan_waits(status: str, told: str) -> None:
    api = deployment()
    asked = request(api, "a")
    api.info = halted(status)
    found = read(api)
    assert (found.waits, found.attributes, found.version) == (told, {}, None)
    with pytest.raises(Refused, match=told):
        driver_of(api).perform(asked)
    assert api.puts == []


def test_an_extension_without_an_address_is_not_sent() -> None:
    api = deployment()
    asked = request(api)
    nameless = {**bundle("a"), "url": None}
    with pytest.raises(PlannerError, match="lacks its name, url or version"):
        driver_of(api).perform(evolve(asked, desired={"deployment": ID, "extensions": [nameless]}))
    assert api.puts == []


def test_a_pending_plan_of_somebody_else_is_waited_for() -> None:
    """Reported of another tool: it makes the next apply fail. It is never cancelled."""
    api = deployment("x")
    asked = request(api, "a")
    api.plans = {"pending": attempt(9, ends=False)}
    with pytest.raises(NotYet, match="a plan of shop is pending, elasticsearch: rolling-upgrade"):
        driver_of(api).perform(asked)
    assert api.puts == []
    api.plans = {}
    driver_of(api).perform(asked)
    assert len(api.puts) == 1


OLD = {"current": attempt(4)}


@pytest.mark.parametrize(
    ("plans", "status", "reason"),
    [
        ({**OLD, "pending": attempt(5, ends=False)}, PENDING, "elasticsearch: rolling-upgrade"),
        ({**OLD}, PENDING, "elasticsearch: its plan has not begun"),
        ({}, "", ""),
        ({**OLD, "pending": attempt(5, well=False)}, FAILED, "elasticsearch: its plan failed: no"),
        (
            {**OLD, "history": [attempt(4), attempt(5, well=False)]},
            FAILED,
            "elasticsearch: its plan failed: no",
        ),
        (
            {"current": attempt(6), "history": [attempt(4), attempt(5, well=False), attempt(6)]},
            FAILED,
            "elasticsearch: its plan failed: no",
        ),
    ],
)
def test_what_it_began_is_followed_to_its_end(plans: dict[str, Any], status: str, reason: str) -> None:
    api = deployment("x")
    driver = driver_of(api)
    made = driver.perform(request(api, "a")).observed
    assert made is not None
    wanted: dict[str, Any] = {"deployment": ID, "extensions": [bundle("a")]}
    asked = Request(SETTLE, ADDRESS, wanted, made.attributes, ID, made.version)
    if plans:
        api.plans = {**plans, "current": {**plans["current"], "plan": {"elasticsearch": {}}}}
    found = driver.settled(asked)
    assert (found.settling.status, found.settling.reason) == (status, reason)
    if status != FAILED:
        assert found.observed is not None
        following = {"elasticsearch": ["a4"]} if status else None
        assert found.observed.attributes == {**made.attributes, "following": following}


class Quick(Deployment):
    """Its plan comes into force between two reads."""

    def shown(self, history: bool) -> dict[str, Any]:
        if history:
            self.plans = {"current": attempt(6) | {"plan": self.plan}, "history": [attempt(4), attempt(6)]}
        return super().shown(history)


def test_what_is_found_is_of_the_read_that_is_judged() -> None:
    """Else the state would hold what was loaded before."""
    made = deployment("x")
    api = Quick(made.plan, made.version)
    driver = driver_of(api)
    sent = driver.perform(request(api, "a")).observed
    assert sent is not None
    api.plans = {"current": {**attempt(4), "plan": {"elasticsearch": {}}}}
    wanted: dict[str, Any] = {"deployment": ID, "extensions": [bundle("a")]}
    found = driver.settled(
        Request(SETTLE, ADDRESS, wanted, {**sent.attributes, "following": {"elasticsearch": ["a4"]}}, ID)
    )
    assert found.settling.status == ""
    assert found.observed is not None
    assert found.observed.attributes["loaded"] == sent.attributes["loaded"]


@pytest.mark.parametrize(("wanted", "error"), [(True, NotFound), (False, None)])
def test_a_deployment_that_goes_while_it_is_followed(wanted: bool, error: Any) -> None:
    api = deployment("a")
    desired: dict[str, Any] = {"deployment": ID, "extensions": [bundle("a")]} if wanted else {}
    asked = Request(SETTLE, ADDRESS, desired, read(api).attributes, ID)
    api.gone, api.codes = 404, "deployments.deployment_not_found"
    if error:
        with pytest.raises(error):
            driver_of(api).settled(asked)
    else:
        assert driver_of(api).settled(asked).settling.status == ""


def test_one_that_is_stopped_while_it_is_followed_has_failed() -> None:
    api = deployment("a")
    made = driver_of(api).perform(request(api, "b")).observed
    assert made is not None
    api.info = halted("stopped")
    asked = Request(SETTLE, ADDRESS, {"deployment": ID, "extensions": []}, made.attributes, ID)
    settling = driver_of(api).settled(asked).settling
    assert (settling.status, settling.reason) == (FAILED, "the deployment shop is stopped, and has no plan")


def test_what_sent_nothing_is_done() -> None:
    api = deployment("a")
    made = driver_of(api).perform(request(api, "a")).observed
    assert made is not None
    api.plans = {"pending": attempt(9, ends=False)}
    asked = Request(SETTLE, ADDRESS, {"deployment": ID, "extensions": []}, made.attributes, ID)
    assert driver_of(api).settled(asked).settling.status == ""


def test_names_of_deployments() -> None:
    api = deployment()
    found = driver_of(api).named(["shop", ID, "twin", "nobody"])
    assert {name: [*ids] for name, ids in found.items()} == {
        "shop": [ID],
        ID: [ID],
        "twin": ["7" * 32, "8" * 32],
        "nobody": [],
    }


@pytest.mark.parametrize(
    ("cloud", "id_", "gone"),
    [("Elastic Cloud", "9" * 32, True), ("Elastic Cloud", ID, False), ("", "9" * 32, False)],
)
def test_what_is_gone_is_forbidden_on_elastic_cloud(cloud: str, id_: str, gone: bool) -> None:
    api = deployment()
    api.gone, api.codes = 403, "root.permission_denied"
    driver = driver_of(api, cloud)
    if gone:
        assert driver.read(id_) is None
    else:
        with pytest.raises(Forbidden):
            driver.read(id_)


@define
class Others:
    """People who attach and detach by hand, in the plan and in elements. listed: what is theirs, by where."""

    random: Random
    listed: dict[str, set[str]] = field(factory=lambda: {"": set()})

    def act(self, api: Deployment) -> None:
        """An element gets a list of its own with the first thing that is attached there."""
        where, name = self.random.choice(["", "hot", "warm"]), self.random.choice("uvwxyz")
        owner = next((e for e in api.plan["cluster_topology"] if e["id"] == where), api.plan)
        lists = owner.setdefault("elasticsearch", {}).setdefault("user_bundles", [])
        theirs = self.listed.setdefault(where, set())
        if name in theirs:
            theirs.discard(name)
            lists[:] = [entry for entry in lists if entry["name"] != name]
        else:
            theirs.add(name)
            lists += [said(name)] * self.random.choice([1, 1, 2])
        api.version += 1

    def sees(self, api: Deployment) -> dict[str, set[str]]:
        """What is theirs of what is listed now."""
        owners = {"": api.plan, **{element["id"]: element for element in api.plan["cluster_topology"]}}
        lists = {w: o.get("elasticsearch", {}).get("user_bundles") or [] for w, o in owners.items()}
        return {where: {entry["name"] for entry in found} & {*"uvwxyz"} for where, found in lists.items()}


@pytest.mark.parametrize("seed", range(40))
def test_whatever_others_do_meanwhile_none_of_their_entries_is_lost(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - the same for the same seed
    others, api, held = Others(random), deployment(), ""
    api.plan["cluster_topology"] = [{"id": "hot"}, {"id": "warm"}]
    for _ in range(8):
        wanted = "".join(name for name in "abc" if random.random() < 0.5)
        for _ in range(random.randrange(3)):
            others.act(api)
        while True:
            asked = request(api, wanted, held)
            api.between = [others.act] * random.choice([0, 0, 1, 2])
            try:
                made = driver_of(api).perform(asked).observed
                break
            except Conflict:  # it is planned again
                api.between = []
        assert made is not None
        assert others.sees(api) == {"hot": set(), "warm": set(), **others.listed}
        loaded: Any = read(api).attributes["extensions"]
        assert {entry["name"] for entry in loaded} & {*"abc"} == {*wanted}
        held = wanted


def validate(api: Deployment, asked: Request) -> Validation:
    return driver_of(api).validate(asked)


def test_a_question_is_the_write_that_would_follow() -> None:
    api = deployment("theirs", "c")
    asked = request(api, "ab", "c")
    assert validate(api, asked) == Validation(asked=True)
    assert api.puts == []
    driver_of(api).update(asked)
    assert [body for _, body in api.puts] == api.asked


@pytest.mark.parametrize(
    ("wanted", "held", "operation"), [("a", "a", "update"), ("", "a", DETACH), ("ab", "", "update")]
)
def test_nothing_is_asked_where_nothing_would_be_sent(wanted: str, held: str, operation: str) -> None:
    api = deployment(*wanted)
    assert validate(api, request(api, wanted, held, operation)) == Validation()
    assert api.asked == []


def test_what_is_to_be_detached_is_asked_about() -> None:
    api = deployment("theirs", "a")
    assert validate(api, request(api, "", "a", DETACH)).asked
    (body,) = api.asked
    assert body["resources"]["elasticsearch"][0]["plan"]["elasticsearch"]["user_bundles"] == [said("theirs")]


@pytest.mark.parametrize("known", ["", "b"])
def test_an_entry_whose_url_is_not_known_is_left_out_of_the_question(known: str) -> None:
    api = deployment()
    url = Deferred((Reference(Address("extension", "new"), ("url",)),))
    entries: list[Value] = [*map(bundle, known), {**bundle("new"), "url": url}]
    asked = evolve(request(api), desired={"deployment": ID, "extensions": entries})
    found = validate(api, asked)
    assert found.asked == bool(known)
    why = "not all of it is known before the apply"
    assert found.note == f"extension_binding.shop: shop was not asked about bundle new: {why}"
    assert len(api.asked) == len(known)


@pytest.mark.parametrize(
    ("answer", "moves", "told"),
    [
        ({}, 0, "the reply has no diagnostics"),
        ({"diagnostics": None}, 0, "the reply has no diagnostics"),
        ({"diagnostics": {}}, 1, "its version 4 became 5"),
        ({}, 1, "its version 4 became 5"),
    ],
)
def test_an_answer_as_to_a_write_stops_everything(answer: dict[str, Any], moves: int, told: str) -> None:
    api = deployment("theirs")
    api.answer, api.moves = answer, moves
    with pytest.raises(Refused, match=told) as refused:
        validate(api, request(api, "a"))
    assert "may have changed shop" in refused.value.summary
    assert "validate_only: false" in refused.value.advice


def _gone(api: Deployment) -> None:
    api.gone, api.codes = 404, "deployments.deployment_not_found"


def _pending(api: Deployment) -> None:
    api.plans = {"pending": {"plan": api.plan, **attempt(9, ends=False)}}


@pytest.mark.parametrize(
    ("happens", "note"),
    [
        (lambda api: api.attach("b"), ""),
        (_gone, ""),
        (lambda api: setattr(api, "info", {"status": "stopped", "plan_info": {}}), ""),
        (_pending, "could not be validated: a plan of shop is pending"),
        (lambda api: api.refusals.append((400, "clusters.plan_state_error")), "could not be validated"),
    ],
)
def test_of_what_the_write_tells_itself_nothing_is_asked(
    happens: Callable[[Deployment], None], note: str
) -> None:
    api = deployment("theirs")
    asked = request(api, "a")
    happens(api)
    found = validate(api, asked)
    assert (found.asked, bool(found.note)) == (False, bool(note))
    assert note in found.note
    assert api.asked == []


@pytest.mark.parametrize(("times", "asked"), [(1, True), (4, True), (5, False)])
def test_a_question_that_was_overtaken_is_asked_anew(times: int, asked: bool) -> None:
    api = deployment("theirs")
    question = request(api, "a")
    api.refusals += [(409, "deployments.version_conflict")] * times
    if asked:
        assert validate(api, question).asked
        return
    with pytest.raises(Conflict):
        validate(api, question)


def test_a_refusal_names_the_deployment() -> None:
    api = deployment("theirs")
    question = request(api, "a")
    api.refusals.append((400, "clusters.cluster_invalid_plan"))
    with pytest.raises(ApiError) as refused:
        validate(api, question)
    assert refused.value.summary.startswith("shop: ")
    assert refused.value.codes == ("clusters.cluster_invalid_plan",)


def test_an_installation_that_cannot_be_asked_is_not() -> None:
    api = deployment("theirs")
    question = request(api, "a")
    driver = KIND.at(client_of(api), Conventions(validate_only=False))
    assert driver.validate(question) == Validation()
    assert api.asked == []
