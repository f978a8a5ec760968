"""Facets at every depth, from plan to apply: a kind that is one file, and an API with a mind of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planner.engine.carrying import Provenance, carry_out
from planner.engine.goal import Goal
from planner.engine.ports import JournalWriter
from planner.engine.surroundings import Surroundings
from planner.engine.workflow import Session, propose_from, recover
from planner.errors import Conflict
from planner.kinds.registry import read_kind_file
from planner.kinds.rest import RestDriver
from planner.model.address import Address
from planner.model.codec import canonical, encode_record
from planner.model.declarations import Declarations, Import
from planner.model.plan import Action, Plan
from planner.model.resource import Desired, Lifecycle, Observed, Request
from planner.model.state import Record
from planner.model.value import Deferred, Fingerprint, Reference, Secret, Value, at, references
from planner.state.registry import Location, open_backend
from planner.state.saved import dump_plan
from planner.state.store import Store

from .installation import client_of
from .plain import written

SALT = "ab" * 16
NOW = "2025-01-31T12:00:00Z"
THING = Address("thing", "a")
OTHER = Address("thing", "b")
KIND = """
kind: thing
title: Thing
attributes:
  type: object
  required: [name]
  properties:
    name: {type: string}
    id: {type: string, readOnly: true, x-stable: true}
    login:
      type: object
      properties:
        user: {type: string}
        password: {type: string, writeOnly: true}
        realm: {type: string, readOnly: true}
        from: {type: string, x-immutable: true}
    rules:
      type: array
      x-key: source
      items: {$ref: "#/$defs/rule"}
    free: {type: object}
    plan:
      type: object
      x-partial: true
      properties:
        size: {type: integer}
        zone: {type: integer, x-leave: clear}
        deep: {type: object, x-leave: clear, properties: {a: {type: integer}, token: {writeOnly: true}}}
        rules: {type: array, x-key: source, items: {$ref: "#/$defs/rule"}}
  $defs:
    rule:
      type: object
      properties:
        id: {type: string, readOnly: true, x-stable: true}
        source: {type: string}
        text: {type: string}
        hits: {type: integer, readOnly: true, x-volatile: true}
natural_key: [name]
api:
  id: id
  list: {operation: list-things, method: GET, path: /things, items: /things}
  create: {operation: create-thing, method: POST, path: /things}
  read: {operation: get-thing, method: GET, path: "/things/{id}"}
  update: {operation: update-thing, method: PUT, path: "/things/{id}", send_version: true}
  delete: {operation: delete-thing, method: DELETE, path: "/things/{id}"}
