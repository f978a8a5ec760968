"""ExtensionDriver (and RestDriver below it) against the sandbox, in-process."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from planner.ece.operations import Reply
from planner.errors import (
    ApiError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    PlannerError,
    Unauthenticated,
    Unreachable,
)
from planner.model.plan import NO_RESTART, Action, AttributeDiff, Change
from planner.model.resource import Content, Observed, Request
from planner.model.value import Value

from .installation import ADDRESS, BODY, URL, Ece, archive

LIST = "/deployments/extensions"
ITEM = "/deployments/extensions/*"


@pytest.fixture
def ece() -> Iterator[Ece]:
    ece = Ece.start()
    with ece.app:
        yield ece


def test_create_read_list_update_delete(ece: Ece) -> None:
    made = ece.made(description="one")
    assert made.attributes == {
        **BODY,
        "id": made.id,
        "url": f"repo://{made.id}",
        "description": "one",
    }
    assert made.version == "1"
    assert made.created
    assert ece.read(made.id).attributes == made.attributes
    (listed,) = ece.driver.list().values()
    assert (listed.attributes, listed.version, listed.used_by) == (made.attributes, None, None)
    after = ece.write("update", made, version="8.15.*").observed
    assert after is not None
    assert (after.version, after.attributes["version"]) == ("2", "8.15.*")
    assert ece.write("delete", after).observed is None
    assert ece.driver.read(made.id) is None
    assert ece.driver.list() == {}


def test_a_description_that_is_left_out_is_cleared(ece: Ece) -> None:
    made = ece.made(description="one")
    after = ece.write("update", made).observed
    assert after is not None
    assert "description" not in after.attributes


def test_two_writes_of_one_extension_follow_the_versions(ece: Ece, tmp_path: Path) -> None:
    made = ece.made()
    uploaded = ece.write("upload", made, content=archive(tmp_path)).observed
    assert uploaded is not None
    updated = ece.write("update", uploaded, version="8.1.*").observed
    assert updated is not None
    assert [made.version, uploaded.version, updated.version] == ["1", "2", "3"]
    assert ece.files == {made.id: archive(tmp_path).sha256}


def test_an_upload_is_streamed_with_progress(ece: Ece, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    text = "".join(f"{n}, {n * 7919 % 100_003}\n" for n in range(60_000))
    content = archive(tmp_path, text)
    made = ece.made()
    ece.write("upload", made, content=content, progress=lambda sent, total: told.append((sent, total)))
    totals = {total for _, total in told}
    assert len(told) >= 3
    assert len(totals) == 1
    assert [sent for sent, _ in told] == sorted(sent for sent, _ in told)
    assert told[-1][0] == totals.pop() == content.size


def test_a_file_that_changed_since_it_was_planned_is_not_sent(ece: Ece, tmp_path: Path) -> None:
    content = archive(tmp_path)
    made = ece.made()
    Path(content.archive).write_bytes(b"something else")
    with pytest.raises(PlannerError, match="its file changed since it was planned"):
        ece.write("upload", made, content=content)
    Path(content.archive).unlink()
    with pytest.raises(PlannerError, match="the archive cannot be read"):
        ece.write("upload", made, content=content)
    assert ece.files == {}


# download_url


def test_a_create_fetches(ece: Ece) -> None:
    made = ece.made(download_url=URL, download_sha256="a" * 64)
    metadata = made.attributes["file_metadata"]
    assert isinstance(metadata, Mapping)
    assert metadata
    assert "url" not in metadata  # temporary
    assert ece.sent == [("POST", {**BODY, "download_url": URL})]


@pytest.mark.parametrize(
    ("planned", "wanted", "fetches"),
    [
        ({"download_url": URL}, {"download_url": URL, "description": "new"}, False),
        ({"download_url": URL}, {"download_url": URL + "?2"}, True),
        ({"download_url": URL}, {"download_url": URL, "download_sha256": "b" * 64}, True),
        (
            {"download_url": URL, "download_sha256": "b" * 64},
            {"download_url": URL, "download_sha256": "b" * 64},
            False,
        ),
        ({}, {"download_url": URL}, True),
    ],
)
def test_an_update_sends_the_url_only_when_it_is_to_fetch(
    ece: Ece, planned: Any, wanted: Any, fetches: bool
) -> None:
    made = ece.made(**planned)
    known = evolve(made, attributes={**made.attributes, **planned})
    after = ece.write("update", known, **wanted).observed
    assert ("download_url" in ece.sent[-1][1]) is fetches
    assert "download_sha256" not in ece.sent[-1][1]
    assert after is not None
    if not fetches:
        assert after.attributes["file_metadata"] == made.attributes["file_metadata"]


# what the API refuses


@pytest.mark.parametrize(
    ("operation", "fault", "error", "says"),
    [
        (
            "create",
            f"POST {LIST} 400 code=extensions.request_execution_failed message=unreachable",
            ApiError,
            ("create-extension: unreachable (400", "can reach it without redirects"),
        ),
        (
            "create",
            f"POST {LIST} 404 code=extensions.no_user_id",
            NotFound,
            ("no_user_id", "Use an API key or a login"),
        ),
        ("create", f"POST {LIST} id-exists", ApiError, ("id_already_exists", "Run the same command again")),
        ("create", f"POST {LIST} expired", Unauthenticated, ("401", "EC_API_KEY")),
        ("create", f"POST {LIST} 449", Unauthenticated, ("449", "elevated permissions")),
        ("create", f"POST {LIST} rate-limit", ApiError, ("429", "lower --parallelism")),
        ("create", f"POST {LIST} status:503", OutcomeUnknown, ("503", "plan again")),
        ("create", f"POST {LIST} html:503", OutcomeUnknown, ("503", "plan again")),
        ("create", f"POST {LIST} ok-false:502", OutcomeUnknown, ("502", "plan again")),
        ("create", f"POST {LIST} reset-before", OutcomeUnknown, ("connection", "plan again")),
        ("create", f"POST {LIST} drop-after", OutcomeUnknown, ("connection", "plan again")),
        ("create", f"POST {LIST} truncate", OutcomeUnknown, ("connection", "plan again")),
        (
            "update",
            f"POST {ITEM} 400 code=extensions.request_execution_failed",
            ApiError,
            ("400", "Look at the message"),
        ),
        (
            "update",
            f"POST {ITEM} 401 code=extensions.unauthorised",
            ApiError,
            ("401", "belongs to another user"),
        ),
        ("update", f"POST {ITEM} 401 code=extensions.no_user_id", ApiError, ("401", "belong to no user")),
        ("update", f"POST {ITEM} 404 code=extensions.not_found", NotFound, ("404", "deleted meanwhile")),
        ("update", f"POST {ITEM} version-conflict", Conflict, ("409", "their change")),
        ("update", f"POST {ITEM} html:504", OutcomeUnknown, ("504", "plan again")),
        ("update", f"POST {ITEM} drop-after", OutcomeUnknown, ("connection", "plan again")),
        ("update", f"GET {ITEM} html:502", Unreachable, ("502", "")),
        ("update", f"GET {ITEM} html:404", ApiError, ("404", "not the API's own reply")),
        (
            "upload",
            f"PUT {ITEM} 400 code=extensions.request_execution_failed",
            ApiError,
            ("400", "for an upload"),
        ),
        (
            "upload",
            f"PUT {ITEM} 401 code=extensions.unauthorised",
            ApiError,
            ("401", "belongs to another user"),
        ),
        ("upload", f"PUT {ITEM} 404 code=extensions.not_found", NotFound, ("404", "deleted meanwhile")),
        ("upload", f"PUT {ITEM} version-conflict", Conflict, ("409", "their change")),
        ("upload", f"PUT {ITEM} 413", ApiError, ("413", "give download_url")),
        ("upload", f"PUT {ITEM} cut-upload", OutcomeUnknown, ("connection", "no harm")),
        ("upload", f"PUT {ITEM} drop-after", OutcomeUnknown, ("connection", "no harm")),
        (
            "delete",
            f"DELETE {ITEM} 400 code=extensions.extension_in_use message=used",
            Conflict,
            ("used", "Remove it from"),
        ),
        (
            "delete",
            f"DELETE {ITEM} 401 code=extensions.unauthorised",
            ApiError,
            ("401", "belongs to another user"),
        ),
        ("delete", f"DELETE {ITEM} version-conflict", Conflict, ("409", "their change")),
        ("delete", f"DELETE {ITEM} 503", OutcomeUnknown, ("503", "no harm")),
        ("delete", f"DELETE {ITEM} html:404", ApiError, ("404", "not the API's own reply")),
    ],
)
def test_what_goes_wrong(
    ece: Ece, tmp_path: Path, operation: str, fault: str, error: type[PlannerError], says: tuple[str, str]
) -> None:
    """says: in its summary, and in its advice."""
    made = ece.made()
    ece.fail(fault)
    content = archive(tmp_path) if operation == "upload" else None
    with pytest.raises(PlannerError) as caught:
        ece.create() if operation == "create" else ece.write(operation, made, content=content)
    assert type(caught.value) is error
    assert says[0] in caught.value.summary
    assert says[1] in caught.value.advice


def test_a_generated_id_that_is_taken_is_tried_again_a_few_times(ece: Ece) -> None:
    ece.fail(f"POST {LIST} id-exists times=3")
    assert ece.made().version == "1"
    assert ece.requests.count("POST 409") == 3
    ece.fail(f"POST {LIST} id-exists")
    with pytest.raises(ApiError, match="id_already_exists"):
        ece.create()
    assert ece.requests.count("POST 409") == 3 + 6
    assert len(ece.driver.list()) == 1


@pytest.mark.parametrize("fault", ["drop-after", "reset-before", "html:503", "truncate"])
def test_a_create_without_a_reply_is_sent_once(ece: Ece, fault: str) -> None:
    ece.fail(f"POST {LIST} {fault}")
    with pytest.raises(OutcomeUnknown):
        ece.create()
    assert sum(request.startswith("POST") for request in ece.requests) == 1


def test_too_many_requests_are_waited_for(ece: Ece) -> None:
    ece.fail(f"POST {LIST} rate-limit:7 times=2")
    ece.create()
    assert ece.sleeps == [7.0, 7.0]


def test_an_upload_whose_reply_is_lost_is_sent_again(ece: Ece, tmp_path: Path) -> None:
    made = ece.made()
    ece.fail(f"PUT {ITEM} drop-after times=1")
    after = ece.write("upload", made, content=archive(tmp_path)).observed
    assert after is not None
    assert after.version == "3"


# the guard


@pytest.mark.parametrize("operation", ["update", "upload", "delete"])
def test_somebody_elses_change_stops_a_write(ece: Ece, tmp_path: Path, operation: str) -> None:
    made = ece.made(description="mine")
    ece.call("POST", f"{LIST}/{made.id}", json={**BODY, "description": "theirs"})
    content = archive(tmp_path) if operation == "upload" else None
    with pytest.raises(Conflict, match="planned from version 1, now 2") as caught:
        ece.write(operation, made, content=content)
    assert caught.value.observed is not None
    assert caught.value.observed.attributes["description"] == "theirs"
    assert ece.read(made.id).version == "2"


@pytest.mark.parametrize("operation", ["update", "upload", "delete"])
def test_a_conflict_on_the_write_itself_comes_with_the_resource(
    ece: Ece, tmp_path: Path, operation: str
) -> None:
    made = ece.made()
    method = {"update": "POST", "upload": "PUT", "delete": "DELETE"}[operation]
    ece.fail(f"{method} {ITEM} version-conflict")
    content = archive(tmp_path) if operation == "upload" else None
    with pytest.raises(Conflict) as caught:
        ece.write(operation, made, content=content)
    assert caught.value.observed == ece.read(made.id)


def test_a_conflict_is_told_even_when_the_resource_cannot_be_read(ece: Ece) -> None:
    made = ece.made()
    ece.fail(f"POST {ITEM} version-conflict", f"GET {ITEM} 500 from=2")
    with pytest.raises(Conflict) as caught:
        ece.write("update", made)
    assert caught.value.observed is None


def test_a_version_that_moved_alone_is_taken_over(ece: Ece) -> None:
    made = ece.made()
    ece.call("POST", f"{LIST}/{made.id}", json=BODY)
    result = ece.write("update", made, description="new")
    assert result.note == "version 1 had become 2 with the same attributes"


@pytest.mark.parametrize(("theirs", "stops"), [({}, False), ({"description": "theirs"}, True)])
def test_without_a_version_the_attributes_tell(ece: Ece, theirs: Any, stops: bool) -> None:
    made = evolve(ece.made(), version=None)
    ece.call("POST", f"{LIST}/{made.id}", json={**BODY, **theirs})
    if stops:
        with pytest.raises(Conflict, match=re.escape(f"{ADDRESS} was changed by somebody else")):
            ece.write("delete", made)
    else:
        assert ece.write("delete", made).note == ""


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("operation", ["update", "upload"])
def test_a_write_to_what_is_gone(ece: Ece, tmp_path: Path, operation: str, fresh: bool) -> None:
    made = ece.made()
    ece.call("DELETE", f"{LIST}/{made.id}")
    with pytest.raises(NotFound, match=f"^{ADDRESS} is gone"):
        ece.write(operation, made, fresh=fresh, content=archive(tmp_path))


@pytest.mark.parametrize("fresh", [True, False])
def test_a_delete_of_what_is_gone_is_done(ece: Ece, fresh: bool) -> None:
    made = ece.made()
    ece.call("DELETE", f"{LIST}/{made.id}")
    result = ece.write("delete", made, fresh=fresh)
    assert (result.observed, result.note) == (None, "it was gone already")


@pytest.mark.parametrize("send_version", [True, False])
def test_the_version_is_sent_where_the_environment_says_so(send_version: bool) -> None:
    ece = Ece.start(send_version=send_version, enforce_version=True)
    with ece.app:
        made = ece.made()
        after = ece.write("update", made).observed
        assert after is not None
        ece.write("delete", after)
        assert [q for q in ece.queries if "version" in q] == (
            ["version=1", "version=2"] if send_version else []
        )


WRITES = {"update": "POST", "upload": "PUT", "delete": "DELETE"}


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize(
    ("fresh", "known", "send_version", "reads"),
    [
        (False, True, False, {"update", "upload", "delete"}),
        (True, True, False, set()),
        (False, True, True, {"upload"}),
        (True, True, True, set()),
        (True, False, True, {"update", "upload", "delete"}),
    ],
)
def test_what_is_read_before_a_write(
    tmp_path: Path, operation: str, fresh: bool, known: bool, send_version: bool, reads: set[str]
) -> None:
    """A version that nobody knows is no fresh one, and none that a server could compare."""
    ece = Ece.start(send_version=send_version, enforce_version=True)
    with ece.app:
        made = ece.made()
        on = made if known else evolve(made, version=None)
        ece.write(operation, on, fresh=fresh, content=archive(tmp_path) if operation == "upload" else None)
        assert ece.requests[1:] == [*["GET 200"] * (operation in reads), f"{WRITES[operation]} 200"]


@pytest.mark.parametrize(
    ("theirs", "operation", "note"),
    [
        (0, "update", ""),
        (1, "update", "version 1 had become 2 just before: what somebody else changed may be overwritten"),
        (2, "update", "version 1 had become 3 just before: what somebody else changed may be overwritten"),
        (1, "upload", "version 1 had become 2 just before: what somebody else changed may be overwritten"),
        (0, "delete", ""),
        (2, "delete", "version 1 had become 2 just before: what somebody else changed is deleted with it"),
    ],
)
def test_what_somebody_else_wrote_in_between_is_told(
    ece: Ece, tmp_path: Path, theirs: int, operation: str, note: str
) -> None:
    made = ece.made(description="mine")
    for _ in range(theirs):
        ece.call("POST", f"{LIST}/{made.id}", json={**BODY, "description": "mine"})
    content = archive(tmp_path) if operation == "upload" else None
    assert ece.write(operation, made, fresh=True, content=content, description="mine").note == note


def test_a_write_that_was_sent_twice_proves_nothing_of_others(ece: Ece, tmp_path: Path) -> None:
    made = ece.made()
    ece.fail(f"PUT {ITEM} drop-after times=1")
    result = ece.write("upload", made, fresh=True, content=archive(tmp_path))
    assert result.observed is not None
    assert (result.observed.version, result.note) == ("3", "")


def test_an_installation_that_does_not_compare_versions_is_told() -> None:
    ece = Ece.start(send_version=True)
    with ece.app:
        made = ece.made()
        ece.call("POST", f"{LIST}/{made.id}", json=BODY)
        note = ece.write("update", made).note
    assert note.endswith("since the installation does not compare ?version=")


@pytest.mark.parametrize("theirs", [{"description": "theirs"}, {"version": "9.*"}, {"name": "theirs"}])
def test_an_upload_beside_somebody_elses_change_is_no_success(
    ece: Ece, tmp_path: Path, theirs: dict[str, Value]
) -> None:
    made = ece.made()
    ece.call("POST", f"{LIST}/{made.id}", json={**BODY, **theirs})
    with pytest.raises(
        OutcomeUnknown, match=f"the upload .* somebody else had changed {next(iter(theirs))}$"
    ):
        ece.write("upload", made, fresh=True, content=archive(tmp_path))
    assert theirs.items() <= ece.read(made.id).attributes.items()


@pytest.mark.parametrize("fetched", [True, False])
def test_an_update_beside_somebody_elses_file_is_no_success(ece: Ece, tmp_path: Path, fetched: bool) -> None:
    """But where it replaces the file too."""
    made = ece.made()
    ece.write("upload", made, content=archive(tmp_path))
    with nullcontext() if fetched else pytest.raises(OutcomeUnknown, match=r"changed file_metadata$"):
        ece.write("update", made, fresh=True, download_url=URL if fetched else None)


# who uses it


def deployment(url: str) -> dict[str, Any]:
    plan = {
        "elasticsearch": {
            "version": "8.15.0",
            "user_bundles": [{"name": "s", "url": url, "elasticsearch_version": "8.*"}],
        }
    }
    payload = {"ref_id": "main", "region": "ece-region", "plan": {"cluster_topology": [], **plan}}
    return {"name": "prod", "resources": {"elasticsearch": [payload]}}


def test_users_are_told_and_stop_a_delete(ece: Ece) -> None:
    made = ece.made()
    assert ece.driver.obstacle(ece.read(made.id)) == ""
    used_by = ece.call("POST", "/deployments", json=deployment(str(made.attributes["url"])))["id"]
    found = ece.read(made.id)
    assert found.used_by == (used_by,)
    assert ece.driver.obstacle(found) == f"it is used by 1 deployment: {used_by}"
    with pytest.raises(ApiError, match="used by deployments"):
        ece.write("delete", made)


@pytest.mark.parametrize(
    ("used_by", "text"),
    [
        (None, ""),
        ((), ""),
        (("a", "b"), "it is used by 2 deployments: a, b"),
        (tuple("abcdef"), "it is used by 6 deployments: a, b, c, d, e, ..."),
    ],
)
def test_obstacles_in_words(ece: Ece, used_by: Any, text: str) -> None:
    assert ece.driver.obstacle(Observed("1", {}, used_by=used_by)) == text


@pytest.mark.parametrize(
    ("action", "facts", "restart"),
    [
        (Action.UPDATE, {"content": Content("files/a", "ab", 3)}, NO_RESTART),
        (Action.UPDATE, {"diffs": (AttributeDiff(("download_sha256",), "a", "b"),)}, NO_RESTART),
        (Action.UPDATE, {"diffs": (AttributeDiff(("version",), "8.*", "*"),)}, ""),
        (Action.UPDATE, {"content": Content("files/a", "ab", 3), "used_by": ()}, ""),
        (Action.REPLACE, {"content": Content("files/a", "ab", 3)}, ""),
    ],
)
def test_new_content_in_place_starts_no_node_anew(ece: Ece, action: Action, facts: Any, restart: str) -> None:
    change = Change(ADDRESS, action, "", **{"used_by": ("a",), **facts})
    assert ece.driver.restart(change) == restart


# replies that are not what they should be


@pytest.mark.parametrize("fault", ["404", "405", "html:404"])
def test_an_installation_without_extensions_is_told_plainly(ece: Ece, fault: str) -> None:
    ece.fail(f"GET {LIST} {fault}")
    with pytest.raises(ApiError, match=r"sandbox\.localhost:80 does not serve the kind extension") as caught:
        ece.driver.list()
    assert "Not every version of Elastic Cloud Enterprise does" in caught.value.advice


def test_a_gateway_that_answers_404_does_not_make_a_resource_gone(ece: Ece) -> None:
    made = ece.made()
    ece.fail(f"GET {ITEM} html:404")
    with pytest.raises(ApiError, match="404"):
        ece.driver.read(made.id)


def test_an_accepted_write_whose_result_cannot_be_read_is_an_unknown_outcome(ece: Ece) -> None:
    made = ece.made()
    request = Request("update", ADDRESS, BODY, made.attributes, made.id, made.version)
    ece.fail(f"GET {ITEM} 500")
    with pytest.raises(OutcomeUnknown, match="the update was accepted, but its result cannot be read"):
        ece.driver.written(Reply(200, {}, {}), request, {"id": made.id})
    with pytest.raises(OutcomeUnknown):
        ece.driver.written(Reply(201, {}, None), evolve(request, operation="create"))


def test_operations_of_each_change(ece: Ece, tmp_path: Path) -> None:
    content = archive(tmp_path)
    note, file = AttributeDiff(("description",), "a", "b"), AttributeDiff(("file",), "a", "b")
    assert ece.driver.operations((), content, True) == ("create", "upload")
    assert ece.driver.operations((), None, True) == ("create",)
    assert ece.driver.operations((note,), None, False) == ("update",)
    assert ece.driver.operations((note, file), content, False) == ("update", "upload")
    assert ece.driver.operations((file,), content, False) == ("upload",)


def test_the_stored_archive_is_what_was_uploaded(ece: Ece, tmp_path: Path) -> None:
    content = archive(tmp_path)
    made = ece.made()
    with pytest.raises(PlannerError, match="no address of a stored file"):
        ece.driver.stored(made.id)
    ece.write("upload", made, content=content)
    assert ece.driver.stored(made.id) == Path(content.archive).read_bytes()
    with pytest.raises(NotFound):
        ece.driver.stored("0123456789")
