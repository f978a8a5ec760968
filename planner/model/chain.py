"""The environments that releases pass through, each as it stands, as values."""

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

    @property
    def converged(self) -> bool | None:
        """None when it is not known."""
        if not self.readable:
            return None
        if not self.whole:
            return False
        if self.problem or not self.asked:
            return None
        return not self.pending and not self.drifted

    @property
    def closed_gates(self) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if not gate.met)
