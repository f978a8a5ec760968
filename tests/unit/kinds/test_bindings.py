"""What the `api` part of a kind file says, each on a kind of its own and an API that is told its answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from attrs import define, field

from planner.errors import ApiError, Conflict, NotFound, PlannerError, Refused
from planner.kinds.binding import Conventions, merge_patch
from planner.kinds.registry import read_kind_file
from planner.kinds.rest import RestDriver
from planner.model.address import Address
from planner.model.identity import Identity
from planner.model.resource import Observed, Request
from planner.model.value import Secret

from .installation import client_of
from .plain import written

# Several attributes make the id; the API calls one of them otherwise; only the list shows it.
LINK = """
kind: link
title: Link
attributes:
  type: object
  required: [filter_id, entity_type, entity_id]
  properties:
    filter_id: {type: string, x-immutable: true}
    entity_type: {type: string, x-immutable: true}
    entity_id: {type: string, x-immutable: true}
natural_key: [filter_id, entity_type, entity_id]
api:
  id: "{filter_id}/{entity_type}/{entity_id}"
  names: {entity_id: id}
  list: {operation: get-links, method: GET, path: "/filters/{filter_id}/links", items: /links}
  create: {operation: create-link, method: POST, path: "/filters/{filter_id}/links"}
  delete:
    operation: delete-link
    method: DELETE
    path: "/filters/{filter_id}/links/{entity_type}/{entity_id}"
"""

# The server chooses the last part of the id; calls name the region; the body is wrapped and has a constant.
NOTE = """
kind: note
title: Note
attributes:
  type: object
  required: [place, text]
  properties:
    place: {type: string, x-immutable: true}
    text: {type: string}
    id: {type: string, readOnly: true, x-stable: true}
natural_key: [place, text]
api:
  id: "{place}/{id}"
  id_pointer: /note/id
  attributes: /note
  list:
    operation: list-notes
    method: GET
    path: "/notes/{place}"
    query: {region: "{region}"}
    items: /notes
  create:
    operation: create-note
    method: POST
    path: "/notes/{place}"
    wrap: /note
    add: {source: planner}
    token: request_id
  read: {operation: get-note, method: GET, path: "/notes/{place}/{id}"}
  update: {operation: set-note, method: PUT, path: "/notes/{place}/{id}", wrap: /note/body}
  before_delete:
    close: {operation: close-note, method: POST, path: "/notes/{place}/{id}/_close"}
  delete: {operation: delete-note, method: DELETE, path: "/notes/{place}/{id}"}
  errors:
    notes.moved: {advice: Plan again., conflict: true}
    notes.burnt: {advice: It is gone., absent: true}
"""

# An update sends what changes. Names are unique, so the user's is the id.
PERSON = """
kind: person
title: Person
attributes:
  type: object
  required: [user_name]
  properties:
    user_name: {type: string, x-immutable: true}
    email: {type: string, x-cleared: true}
    security: {type: object}
natural_key: [user_name]
api:
  id: user_name
  list: {operation: get-people, method: GET, path: /people, items: /people}
  create: {operation: create-person, method: POST, path: /people}
  read: {operation: get-person, method: GET, path: "/people/{user_name}"}
  update: {operation: update-person, method: PATCH, path: "/people/{user_name}", merge_patch: true}
  delete: {operation: delete-person, method: DELETE, path: "/people/{user_name}"}
"""

# There is one below each host, always.
SETTINGS = """
kind: settings
title: Settings
attributes:
  type: object
  required: [host]
  properties:
    host: {type: string, x-immutable: true}
    capacity: {type: integer}
natural_key: [host]
api:
  id: "{host}"
  singleton: always
  reset: {capacity: 0}
  read: {operation: get-settings, method: GET, path: "/hosts/{host}/settings"}
  update: {operation: set-settings, method: PUT, path: "/hosts/{host}/settings", send_version: true}
"""

# There is one at most.
LICENCE = """
kind: licence
title: Licence
attributes:
  type: object
  required: [uid]
  properties:
    uid: {type: string}
