"""Durations; windows in the clock of their zone. Zurich: skips 02:00-03:00 on 2026-03-29, has it twice on
2026-10-25.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.model.times import (
    Window,
    is_open,
    moment,
    next_opening,
    parse_duration,
    parse_window,
    show_duration,
)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-05-01T10:00:00.000Z", 10),
        ("2026-05-01T12:00:00+02:00", 10),
        ("2026-05-01T10:00:00", None),
        ("0001-01-01T00:00:00.000Z", None),
        ("", None),
        ("10 o'clock", None),
        (None, None),
        (10, None),
    ],
)
def test_moments(text: object, hour: int | None) -> None:
    found = moment(text)
    assert (found and found.astimezone(UTC).hour) == hour


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45s", 45),
        ("0s", 0),
        ("0h", 0),
        ("3m", 180),
        ("90m", 5_400),
        ("24h", 86_400),
        ("48h", 172_800),
        ("2d", 172_800),
        ("1w", 604_800),
        ("1h30m", 5_400),
        ("18h02m", 64_920),
        ("2d12h", 216_000),
        ("1w2d3h4m5s", 788_645),
        ("007m", 420),
        ("3155760000s", 3_155_760_000),
    ],
)
def test_durations_that_people_write(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "24", "h", "s24", "24 h", " 24h", "24h ", "24h\n", "\n24h"),
        *("-1h", "+1h", "1.5h", "1,5h", "1e3s", "1_000s", "0x1h"),
        *("24H", "1D", "5min", "5ms", "5y", "1h-30m", "1h 30m", "PT24H", "24h0"),
        *("30m1h", "1h1h", "1s1w", "12:30"),
        *("\u0661h", "\uff11h", "1\u200bh", "1h\x00", "null", "forever"),
    ],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration; write it as 24h, 90m or 2d12h"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text",
    ["3155760001s", "36526d", "5218w", "100000000000s", pytest.param("9" * 5000 + "w", id="5000 digits")],
)
def test_longer_than_a_hundred_years(text: str) -> None:
    with pytest.raises(ValueError, match="is longer than 100 years") as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(milliseconds=999), "0s"),
        (timedelta(milliseconds=-999), "0s"),
        (timedelta(seconds=45), "45s"),
        (timedelta(seconds=59.999), "59s"),
        (timedelta(minutes=1), "1m"),
        (timedelta(minutes=3, seconds=20), "3m20s"),
        (timedelta(minutes=3, seconds=5), "3m05s"),
        (timedelta(minutes=59, seconds=59), "59m59s"),
        (timedelta(hours=1), "1h"),
        (timedelta(hours=1, seconds=59), "1h"),
        (timedelta(hours=18, minutes=2), "18h02m"),
        (timedelta(hours=24), "24h"),
        (timedelta(hours=47, minutes=59, seconds=59), "47h59m"),
        (timedelta(hours=48), "48h"),
        (timedelta(days=2), "48h"),
        (timedelta(days=3) - timedelta(seconds=1), "71h59m"),
        (timedelta(days=3), "3d"),
        (timedelta(days=3, milliseconds=1), "3d"),
        (timedelta(days=3, seconds=1), "72h"),
        (timedelta(days=3, hours=1), "73h"),
        (timedelta(days=14), "14d"),
        (timedelta(minutes=-3, seconds=-20), "-3m20s"),
        (timedelta(days=-4), "-4d"),
    ],
)
def test_durations_that_people_read(duration: timedelta, text: str) -> None:
    assert show_duration(duration) == text


@given(st.timedeltas(timedelta(), timedelta(days=36_000)))
def test_what_is_shown_is_at_most_a_minute_less(duration: timedelta) -> None:
    shown = parse_duration(show_duration(duration))
    assert timedelta() <= duration - shown < timedelta(minutes=1)


MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
ALL = {MON, TUE, WED, THU, FRI, SAT, SUN}


@pytest.mark.parametrize(
    ("text", "days", "start", "end", "zone"),
    [
        ("mon-fri 08:00-17:00 Europe/Zurich", {MON, TUE, WED, THU, FRI}, 480, 1020, "Europe/Zurich"),
        ("08:00-17:00", ALL, 480, 1020, "UTC"),
        ("08:00-17:00 UTC", ALL, 480, 1020, "UTC"),
        ("08:00-17:00 Etc/GMT+1", ALL, 480, 1020, "Etc/GMT+1"),
        ("mon,wed 08:00-17:00", {MON, WED}, 480, 1020, "UTC"),
        ("mon,mon 08:00-17:00", {MON}, 480, 1020, "UTC"),
        ("mon-tue,sat 08:00-17:00", {MON, TUE, SAT}, 480, 1020, "UTC"),
        ("fri-mon 08:00-17:00", {FRI, SAT, SUN, MON}, 480, 1020, "UTC"),
        ("mon-mon 08:00-17:00", {MON}, 480, 1020, "UTC"),
        ("tue-mon 08:00-17:00", ALL, 480, 1020, "UTC"),
        ("Mon-FRI 08:00-17:00", {MON, TUE, WED, THU, FRI}, 480, 1020, "UTC"),
        ("  sun \t 08:00-17:00  ", {SUN}, 480, 1020, "UTC"),
        ("00:00-24:00", ALL, 0, 1440, "UTC"),
        ("22:00-24:00", ALL, 1320, 1440, "UTC"),
        ("22:00-00:00", ALL, 1320, 1440, "UTC"),
        ("22:00-06:00", ALL, 1320, 1800, "UTC"),
        ("23:59-23:58", ALL, 1439, 2878, "UTC"),
    ],
)
def test_windows(text: str, days: set[int], start: int, end: int, zone: str) -> None:
    window = parse_window(text)
    assert (window.text, set(window.days), window.start, window.end) == (text, days, start, end)
    assert str(window.zone) == zone


NO_TIMES = """8:00-17:00 08:00-5:00 08:00 08:00- -17:00 0800-17:00: 08:00-17:00:00 08:00-17:00-18:00
    +8:00-17:00 08:00\u201317:00 08:00-17:00, \u0660\u0668:00-17:00 08:00--17:00 mon:08:00-17:00 https://x"""