"""


@define
class Api:
    """Keeps what is sent, with ids for rules that come without one, a default, and masks for secrets.

    asked: the bodies of writes. planted: what every reply has besides.
    """

    stored: dict[str, dict[str, Any]] = field(factory=dict)
    versions: dict[str, int] = field(factory=dict)
    asked: list[Any] = field(factory=list)
    planted: Callable[[dict[str, Any]], object] = lambda _: None
    ids: Any = field(factory=lambda: count(1))

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        id_ = environ["PATH_INFO"].removeprefix("/api/v1/things").strip("/")
        method, data = environ["REQUEST_METHOD"], environ["wsgi.input"].read()
        status, reply = 200, {}
        if method in ("POST", "PUT"):
            self.asked.append(json.loads(data))
            id_ = id_ or f"t{next(self.ids)}"
            self.store(id_, json.loads(data))
        elif method == "DELETE":
            del self.stored[id_]
        elif not id_:
            reply = {"things": [self.shown(each) for each in self.stored]}
        elif id_ not in self.stored:
            status, reply = 404, {"errors": [{"code": "thing.not_found", "message": "no"}]}
        headers = [("Content-Type", "application/json")]
        if id_ in self.stored:
            reply = self.shown(id_)
            headers.append(("x-cloud-resource-version", str(self.versions[id_])))
        start(f"{status} X", headers)
        return [json.dumps(reply).encode()]

    def store(self, id_: str, body: dict[str, Any]) -> None:
        for rule in (*body.get("rules", ()), *body.get("plan", {}).get("rules", ())):
            rule.setdefault("id", f"r{next(self.ids)}")
        self.stored[id_] = body
        body["plan"] = {"theirs": {"x": 1}, **body.get("plan", {})}
        self.versions[id_] = self.versions.get(id_, 0) + 1

    def shown(self, id_: str) -> dict[str, Any]:
        found = {**deepcopy(self.stored[id_]), "id": id_}
        if "login" in found:
            found["login"] = {**found["login"], "realm": "theirs", "password": "****"}
        for rule in found.get("rules", ()):
            rule["hits"] = next(self.ids)
        if "free" in found:
            found["free"] = {**found["free"], "added": None}
        self.planted(found)
        return found


@define
class Copied:
    """A journal whose records are kept in copies too."""

    journal: JournalWriter
    copies: list[bytes]

    def write(self, records: Sequence[Record]) -> None:
        self.copies += [canonical(encode_record(record)) for record in records]
        self.journal.write(records)


@define
class Site:
    """An environment with the api, and a state in files."""

    folder: Path
    api: Api = field(factory=Api)
    wanted: dict[Address, Desired] = field(factory=dict)
    outputs: dict[str, Value] = field(factory=dict)
    plans: list[Plan] = field(factory=list)
    imports: tuple[Import, ...] = ()
    recorded: list[bytes] = field(factory=list)

    @property
    def driver(self) -> RestDriver:
        found = read_kind_file(written(self.folder, KIND))
        return found.driver(found.kind, found.binding, client_of(self.api))

    @property
    def store(self) -> Store:
        return Store(open_backend(Location("state", environment="dev", folder=self.folder)), "p", "dev")

    def want(self, address: Address = THING, **attributes: Any) -> None:
        values = {"name": address.name, **attributes}
        self.wanted[address] = Desired(address, values, tuple(references(values)))

    def session(self) -> Session:
        said = Declarations(imports=self.imports)
        goal = Goal("p", "dev", "digest", SALT, self.wanted, self.outputs, declarations=said)
        return Session(goal, {"thing": self.driver}, self.store, lambda: "", 1)

    def plan(self) -> Plan:
        proposal = propose_from(self.session(), self.store.load())
        assert not proposal.forbidden, proposal.diagnostics
        self.plans.append(proposal.plan)
        return proposal.plan

    def apply(self, meanwhile: Callable[[], object] = lambda: None) -> Any:
        with self.store.lock("apply"):
            return self._apply(meanwhile)

    def _apply(self, meanwhile: Callable[[], object]) -> Any:
        session = self.session()
        state, _ = recover(session)
        plan = self.plan()
        meanwhile()
        journal = Copied(self.store.open_journal(state, "apply"), self.recorded)
        surroundings = Surroundings(
            journal, lambda _: None, lambda: NOW, lambda: 0.0, lambda _: None, lambda: False
        )
        _, ledger, _ = carry_out(session, plan, state, surroundings, Provenance("digest"))
        return ledger

    def applied(self, **attributes: Any) -> Any:
        """After an apply of one thing with these; another plan has nothing to do."""
        self.want(**attributes)
        ledger = self.apply()
        assert ledger.complete, ledger
        assert self.plan().is_empty, self.plans[-1]
        return self.store.load().resources[THING]

    def change(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Somebody else's."""
        (id_,) = self.api.stored
        change(self.api.stored[id_])
        self.api.versions[id_] += 1

    @property
    def diffs(self) -> list[tuple[Any, ...]]:
        return [(d.path, d.before, d.after) for c in self.plan().changes for d in c.diffs]

    @property
    def notes(self) -> list[str]:
        """Of the last plan."""
        return [*self.plans[-1].notes]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


LOGIN = {"user": "u", "password": Secret("hunter2")}
RULES = [{"source": "10.0.0.0/8", "text": "x"}, {"source": "b"}]


def test_what_the_server_adds_is_no_difference(site: Site) -> None:
    site.applied(login=LOGIN, rules=RULES, free={"a": 1}, plan={"size": 4, "deep": {"a": 1}})
    assert len(site.api.asked) == 1


