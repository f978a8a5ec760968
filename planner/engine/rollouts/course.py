"""One roll-out on its way: which of its waves are to go, and what became of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, field

from planner.model.address import Address
from planner.model.ledger import WENT_BACK, Rolled
from planner.model.rollout import (
    BACK,
    DONE,
    GOING,
    STOPPED,
    UNDONE,
    Begun,
    Member,
    Rollout,
)


@define(eq=False, repr=False)
class Course:
    """One roll-out, on its way. left: its waves that are to go, by number, as members in their order.

    under_way: ids whose turn it is. ready: those who could begin; nobody does before all can. opens: when the
    wave may begin, by the timer. open: the number of the wave that has begun. ended: its record is gone.
    closed: why nobody begins. told: that it begins, in this run. contents: what is put in place first, as in
    a Begun; owed: what of it is left to do of one that began before, or is to be there again.
    """

    rollout: Rollout
    begun: Begun | None
    left: list[tuple[int, list[Member]]]
    back: bool = False
    ready: set[str] = field(factory=set)
    under_way: set[str] = field(factory=set)
    started: set[str] = field(factory=set)
    wells: dict[str, int] = field(factory=dict)
    contents: Mapping[str, str] = field(factory=dict)
    owed: set[Address] = field(factory=set)
    opens: float = 0.0
    open: int = 0
    closed: str = ""
    told: bool = False
    ended: bool = False

    @classmethod
    def of(cls, rollout: Rollout, begun: Begun | None) -> Course:
        if begun is None:
            return cls(rollout, None, [(n, [*wave]) for n, wave in enumerate(rollout.waves, 1)])
        back = begun.status == BACK
        going = {m.id for m in begun.to_go_back} if back else None
        waves = [
            (number, [m for m in wave if (m.id in going if going is not None else not _is_over(begun, m))])
            for number, wave in enumerate(rollout.waves, 1)
        ]
        found = [(number, wave) for number, wave in waves if wave]
        ready = {member.id for member in rollout.members}
        if back:
            return cls(rollout, begun, found[::-1], back, ready)
        has_begun = bool(found) and any(begun.of(m.id).stage for m in rollout.waves[begun.wave - 1])
        return cls(rollout, begun, found, ready=ready, open=begun.wave if has_begun else 0)

    @property
    def members(self) -> Iterator[Member]:
        return (member for _, wave in self.left for member in wave)

    def rolled(self, ended: bool) -> Rolled | None:
        """What became of it, for people; None of one that did not begin. ended: its record is gone."""
        begun = self.begun
        if begun is None:
            return None
        name, status = self.rollout.name, begun.status
        result = (WENT_BACK if self.back else DONE) if ended else status
        wrong = begun.wrong
        back = [m.shown for m in self.rollout.members if begun.of(m.id).stage == UNDONE]
        return Rolled(
            name=name,
            id=begun.id,
            result=result,
            wave=begun.done,
            waves=len(self.rollout.waves),
            deployment=wrong.shown if wrong and result != DONE else "",
            reason=(self.closed if result == GOING else begun.why) if result != DONE else "",
            back=tuple(back),
            advice=advice(begun, result),
        )


def _is_over(begun: Begun, member: Member) -> bool:
    return begun.of(member.id).stage == DONE


def advice(begun: Begun, result: str) -> str:
    """What to do where a roll-out ended, or stands, so."""
    name = begun.rollout.name
    if result == WENT_BACK:
        return (
            "It is held back until what it carries is another. To try the same once more: "
            f"planner apply --retry-rollout {name}"
        )
    if result == STOPPED:
        back = (f"  planner rollout back {name}",) if begun.leads_back else ()
        going, leaving = f"  planner rollout continue {name}", f"  planner rollout abandon {name}"
        return "\n".join(("Say how it ends:", going, *back, leaving))
    if result == GOING and begun.unready is not None:
        return (
            "planner apply goes on with it, once the deployment is ready. To go without it, take its binding "
            f"out after: planner rollout abandon {name}"
        )
    return "planner apply goes on with it." if result in (GOING, BACK) else ""
