"""The id of a release from its beginning, as git finds commits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from planner.errors import Refused, WrongUsage

_SHAPE: Final = re.compile(r"r-[0-9a-f]{4,10}")
_SHOWN: Final = 8


def matching(beginning: str, known: Iterable[str]) -> str | None:
    """The one known id that begins so, None for none.

    WrongUsage for what no id begins with, or is shorter than four digits; Refused for more than one.
    """
    if not _SHAPE.fullmatch(beginning):
        raise WrongUsage(
            f"{beginning[:40]!r} is no release",
            advice="Write its id, or at least four digits of it, as r-4f2c. See planner release list.",
        )
    found = sorted({name for name in known if name.startswith(beginning)})
    if len(found) > 1:
        raise Refused(f"{beginning} is not one release: {listed(found)}", advice="Give more digits.")
    return found[0] if found else None


def unknown(beginning: str, known: Iterable[str]) -> Refused:
    """The error for a release that no environment knows."""
    names = listed(known)
    return Refused(
        f"no environment knows a release that begins with {beginning}",
        advice=f"Known are: {names}." if names else "No release is known yet: an apply makes one known.",
    )


def listed(ids: Iterable[str]) -> str:
    found = list(dict.fromkeys(ids))
    return ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
