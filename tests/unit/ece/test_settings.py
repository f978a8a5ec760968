from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.ece.auth import ApiKeyAuth, BasicAuth, LoginAuth
from planner.ece.client import open_client
from planner.ece.settings import Settings
from planner.ece.wsgi import WSGITransport
from planner.errors import PlannerError
from tests.unit.ece.apps import READ, Script, answer

URL = "https://ece.example:12443"
KEY = {"EC_API_KEY": "plain-key"}
USER = {"EC_USER": "admin", "EC_PASS": "pass-word"}


def _read(options: dict[str, Any], environ: dict[str, str], environment: str = "prod") -> Settings:
    return Settings.read(environment, options, environ)


@pytest.mark.parametrize(
    ("options", "environ", "endpoint"),
    [
        ({"endpoint": URL}, {}, URL),
        ({}, {"EC_ENDPOINT": URL}, URL),
        ({}, {"EC_HOST": URL}, URL),
        ({}, {"EC_ENDPOINT": URL, "EC_HOST": "https://other"}, URL),
        ({"endpoint": URL}, {"EC_ENDPOINT": "https://other"}, URL),
        ({"endpoint": "https://other"}, {"EC_ENDPOINT_PROD": URL}, URL),
        ({"endpoint": "https://other"}, {"EC_HOST_PROD": URL}, URL),
        ({"endpoint": URL}, {"EC_ENDPOINT_PROD": ""}, URL),
        ({"endpoint": URL}, {"EC_ENDPOINT_DEV": "https://other"}, URL),
        ({"endpoint": "sandbox"}, {"EC_ENDPOINT_PROD": URL}, URL),
        ({"endpoint": URL, "state": "x", "protected": True}, {}, URL),
    ],
)
def test_the_endpoint(options: dict[str, Any], environ: dict[str, str], endpoint: str) -> None:
    assert _read(options, KEY | environ).endpoint == endpoint


def test_the_name_of_an_environment_in_a_variable() -> None:
    environ = {"EC_API_KEY_PROD_EU_1": "right", "EC_API_KEY": "wrong"}
    assert _read({"endpoint": URL}, environ, "prod-eu.1").auth.secrets == ("right",)


@pytest.mark.parametrize(
    ("auth", "environ", "method", "secret"),
    [
        (None, KEY, "api_key", "plain-key"),
        (None, USER, "login", "pass-word"),
        (None, KEY | USER, "api_key", "plain-key"),
        ("api_key", KEY | USER, "api_key", "plain-key"),
        ("basic", KEY | USER, "basic", "pass-word"),
        ("login", KEY | USER, "login", "pass-word"),
        (None, KEY | {"EC_API_KEY_PROD": "own-key"}, "api_key", "own-key"),
        (None, KEY | {"EC_USER_PROD": "u", "EC_PASS_PROD": "own"}, "login", "own"),
        (None, KEY | USER | {"EC_PASS_PROD": "own"}, "login", "own"),
        ("api_key", KEY | {"EC_USER_PROD": "u", "EC_PASS_PROD": "own"}, "api_key", "plain-key"),
        ("basic", USER | {"EC_API_KEY_PROD": "own-key"}, "basic", "pass-word"),
        (None, KEY | {"EC_API_KEY_DEV": "other"}, "api_key", "plain-key"),
    ],
)
def test_credentials(auth: str | None, environ: dict[str, str], method: str, secret: str) -> None:
    settings = _read({"endpoint": URL, "auth": auth}, environ)
    expected: type = {"api_key": ApiKeyAuth, "basic": BasicAuth, "login": LoginAuth}[method]
    assert type(settings.auth) is expected
    assert secret in settings.auth.secrets
    assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        ({}, {}, (None, None, False, None)),
        (
            {"region": "r", "ca_file": "ca.pem", "insecure": True, "timeout": 90},
            {},
            ("r", "ca.pem", True, 90.0),
        ),
        (
            {},
            {"EC_REGION": "r", "EC_CA_FILE": "ca.pem", "EC_INSECURE": "true", "EC_TIMEOUT": "1m30s"},
            ("r", "ca.pem", True, 90.0),
        ),
        (
            {"timeout": 5, "insecure": False},
            {"EC_TIMEOUT": "9", "EC_INSECURE": "1"},
            (None, None, False, 5.0),
        ),
        (
            {"timeout": 5, "insecure": True},
            {"EC_TIMEOUT_PROD": "9", "EC_INSECURE_PROD": "false"},
            (None, None, False, 9.0),
        ),
        ({"timeout": "2h"}, {"REQUESTS_CA_BUNDLE": "b.pem"}, (None, "b.pem", False, 7200.0)),
        ({"timeout": "1.5s"}, {"CURL_CA_BUNDLE": "b.pem"}, (None, "b.pem", False, 1.5)),
    ],
)
def test_the_rest(options: dict[str, Any], environ: dict[str, str], expected: tuple[object, ...]) -> None:
    settings = _read({"endpoint": URL, **options}, KEY | environ)
    assert (settings.region, settings.ca_file, settings.insecure, settings.timeout) == expected


