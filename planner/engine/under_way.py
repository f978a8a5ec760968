"""A create that nothing shows may still be under way: its client is gone, its request is not.

An installation goes on with what a dead client asked for; a create that fetches a download_url may take many
seconds. So a create in doubt that is not there is looked for again, until it is as old as the request of a
living client may get, by the installation's clock. Only creates: whatever else comes late has an id, and the
next plan shows what it did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import frozen

from planner.engine.recover import Settled, Settlement, seconds_between

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 5.0
_CUT_OFF: Final = 1.0  # seconds by which times without fractions may be wrong


@frozen
class Waiting:
    """grace: seconds after its intent in which a create may show up; 0 where requests end with their client.

    sleep: takes seconds. tell: takes a line for people.
    """

    grace: float
    sleep: Callable[[float], None]
    tell: Callable[[str], None]

    def left(self, found: Settled) -> float:
        """Seconds until no create that was not found can be under way any more; 0 when none can."""
        if not self.grace:
            return 0.0
        until = self.grace + _CUT_OFF
        return max((min(until, until - _age(item)) for item in _not_found(found)), default=0.0)


NO_WAITING: Final = Waiting(0.0, lambda _seconds: None, lambda _line: None)


def settle_in_time(look: Callable[[], Settled], waiting: Waiting) -> Settled:
    """What look finds, once nothing can come late any more. look: settles all that is in doubt."""
    found, pause = look(), _FIRST_PAUSE
    left = waiting.left(found)
    if left > 0:
        waiting.tell(_told(found, left))
    while left > 0:
        slept = min(pause, left)
        waiting.sleep(slept)
        found = look()
        left = min(left - slept, waiting.left(found))  # it only falls, also where no clock tells
        pause = min(pause * 2, _LONGEST_PAUSE)
    return found


def _not_found(found: Settled) -> list[Settlement]:
    creates = (item for item in found.settlements if item.intent.operation == "create")
    return [item for item in creates if not item.carried_out]


def _age(item: Settlement) -> float:
    """Seconds from the intent to the look, at least: none where no clock tells."""
    return seconds_between(item.intent.server_time, item.server_time) or 0.0


def _told(found: Settled, left: float) -> str:
    addresses = sorted({item.intent.address for item in _not_found(found)})
    shown = ", ".join(map(str, addresses[:3])) + (", ..." if len(addresses) > 3 else "")
    return (
        f"Waiting up to {left:.0f} s: a run was cut off while it created {shown}, "
        "and the installation may still be at it."
    )