def test_members_keep_their_ids_and_are_addressed_by_their_keys(site: Site) -> None:
    site.applied(rules=RULES)
    site.want(rules=[{"source": "c"}, {"source": "10.0.0.0/8", "text": "y"}])
    assert site.diffs == [
        (("rules", "10.0.0.0/8", "text"), "x", "y"),
        (("rules", "b"), {"id": "r3", "source": "b"}, None),
        (("rules", "c"), None, {"source": "c"}),
    ]
    site.applied(rules=site.wanted[THING].attributes["rules"])
    assert site.api.asked[-1]["rules"] == [{"source": "c"}, {"id": "r2", "source": "10.0.0.0/8", "text": "y"}]


def test_an_imports_first_plan_sends_the_secrets_and_the_second_is_empty(site: Site) -> None:
    site.api.store("t9", {"name": "a", "login": {"user": "u"}, "plan": {"size": 4}})
    site.want(login=LOGIN, plan={"size": 4, "deep": {"token": Secret("t0ken")}})
    site.imports = (Import(THING, "t9"),)
    [change] = site.plan().changes
    found = [(d.path, d.before, d.sensitive, d.unsure) for d in change.diffs]
    assert found == [(("login", "password"), None, True, True), (("plan", "deep", "token"), None, True, True)]
    site.imports = ()
    prior = site.applied(**{k: v for k, v in site.wanted[THING].attributes.items() if k != "name"})
    assert prior.attributes["login"]["password"] == Fingerprint.of("hunter2", SALT)


def test_one_secret_hides_nothing_but_itself(site: Site) -> None:
    site.applied(login=LOGIN)
    site.want(login={"user": "v", "password": Secret("other")})
    [password, user] = site.plan().changes[0].diffs
    assert (user.before, user.after, user.sensitive) == ("u", "v", False)
    assert password.path == ("login", "password")
    assert isinstance(password.before, Fingerprint)
    assert not password.unsure


def test_what_may_not_change_is_told_by_its_path(site: Site) -> None:
    site.applied(login={"user": "u"})
    site.want(login={"user": "v", "from": "x"})
    assert [change.action for change in site.plan().changes] == [Action.UPDATE]
    site.applied(login={"user": "v", "from": "x"})
    site.want(login={"user": "w", "from": "y"})
    [change] = site.plan().changes
    assert (change.action, change.reason) == (Action.REPLACE, "login.from cannot be changed in place")
    assert [(d.path[-1], d.forces_replacement) for d in change.diffs] == [("from", True), ("user", False)]


def test_the_rest_of_a_partial_attribute_stays_as_it_is(site: Site) -> None:
    site.applied(plan={"size": 4, "rules": [{"source": "ours"}]})
    theirs = {"source": "theirs", "id": "r9"}
    site.change(lambda stored: stored["plan"].update(zone=7, rules=[theirs, *stored["plan"]["rules"]]))
    assert site.plan().changes == ()
    site.want(plan={"size": 8, "rules": [{"source": "ours"}]})
    site.plan()
    assert site.notes == ["thing.a: version 1 had become 2 with what is declared as it was"]
    site.applied(plan={"size": 8, "rules": [{"source": "ours"}]})
    [stored] = site.api.stored.values()
    assert (stored["plan"]["zone"], stored["plan"]["size"], stored["plan"]["theirs"]) == (7, 8, {"x": 1})
    assert [rule["source"] for rule in stored["plan"]["rules"]] == ["theirs", "ours"]


def test_what_is_no_longer_declared_is_kept_or_cleared_and_the_plan_shows_which(site: Site) -> None:
    site.applied(plan={"size": 4, "zone": 1, "deep": {"a": 1}, "rules": [{"source": "ours"}]})
    site.want(plan={})
    assert site.diffs == [(("plan", "deep", "a"), 1, None), (("plan", "zone"), 1, None)]
    assert site.notes == [
        "thing.a: plan.size is no longer declared; it stays as it is",
        "thing.a: plan.rules.ours is no longer declared; it stays as it is",
    ]
    prior = site.applied(plan={})
    assert prior.attributes.get("plan") in (None, {})
    assert site.notes == []
    [stored] = site.api.stored.values()
    assert stored["plan"] == {"size": 4, "deep": {}, "rules": stored["plan"]["rules"], "theirs": {"x": 1}}
    assert len(stored["plan"]["rules"]) == 1


