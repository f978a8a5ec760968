"""Uploads of extensions: in which form they go, and what is there afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from planner.errors import ApiError, Forbidden, OutcomeUnknown, PlannerError

from .installation import Ece, archive, client_of

ITEM = "/deployments/extensions/*"
RAW, MULTIPART = "application/zip", "multipart/form-data"
FAILED = "code=extensions.request_execution_failed"


@pytest.mark.parametrize(("named", "form"), [("auto", RAW), ("raw", RAW), ("multipart", MULTIPART)])
def test_the_form_that_is_sent(named: str, form: str, tmp_path: Path) -> None:
    ece = Ece.start(upload=named)
    with ece.app:
        made, content = ece.made(), archive(tmp_path)
        stored = ece.write("upload", made, content=content)
        assert (ece.forms, ece.files, stored.note) == ([form], {made.id: content.sha256}, "")


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        ("415", 415),
        ("html:415", 415),
        ("400 code=root.invalid_data", 400),
        ("html:400", 400),
        ("empty:400", 400),
    ],
)
def test_a_form_that_is_refused_is_left_for_the_rest_of_the_run(
    refusal: str, status: int, tmp_path: Path
) -> None:
    ece = Ece.start(faults=[f"PUT {ITEM} {refusal} type={RAW}"])
    with ece.app:
        content = archive(tmp_path)
        made = [ece.made(), ece.made()]
        for each in made:
            ece.write("upload", each, content=content)
        assert ece.forms == [RAW, MULTIPART, MULTIPART]
        assert ece.files == dict.fromkeys((each.id for each in made), content.sha256)
        # the guard, the refusal, a look whether anything is stored, the other form
        assert ece.requests[2:6] == ["GET 200", f"PUT {status}", "GET 200", "PUT 200"]


@pytest.mark.parametrize(
    ("named", "fault"),
    [
        ("auto", f"PUT {ITEM} 400 {FAILED}"),
        ("auto", f"PUT {ITEM} 401 code=extensions.unauthorised"),
        ("auto", f"PUT {ITEM} 403 code=root.permission_denied"),
        ("auto", f"PUT {ITEM} 413"),
        ("raw", f"PUT {ITEM} 415"),
        ("raw", f"PUT {ITEM} 400"),
        ("multipart", f"PUT {ITEM} 415"),
        ("multipart", f"PUT {ITEM} 400"),
    ],
)
def test_what_is_refused_for_good(named: str, fault: str, tmp_path: Path) -> None:
    ece = Ece.start(upload=named, faults=[fault])
    with ece.app:
        made = ece.made()
        with pytest.raises(ApiError):
            ece.write("upload", made, content=archive(tmp_path))
        assert len(ece.forms) == 1
        assert ece.files == {}


def test_where_both_forms_are_refused_both_are_told(tmp_path: Path) -> None:
    ece = Ece.start(faults=[f"PUT {ITEM} 415 type={RAW}", f"PUT {ITEM} html:403 type={MULTIPART}"])
    with ece.app:
        made, content = ece.made(), archive(tmp_path)
        for _ in range(2):  # what did not help is not remembered
            with pytest.raises(ApiError) as caught:
                ece.write("upload", made, content=content)
            assert "403 Forbidden" in caught.value.summary
            assert "(415 Unsupported Media Type root.fault)" in caught.value.advice
            assert "give download_url in place of file" in caught.value.advice
        assert ece.forms == [RAW, MULTIPART] * 2


@pytest.mark.parametrize("refusal", ["415", "400"])
def test_what_was_refused_and_yet_stored_is_not_sent_again(refusal: str, tmp_path: Path) -> None:
    ece = Ece.start(faults=[f"PUT {ITEM} {refusal} when=after"])
    with ece.app:
        made = ece.made()
        with pytest.raises(OutcomeUnknown, match="the upload was refused, and yet the extension changed"):
            ece.write("upload", made, content=archive(tmp_path))
        assert ece.forms == [RAW]


def test_nor_is_it_where_it_is_gone_by_then(tmp_path: Path) -> None:
    ece = Ece.start(faults=[f"PUT {ITEM} 415", f"GET {ITEM} 404 code=extensions.not_found nth=2"])
    with ece.app:
        made = ece.made()
        with pytest.raises(ApiError, match="415"):
            ece.write("upload", made, content=archive(tmp_path))
        assert ece.forms == [RAW]


@pytest.mark.parametrize("status", [403, 405, 413, 415])
@pytest.mark.parametrize("reply", ["status", "html", "ok-false", "empty"])
@pytest.mark.parametrize("named", ["raw", "multipart"])
def test_the_other_way_is_named(status: int, reply: str, named: str, tmp_path: Path) -> None:
    ece = Ece.start(upload=named, faults=[f"PUT {ITEM} {reply}:{status}"])
    with ece.app:
        made = ece.made()
        with pytest.raises(ApiError) as caught:
            ece.write("upload", made, content=archive(tmp_path))
        assert type(caught.value) is (Forbidden if (status, reply) == (403, "status") else ApiError)
        assert "publish the archive, and give download_url in place of file" in caught.value.advice


@pytest.mark.parametrize("named", ["raw", "multipart"])
def test_another_size_than_was_sent_is_not_believed(named: str, tmp_path: Path) -> None:
    ece = Ece.start(upload=named, faults=[f"PUT {ITEM} wrong-size times=1"])
    with ece.app:
        made, content = ece.made(), archive(tmp_path)
        told = f"but {content.size - 1} bytes are stored, and {content.size} were sent"
        with pytest.raises(OutcomeUnknown, match=told):
            ece.write("upload", made, content=content)
        after = ece.write("upload", ece.read(made.id), content=content)
        assert (after.note, ece.files) == ("", {made.id: content.sha256})


def without(app: Any, *methods: str) -> Any:
    """app, with file_metadata taken out of the replies to these methods."""

    def silent(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        told: list[Any] = []
        body = b"".join(app(environ, lambda status, headers, error=None: told.append((status, headers))))
        ((status, headers),) = told
        if environ["REQUEST_METHOD"] in methods and b"file_metadata" in body:
            body = json.dumps({k: v for k, v in json.loads(body).items() if k != "file_metadata"}).encode()
            headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start(status, headers)
        return [body]

    return silent


@pytest.mark.parametrize(
    ("methods", "note"),
    [
        (("PUT",), ""),
        (("PUT", "GET"), "the installation does not say how many bytes it stored"),
    ],
)
def test_a_size_that_is_not_shown(methods: tuple[str, ...], note: str, tmp_path: Path) -> None:
    ece = Ece.start()
    with ece.app:
        made, content = ece.made(), archive(tmp_path)
        ece.driver = evolve(ece.driver, client=client_of(without(ece.app, *methods)))
        stored = ece.write("upload", made, content=content)
        assert (stored.note, ece.files) == (note, {made.id: content.sha256})
        assert stored.observed is not None
        assert ("file_metadata" in stored.observed.attributes) is (note == "")


def test_a_size_that_cannot_be_looked_up(tmp_path: Path) -> None:
    ece = Ece.start(faults=[f"GET {ITEM} 403 from=2"])
    with ece.app:
        made = ece.made()
        ece.driver = evolve(ece.driver, client=client_of(without(ece.app, "PUT")))
        with pytest.raises(PlannerError) as caught:
            ece.write("upload", made, content=archive(tmp_path))
        assert type(caught.value) is OutcomeUnknown
        assert "the upload was accepted, but its result cannot be read" in caught.value.summary
