from __future__ import annotations

import re
from typing import Any

import pytest

from planner.sandbox import create_app

from .caller import EXTENSIONS, REQUIRED, Caller, Clock, archive, codes


def test_create_answers_with_the_extension_and_its_headers(ece: Caller) -> None:
    response = ece("POST", EXTENSIONS, json=REQUIRED | {"description": "words", "unknown": {"ignored": 1}})
    assert response.status_code == 201
    body = response.json
    assert re.fullmatch(r"[0-9]{10}", body["id"])
    assert body == REQUIRED | {"id": body["id"], "url": f"repo://{body['id']}", "description": "words"}
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["x-cloud-resource-version"] == "1"
    assert response.headers["x-cloud-resource-created"] == "2024-05-01T10:20:30.000Z"
    assert response.headers["x-cloud-resource-last-modified"] == "2024-05-01T10:20:30.000Z"


def test_names_are_not_unique(ece: Caller) -> None:
    first, second = ece.create(), ece.create()
    assert first != second
    listed = ece("GET", EXTENSIONS)
    assert [extension["id"] for extension in listed.json["extensions"]] == [first, second]
    assert not [name for name, _ in listed.headers if name.lower().startswith("x-cloud")]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": None}, ["name"]),
        ({"name": "a b"}, ["name"]),
        ({"name": "ä"}, ["name"]),
        ({"name": "a\n"}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": 7}, ["name"]),
        ({"version": None}, ["version"]),
        ({"version": 8.1}, ["version"]),
        ({"extension_type": ["bundle"]}, ["extension_type"]),
        ({"extension_type": "theme"}, ["extension_type"]),
        ({"extension_type": None, "version": None}, ["extension_type", "version"]),
        ({"description": ["x"]}, ["description"]),
        ({"download_url": "ftp://example.org/a.zip"}, ["download_url"]),
        ({"download_url": "https://"}, ["download_url"]),
        ({"download_url": "http://h:port/"}, ["download_url"]),
        ({"download_url": "http://[/"}, ["download_url"]),
        ({"download_url": "https://files.invalid/a.zip"}, ["download_url"]),
        ({"download_url": "https://FILES.INVALID./a.zip"}, ["download_url"]),
    ],
)
@pytest.mark.parametrize("update", [False, True])
def test_refused_requests_change_nothing(
    ece: Caller, change: dict[str, Any], fields: list[str], update: bool
) -> None:
    path = f"{EXTENSIONS}/{ece.create()}" if update else EXTENSIONS
    before = ece.json("GET", EXTENSIONS)
    response = ece("POST", path, json=REQUIRED | change)
    assert response.status_code == 400
    assert set(codes(response)) == {"extensions.request_execution_failed"}
    assert [error["fields"] for error in response.json["errors"]] == [[field] for field in fields]
    assert ece.json("GET", EXTENSIONS) == before


def test_nulls_are_fields_left_out(ece: Caller) -> None:
    body = ece.json("POST", EXTENSIONS, json=REQUIRED | {"description": None, "download_url": None})
    assert set(body) == {"id", "url", "name", "extension_type", "version"}


def test_update_keeps_type_id_and_file_and_clears_the_description(ece: Caller, clock: Clock) -> None:
    extension_id = ece.create(description="words", download_url="https://example.org/a.zip")
    before = ece.json("GET", f"{EXTENSIONS}/{extension_id}")
    clock.move(seconds=1)
    body = {"name": "renamed", "extension_type": "plugin", "version": "8.15.0"}
    response = ece("POST", f"{EXTENSIONS}/{extension_id}", json=body)
    assert response.status_code == 200
    expected = before | {"name": "renamed", "version": "8.15.0"}
    del expected["description"]
    assert response.json == expected
    assert response.headers["x-cloud-resource-version"] == "2"
    assert response.headers["x-cloud-resource-created"] == "2024-05-01T10:20:30.000Z"
    assert response.headers["x-cloud-resource-last-modified"] == "2024-05-01T10:20:31.000Z"
    assert response.headers["Date"] == "Wed, 01 May 2024 10:20:31 GMT"


def test_a_download_url_makes_the_file_anew(ece: Caller, clock: Clock) -> None:
    extension_id = ece.create()
    path = f"{EXTENSIONS}/{extension_id}"
    assert "file_metadata" not in ece.json("GET", path)
    body = REQUIRED | {"download_url": "https://example.org/a.zip"}
    first = ece.json("POST", path, json=body)["file_metadata"]
    clock.move(seconds=1)
    second = ece.json("POST", path, json=body)["file_metadata"]
    assert first["last_modified_date"] < second["last_modified_date"]
    assert first["url"] != second["url"]
    assert first["size"] == second["size"] > 0