def test_what_is_only_kept_needs_no_call(site: Site) -> None:
    site.applied(plan={"size": 4})
    site.applied(plan={})
    assert len(site.api.asked) == 1


def test_a_reference_reads_what_nobody_declares(site: Site) -> None:
    read = Reference(THING, ("plan", "theirs", "x"))
    realm = Reference(THING, ("login", "realm"))
    site.outputs = {"x": Deferred((read,)), "realm": Deferred((realm,))}
    site.want(OTHER, free={"x": Deferred((read,))})
    prior = site.applied(plan={"size": 4}, login=LOGIN)
    assert prior.attributes["plan"] == {"size": 4, "theirs": {"x": 1}}
    assert prior.read == (("plan", "theirs", "x"),)
    assert site.store.load().outputs == {"x": 1, "realm": "theirs"}
    assert at(site.store.load().resources[OTHER].attributes, ("free", "x")) == 1

    site.outputs, site.wanted[OTHER] = {}, Desired(OTHER, {"name": "b", "free": {"x": 1}})
    prior = site.applied(plan={"size": 4}, login=LOGIN)
    assert (prior.attributes["plan"], prior.read) == ({"size": 4}, ())


def test_members_are_referred_to_by_their_keys(site: Site) -> None:
    id_of, text_of = (Deferred((Reference(THING, ("rules", "b", name)),)) for name in ("id", "text"))
    site.outputs = {"id": id_of}
    site.want(OTHER, free={"id": id_of, "text": text_of})
    site.applied(rules=[{"source": "a"}, {"source": "b", "text": "x"}])
    assert site.store.load().outputs == {"id": "r3"}
    site.applied(rules=[{"source": "b", "text": "y"}, {"source": "a"}])
    [other] = [stored for stored in site.api.stored.values() if stored["name"] == "b"]
    assert other["free"] == {"id": "r3", "text": "y"}


def test_what_is_ignored_is_told_by_its_key(site: Site) -> None:
    site.applied(rules=RULES)
    ignored = Lifecycle(ignore_changes=(("rules", "10.0.0.0/8", "text"), ("rules", "b")))
    site.want(rules=[{"source": "c"}, {"source": "10.0.0.0/8", "text": "y"}])
    site.wanted[THING] = evolve(site.wanted[THING], lifecycle=ignored)
    assert site.diffs == [(("rules", "c"), None, {"source": "c"})]


@pytest.mark.parametrize(
    ("theirs", "stops"),
    [
        (lambda stored: stored["plan"].update(zone=9), False),
        (lambda stored: stored["plan"].update(theirs={"x": 2}), False),
        (lambda stored: stored["free"].update(more=None), False),
        (lambda stored: stored["plan"].update(size=9), True),
        (lambda stored: stored["free"].update(more=1), True),
        (lambda stored: stored["rules"].append({"source": "theirs"}), True),
    ],
)
def test_only_declared_paths_conflict(site: Site, theirs: Any, stops: bool) -> None:
    ours: dict[str, Any] = {"plan": {"size": 4}, "free": {"a": 1}, "rules": [{"source": "b"}]}
    site.applied(**ours)
    site.want(**ours, login={"user": "u"})
    ledger = site.apply(meanwhile=lambda: site.change(theirs))
    assert ledger.complete is not stops
    if not stops:
        [entry] = ledger.entries
        assert entry.reason == "version 1 had become 2; what is not declared is kept as found"
        [stored] = site.api.stored.values()
        assert stored["plan"]["theirs"] == site.api.asked[-1]["plan"]["theirs"]


def planted(found: Any, secrets: list[str], at: tuple[Any, ...] = ()) -> None:
    """A secret of its own in each mapping of a reply but the free ones, and in place of each hidden leaf."""
    if isinstance(found, dict) and at[:1] != ("free",):
        for key, item in list(found.items()):
            planted(item, secrets, (*at, key))
        if at[:1] == ("plan",) or not at:
            found[f"undeclared {len(at)}"] = {"deep": [{"er": _secret(secrets)}], "flat": _secret(secrets)}
        if "password" in found:
            found["password"] = _secret(secrets)
    elif isinstance(found, list):
        for item in found:
            planted(item, secrets, (*at, 0))
        if at[:1] == ("plan",):
            found.append({"source": _secret(secrets), "text": _secret(secrets)})