NO_CLOCK = "24:00-25:00 08:60-17:00 08:00-17:60 08:00-24:01 24:00-08:00 99:99-99:99"
NO_DAYS = """monday mo x mon- -mon mon--fri mon-fri-sun mon, , mon,,tue - 1-5 mon;tue mon-x Europe/Zurich
    m\u00f6n mon\x00"""
NO_ZONES = """Europe/Zuerich europe/zurich utc CEST +02:00 UTC+2 America Europe/ Europe/Zurich\x00 Z\u00fcrich
    /etc/passwd ../../etc/passwd Europe/../Europe/Zurich localtime posixrules"""

NO_WINDOWS = {
    "is not a window": [
        *("", " ", "mon", "mon-fri", "always", "mon tue 08:00-17:00", "mon, tue 08:00-17:00"),
        *("08:00 - 17:00", "08:00-17:00 Europe/Zurich now", "08:00-17:00 Europe / Zurich"),
    ],
    "has no times in the form HH:MM-HH:MM": [*NO_TIMES.split(), "mon : 08:00-17:00"],
    "has a time that no clock shows": NO_CLOCK.split(),
    "ends when it begins": ["08:00-08:00", "00:00-00:00"],
    "has days other than mon, tue, wed, thu, fri, sat, sun": [
        f"{days} 08:00-17:00" for days in NO_DAYS.split()
    ],
    "has a time zone that is not known here": [
        *(f"08:00-17:00 {zone}" for zone in NO_ZONES.split()),
        f"08:00-17:00 {'Z' * 300}",
        f"08:00-17:00 {'A/' * 200}A",
    ],
}


