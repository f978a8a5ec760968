"""Where the API of the installation is reached."""

from __future__ import annotations

from planner.sandbox.api.cascading import Turn

__all__ = ["Turn"]