def _secret(secrets: list[str]) -> str:
    secrets.append(f"planted-{len(secrets)}-secret")
    return secrets[-1]


def test_secrets_planted_in_every_undeclared_leaf_of_a_reply_are_found_nowhere(site: Site) -> None:
    secrets: list[str] = []
    site.api.planted = lambda found: planted(found, secrets)
    states: list[bytes] = []
    plan = {"size": 4, "deep": {"a": 1, "token": Secret("t0ken")}}
    declared: dict[str, Any] = {"login": LOGIN, "rules": RULES, "plan": plan}
    changes: list[dict[str, Any]] = [{"free": {"a": 1}}, {"free": {"a": 2}}, {"plan": {}}]
    for change in changes:
        site.want(**{**declared, **change})
        assert site.apply().complete
        states.append((site.folder / "state" / "dev.json").read_bytes())
    kept = b"".join([*states, *site.recorded, *map(dump_plan, site.plans), repr(site.plans).encode()])
    assert kept.count(b'"outcome"') == 3
    assert len(secrets) > 20
    assert [secret for secret in (*secrets, "hunter2", "t0ken") if secret.encode() in kept] == []


def request(driver: RestDriver, desired: Mapping[str, Value], on: Observed) -> Request:
    return Request("update", THING, desired, on.attributes, on.id, on.version, fresh=True)


def test_the_body_is_built_on_a_read_just_before_the_write(site: Site) -> None:
    site.applied(plan={"size": 4})
    driver = site.driver
    prior = site.store.load().resources[THING]
    on = Observed(prior.id, prior.attributes, prior.version)
    site.change(lambda stored: stored["plan"].update(zone=9))
    after = driver.perform(request(driver, {"name": "a", "plan": {"size": 5}}, on))
    assert after.observed is not None
    assert site.api.asked[-1]["plan"]["zone"] == 9
    site.change(lambda stored: stored["plan"].update(size=6))
    with pytest.raises(Conflict):
        driver.perform(request(driver, {"name": "a", "plan": {"size": 7}}, on))


TEXTS, NUMBERS = st.sampled_from("xy"), st.integers(0, 2)
RULE = st.fixed_dictionaries({"source": st.sampled_from("abc")}, optional={"text": TEXTS})
SETS = st.lists(RULE, max_size=3, unique_by=lambda rule: rule["source"])
SECRETS = st.sampled_from([Secret("hunter2"), Secret("other")])
DEEP = st.fixed_dictionaries({}, optional={"a": NUMBERS, "token": SECRETS, "b": st.none()})
PLANS = st.fixed_dictionaries({}, optional={"size": NUMBERS, "zone": NUMBERS, "deep": DEEP, "rules": SETS})
LOGINS = st.fixed_dictionaries({"user": TEXTS}, optional={"password": SECRETS})
FREE = st.dictionaries(TEXTS, NUMBERS | st.none(), max_size=2)
WANTED = st.fixed_dictionaries({}, optional={"login": LOGINS, "rules": SETS, "free": FREE, "plan": PLANS})
THEIRS = {"source": "theirs", "id": "r0", "text": "z"}


@settings(max_examples=10, deadline=None)
@example([{}, {"plan": {"deep": {"b": None}, "rules": []}}])
@example(
    [{"plan": {"zone": 1, "rules": [{"source": "a"}]}}, {"rules": [{"source": "a"}]}, {"plan": {"zone": 2}}]
)
@given(st.lists(WANTED, min_size=2, max_size=3))
def test_after_any_edits_nothing_is_left_to_do_and_what_is_others_is_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, edits: list[dict[str, Any]]
) -> None:
    site = Site(tmp_path_factory.mktemp("edits"))
    first, *others = edits
    site.applied(**first)
    site.change(lambda there: there["plan"].update(rules=[THEIRS, *there["plan"].get("rules", ())]))
    for edit in others:
        prior = site.applied(**edit)
        [stored] = site.api.stored.values()
        assert (stored["plan"]["rules"][0], stored["plan"]["theirs"]) == (THEIRS, {"x": 1})
        assert "theirs" not in repr(prior.attributes.get("plan"))
        assert "****" not in repr(stored)
