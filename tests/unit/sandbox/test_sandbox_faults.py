from __future__ import annotations

from pathlib import Path

import pytest

from planner.sandbox import create_app, parse_fault

from .caller import EXTENSIONS, KEY, Caller, archive, codes

BODY = {"name": "synonyms", "extension_type": "bundle", "version": "8.*"}


def fault(ece: Caller, *specs: str) -> None:
    response = ece.raw("POST", "/sandbox/faults", json=list(specs))
    assert response.status_code == 201, response.text


def count(ece: Caller) -> int:
    return len(ece.json("GET", EXTENSIONS)["extensions"])


@pytest.mark.parametrize(
    ("effect", "status", "code"),
    [
        ("status:503", 503, "root.fault"),
        ("503 code=root.busy", 503, "root.busy"),
        ("rate-limit", 429, "root.too_many_requests"),
        ("version-conflict", 409, "extensions.version_conflict"),
        ("id-exists", 409, "extensions.id_already_exists"),
        ("expired", 401, "root.unauthenticated"),
        ("401 code=root.gone", 401, "root.gone"),
    ],
)
def test_error_replies_come_before_anything_happens(ece: Caller, effect: str, status: int, code: str) -> None:
    fault(ece, f"POST {EXTENSIONS} {effect} times=1")
    response = ece("POST", EXTENSIONS, json=BODY)
    assert (response.status_code, codes(response)) == (status, [code])
    assert ("WWW-Authenticate" in response.headers) == (status == 401)
    assert count(ece) == 0
    assert ece("POST", EXTENSIONS, json=BODY).status_code == 201


@pytest.mark.parametrize("effect", ["status:504", "html:504", "ok-false:504", "empty:504"])
@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_gateway_may_fail_before_and_after_the_write(
    ece: Caller, effect: str, when: str, made: int
) -> None:
    fault(ece, f"POST {EXTENSIONS} {effect} times=1 when={when} retry-after=7")
    response = ece("POST", EXTENSIONS, json=BODY)
    assert (response.status_code, response.headers["Retry-After"]) == (504, "7")
    assert count(ece) == made


def test_replies_of_gateways(ece: Caller) -> None:
    fault(ece, "GET /user html nth=1", "GET /user ok-false nth=2 message='not now'", "GET /user empty nth=3")
    page, message, nothing = (ece("GET", "/user") for _ in range(3))
    assert (page.status_code, page.mimetype, page.text[:6]) == (502, "text/html", "<html>")
    assert (message.status_code, message.json) == (502, {"ok": False, "message": "not now"})
    assert (nothing.status_code, nothing.data) == (502, b"")


def test_rate_limit_says_when_to_come_back(ece: Caller) -> None:
    fault(ece, "GET /user rate-limit:3 times=1")
    assert ece("GET", "/user").headers["Retry-After"] == "3"


@pytest.mark.parametrize(("when", "effective"), [("before", False), ("after", True)])
def test_replies_about_another(ece: Caller, when: str, effective: bool) -> None:
    theirs, second, mine = (ece.json("POST", EXTENSIONS, json=BODY | {"name": name})["id"] for name in "abc")
    item = f"{EXTENSIONS}/{mine}"
    fault(ece, f"* {EXTENSIONS}/{mine} another when={when}", f"POST {EXTENSIONS} another when={when}")
    changed = BODY | {"name": "d"}
    for method, path, body in (("GET", item, None), ("POST", item, changed), ("POST", EXTENSIONS, changed)):
        found = ece(method, path, json=body)
        assert found.status_code == (201 if path == EXTENSIONS else 200)
        assert (found.json["id"], found.json["name"]) == (theirs, "a")
        assert found.headers["x-cloud-resource-version"] == "1"
    assert ece("DELETE", item).json["id"] == theirs
    names = [item["name"] for item in ece.json("GET", EXTENSIONS)["extensions"]]
    assert names == (["a", "b", "d"] if effective else ["a", "b", "c"])
    fault(ece, f"GET {EXTENSIONS} another", f"GET {EXTENSIONS}/{second} another")
    listed = [item["id"] for item in ece.json("GET", EXTENSIONS)["extensions"]]
    assert (len(listed), listed[-1]) == (3, theirs)
    assert ece.json("GET", f"{EXTENSIONS}/{second}")["id"] == theirs


def test_without_another_there_is_only_the_right_reply(ece: Caller) -> None:
    fault(ece, "* ** another")
    mine = ece.json("POST", EXTENSIONS, json=BODY)["id"]
    assert ece.json("GET", f"{EXTENSIONS}/{mine}")["id"] == mine
    assert ece("GET", f"{EXTENSIONS}/nothing").status_code == 404
    assert len(ece.json("GET", EXTENSIONS)["extensions"]) == 1
    assert ece("GET", "/user").status_code == 200


@pytest.mark.parametrize(("effect", "made"), [("reset-before", 0), ("drop-after", 1), ("cut-upload", 0)])
def test_broken_connections(ece: Caller, effect: str, made: int) -> None:
    fault(ece, f"POST {EXTENSIONS} {effect} times=1")
    with pytest.raises(ConnectionResetError, match=effect):
        ece("POST", EXTENSIONS, json=BODY)
    assert count(ece) == made


