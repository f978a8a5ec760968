"""Endpoint and credentials, from planner.yaml's environment and the process environment.

Which of them wins: planner.ece.sources. Which credentials are taken: planner.ece.credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve, frozen

from planner.ece.credentials import Credentials, find_credentials
from planner.ece.redaction import redact
from planner.ece.sources import Source
from planner.ece.uploads import AUTO, FORMS
from planner.errors import PlannerError
from planner.net.address import Flaw, NoAddress, address_of

SANDBOX: Final = "sandbox"
CLOUD: Final = "cloud"
PLATFORMS: Final = ("ece", CLOUD)
_CLOUD_DOMAINS: Final = ("elastic-cloud.com", "cloud.elastic.co")


@frozen
class Settings:
    """How to reach one installation. endpoint: its URL, below which is /api/v1.

    ca_file: PEM file or folder. timeout: seconds to wait for a reply, None for the client's own.
    platform: one of PLATFORMS where planner.yaml says it, else "". upload: one of FORMS.
    """

    endpoint: str
    credentials: Credentials
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
        settings = cls.for_sandbox() if endpoint == SANDBOX else cls._elsewhere(endpoint, source)
        settings = evolve(
            settings,
            region=source.text("region", "EC_REGION"),
            platform=source.choice("platform", PLATFORMS) or "",
            upload=source.choice("upload", FORMS) or AUTO,
        )
        if settings.is_sandbox:
            return settings
        _check_endpoint(environment, settings)
        return evolve(settings, credentials=find_credentials(source))

    @classmethod
    def _elsewhere(cls, endpoint: str, source: Source) -> Settings:
        return cls(
            endpoint,
            Credentials(),
            ca_file=_ca_file(source),
            insecure=source.truth("insecure", "EC_INSECURE"),
            allow_http=source.truth("allow_http"),
            timeout=source.seconds("timeout", "EC_TIMEOUT"),
        )

    @classmethod
    def for_sandbox(cls) -> Settings:
        """Fixed local ones, for a client whose transport is the embedded ECE."""
        return cls("http://sandbox.localhost", Credentials(api_key="sandbox-accepts-any"), is_sandbox=True)

    @property
    def auth(self) -> str:
        """ "api_key", "basic" or "login"."""
        return self.credentials.method

    @property
    def cloud(self) -> str:
        """The Elastic Cloud that this is, in words that say how it is known; "" for an ECE."""
        if self.platform:
            return "Elastic Cloud" if self.platform == CLOUD else ""
        host = address_of(self.endpoint).host.rstrip(".")
        if any(f".{host}".endswith(f".{domain}") for domain in _CLOUD_DOMAINS):
            return f"Elastic Cloud (known by the host {host}; platform: ece in planner.yaml says otherwise)"
        return ""


def _ca_file(source: Source) -> str | None:
    # The two others are what users of requests and curl have set already.
    return (
        source.text("ca_file", "EC_CA_FILE")
        or source.variable("REQUESTS_CA_BUNDLE")
        or source.variable("CURL_CA_BUNDLE")
    )


def _no_endpoint(environment: str, source: Source) -> PlannerError:
    return PlannerError(
        f"No endpoint for environment {environment}",
        advice=f"Set environments.{environment}.endpoint in planner.yaml, {source.named('EC_ENDPOINT')} "
        "or EC_ENDPOINT, as https://host:12443; or write endpoint: sandbox.",
    )


def _check_endpoint(environment: str, settings: Settings) -> None:
    problem = _problem(settings)
    if problem:
        # The URL is shown only where it holds no password; a query may hold a token.
        shown = "" if "@" in settings.endpoint else f" {redact(settings.endpoint)}"
        raise PlannerError(
            f"The endpoint{shown} of environment {environment} {problem[0]}", advice=problem[1]
        )


def _problem(settings: Settings) -> tuple[str, str] | None:
    """(what is wrong with the endpoint, what to do), None when nothing is."""
    example = "Write it as https://host:12443."
    try:
        address = address_of(settings.endpoint)
    except NoAddress as error:
        if error.flaw is Flaw.CREDENTIALS:
            return "holds a user or a password", "Take them out, and set EC_USER and EC_PASS."
        return str(error), example
    if address.query:
        return Flaw.MORE.value, example
    if address.in_the_clear and not settings.allow_http:
        return "would send credentials unencrypted", "Use https, or set allow_http: true in planner.yaml."
    return None
