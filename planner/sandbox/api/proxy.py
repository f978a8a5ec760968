"""Proxies: a seed tells of them, and nobody makes any by the API."""

from __future__ import annotations

from typing import Any, Final

from werkzeug.wrappers import Response

from planner.sandbox import described, objects
from planner.sandbox.http import reply

SETTINGS: Final[dict[str, Any]] = {
    "expected_proxies_count": 1,
    "signature_secret": "",
    "signature_valid_for_millis": 60000,
    "http_settings": {
        "cookie_secret": "",
        "dashboards_base_url": "",
        "disconnected_cutoff": 180000,
        "minimum_proxy_services": 1,
        "sso_settings": {
            "cookie_name": "sso",
            "default_redirect_path": "/",
            "dont_log_requests": True,
            "maintenance_bypass_cookie_name": "bypass",
            "max_age": 2592000000,
            "sso_secret": "",
        },
        "user_cookie_key": "",
    },
}


class Turn(described.Turn):
    """A list comes with settings of all, which are deprecated, and of which clients want the form."""

    def listing(self) -> Response:
        """ECE API, ProxyOverview."""
        found = self.listed(objects.every(self.db, self.of.kind))
        return reply({"proxies": found, "proxies_count": len(found), "settings": SETTINGS})
