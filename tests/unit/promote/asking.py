"""Questions to the gates, and what to look for in the answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve

from planner.model.project import Environment, GateRules
from planner.model.release import Gate, Release
from planner.promote.gates import Question, Upstream, Verdict, judge
from planner.promote.log import Log

from .releases import NOW, TWO, at, release, run

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def prod(*promote_from: str, **rules: Any) -> Environment:
    return Environment("prod", promote_from=promote_from or ("staging",), gates=GateRules(**rules))


def dev(**rules: Any) -> Environment:
    return Environment("dev", gates=GateRules(**rules))


def staging(*records: Any, **more: Any) -> Upstream:
    """Converged, unless more says otherwise."""
    return evolve(Upstream("staging", Log(records), "l-staging", 7), **more)


def ask(
    wanted: Release = TWO,
    *upstreams: Upstream,
    of: Environment | None = None,
    here: Log | None = None,
    **more: Any,
) -> Verdict:
    question = Question(of or prod(), wanted, NOW, here or Log(), upstreams)
    return judge(evolve(question, **more))


def gate(verdict: Verdict, name: str) -> Gate:
    """The one gate of a name."""
    (found,) = [item for item in verdict.gates if item.name == name]
    return found


def names(verdict: Verdict) -> list[str]:
    return [item.name for item in verdict.gates]


def closed(verdict: Verdict, *, applying: bool = True) -> list[str]:
    return [item.name for item in verdict.refusals(applying=applying)]


RAN = run(TWO, at(6))
"""For nine hours at NOW."""
MIXED = release("8.15", "c1", synonyms="one")
"""The version of TWO, the templates and archives of ONE."""
