"""The domain names of deployments: of all of them, and of each kind of their resources."""

from __future__ import annotations

from planner.sandbox.api.cascading import Turn

__all__ = ["Turn"]