@pytest.mark.parametrize(
    ("options", "environ", "summary", "advice"),
    [
        ({}, KEY, "No endpoint for environment prod", "EC_ENDPOINT_PROD"),
        ({"endpoint": URL}, {}, "EC_API_KEY is not set", "EC_API_KEY_PROD), or EC_USER and EC_PASS"),
        ({"endpoint": URL, "auth": "api_key"}, USER, "EC_API_KEY is not set", "EC_API_KEY_PROD)."),
        ({"endpoint": URL, "auth": "basic"}, KEY, "EC_USER and EC_PASS are not set", "EC_PASS_PROD"),
        ({"endpoint": URL, "auth": "basic"}, {"EC_USER": "u"}, "EC_PASS is not set", "EC_PASS_PROD"),
        ({"endpoint": URL}, {"EC_PASS": "p"}, "EC_USER is not set", "EC_USER_PROD"),
        ({"endpoint": "ece.example:12443"}, KEY, "not an http or https URL", "https://host:12443"),
        ({"endpoint": "ece.example"}, KEY, "not an http or https URL", "https://host:12443"),
        ({"endpoint": "https://"}, KEY, "not an http or https URL", "https://host:12443"),
        ({"endpoint": "https://ece:port"}, KEY, "not understood: its port is none", "https://host:12443"),
        ({"endpoint": "https://[::1"}, KEY, "not understood: its host is none", "https://host:12443"),
        ({"endpoint": "https://u:hush@ece"}, KEY, "holds a user or a password", "EC_USER"),
        ({"endpoint": "https://ece/?x=1"}, KEY, "holds more than an address", "https://host:12443"),
        ({"endpoint": "http://ece.example:12400"}, KEY, "unencrypted", "allow_http"),
        ({"endpoint": "http://127.0.0.1.evil.example"}, KEY, "unencrypted", "allow_http"),
        ({"endpoint": URL}, KEY | {"EC_INSECURE": "maybe"}, "EC_INSECURE is 'maybe'", "true or false"),
        ({"endpoint": URL}, KEY | {"EC_TIMEOUT": "soon"}, "EC_TIMEOUT is 'soon'", "90s"),
        ({"endpoint": URL, "timeout": 0}, KEY, "environments.prod.timeout in planner.yaml is 0", "90s"),
        ({"endpoint": URL, "timeout": True}, KEY, "environments.prod.timeout", "90s"),
        ({"endpoint": URL, "timeout": -1}, KEY, "environments.prod.timeout", "90s"),
    ],
)
def test_what_is_wrong(options: dict[str, Any], environ: dict[str, str], summary: str, advice: str) -> None:
    with pytest.raises(PlannerError) as caught:
        _read(options, environ)
    assert summary in caught.value.summary
    assert advice in caught.value.advice
    assert "hush" not in caught.value.summary


@pytest.mark.parametrize(
    "endpoint",
    ["http://localhost:12400", "http://127.0.0.1:12400", "http://[::1]:12400", "http://ece.localhost"],
)
def test_plain_http_on_loopback(endpoint: str) -> None:
    assert _read({"endpoint": endpoint}, KEY).endpoint == endpoint


def test_plain_http_when_allowed_by_name() -> None:
    assert _read({"endpoint": "http://ece.example:12400", "allow_http": True}, KEY).allow_http


def test_the_sandbox() -> None:
    settings = _read({"endpoint": "sandbox", "region": "ece-region"}, {})
    assert settings.is_sandbox
    app = Script([answer({})])
    with open_client(settings, transport=WSGITransport(app)) as client:
        client.call(READ, {"id": "1"})
    assert app.seen[0].authorization == "ApiKey sandbox-accepts-any"
    with pytest.raises(PlannerError, match="transport"):
        open_client(Settings.for_sandbox())


@pytest.mark.parametrize(
    ("auth", "environ", "kind", "advice"),
    [
        (None, {"EC_API_KEY_PROD": "key-of-prod"}, ApiKeyAuth, "EC_API_KEY_PROD"),
        ("basic", USER, BasicAuth, "EC_USER and EC_PASS"),
        (None, {"EC_USER": "u", "EC_PASS_PROD": "p"}, LoginAuth, "EC_USER and EC_PASS_PROD"),
    ],
)
def test_open_client(auth: str | None, environ: dict[str, str], kind: type, advice: str) -> None:
    with open_client(_read({"endpoint": URL, "auth": auth, "timeout": 7}, environ)) as client:
        assert type(client.auth) is kind
        assert advice in client.auth.advice
        assert client.where == "ece.example:12443"


def test_a_ca_file_that_is_not_there(tmp_path: Path) -> None:
    settings = _read({"endpoint": URL, "ca_file": str(tmp_path / "none.pem")}, KEY)
    with pytest.raises(PlannerError, match="does not exist"):
        open_client(settings)


def test_no_verification_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    open_client(_read({"endpoint": URL, "insecure": True}, KEY)).close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "ece.example:12443" in caplog.text


@pytest.mark.parametrize(
    ("endpoint", "platform", "known"),
    [
        (URL, None, ""),
        (URL, "cloud", "Elastic Cloud"),
        (URL, "ece", ""),
        ("sandbox", None, ""),
        ("sandbox", "cloud", "Elastic Cloud"),
        ("https://api.elastic-cloud.com", None, "known by the host api.elastic-cloud.com"),
        ("https://API.Elastic-Cloud.com.:443/api/v1", None, "known by the host api.elastic-cloud.com"),
        ("https://admin.us-gov-east-1.aws.elastic-cloud.com", None, "known by the host admin.us-gov"),
        ("https://cloud.elastic.co", None, "known by the host cloud.elastic.co"),
        ("https://api.elastic-cloud.com", "ece", ""),
        ("https://api.elastic-cloud.com", "cloud", "Elastic Cloud"),
        ("https://my-elastic-cloud.com", None, ""),
        ("https://api.elastic-cloud.com.example", None, ""),
        ("https://ece.example/api.elastic-cloud.com", None, ""),
    ],
)
def test_elastic_cloud_is_known_by_its_host(endpoint: str, platform: str | None, known: str) -> None:
    cloud = _read({"endpoint": endpoint, "platform": platform}, KEY).cloud
    assert known in cloud
    assert bool(cloud) == bool(known)
    assert ("otherwise" in cloud) == ("known by" in cloud)