def test_a_cut_upload_has_read_half_and_stores_nothing(ece: Caller) -> None:
    extension_id = ece.create()
    fault(ece, "PUT /deployments/extensions/* cut-upload")
    with pytest.raises(ConnectionResetError):
        ece.upload(extension_id, archive())
    assert ece.raw("GET", "/sandbox/files").json == {"files": []}


def test_a_truncated_reply_breaks_half_way_after_the_write(ece: Caller) -> None:
    fault(ece, f"POST {EXTENSIONS} truncate times=1")
    with pytest.raises(ConnectionResetError):
        _ = ece("POST", EXTENSIONS, json=BODY).data
    assert count(ece) == 1


def test_delays_add_up_and_go_on() -> None:
    slept: list[float] = []
    specs = ["* ** delay:0.5", "GET /user delay:0.25", "GET /user status:500", "GET /user status:501"]
    with create_app(":memory:", faults=specs, sleep=slept.append) as app:
        ece = Caller(app)
        assert ece("GET", "/user").status_code == 500
        assert slept == [0.5, 0.25]
        assert ece("GET", EXTENSIONS).status_code == 200
        fired = [entry["fired"] for entry in ece.raw("GET", "/sandbox/faults").json["faults"]]
        assert fired == [2, 1, 1, 0]


def test_what_is_held_goes_on_when_the_faults_are_gone() -> None:
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 4:
            Caller(app).raw("DELETE", "/sandbox/faults")

    specs = ["GET /user hold nth=2", "GET /user status:500"]
    with create_app(":memory:", faults=specs, sleep=sleep) as app:
        ece = Caller(app)
        assert [ece("GET", "/user").status_code for _ in range(2)] == [500, 500], "it had fired by then"
        assert len(looks) == 4
        assert ece("GET", "/user").status_code == 200


def test_what_is_held_when_the_sandbox_closes_breaks_off() -> None:
    app = create_app(":memory:", faults=["* ** hold"], sleep=lambda _: app.close())
    with pytest.raises(ConnectionResetError):
        Caller(app)("GET", EXTENSIONS)


@pytest.mark.parametrize(
    ("options", "failing"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("nth=2", [2]),
        ("from=4", [4, 5]),
        ("times=2", [1, 2]),
        ("from=2 times=2", [2, 3]),
        ("p=0", []),
        ("p=1", [1, 2, 3, 4, 5]),
    ],
)
def test_which_requests_fail(ece: Caller, options: str, failing: list[int]) -> None:
    fault(ece, f"GET /user 500 {options}")
    assert [n for n in range(1, 6) if ece("GET", "/user").status_code == 500] == failing


def test_chance_is_repeatable() -> None:
    def sequence(spec: str) -> list[bool]:
        return [parse_fault(spec).fires(seen, 0) for seen in range(1, 200)]

    assert sequence("* ** 500 p=0.3 seed=1") == sequence("GET /user 503 p=0.3 seed=1")
    assert sequence("* ** 500 p=0.3 seed=1") != sequence("* ** 500 p=0.3 seed=2")
    assert 30 < sum(sequence("* ** 500 p=0.3")) < 90


@pytest.mark.parametrize(
    ("spec", "method", "path", "matches"),
    [
        ("GET /deployments/extensions 500", "GET", EXTENSIONS, True),
        ("GET /deployments/extensions 500", "GET", EXTENSIONS + "/", True),
        ("GET /deployments/extensions 500", "POST", EXTENSIONS, False),
        ("GET /deployments/extensions 500", "GET", EXTENSIONS + "/1", False),
        ("post,put /deployments/extensions/* 500", "PUT", EXTENSIONS + "/1", True),
        ("* /deployments/extensions/{extension_id} 500", "PUT", EXTENSIONS + "/1", True),
        ("* /deployments/* 500", "GET", EXTENSIONS + "/1", False),
        ("* /deployments/** 500", "GET", EXTENSIONS + "/1", True),
        ("* /deployments/** 500", "GET", "/deployments", False),
        ("* /dep* 500", "GET", "/deployments", True),
        ("* * 500", "GET", EXTENSIONS + "/1", True),
        ("* /api/v1/regions/ece-region/user 500", "GET", "/user", True),
        ("* /api/v1/user 500", "GET", "/user", True),
        ("* /a.b 500", "GET", "/axb", False),
        ("PUT * 415 type=application/zip", "PUT", EXTENSIONS + "/1", False),
    ],
)
def test_matching(spec: str, method: str, path: str, matches: bool) -> None:
    assert parse_fault(spec).matches(method, path) is matches


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/zip"}, 415),
        ({"Content-Type": "application/zip; a=b"}, 415),
        ({"Content-Type": "application/octet-stream"}, 200),
        ({}, 400),
    ],
)
def test_a_fault_of_one_media_type(ece: Caller, headers: dict[str, str], status: int) -> None:
    id_ = ece.create()
    fault(ece, "PUT /deployments/extensions/* 415 type=application/zip")
    assert ece("PUT", f"{EXTENSIONS}/{id_}", data=archive(), headers=headers).status_code == status


