"""Durations as people write and read them: 45s, 3m20s, 18h02m, 48h, 3d."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_SECONDS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SHAPE: Final = re.compile("".join(f"(?:([0-9]+){unit})?" for unit in _SECONDS))
_LONGEST: Final = 36_525 * _SECONDS["d"]
_WHOLE_DAYS: Final = 3 * _SECONDS["d"]


def parse_duration(text: str) -> timedelta:
    """ "24h", "2d12h", "1h30m": weeks, days, hours, minutes and seconds, in this order, each at most once.

    ValueError for anything else, and for more than 100 years.
    """
    match = _SHAPE.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{text[:40]!r} is not a duration; write it as 24h, 90m or 2d12h")
    amounts = [amount or "0" for amount in match.groups()]
    sane = all(len(amount) <= len(str(_LONGEST)) for amount in amounts)
    seconds = sum(map(_in_seconds, amounts, _SECONDS)) if sane else _LONGEST + 1
    if seconds > _LONGEST:
        raise ValueError(f"{text[:40]!r} is longer than 100 years")
    return timedelta(seconds=seconds)


def _in_seconds(amount: str, unit: str) -> int:
    return int(amount) * _SECONDS[unit]


def show_duration(duration: timedelta) -> str:
    """ "3m20s" below an hour, "18h02m" from there on, also for "48h"; whole days as "3d", from three on.

    What is smaller than the last unit is cut off: "48h" is not shown before they are over.
    """
    seconds = abs(duration) // timedelta(seconds=1)
    sign = "-" if duration < timedelta() and seconds else ""
    if seconds >= _WHOLE_DAYS and seconds % _SECONDS["d"] == 0:
        return f"{sign}{seconds // _SECONDS['d']}d"
    if seconds < _SECONDS["h"]:
        return sign + _pair(seconds, "m", "s")
    return sign + _pair(seconds // _SECONDS["m"], "h", "m")


def _pair(amount: int, large: str, small: str) -> str:
    """amount: in the small unit, 60 of which are one of the large."""
    whole, rest = divmod(amount, 60)
    if not whole:
        return f"{rest}{small}"
    return f"{whole}{large}{rest:02}{small}" if rest else f"{whole}{large}"
