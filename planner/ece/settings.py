"""Endpoint and credentials, from planner.yaml's environment and the process environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from planner.ece import KEY, PASS
from planner.ece.auth import ApiKeyAuth, Auth, BasicAuth, LoginAuth
from planner.ece.operations import AUTO
from planner.ece.redaction import redact
from planner.errors import PlannerError
from planner.model.project import Given
from planner.net.address import Flaw, NoAddress, address_of, base_of

SANDBOX: Final = "sandbox"
CLOUD: Final = "cloud"

_USER: Final = "EC_USER"

_CLOUD_DOMAINS: Final = ("elastic-cloud.com", "cloud.elastic.co")


@frozen
class Settings:
    """How to reach one installation. endpoint: its URL, below which is /api/v1.

    ca_file: PEM file or folder. timeout: seconds to wait for a reply, None for the client's own.
    platform: "ece" or "cloud" where planner.yaml says it, else "". upload: one of FORMS.
    """

    endpoint: str
    auth: Auth
    region: str | None = None
    ca_file: str | None = None
    insecure: bool = False
    allow_http: bool = False
    timeout: float | None = None
    is_sandbox: bool = False
    platform: str = ""
    upload: str = AUTO

    @classmethod
    def read(cls, environment: str, options: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
        """The settings of an environment. options: its mapping in planner.yaml; other keys are not looked at.

        `endpoint: sandbox` gives for_sandbox(). Raises PlannerError.
        """
        source = Source(environment, options, environ)
        endpoint = source.text("endpoint", "EC_ENDPOINT", "EC_HOST")
        if endpoint is None:
            raise _no_endpoint(environment, source)
        given: dict[str, Any] = {
            "region": source.text("region", "EC_REGION"),
            "platform": source.text("platform") or "",
            "upload": source.text("upload") or AUTO,
        }
        if endpoint == SANDBOX:
            return cls.for_sandbox(**given)
        allow_http = source.truth("allow_http")
        _check_endpoint(environment, endpoint, allow_http)
        # The two last variables are what users of requests and curl have set already.
        bundles = source.variable("REQUESTS_CA_BUNDLE") or source.variable("CURL_CA_BUNDLE")
        return cls(
            endpoint,
            find_auth(source),
            ca_file=source.text("ca_file", "EC_CA_FILE") or bundles,
            insecure=source.truth("insecure", "EC_INSECURE"),
            allow_http=allow_http,
            timeout=source.seconds("timeout", "EC_TIMEOUT"),
            **given,
        )

    @classmethod
    def for_sandbox(cls, **given: Any) -> Settings:
        """Fixed local ones, for a client whose transport is the embedded ECE."""
        auth = ApiKeyAuth("sandbox-accepts-any")
        return cls("http://sandbox.localhost", auth, is_sandbox=True, **given)

    @property
    def cloud(self) -> str:
        """The Elastic Cloud that this is, in words that say how it is known; "" for an ECE."""
        if self.platform:
            return "Elastic Cloud" if self.platform == CLOUD else ""
        host = address_of(self.endpoint).host.rstrip(".")
        if any(f".{host}".endswith(f".{domain}") for domain in _CLOUD_DOMAINS):
            return f"Elastic Cloud (known by the host {host}; platform: ece in planner.yaml says otherwise)"
        return ""


def _no_endpoint(environment: str, source: Source) -> PlannerError:
    return PlannerError(
        f"No endpoint for environment {environment}",
        advice=f"Set environments.{environment}.endpoint in planner.yaml, {source.named('EC_ENDPOINT')} "
        "or EC_ENDPOINT, as https://host:12443; or write endpoint: sandbox.",
    )


def _check_endpoint(environment: str, endpoint: str, allow_http: bool) -> None:
    # The URL is shown only where it holds no password; a query may hold a token.
    shown = f"The endpoint{'' if '@' in endpoint else f' {redact(endpoint)}'} of environment {environment}"
    try:
        address = base_of(endpoint)
    except NoAddress as error:
        what, advice = str(error), "Write it as https://host:12443."
        if error.flaw is Flaw.CREDENTIALS:
            what, advice = "holds a user or a password", "Take them out, and set EC_USER and EC_PASS."
        raise PlannerError(f"{shown} {what}", advice=advice) from None
    if address.in_the_clear and not allow_http:
        advice = "Use https, or set allow_http: true in planner.yaml."
        raise PlannerError(f"{shown} would send credentials unencrypted", advice=advice)


@frozen
class Source(Given):
    """Settings of an environment. Those of planner.yaml are as its schema has them."""

    def text(self, option: str, *variables: str) -> str | None:
        found: str | None = self.find(option, *variables)[0]
        return found

    def truth(self, option: str, *variables: str) -> bool:
        value, where = self.find(option, *variables)
        if value is None or isinstance(value, bool):
            return bool(value)
        word = str(value).lower()
        if word not in _TRUTHS:
            raise PlannerError(f"{where} is {value!r}", advice="Write true or false.")
        return _TRUTHS[word]

    def seconds(self, option: str, *variables: str) -> float | None:
        value, where = self.find(option, *variables)
        if value is None:
            return None
        seconds = _duration(value)
        if seconds is None:
            raise PlannerError(
                f"{where} is {value!r}, not a time", advice="Write seconds, or a time as 90s, 2m or 1m30s."
            )
        return seconds


_TRUTHS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", re.ASCII)


def _duration(value: Any) -> float | None:
    """Seconds of a number or of a text as "90", "90s", "1m30s" or "1h"; None for anything else, and for 0."""
    match = None if isinstance(value, bool) else _DURATION.fullmatch(str(value).strip())
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds or None


def find_auth(source: Source) -> Auth:
    """The credentials of source's environment. They come from variables only, never from a file.

    An API key wins over user and password, unless `auth` says otherwise; but those with the environment's
    name come before the plain ones, whichever they are: a plain key may belong to another installation.
    Raises PlannerError when something is missing.
    """
    wanted = source.text("auth")
    method = wanted or _likely(source)
    if method != "api_key":
        return _user(source, BasicAuth if method == "basic" else LoginAuth)
    key, name = source.find("", KEY)
    if key is None:
        raise _missing(source, [KEY], "" if wanted else f", or {_USER} and {PASS}")
    return ApiKeyAuth(key, name)


def _likely(source: Source) -> str:
    for scope in (source.named, str):
        if source.variable(scope(KEY)):
            return "api_key"
        if source.variable(scope(_USER)) or source.variable(scope(PASS)):
            return "login"
    return "api_key"


def _user(source: Source, kind: type[BasicAuth | LoginAuth]) -> Auth:
    (user, user_from), (password, pass_from) = source.find("", _USER), source.find("", PASS)
    missing = [name for name, value in ((_USER, user), (PASS, password)) if value is None]
    if missing:
        raise _missing(source, missing, "")
    return kind(user, password, variables=f"{user_from} and {pass_from}")


def _missing(source: Source, variables: list[str], otherwise: str) -> PlannerError:
    each = " and ".join(f"{name} (or {source.named(name)})" for name in variables)
    verb = "is" if len(variables) == 1 else "are"
    return PlannerError(
        f"No credentials for environment {source.environment}: {' and '.join(variables)} {verb} not set",
        advice=f"Set {each}{otherwise}.",
    )
