"""Times as people write and read them, and as an installation does.

Durations: 45s, 3m20s, 18h02m, 48h, 3d. Windows, when applies may run: "mon-fri 08:00-17:00 Europe/Zurich".
The clock on the wall decides: a window is open while the clocks of its zone show a time in it. An hour that
they skip in spring is in no window; one that they show twice in autumn is in it twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from operator import mul
from typing import Final

from attrs import frozen

_SECONDS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SHAPE: Final = re.compile("".join(f"(?:([0-9]+){unit})?" for unit in _SECONDS))
_LONGEST: Final = 36_525 * _SECONDS["d"]
_WHOLE_DAYS: Final = 3 * _SECONDS["d"]


def moment(text: object) -> datetime | None:
    """A time in ISO 8601 with its zone, None for anything else, and for the year 1, which some clients write
    for no time."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo and found.year > 1 else None


def parse_duration(text: str) -> timedelta:
    """ "24h", "2d12h", "1h30m": weeks, days, hours, minutes and seconds, in this order, each at most once.

    ValueError for anything else, and for more than 100 years.
    """
    match = _SHAPE.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{text[:40]!r} is not a duration; write it as 24h, 90m or 2d12h")
    amounts = [amount or "0" for amount in match.groups()]
    sane = all(len(amount) <= len(str(_LONGEST)) for amount in amounts)
    seconds = sum(map(mul, map(int, amounts), _SECONDS.values())) if sane else _LONGEST + 1
    if seconds > _LONGEST:
        raise ValueError(f"{text[:40]!r} is longer than 100 years")
    return timedelta(seconds=seconds)


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


DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_EXAMPLE: Final = "mon-fri 08:00-17:00 Europe/Zurich"
_WHOLE_DAY: Final = 24 * 60
_TIMES: Final = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_ZONE: Final = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")


@frozen
class Window:
    """A time of the week in which something may happen. text: as it was written. days: on which it begins, 0
    is Monday. start, end: minutes of the day.

    An end of more than 24 * 60 is on the next day.
    """

    text: str
    days: frozenset[int]
    start: int
    end: int
    zone: tzinfo

    def covers(self, now: datetime) -> bool:
        """now: aware."""
        wall = now.astimezone(self.zone)
        minute, day = wall.hour * 60 + wall.minute, wall.weekday()
        today = day in self.days and self.start <= minute < self.end
        return today or ((day - 1) % 7 in self.days and minute < self.end - _WHOLE_DAY)


def parse_window(text: str) -> Window:
    """ "[DAYS] HH:MM-HH:MM [ZONE]". DAYS: as "mon,wed" or "fri-mon", each day when left out.

    Times that end before they begin end on the next day; 00:00-24:00 is the whole day. ZONE: a name of the
    time zone database, UTC when left out. ValueError says what is wrong.
    """
    words = text.split()
    at = next((index for index, word in enumerate(words[:2]) if ":" in word), None)
    if at is None or len(words) > at + 2:
        raise _wrong(text, "is not a window")
    start, end = _times(text, words[at])
    days = _days(text, words[0]) if at else frozenset(range(7))
    return Window(text, days, start, end, _zone(text, words[at + 1]) if len(words) > at + 1 else UTC)


def _wrong(text: str, why: str) -> ValueError:
    return ValueError(f'{text[:80]!r} {why}; write it as "{_EXAMPLE}"')


def _times(text: str, word: str) -> tuple[int, int]:
    match = _TIMES.fullmatch(word)
    if match is None:
        raise _wrong(text, "has no times in the form HH:MM-HH:MM")
    hour, minute, last_hour, last_minute = map(int, match.groups())
    start, end = hour * 60 + minute, last_hour * 60 + last_minute
    if max(minute, last_minute) > 59 or start >= _WHOLE_DAY or end > _WHOLE_DAY:
        raise _wrong(text, "has a time that no clock shows")
    if start == end:
        raise _wrong(text, "ends when it begins (the whole day is 00:00-24:00)")
    return start, end if end > start else end + _WHOLE_DAY


def _days(text: str, word: str) -> frozenset[int]:
    found: set[int] = set()
    for part in word.lower().split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise _wrong(text, f"has days other than {', '.join(DAYS)}")
        begin = DAYS.index(first)
        count = (DAYS.index(last) - begin) % 7 if dash else 0
        found |= {(begin + step) % 7 for step in range(count + 1)}
    return frozenset(found)


def _zone(text: str, word: str) -> tzinfo:
    if word == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few projects have windows

    try:
        if _ZONE.fullmatch(word):
            return ZoneInfo(word)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last for a folder, as America
        pass
    raise _wrong(text, "has a time zone that is not known here")


def is_open(windows: Sequence[Window], now: datetime) -> bool:
    """Whether applies may run: in any of the windows, and always when there is none. now: aware."""
    if now.utcoffset() is None:
        raise ValueError("now must be aware of its time zone")
    return not windows or any(window.covers(now) for window in windows)


def next_opening(windows: Sequence[Window], now: datetime) -> datetime | None:
    """The first moment from now on at which a window is open, in UTC: now itself when one is open already.

    None when there is none within 16 days: a weekly window may fall into the hour that is skipped in spring,
    and the next is two weeks off. now: aware.
    """
    if is_open(windows, now):
        return now.astimezone(UTC)
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)  # clocks differ by whole minutes
    minutes = (minute + timedelta(minutes=ahead) for ahead in range(1, 16 * _WHOLE_DAY))
    return next((moment for moment in minutes if is_open(windows, moment)), None)
