"""Who does it: as the CI says, else git, else the machine."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Mapping
from pathlib import Path

from planner.forge.registry import ACTOR_VARIABLES
from planner.vcs import repository_of


def actor(folder: Path, environ: Mapping[str, str]) -> str:
    """PLANNER_ACTOR; the user that started the CI's job; git's user.email; user@host."""
    for name in ("PLANNER_ACTOR", *ACTOR_VARIABLES):
        if environ.get(name, "").strip():
            return environ[name].strip()
    repository = repository_of(folder)
    return (repository.user() if repository else "") or f"{_user()}@{platform.node()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id that has no name
        return "unknown"
