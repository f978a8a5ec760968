from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest

from planner.sandbox import create_app
from planner.sandbox.archives import CHUNK

from .caller import EXTENSIONS, KEY, Caller, Clock, archive, codes


def test_a_raw_upload_is_stored_and_served(ece: Caller, clock: Clock) -> None:
    extension_id, content = ece.create(), archive()
    clock.move(seconds=1)
    response = ece.upload(extension_id, content)
    assert response.status_code == 200
    assert response.headers["x-cloud-resource-version"] == "2"
    file = response.json["file_metadata"]
    assert file["size"] == len(content)
    assert file["last_modified_date"] == "2024-05-01T10:20:31.000Z"
    assert file["url"].startswith(f"http://localhost/sandbox/files/{extension_id}?token=")
    assert ece.raw("GET", file["url"]).data == content
    digest = hashlib.sha256(content).hexdigest()
    files = ece.raw("GET", "/sandbox/files").json["files"]
    assert files == [{"id": extension_id, "size": len(content), "sha256": digest}]


@pytest.mark.parametrize("filename", ["a.zip", "", "ünïcode.bin", None])
def test_a_multipart_upload_takes_the_part_named_file(ece: Caller, filename: str | None) -> None:
    extension_id, content = ece.create(), archive("\r\n--\r\n" * 100)
    disposition = 'form-data; name="file"' + ("" if filename is None else f'; filename="{filename}"')
    head = f"--b\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
    other = b'--b\r\nContent-Disposition: form-data; name="other"; filename="x"\r\n\r\nnot this\r\n'
    body = other + head + content + b"\r\n--b--\r\n"
    response = _put(ece, extension_id, body, "multipart/form-data; boundary=b")
    assert response.status_code == 200, response.text
    assert ece.raw("GET", response.json["file_metadata"]["url"]).data == content


def test_a_new_upload_gives_a_new_url_and_closes_the_earlier_one(ece: Caller) -> None:
    extension_id = ece.create()
    first = ece.upload(extension_id, archive("1")).json["file_metadata"]["url"]
    second = ece.upload(extension_id, archive("2")).json["file_metadata"]["url"]
    assert ece.raw("GET", first).status_code == 404
    assert ece.raw("GET", second).data == archive("2")
    assert ece.raw("GET", f"/sandbox/files/{extension_id}").status_code == 404
    assert ece.raw("GET", "/sandbox/files/..%2Fx?token=1").status_code == 404


MULTIPART = "multipart/form-data; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'


@pytest.mark.long
def test_a_multipart_upload_is_the_same_wherever_its_chunks_end(ece: Caller) -> None:
    extension_id, content = ece.create(), archive()
    other = b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\n'
    rest = b"\r\n" + HEAD + content + b"\r\n--b--\r\n"
    for left in range(len(rest)):
        body = other.ljust(CHUNK - len(rest) + left, b"x") + rest
        response = _put(ece, extension_id, body, MULTIPART)
        assert response.status_code == 200, (left, response.text)
        assert ece.raw("GET", response.json["file_metadata"]["url"]).data == content, left


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/zip", b""),
        ("application/zip", b"not a zip"),
        ("application/zip", archive()[:-10]),
        ("text/plain", archive()),
        ("multipart/form-data", HEAD + archive() + b"\r\n--b--\r\n"),
        (MULTIPART, b""),
        (MULTIPART, b"--b--\r\n"),
        (MULTIPART, HEAD + archive()),
        (MULTIPART, HEAD + archive()[:50] + b"\r\n--b--\r\n"),
        (MULTIPART, HEAD.replace(b"file", b"other") + archive() + b"\r\n--b--\r\n"),
        (MULTIPART, b"--b\r\nX-Other: 1\r\n\r\n" + archive() + b"\r\n--b--\r\n"),
    ],
)
def test_refused_uploads_leave_the_file_as_it_was(ece: Caller, content_type: str, body: bytes) -> None:
    extension_id = ece.create()
    before = ece.upload(extension_id, archive("kept")).json
    response = _put(ece, extension_id, body, content_type)
    assert (response.status_code, codes(response)) == (400, ["extensions.request_execution_failed"])
    after = ece("GET", f"{EXTENSIONS}/{extension_id}")
    assert (after.json, after.headers["x-cloud-resource-version"]) == (before, "2")
    assert ece.raw("GET", before["file_metadata"]["url"]).data == archive("kept")


def test_a_body_shorter_than_its_length_is_refused(ece: Caller) -> None:
    extension_id = ece.create()
    response = ece(
        "PUT",
        f"{EXTENSIONS}/{extension_id}",
        data=archive(),
        content_type="application/zip",
        environ_overrides={"CONTENT_LENGTH": "10000"},
    )
    assert (response.status_code, codes(response)) == (400, ["extensions.request_execution_failed"])


def test_a_body_without_length_is_read_to_its_end(ece: Caller) -> None:
    extension_id, content = ece.create(), archive()
    environ = {"wsgi.input": io.BytesIO(content), "wsgi.input_terminated": True, "HTTP_AUTHORIZATION": KEY}
    response = ece.raw(
        "PUT",
        f"/api/v1{EXTENSIONS}/{extension_id}",
        content_type="application/zip",
        environ_overrides=environ,
    )
    assert response.json["file_metadata"]["size"] == len(content)


def test_the_limit_of_uploads(tmp_path: Path) -> None:
    with create_app(tmp_path / "ece.db", upload_limit=len(archive())) as app:
        ece = Caller(app)
        extension_id = ece.create()
        assert ece.upload(extension_id, archive()).status_code == 200
        assert ece.upload(extension_id, archive("longer than that")).status_code == 400
        assert _files(tmp_path) == [extension_id]


def test_files_are_beside_the_data_and_go_with_their_extension(tmp_path: Path) -> None:
    with create_app(tmp_path / "ece.db") as app:
        ece = Caller(app)
        extension_id = ece.create()
        ece.upload(extension_id, archive())
        assert _files(tmp_path) == [extension_id]
        assert (tmp_path / "ece.db.files" / extension_id).read_bytes() == archive()
        ece("DELETE", f"{EXTENSIONS}/{extension_id}")
        assert _files(tmp_path) == []


def _put(ece: Caller, extension_id: str, body: bytes, content_type: str) -> Any:
    return ece("PUT", f"{EXTENSIONS}/{extension_id}", data=body, headers={"Content-Type": content_type})


def _files(folder: Path) -> list[str]:
    return [path.name for path in (folder / "ece.db.files").iterdir() if path.name != "requests.log"]
