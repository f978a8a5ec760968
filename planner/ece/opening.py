"""From settings to a client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from requests.adapters import BaseAdapter

from planner.ece.auth import ApiKeyAuth, Auth, BasicAuth, LoginAuth
from planner.ece.client import Client
from planner.ece.operations import Timeouts
from planner.ece.redaction import Discretion
from planner.ece.settings import Settings
from planner.errors import PlannerError
from planner.net.authorities import flaw_of


def open_client(
    settings: Settings,
    *,
    pool_size: int = 10,
    transport: BaseAdapter | None = None,
    discretion: Discretion = Discretion(),  # noqa: B008  # frozen
    permit: Callable[[], object] = lambda: None,
) -> Client:
    """A client as the settings say. transport: an adapter to send through; the sandbox needs one.

    discretion, permit: see Client.
    """
    if settings.is_sandbox and transport is None:
        raise PlannerError("The sandbox runs inside this process: a client for it needs its transport")
    return Client(
        settings.endpoint,
        auth=_auth(settings),
        region=settings.region,
        timeouts=_timeouts(settings.timeout),
        verify=_verify(settings),
        pool_size=pool_size,
        transport=transport,
        discretion=discretion,
        permit=permit,
    )


def _auth(settings: Settings) -> Auth:
    held = settings.credentials
    if settings.auth == "api_key":
        return ApiKeyAuth(held.api_key, held.variables)
    if settings.auth == "basic":
        return BasicAuth(held.user, held.password, held.variables)
    return LoginAuth(held.user, held.password, variables=held.variables)


def _timeouts(seconds: float | None) -> Timeouts:
    if seconds is None:
        return Timeouts()
    return Timeouts(read=seconds, upload=max(seconds, Timeouts().upload))


def _verify(settings: Settings) -> bool | str:
    if settings.insecure:
        return False
    if settings.ca_file is None:
        return True
    path = Path(settings.ca_file).expanduser()
    if flaw := flaw_of(path):
        raise PlannerError(
            f"The CA file {path} {flaw}", advice="Correct ca_file in planner.yaml, or EC_CA_FILE."
        )
    return str(path)