@pytest.mark.parametrize(
    ("text", "why"), [(text, why) for why, texts in NO_WINDOWS.items() for text in texts]
)
def test_what_is_no_window(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        parse_window(text)
    assert 'write it as "mon-fri 08:00-17:00 Europe/Zurich"' in str(caught.value)
    assert len(str(caught.value)) < 600


def windows(*texts: str) -> list[Window]:
    return [parse_window(text) for text in texts]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 2026-11-16 is a Monday.
@pytest.mark.parametrize(
    ("text", "now", "opened"),
    [
        ("08:00-17:00", "2026-11-16T07:59:59.999999", False),
        ("08:00-17:00", "2026-11-16T08:00", True),
        ("08:00-17:00", "2026-11-16T16:59:59.999999", True),
        ("08:00-17:00", "2026-11-16T17:00", False),
        ("00:00-24:00", "2026-11-16T23:59:59.999999", True),
        ("mon 00:00-24:00", "2026-11-17T00:00", False),
        ("mon 22:00-00:00", "2026-11-17T00:00", False),
        ("mon 22:00-24:00", "2026-11-16T23:59", True),
        ("mon-fri 08:00-17:00", "2026-11-20T12:00", True),
        ("mon-fri 08:00-17:00", "2026-11-21T12:00", False),
        ("fri 22:00-06:00", "2026-11-20T22:00", True),
        ("fri 22:00-06:00", "2026-11-21T05:59", True),
        ("fri 22:00-06:00", "2026-11-21T06:00", False),
        ("fri 22:00-06:00", "2026-11-20T05:59", False),
        ("fri 22:00-06:00", "2026-11-21T22:00", False),
        ("sun 22:00-06:00", "2026-11-16T03:00", True),
        ("mon 12:00-11:00", "2026-11-17T10:59", True),
        ("mon 08:00-17:00 Europe/Zurich", "2026-11-16T07:00", True),
        ("mon 08:00-17:00 Europe/Zurich", "2026-11-16T16:00", False),
        ("mon 00:00-01:00 Europe/Zurich", "2026-11-15T23:30", True),
        ("mon 08:00-17:00 Europe/Zurich", "2026-08-17T06:00", True),
        ("08:00-17:00 Pacific/Kiritimati", "2026-11-15T18:00", True),
        # the skipped hour: 01:00 UTC shows 03:00
        ("sun 02:00-03:00 Europe/Zurich", "2026-03-29T00:59:59", False),
        ("sun 02:00-03:00 Europe/Zurich", "2026-03-29T01:00", False),
        ("sun 01:00-02:30 Europe/Zurich", "2026-03-29T00:59:59", True),
        ("sun 01:00-02:30 Europe/Zurich", "2026-03-29T01:00", False),
        ("sun 02:30-04:00 Europe/Zurich", "2026-03-29T01:00", True),
        # the hour that comes twice: 00:00 and 01:00 UTC both show 02:00
        ("sun 02:00-03:00 Europe/Zurich", "2026-10-25T00:00", True),
        ("sun 02:00-03:00 Europe/Zurich", "2026-10-25T01:59:59", True),
        ("sun 02:00-03:00 Europe/Zurich", "2026-10-25T02:00", False),
        ("sun 01:00-02:30 Europe/Zurich", "2026-10-25T00:30", False),
        ("sun 01:00-02:30 Europe/Zurich", "2026-10-25T01:00", True),
        ("sun 01:00-02:30 Europe/Zurich", "2026-10-25T01:30", False),
    ],
)
def test_whether_a_window_is_open(text: str, now: str, opened: bool) -> None:
    assert is_open(windows(text), utc(now)) is opened


def test_any_of_several_windows_is_enough() -> None:
    several = windows("mon 08:00-09:00", "mon 10:00-11:00")
    opened = [is_open(several, utc(f"2026-11-16T{hour:02}:30")) for hour in (8, 9, 10, 11)]
    assert opened == [True, False, True, False]


def test_without_windows_it_is_always_open() -> None:
    now = utc("2026-11-16T03:00")
    assert is_open([], now)
    assert next_opening([], now) == now


@pytest.mark.parametrize("zone", [ZoneInfo("America/New_York"), timezone(timedelta(hours=-5))])
def test_now_in_another_zone(zone: timezone) -> None:
    now = datetime(2026, 11, 16, 3, 0, tzinfo=zone)
    assert is_open(windows("mon 08:00-17:00"), now)
    assert next_opening(windows("mon 09:00-17:00"), now) == utc("2026-11-16T09:00")


def test_now_in_the_hour_that_comes_twice() -> None:
    now = datetime(2026, 10, 25, 2, 45, tzinfo=ZoneInfo("Europe/Zurich"))
    several = windows("sun 02:30-02:45 Europe/Zurich")
    found = [next_opening(several, now.replace(fold=fold)) for fold in (0, 1)]
    assert found == [utc("2026-10-25T01:30"), utc("2026-11-01T01:30")]


def test_the_next_opening_is_told_in_utc() -> None:
    now = datetime(2026, 11, 16, 9, 0, tzinfo=ZoneInfo("Europe/Zurich"))
    found = next_opening(windows("mon 08:00-17:00"), now)
    assert (found, found and found.tzinfo) == (now, UTC)


def test_now_without_a_zone_is_no_moment() -> None:
    naive = datetime.fromisoformat("2026-11-16T08:00")
    for ask in (is_open, next_opening):
        with pytest.raises(ValueError, match="aware"):
            ask([], naive)


@pytest.mark.parametrize(
    ("texts", "now", "opening"),
    [
        (["08:00-17:00"], "2026-11-16T07:00", "2026-11-16T08:00"),
        (["08:00-17:00"], "2026-11-16T08:00", "2026-11-16T08:00"),
        (["08:00-17:00"], "2026-11-16T12:34:56.789", "2026-11-16T12:34:56.789"),
        (["08:00-17:00"], "2026-11-16T17:00", "2026-11-17T08:00"),
        (["mon 08:00-17:00"], "2026-11-16T17:00", "2026-11-23T08:00"),
        (["mon-fri 08:00-17:00"], "2026-11-20T18:00", "2026-11-23T08:00"),
        (["mon 08:00-17:00", "wed 08:00-17:00"], "2026-11-16T17:00", "2026-11-18T08:00"),
        (["fri 22:00-06:00"], "2026-11-21T03:00", "2026-11-21T03:00"),
        (["fri 22:00-06:00"], "2026-11-21T06:00", "2026-11-27T22:00"),
        (["mon-fri 08:00-17:00 Europe/Zurich"], "2026-11-20T18:00", "2026-11-23T07:00"),
        (["mon 00:00-01:00 Europe/Zurich"], "2026-11-15T12:00", "2026-11-15T23:00"),
        (["mon 00:00-01:00 Pacific/Kiritimati"], "2026-11-14T12:00", "2026-11-15T10:00"),
        # over the change of the clocks
        (["sun 08:00-17:00 Europe/Zurich"], "2026-03-28T12:00", "2026-03-29T06:00"),
        (["sun 08:00-17:00 Europe/Zurich"], "2026-10-24T12:00", "2026-10-25T07:00"),
        # begins in the skipped hour; lies in it; the week after
        (["sun 02:30-04:00 Europe/Zurich"], "2026-03-28T12:00", "2026-03-29T01:00"),
        (["sun 02:00-03:00 Europe/Zurich"], "2026-03-28T12:00", "2026-04-05T00:00"),
        (["sun 02:00-03:00 Europe/Zurich"], "2026-03-22T02:00", "2026-04-05T00:00"),
        # the hour that comes twice: once more after its first end, at a time that is no start
        (["sun 02:30-02:45 Europe/Zurich"], "2026-10-25T00:00", "2026-10-25T00:30"),
        (["sun 02:30-02:45 Europe/Zurich"], "2026-10-25T00:45", "2026-10-25T01:30"),
        (["sun 01:00-02:30 Europe/Zurich"], "2026-10-25T00:45", "2026-10-25T01:00"),
        # clocks that change by half an hour, and a whole day that is skipped
        (["sun 02:10-04:00 Australia/Lord_Howe"], "2026-10-03T12:00", "2026-10-03T15:30"),
        (["fri 08:00-17:00 Pacific/Apia"], "2011-12-29T12:00", "2012-01-05T18:00"),
    ],
)
def test_the_next_opening(texts: Sequence[str], now: str, opening: str) -> None:
    found = next_opening(windows(*texts), utc(now))
    assert found == utc(opening)
    assert found.tzinfo is UTC


TEXTS = st.builds(
    lambda days, start, end, zone: (
        f"{days} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02} {zone}"
    ),
    st.sampled_from(["sun", "sat", "sat,mon", "fri-sun", "mon-sun"]),
    st.integers(0, 23 * 4 + 3).map(lambda quarter: quarter * 15),
    st.integers(0, 23 * 4 + 3).map(lambda quarter: quarter * 15 + 5),
    st.sampled_from(["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe"]),
)
CHANGES = st.sampled_from(["2026-03-29T01:00", "2026-10-25T01:00", "2026-03-08T07:00", "2026-10-03T15:30"])


@given(st.lists(TEXTS, min_size=1, max_size=3), CHANGES, st.integers(-1500, 300))
def test_nothing_opens_before_the_next_opening(texts: list[str], change: str, minutes: int) -> None:
    several, now = windows(*texts), utc(change) + timedelta(minutes=minutes)
    found = next_opening(several, now)
    assert found is not None
    assert is_open(several, found)
    steps = range(min(int((found - now).total_seconds()), 2 * 86_400) // 300)
    assert not any(is_open(several, now + timedelta(seconds=300 * step)) for step in steps)
