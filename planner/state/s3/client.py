"""A client of botocore for one bucket, set up for servers of every make."""

from __future__ import annotations

import functools
import os
import threading
from types import SimpleNamespace
from typing import Any, Final
from urllib.request import getproxies

import botocore.session
from botocore.config import Config

from planner.errors import StateError
from planner.state.s3.secrets import SecretsUsed
from planner.state.s3.target import Target, check_endpoint

AT_ONCE: Final = 16
"""How many requests may be under way."""

_CONNECT: Final = 10.0


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
