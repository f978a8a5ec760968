"""A file that an installation keeps, by the temporary address that it gives.

It may be anywhere, as in a store of another company. So it is asked for once, without credentials, nothing is
followed that it sends on to, and no message quotes the address, whose query opens the file.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from planner.errors import PlannerError
from planner.net.address import Address, NoAddress, address_of
from planner.net.bodies import status_words
from planner.net.wire import BROKEN, Request, Wire, explain

_WHAT: Final = "the installation's stored file"
_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity"}
_REDIRECTS: Final = range(300, 400)


def fetch(wire: Wire, url: str, home: Address, timeouts: tuple[float, float]) -> bytes:
    """What is there. home: of the installation; over plain http only where that is asked so, too.
    PlannerError.
    """
    address = _address(url, home)
    try:
        received = wire.send(Request("GET", address, timeouts, _HEADERS, json=False))
    except BROKEN as error:
        raise PlannerError(
            f"{_WHAT} cannot be fetched from {address.place}: {explain(error).words}"
        ) from None
    if received.status in _REDIRECTS:
        raise PlannerError(f"{_WHAT}: {address.place} sends on to another place, which is not asked")
    if received.status != HTTPStatus.OK:
        raise PlannerError(f"{_WHAT}: {address.place} answers {status_words(received.status)}")
    return received.content


def _address(url: str, home: Address) -> Address:
    try:
        address = address_of(url)
    except NoAddress as error:
        raise PlannerError(f"the address of {_WHAT} {error}") from None
    if address.in_the_clear and not home.in_the_clear:
        raise PlannerError(f"{_WHAT} is at {address.place} over plain http, which is not asked")
    return address