natural_key: [uid]
api:
  singleton: absent-when-404
  attributes: /licence
  read: {operation: get-licence, method: GET, path: /licence}
  update: {operation: set-licence, method: PUT, path: /licence, wrap: /licence}
  delete: {operation: delete-licence, method: DELETE, path: /licence}
"""


# A write takes a text, and nothing else.
PAGE = """
kind: page
title: Page
attributes:
  type: object
  required: [name]
  properties:
    name: {type: string, x-immutable: true}
    text: {type: string, x-echoed: false}
natural_key: [name]
api:
  id: name
  list: {operation: list-pages, method: GET, path: /pages}
  create: {operation: set-page, method: PUT, path: "/pages/{name}", body: {attribute: text, type: text/plain}}
  read: {operation: get-page, method: GET, path: "/pages/{name}"}
  update: {operation: set-page, method: PUT, path: "/pages/{name}", body: {attribute: text, type: text/plain}}
  delete: {operation: delete-page, method: DELETE, path: "/pages/{name}"}
"""


@define
class Told:
    """An API that answers "GET /path" as replies say: a body, or a status and a body. asked: what it was."""

    replies: dict[str, Any]
    version: str | None = None
    asked: list[str] = field(factory=list)
    bodies: list[Any] = field(factory=list)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix('/api/v1')}"
        query = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
        sent = environ["wsgi.input"].read()
        self.asked.append(call + "".join(f" {key}={value}" for key, value in sorted(query.items())))
        plain = environ.get("CONTENT_TYPE", "").startswith("text/")
        self.bodies.append(sent.decode() if plain else json.loads(sent) if sent else None)
        found = self.replies.get(call, (404, {"errors": [{"code": "x.not_found", "message": "no"}]}))
        status, body = found if isinstance(found, tuple) else (200, found)
        headers = [("x-cloud-resource-version", self.version)] if self.version else []
        start(f"{status} X", [*headers, ("Content-Type", "application/json")])
        return [b"" if body is None else json.dumps(body).encode()]

    @property
    def writes(self) -> list[tuple[str, Any]]:
        return [pair for pair in zip(self.asked, self.bodies, strict=True) if not pair[0].startswith("GET")]


def driver_of(folder: Path, text: str, api: Told) -> RestDriver:
    found = read_kind_file(written(folder, text))
    return found.driver(found.kind, found.binding, client_of(api), Conventions(region="ece-1"))


def request(operation: str, desired: Any, found: Observed | None = None, token: str = "") -> Request:
    there = found or Observed("", {})
    id_, address = there.id or None, Address("any", "it")
    return Request(operation, address, desired, there.attributes, id_, there.version, token=token)


def answered(code: str, status: int = 400) -> tuple[int, Any]:
    return status, {"errors": [{"code": code, "message": "no"}]}


@pytest.mark.parametrize(
    ("identity", "attributes", "id_"),
    [
        (Identity(), {"id": "7"}, "7"),
        (Identity(), {"id": 7}, "7"),
        (Identity(), {"id": "a/b"}, "a/b"),
        (Identity("{a}/{b}", ("a",)), {"a": "x", "b": "y"}, "x/y"),
        (Identity("{a}", ("a",)), {"a": "x"}, "x"),
        (Identity("licence"), {}, "licence"),
        (Identity("{a}/{b}"), {"a": "x"}, ""),
        (Identity("{a}/{b}"), {"a": "x", "b": True}, ""),
        (Identity("{a}/{b}"), {"a": "x", "b": ""}, ""),
    ],
)
def test_ids_are_made_of_attributes(identity: Identity, attributes: dict[str, Any], id_: str) -> None:
    assert identity.id_of(attributes) == id_
    if id_:
        assert identity.parts_of(id_) == {key: str(value) for key, value in attributes.items()}


@pytest.mark.parametrize(
    ("text", "id_", "form"),
    [
        (LINK, "f1", "{filter_id}/{entity_type}/{entity_id}"),
        (LINK, "f1/deployment/d1/more", "{filter_id}/{entity_type}/{entity_id}"),
        (LICENCE, "other", "licence"),
    ],
)
def test_an_id_of_another_form_is_told(tmp_path: Path, text: str, id_: str, form: str) -> None:
    with pytest.raises(PlannerError, match="is no id of a") as caught:
        driver_of(tmp_path, text, Told({})).read(id_)
    assert form in caught.value.summary


class TestBelowParents:
    LINKS: Mapping[str, Any] = {"links": [{"entity_type": "deployment", "id": "d1"}]}

    def test_each_parent_is_listed_once_and_items_are_known_by_their_whole_id(self, tmp_path: Path) -> None:
        api = Told({"GET /filters/f1/links": self.LINKS})
        (found,) = driver_of(tmp_path, LINK, api).list(("f1",)).values()
        assert (found.id, api.asked) == ("f1/deployment/d1", ["GET /filters/f1/links"])
        assert found.attributes == {"filter_id": "f1", "entity_type": "deployment", "entity_id": "d1"}

    def test_a_list_may_be_a_mapping(self, tmp_path: Path) -> None:
        keyed = PAGE.replace("path: /pages}", "path: /pages, items: /pages, keyed: true}")
        api = Told({"GET /pages": {"pages": {"a": {}, "b": {"name": "b"}}}})
        found = driver_of(tmp_path, keyed, api).list()
        assert found == {name: Observed(name, {"name": name}) for name in ("a", "b")}

    @pytest.mark.parametrize(
        ("pages", "told"),
        [
            ([{"name": "a"}], "holds no mapping at /pages"),
            ({"a": {"name": "b"}}, "a reply about page a is about b instead"),
            ({"a/b": {}}, "gives a/b as an id, which cannot be one"),
            ({"": {}}, "gives '' as an id"),
        ],
    )
    def test_a_mapping_that_cannot_be_believed(self, tmp_path: Path, pages: Any, told: str) -> None:
        keyed = PAGE.replace("path: /pages}", "path: /pages, items: /pages, keyed: true}")
        with pytest.raises(ApiError, match=told):
            driver_of(tmp_path, keyed, Told({"GET /pages": {"pages": pages}})).list()

    def test_a_parent_that_is_gone_has_none(self, tmp_path: Path) -> None:
        assert driver_of(tmp_path, LINK, Told({})).list(("f1",)) == {}

    def test_what_only_a_list_shows_is_read_there(self, tmp_path: Path) -> None:
        driver = driver_of(tmp_path, LINK, Told({"GET /filters/f1/links": self.LINKS}))
        assert driver.read("f1/deployment/d2") is None
        found = driver.read("f1/deployment/d1")
        assert found is not None
        assert found.id == "f1/deployment/d1"

    def test_bodies_say_what_the_path_does_not_and_by_the_names_of_the_api(self, tmp_path: Path) -> None:
        api = Told({"GET /filters/f1/links": {"links": []}, "POST /filters/f1/links": {}})
        driver = driver_of(tmp_path, LINK, api)
        desired = {"filter_id": "f1", "entity_type": "deployment", "entity_id": "d1"}
        with pytest.raises(PlannerError, match="there is no f1/deployment/d1"):  # this API does not keep it
            driver.perform(request("create", desired))
        assert api.writes == [("POST /filters/f1/links", {"entity_type": "deployment", "id": "d1"})]

    def test_one_that_is_there_is_not_made_again(self, tmp_path: Path) -> None:
        api = Told({"GET /filters/f1/links": self.LINKS})
        desired = {"filter_id": "f1", "entity_type": "deployment", "entity_id": "d1"}
        with pytest.raises(Refused, match="with the id f1/deployment/d1"):
            driver_of(tmp_path, LINK, api).perform(request("create", desired))
        assert api.writes == []

    def test_a_create_without_a_part_of_its_id_sends_nothing(self, tmp_path: Path) -> None:
        api = Told({})
        with pytest.raises(PlannerError, match="has no entity_id, by which it is known"):
            driver_of(tmp_path, LINK, api).perform(
                request("create", {"filter_id": "f1", "entity_type": "deployment"})
            )
        assert api.asked == []

    def test_a_delete_names_all_parts(self, tmp_path: Path) -> None:
        api = Told({"GET /filters/f1/links": self.LINKS, "DELETE /filters/f1/links/deployment/d1": {}})
        driver = driver_of(tmp_path, LINK, api)
        found = driver.read("f1/deployment/d1")
        assert driver.perform(request("delete", {}, found)).observed is None
        assert api.writes == [("DELETE /filters/f1/links/deployment/d1", None)]


NOTED = {"note": {"id": "n1", "text": "hello"}}
THERE = Observed("p/n1", {"place": "p", "id": "n1", "text": "hello"})


class TestCalls:
    def test_a_create_wraps_adds_and_brings_a_token(self, tmp_path: Path) -> None:
        api = Told({"POST /notes/p": NOTED})
        driver = driver_of(tmp_path, NOTE, api)
        made = driver.perform(request("create", {"place": "p", "text": "hello"}, token="t")).observed
        assert made == THERE
        assert api.writes == [
            ("POST /notes/p request_id=t", {"source": "planner", "note": {"text": "hello"}})
        ]

    def test_an_update_wraps_in_its_own_way(self, tmp_path: Path) -> None:
        api = Told({"GET /notes/p/n1": NOTED, "PUT /notes/p/n1": {}})
        driver = driver_of(tmp_path, NOTE, api)
        driver.perform(request("update", {"place": "p", "text": "bye"}, THERE))
        assert api.writes == [("PUT /notes/p/n1", {"note": {"body": {"text": "bye"}}})]

    @pytest.mark.parametrize("words", ["hello\n", "{}", Secret("-----BEGIN\n\u00e9")])
    def test_a_text_is_all_of_a_body(self, tmp_path: Path, words: str) -> None:
        found = Observed("p", {"name": "p"})
        api = Told({"GET /pages/p": {"name": "p"}, "PUT /pages/p": {}})
        driver_of(tmp_path, PAGE, api).perform(request("update", {"name": "p", "text": words}, found))
        assert api.writes == [("PUT /pages/p", words)]

    @pytest.mark.parametrize("declared", [{}, {"text": ""}, {"text": None}])
    def test_no_empty_text_is_sent(self, tmp_path: Path, declared: Any) -> None:
        api = Told({})
        with pytest.raises(PlannerError, match="has no text, which is all that is sent"):
            driver_of(tmp_path, PAGE, api).perform(request("create", {"name": "p", **declared}))
        assert api.writes == []

    @pytest.mark.parametrize(
        ("wanted", "there", "told"),
        [
            ({}, None, ["it cannot be created without text"]),
            ({"text": ""}, None, ["it cannot be created without text"]),
            ({"text": "a"}, None, []),
            ({}, Observed("p", {"name": "p"}), []),
        ],
    )
    def test_what_a_create_sends_has_to_be_declared(
        self, tmp_path: Path, wanted: Any, there: Observed | None, told: list[str]
    ) -> None:
        driver = driver_of(tmp_path, PAGE, Told({}))
        assert [item.summary for item in driver.objections({}, {"name": "p", **wanted}, there)] == told

    def test_the_region_goes_into_the_query(self, tmp_path: Path) -> None:
        api = Told({"GET /notes/p": {"notes": [NOTED]}})
        assert driver_of(tmp_path, NOTE, api).list(("p",)) == {"p/n1": THERE}
        assert api.asked == ["GET /notes/p region=ece-1"]

    @pytest.mark.parametrize(("reply", "note"), [({}, ""), (answered("notes.burnt"), "it was gone already")])
    def test_a_call_before_a_delete_leaves_the_resource_to_it(
        self, tmp_path: Path, reply: Any, note: str
    ) -> None:
        api = Told({"GET /notes/p/n1": NOTED, "POST /notes/p/n1/_close": reply})
        driver = driver_of(tmp_path, NOTE, api)
        assert tuple(driver.deletion()) == ("close", "delete")
        result = driver.perform(request("close", {}, THERE))
        assert (result.observed, result.note) == (THERE, note)
        assert api.writes == [("POST /notes/p/n1/_close", None)]

    @pytest.mark.parametrize(
        ("code", "error"), [("notes.moved", Conflict), ("notes.burnt", NotFound), ("notes.other", ApiError)]
    )
    def test_codes_say_what_an_error_is(self, tmp_path: Path, code: str, error: type[ApiError]) -> None:
        api = Told({"GET /notes/p/n1": NOTED, "PUT /notes/p/n1": answered(code)})
        with pytest.raises(error) as caught:
            driver_of(tmp_path, NOTE, api).perform(request("update", {"place": "p", "text": "x"}, THERE))
        assert type(caught.value) is error

    def test_a_code_for_absence_is_an_answer_to_a_read(self, tmp_path: Path) -> None:
        assert (
            driver_of(tmp_path, NOTE, Told({"GET /notes/p/n1": answered("notes.burnt")})).read("p/n1") is None
        )

    @pytest.mark.parametrize(
        ("desired", "body"),
        [
            ({"email": "b@x", "security": {"roles": ["r"], "on": True}}, {"email": "b@x"}),
            ({"security": {"roles": ["r"], "on": True}}, {"email": None}),
            ({"email": "a@x", "security": {"roles": ["s"]}}, {"security": {"roles": ["s"], "on": None}}),
            ({"email": "a@x"}, {}),
        ],
    )
    def test_a_merge_patch_sends_what_changes(
        self, tmp_path: Path, desired: dict[str, Any], body: dict[str, Any]
    ) -> None:
        there = {"user_name": "u", "email": "a@x", "security": {"roles": ["r"], "on": True}}
        api = Told({"GET /people/u": there, "PATCH /people/u": there})
        driver = driver_of(tmp_path, PERSON, api)
        driver.perform(request("update", {"user_name": "u", **desired}, driver.read("u")))
        assert api.writes == [("PATCH /people/u", body)]


def test_a_merge_patch_says_null_only_where_something_goes() -> None:
    assert merge_patch({"a": {"b": 1, "c": {"d": 1}}}, {"a": {"c": {}}, "e": None}) == {
        "a": {"b": None, "c": {"d": None}}
    }


class TestSingletons:
    def test_one_below_a_parent_is_listed_by_a_read(self, tmp_path: Path) -> None:
        api = Told({"GET /hosts/h1/settings": {"capacity": 5}}, version="3")
        driver = driver_of(tmp_path, SETTINGS, api)
        assert driver.list(("h1",)) == {"h1": Observed("h1", {"host": "h1", "capacity": 5}, "3")}
        assert driver.list(("h2",)) == {}

    def test_an_update_names_it_by_its_path_alone(self, tmp_path: Path) -> None:
        api = Told({"PUT /hosts/h1/settings": {"capacity": 6}}, version="4")
        driver = driver_of(tmp_path, SETTINGS, api)
        found = Observed("h1", {"host": "h1", "capacity": 5}, "3")
        after = driver.perform(request("update", {"host": "h1", "capacity": 6}, found)).observed
        assert after == Observed("h1", {"host": "h1", "capacity": 6}, "4")
        assert api.writes == [("PUT /hosts/h1/settings version=3", {"capacity": 6})]

    def test_a_reset_sends_what_was_installed(self, tmp_path: Path) -> None:
        api = Told({"PUT /hosts/h1/settings": {"capacity": 0}}, version="4")
        found = Observed("h1", {"host": "h1", "capacity": 5}, "3")
        assert driver_of(tmp_path, SETTINGS, api).perform(request("delete", {}, found)).observed is None
        assert api.writes == [("PUT /hosts/h1/settings version=3", {"capacity": 0})]

    def test_one_that_is_there_is_not_overwritten_by_a_create(self, tmp_path: Path) -> None:
        api = Told({"GET /hosts/h1/settings": {"capacity": 5}})
        with pytest.raises(Refused, match="there already is a settings with the id h1") as caught:
            driver_of(tmp_path, SETTINGS, api).perform(request("create", {"host": "h1", "capacity": 6}))
        assert "takes it over" in caught.value.advice
        assert api.writes == []

    def test_one_that_is_absent_is_set_where_there_is_no_create(self, tmp_path: Path) -> None:
        api = Told({"PUT /licence": {"licence": {"uid": "u"}}})
        driver = driver_of(tmp_path, LICENCE, api)
        made = driver.perform(request("create", {"uid": "u"})).observed
        assert made == Observed("licence", {"uid": "u"})
        assert api.asked == ["GET /licence", "PUT /licence"]
        assert api.writes == [("PUT /licence", {"licence": {"uid": "u"}})]
