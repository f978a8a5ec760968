from __future__ import annotations

import pytest

from planner.net.dates import http_date, retry_after

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": " 3 "}, 3.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 -0000"}, 30.0),
        ({"Retry-After": "Tuesday, 14-Nov-23 22:13:50 GMT"}, 30.0),
        ({"Retry-After": "Tue Nov 14 22:13:50 2023"}, 30.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:00:00 GMT"}, 0.0),
        ({"Retry-After": "Tue, 99 Nov 2023 22:00:00 GMT"}, None),
        # Nobody means these.
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "99999999999"}, None),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"Retry-After": "Tue, 14 Nov 99999999999 22:13:50 GMT"}, None),
        # The server's clock is an hour behind: its own Date is what counts.
        ({"Retry-After": "Tue, 14 Nov 2023 21:13:30 GMT", "Date": "Tue, 14 Nov 2023 21:13:20 GMT"}, 10.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Tue, 14 Nov 2023 22:13:50 +9999",
        "Tue, 14 Nov 99999999999999999999 22:13:50 GMT",
        "Tue, 14 Nov 2023 99999999999999999999:13:50 GMT",
        "\x00" * 1000,
    ],
)
def test_what_is_no_date_is_none(value: str) -> None:
    assert http_date(value) is None
