"""How an environment stands among all of a project: what it runs, and what would come next."""

from __future__ import annotations

from attrs import field, frozen

from planner.model.redaction import WORD
from planner.model.release import Gate


@frozen
class Standing:
    """One environment. release: the id of what it runs, "" for none; since: ISO 8601 in UTC.

    whole: the last apply left nothing out. pending: how many changes its plan has that no drift explains.
    drifted: addresses. problem: why its installation or state could not be looked at, advice: what to do
    about that; the rest is then what its state says. readable: False when not even that could be read.
    asked: whether its installation was. empty: nothing is applied there, so that there is nothing to ask.
    coming: the id of the release that would come next, "" for none: the one that its files bring, if that ran
    upstream or here, else the one that runs upstream. source: the environment it comes from; its own name on
    the way back to what it ran before, when nothing upstream runs that. gates: what they say of it.
    promoted: whether the environment's files bring it already, so that an apply is what is left.
    rolling: how far roll-outs are that have begun there, as "r-4f2c9a71be, wave 2 of 3"; then release is what
    they bring, which runs from their end. held: those that its plan holds back, and why.
    """

    environment: str = field(metadata=WORD)
    promote_from: tuple[str, ...] = field(default=(), metadata=WORD)
    protected: bool = False
    release: str = field(default="", metadata=WORD)
    since: str = field(default="", metadata=WORD)
    whole: bool = True
    pending: int = 0
    drifted: tuple[str, ...] = ()
    problem: str = ""
    advice: str = ""
    readable: bool = True
    asked: bool = True
    empty: bool = False
    coming: str = field(default="", metadata=WORD)
    source: str = field(default="", metadata=WORD)
    promoted: bool = False
    gates: tuple[Gate, ...] = ()
    rolling: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    @property
    def converged(self) -> bool | None:
        """Whether it came whole; None when it is not known."""
        if not self.readable:
            return None
        if not self.whole or self.rolling or self.held:
            return False
        if self.problem or not self.asked:
            return None
        return not self.pending and not self.drifted

    @property
    def closed_gates(self) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if not gate.met)
