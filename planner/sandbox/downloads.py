"""The server's side of `download_url`: accepted as fetched, or fetched (ECE API, create-extension, usage A).

Both refuse what ECE refuses: a URL that is not http or https, and a download that fails. Hosts under
`.invalid` (RFC 2606) always fail, so that a failure can be had without a network. Redirects are refused, and
nothing but a token in the URL authenticates.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import requests

from planner.sandbox.archives import CHUNK, Incoming, refused

DOWNLOAD_FAILED = "Could not download the extension from the specified URL"
TIMEOUT_SECONDS = 60

# Writes the archive behind a URL to the incoming file; raises ApiError 400.
Fetch = Callable[[str, Incoming], None]


def check_url(url: str) -> None:
    """Raises ApiError 400 for a URL that no server could fetch."""
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
        parts.port  # noqa: B018 - reading it checks it
    except ValueError as error:
        raise refused(f"{DOWNLOAD_FAILED}: not a URL.", "download_url") from error
    if scheme not in ("http", "https") or not host:
        raise refused(f"{DOWNLOAD_FAILED}: only http and https are supported.", "download_url")
    if host.rstrip(".").lower().endswith(".invalid") or host.lower() == "invalid":
        raise refused(f"{DOWNLOAD_FAILED}: unknown host [{host}].", "download_url")


def fetch(url: str, incoming: Incoming) -> None:
    try:
        with requests.get(url, stream=True, allow_redirects=False, timeout=TIMEOUT_SECONDS) as answer:
            if answer.status_code != 200:
                raise refused(f"{DOWNLOAD_FAILED}: the host answered {answer.status_code}.", "download_url")
            for chunk in answer.iter_content(CHUNK):
                incoming.write(chunk)
    except requests.RequestException as error:
        raise refused(f"{DOWNLOAD_FAILED}: {type(error).__name__}.", "download_url") from error
