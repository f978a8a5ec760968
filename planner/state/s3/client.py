"""A client of botocore for one bucket, set up for servers of every make; and what it authenticates with, seen
where it is used, whatever file, profile or service it is from.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.request import getproxies

import botocore.session
from attrs import field, frozen
from botocore import UNSIGNED
from botocore.config import Config

from planner.errors import StateError
from planner.state.s3.target import Target, check_endpoint

AT_ONCE: Final = 16
"""How many requests may be under way."""

_CONNECT: Final = 10.0


_TOKEN_FILE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105  # the variable's name
_LONGEST_TOKEN: Final = 64 * 1024


@functools.cache
def _session() -> tuple[Any, SecretsUsed]:
    """The one of this process: what it read of S3, of profiles and of credentials is good for all."""
    session, used = botocore.session.get_session(), SecretsUsed()
    used.see(session)
    return session, used


def secrets_used() -> tuple[str, ...]:
    """What all clients of this process authenticated with."""
    return _session()[1]()


_MAKING: Final = threading.Lock()
"""A session makes one client at a time."""


def connect(target: Target, timeout: float) -> Any:
    """A client. It sends each request once, and of its own no checksums: servers other than AWS may not know
    them. Every write of a `Bucket` bears the one that all of them know.
    """
    path_style = target.path_style
    if path_style is None:
        path_style = bool(
            target.endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        )
    config = Config(
        signature_version="s3v4",
        connect_timeout=min(timeout, _CONNECT),
        read_timeout=timeout,
        retries={"total_max_attempts": 1, "mode": "standard"},
        s3={"addressing_style": "path" if path_style else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        max_pool_connections=AT_ONCE,
        tcp_keepalive=True,
    )
    client = _client(target, config)
    # Its endpoint may come from the environment or a profile.
    if check_endpoint(client.meta.endpoint_url, target).is_here and getproxies():
        client = _client(target, config.merge(Config(proxies={})))  # as of every client here: past any proxy
    client.meta.events.register_last("before-call.s3", _say_it_at_once)
    client.meta.events.register("before-call.s3.HeadBucket", _ask_no_further)
    return client


def _client(target: Target, config: Config) -> Any:
    try:
        with _MAKING:
            return _session()[0].create_client(
                "s3", region_name=target.region, endpoint_url=target.endpoint, config=config
            )
    except ValueError as error:  # an endpoint or a region that no host can have
        raise StateError(f"{target.shown} cannot be reached: {error}") from error


def _say_it_at_once(params: Any, **_: Any) -> None:
    """Without asking first whether the body may follow, which is a round trip of its own."""
    params["headers"].pop("Expect", None)


def _ask_no_further(**_: Any) -> tuple[Any, Any]:
    """Of a redirect that names no region: botocore asks the bucket, is redirected, asks it again, ..."""
    return SimpleNamespace(status_code=200), {"ResponseMetadata": {"HTTPHeaders": {}}}


@frozen
class SecretsUsed:
    """Those that the clients of one session used so far. session: whose clients are made afterwards."""

    _used: set[str] = field(factory=set)

    def see(self, session: Any) -> None:
        session.register("before-sign", self._of_signature)
        session.register("before-parameter-build", self._of_parameters)
        self._used.update(_of_container())

    def __call__(self) -> tuple[str, ...]:
        return tuple(self._used)

    def _of_signature(self, request_signer: Any, signing_name: str, region_name: str, **told: Any) -> None:
        """Of requests to S3, and of those by which a role is assumed."""
        if told["signature_version"] is UNSIGNED:
            return
        with suppress(Exception):  # signing fails then in the same way, and says why
            version = told["signature_version"]
            found = request_signer.get_auth_instance(signing_name, region_name, version).credentials
            self._used.update(filter(None, (found.secret_key, found.token)))

    def _of_parameters(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """Tokens that are given for credentials: what AWS calls sensitive, of services that are not S3.

        S3 itself calls so the names of keys, which messages about them need.
        """
        if model.service_model.service_name != "s3" and model.input_shape is not None:
            members = model.input_shape.members
            secret = (name for name in params if name in members and members[name].metadata.get("sensitive"))
            self._used.update(value for name in secret if isinstance(value := params[name], str))


def _of_container() -> Iterator[str]:
    """The token that a file gives for the credentials of a container: it is sent by no client."""
    with suppress(KeyError, OSError, UnicodeDecodeError), Path(os.environ[_TOKEN_FILE]).open() as file:
        yield file.read(_LONGEST_TOKEN).strip()