def test_a_reply_with_a_wrong_size(ece: Caller) -> None:
    id_ = ece.create()
    fault(ece, "* ** wrong-size nth=2")
    put = [
        ece("PUT", f"{EXTENSIONS}/{id_}", data=archive(), headers={"Content-Type": "application/zip"}).json
        for _ in range(2)
    ]
    assert [reply["file_metadata"]["size"] for reply in put] == [len(archive()), len(archive()) - 1]
    assert ece.json("GET", f"{EXTENSIONS}/{id_}")["file_metadata"]["size"] == len(archive())


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("", "expected METHOD PATH EFFECT"),
        ("GET /user", "expected METHOD PATH EFFECT"),
        ("FETCH /user 500", "unknown method FETCH"),
        ("GET user 500", "does not start with /"),
        ("GET /user explode", "unknown effect 'explode'"),
        ("GET /user status", "needs an argument, as in status:503"),
        ("GET /user delay", "needs an argument, as in delay:0.5"),
        ("GET /user delay:x", "delay needs a number, not 'x'"),
        ("GET /user delay:-1", "delay needs a number of 0 or more"),
        ("GET /user delay:nan", "delay needs a number of 0 or more"),
        ("GET /user 200", "status 200 is not between 400 and 599"),
        ("GET /user html:503.5", "is not between 400 and 599"),
        ("GET /user truncate:1", "takes no argument"),
        ("PUT * wrong-size:5", "takes no argument"),
        ("PUT * 415 type=", "type needs a printable text"),
        ("GET /user 500 once", "unknown option 'once'"),
        ("GET /user 500 times=0", "times needs a whole number of 1 or more"),
        ("GET /user 500 p=2", "p needs a number between 0 and 1"),
        ("GET /user 500 when=now", "when is before or after"),
        ("GET /user drop-after when=after", "when=after goes with"),
        ("GET /user 500 code=", "code needs a printable text"),
        ("GET /user 500 message='x", "No closing quotation"),
    ],
)
def test_a_bad_spec_is_quoted_with_what_is_wrong(spec: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"^fault ") as caught:
        parse_fault(spec)
    assert complaint in str(caught.value)
    assert repr(spec) in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        "GET /user 503 message='try later'",
        {"spec": "GET /user 503 message='try later'"},
        {"method": "GET", "path": "/user", "effect": "status:503", "message": "try later"},
        [{"spec": "GET /user 503 message='try later'"}],
    ],
)
def test_faults_as_json(ece: Caller, body: object) -> None:
    assert ece.raw("POST", "/sandbox/faults", json=body).status_code == 201
    assert ece("GET", "/user").json["errors"][0]["message"] == "try later"
    (listed,) = ece.raw("GET", "/sandbox/faults").json["faults"]
    assert (listed["source"], listed["seen"], listed["fired"]) == ("runtime", 1, 1)
    ece.raw("DELETE", "/sandbox/faults")
    assert ece.raw("GET", "/sandbox/faults").json == {"faults": []}
    assert ece("GET", "/user").status_code == 200


@pytest.mark.parametrize("body", [7, [7], {}, {"method": "GET"}, "GET /user", [{"spec": "x"}]])
def test_bad_faults_as_json(ece: Caller, body: object) -> None:
    response = ece.raw("POST", "/sandbox/faults", json=body)
    assert (response.status_code, codes(response)) == (400, ["sandbox.invalid_fault"])


def test_runtime_faults_are_shared_and_given_ones_are_not(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with create_app(data, faults=["GET /user 500 times=1"]) as one, create_app(data) as two:
        first, second = Caller(one), Caller(two)
        assert second("GET", "/user").status_code == 200
        assert first("GET", "/user").status_code == 500
        fault(first, "GET /user 503 times=2")
        assert [caller("GET", "/user").status_code for caller in (first, second, first)] == [503, 503, 200]


def test_a_bad_fault_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown effect"):
        create_app(tmp_path / "ece.db", faults=["GET /user explode"])
    assert list(tmp_path.iterdir()) == []


def test_the_request_log(ece: Caller) -> None:
    fault(ece, "DELETE ** reset-before")
    ece("GET", "/user?x=1")
    ece.raw("GET", "/api/v1/user")
    with pytest.raises(ConnectionResetError):
        ece("DELETE", "/regions/r/deployments/1")
    ece.raw("GET", "/sandbox/faults")
    time = "2024-05-01T10:20:30.000Z"
    user = {"time": time, "method": "GET", "path": "/api/v1/user"}
    dropped = {"time": time, "method": "DELETE", "path": "/api/v1/regions/r/deployments/1", "query": ""}
    assert ece.raw("GET", "/sandbox/requests").json["requests"] == [
        user | {"query": "x=1", "status": 200},
        user | {"query": "", "status": 401},
        dropped | {"status": None, "fault": "DELETE ** reset-before"},
    ]
    assert KEY not in ece.raw("GET", "/sandbox/requests").text
    ece.raw("DELETE", "/sandbox/requests")
    assert ece.raw("GET", "/sandbox/requests").json == {"requests": []}
