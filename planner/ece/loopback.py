"""Whether a host is this machine, so that what is sent to it stays here."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """host: as urlsplit gives it. 127.0.0.0/8, ::1, and the names that RFC 6761 keeps for it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