def test_a_download_url_replaces_an_uploaded_file(ece: Caller) -> None:
    extension_id = ece.create()
    ece.upload(extension_id, archive())
    body = REQUIRED | {"download_url": "https://example.org/a.zip"}
    file = ece.json("POST", f"{EXTENSIONS}/{extension_id}", json=body)["file_metadata"]
    assert len(ece.raw("GET", file["url"]).data) == file["size"] != len(archive())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_unknown_extension_is_not_found(ece: Caller, method: str) -> None:
    response = ece(method, f"{EXTENSIONS}/1234567890", json=REQUIRED)
    assert (response.status_code, codes(response)) == (404, ["extensions.not_found"])


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("was_there", [True, False])
def test_on_elastic_cloud_what_is_gone_is_forbidden(method: str, was_there: bool) -> None:
    with create_app(":memory:", platform="cloud") as app:
        ece = Caller(app)
        id_ = ece("POST", EXTENSIONS, json=REQUIRED).json["id"] if was_there else "1234567890"
        if was_there:
            assert ece("GET", f"{EXTENSIONS}/{id_}").status_code == 200
            assert ece("DELETE", f"{EXTENSIONS}/{id_}").status_code == 200
        reply = ece(method, f"{EXTENSIONS}/{id_}", json=REQUIRED)
        assert (reply.status_code, reply.headers["x-cloud-error-codes"]) == (403, "root.permission_denied")
        assert id_ in reply.json["errors"][0]["message"]


def test_a_platform_that_is_none() -> None:
    with pytest.raises(ValueError, match="platform 'aws' is none of ece, cloud"):
        create_app(":memory:", platform="aws")


def test_delete(ece: Caller) -> None:
    path = f"{EXTENSIONS}/{ece.create()}"
    response = ece("DELETE", path)
    assert (response.status_code, response.json) == (200, {})
    assert response.headers["x-cloud-resource-version"] == "1"
    assert ece("GET", path).status_code == 404
    assert ece("DELETE", path).status_code == 404


@pytest.mark.parametrize("key", ["user_bundles", "user_plugins"])
def test_an_extension_in_use_is_not_deleted(ece: Caller, key: str) -> None:
    extension_id = ece.create(download_url="https://example.org/a.zip")
    path = f"{EXTENSIONS}/{extension_id}"
    users = [ece.deploy(f"repo://{extension_id}", key, name) for name in ("prod", "stage")]
    response = ece("DELETE", path)
    assert (response.status_code, codes(response)) == (400, ["extensions.extension_in_use"])
    message = f"Cannot delete extension [{extension_id}]. It is used by deployments [prod, stage]."
    assert response.json["errors"][0]["message"] == message
    assert "deployments" not in ece.json("GET", path)
    assert ece.json("GET", path + "?include_deployments=true")["deployments"] == users
    for user in users:
        ece.json("POST", f"/deployments/{user}/_shutdown")
    assert ece.json("GET", path + "?include_deployments=true")["deployments"] == users
    ece.wait()
    assert ece.json("GET", path + "?include_deployments=true")["deployments"] == []
    assert ece("DELETE", path).status_code == 200


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(("enforce", "status"), [(False, 200), (True, 409)])
def test_the_version_parameter(clock: Clock, method: str, enforce: bool, status: int) -> None:
    with create_app(":memory:", clock=clock, enforce_version=enforce) as app:
        ece = Caller(app)
        path = f"{EXTENSIONS}/{ece.create()}"
        ece.json("POST", path + "?version=1", json=REQUIRED)
        response = ece(method, path + "?version=1", json=REQUIRED)
        assert response.status_code == status
        if enforce:
            assert codes(response) == ["extensions.version_conflict"]
            assert ece("GET", path).headers["x-cloud-resource-version"] == "2"
            assert ece(method, path + "?version=2", json=REQUIRED).status_code == 200


@pytest.mark.parametrize("version", ["8.*", "*", "8.15", "v8.15.0", "8.15.0 "])
def test_the_version_of_a_plugin_is_exact(ece: Caller, version: str) -> None:
    plugin = REQUIRED | {"extension_type": "plugin"}
    path = f"{EXTENSIONS}/{ece.json('POST', EXTENSIONS, json=plugin | {'version': '8.15.0'})['id']}"
    # An update keeps the type, so a plugin stays one that calls itself a bundle.
    for at, body in ((EXTENSIONS, plugin), (path, plugin), (path, REQUIRED)):
        refused = ece("POST", at, json=body | {"version": version})
        assert (refused.status_code, codes(refused)) == (400, ["extensions.request_execution_failed"])
        assert refused.json["errors"][0]["fields"] == ["version"]
    assert ece("POST", EXTENSIONS, json=REQUIRED | {"version": version}).status_code == 201
    for exact in ("8.15.1", "9.0.0-SNAPSHOT"):
        assert ece("POST", path, json=plugin | {"version": exact}).status_code == 200


@pytest.mark.parametrize(
    ("type_", "descriptor", "status"),
    [
        ("plugin", "name=x\nelasticsearch.version=8.15.0\n", 200),
        ("plugin", "elasticsearch.version = 8.15.0", 200),
        ("plugin", "elasticsearch.version=8.14.0", 400),
        ("plugin", "name=x", 200),
        ("plugin", None, 200),
        ("bundle", "elasticsearch.version=8.14.0", 200),
    ],
)
def test_a_plugin_is_for_the_version_that_it_says(
    ece: Caller, type_: str, descriptor: str | None, status: int
) -> None:
    files = {} if descriptor is None else {"plugin-descriptor.properties": descriptor}
    reply = ece.upload(ece.create(extension_type=type_, version="8.15.0"), archive(**files))
    assert reply.status_code == status, reply.text
