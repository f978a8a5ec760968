from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.model.durations import parse_duration, show_duration


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
