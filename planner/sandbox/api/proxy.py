"""Proxies: a seed tells of them, and nobody makes any by the API."""

from __future__ import annotations

import sqlite3
from typing import Any

from werkzeug.wrappers import Response

from planner.sandbox import described, objects
from planner.sandbox.api import kinds
from planner.sandbox.http import reply


class Turn(described.Turn):
    """A list comes with settings of all, which are deprecated, and of which clients want the form."""

    def listing(self) -> Response:
        """ECE API, ProxyOverview."""
        found = self.listed(objects.every(self.db, self.of.kind))
        return reply({"proxies": found, "proxies_count": len(found), "settings": settings(self.db)})


def settings(db: sqlite3.Connection) -> dict[str, Any]:
    """ECE API, ProxiesSettings."""
    kind = next(each.of for each in kinds() if each.of.kind == "proxies_settings")
    kept = objects.find(db, kind.kind, "", "")
    return kept.body if kept else kind.always or {}
