from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request

from planner.ece.operations import MULTIPART, RAW, Operation, Upload
from planner.errors import OutcomeUnknown, PlannerError
from tests.unit.ece.apps import UPLOAD, Answer, Script, answer, api_error, client_for

both = pytest.mark.parametrize("form", [RAW, MULTIPART])


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "dictionary.zip"
    path.write_bytes(b"PK" + bytes(range(256)) * 1000)
    return path


def test_the_part(archive: Path) -> None:
    parts: list[tuple[str, str | None, str | None, bytes]] = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        for name, file in Request(environ).files.items():
            parts.append((name, file.filename, file.content_type, file.read()))
            file.close()
        start("200 OK", [])
        return [b"{}"]

    client_for(app).call(UPLOAD, {"id": "1"}, upload=Upload(archive, 'na"me ü.zip', MULTIPART))
    assert parts == [("file", 'na"me ü.zip', "application/zip", archive.read_bytes())]


def test_the_whole_body(archive: Path) -> None:
    app = Script([answer({})])
    client_for(app).call(UPLOAD, {"id": "1"}, upload=Upload(archive, "a.zip", RAW))
    (seen,) = app.seen
    assert (seen.headers["CONTENT-TYPE"], seen.body) == ("application/zip", archive.read_bytes())
    assert seen.headers["CONTENT-LENGTH"] == str(archive.stat().st_size)


@both
def test_a_large_file_is_streamed(tmp_path: Path, form: str) -> None:
    size = 50 * 1024 * 1024
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        file.truncate(size)
    pieces: list[int] = []
    lengths: list[int] = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        lengths.append(int(environ["CONTENT_LENGTH"]))
        while piece := environ["wsgi.input"].read1(1 << 30):
            pieces.append(len(piece))
        start("200 OK", [])
        return [b"{}"]

    told: list[tuple[int, int]] = []
    upload = Upload(path, "large.zip", form, progress=lambda sent, total: told.append((sent, total)))
    client_for(app).call(UPLOAD, {"id": "1"}, upload=upload)
    assert sum(pieces) == lengths[0] >= size
    assert max(pieces) <= 1024 * 1024
    assert told == sorted(set(told))
    assert told[-1] == (lengths[0], lengths[0])
    assert len(told) > 50


@both
def test_an_upload_is_sent_again_from_its_start(archive: Path, form: str) -> None:
    app = Script([api_error(503), Answer(error=ConnectionResetError()), answer({})])
    told: list[int] = []
    upload = Upload(archive, "a.zip", form, progress=lambda sent, _: told.append(sent))
    client_for(app).call(UPLOAD, {"id": "1"}, upload=upload)
    assert [archive.read_bytes() in seen.body for seen in app.seen] == [True, True, True]
    assert all(int(seen.headers["CONTENT-LENGTH"]) == len(seen.body) for seen in app.seen)
    assert told != sorted(told)  # from 0 again


@both
def test_a_broken_upload_that_must_not_be_repeated(archive: Path, form: str) -> None:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"].read(10)
        raise ConnectionResetError

    with pytest.raises(OutcomeUnknown):
        client_for(app).call(Operation("put", "PUT", "/x"), upload=Upload(archive, "a.zip", form))
    gc.collect(1)  # what is young: an open file would show here, as a warning, which is an error


@both
def test_a_file_that_is_not_there(tmp_path: Path, form: str) -> None:
    app = Script([answer({})])
    with pytest.raises(PlannerError, match=r"Cannot read .*none\.zip: No such file"):
        client_for(app).call(UPLOAD, {"id": "1"}, upload=Upload(tmp_path / "none.zip", "none.zip", form))
    assert not app.seen


@both
def test_a_folder_is_not_a_file(tmp_path: Path, form: str) -> None:
    with pytest.raises(PlannerError, match="Cannot read"):
        client_for(Script([answer({})])).call(UPLOAD, {"id": "1"}, upload=Upload(tmp_path, "x.zip", form))


@both
def test_a_file_that_shrinks_meanwhile(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"x" * 1_000_000)

    def shrink(sent: int, total: int) -> None:
        path.write_bytes(b"")

    app = Script([answer({})])
    with pytest.raises(PlannerError, match="became shorter"):
        client_for(app).call(UPLOAD, {"id": "1"}, upload=Upload(path, "a.zip", form, progress=shrink))
    gc.collect(1)


@both
def test_a_file_that_grows_meanwhile_is_sent_as_it_was(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"x" * 1_000_000)

    def grow(sent: int, total: int) -> None:
        with path.open("ab") as file:
            file.write(b"y")

    app = Script([answer({})])
    client_for(app).call(UPLOAD, {"id": "1"}, upload=Upload(path, "a.zip", form, progress=grow))
    (seen,) = app.seen
    assert len(seen.body) == int(seen.headers["CONTENT-LENGTH"])
    after = b"\r\n--" if form == MULTIPART else b""
    assert b"x" * 1_000_000 + after in seen.body
    assert b"y" not in seen.body.partition(b"x" * 1_000_000)[2]


@both
def test_an_empty_file(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.zip"
    path.touch()
    app = Script([answer({})])
    client_for(app).call(UPLOAD, {"id": "1"}, upload=Upload(path, "a.zip", form))
    assert len(app.seen[0].body) == int(app.seen[0].headers["CONTENT-LENGTH"])
