"""One expression, with the value that it has in the templates of an environment."""

from __future__ import annotations

from functools import partial
from typing import Final

from attrs import frozen

from planner.config.blocks import Blocks, check_value
from planner.config.jobs import Ended, Runner
from planner.config.sources import FOLDER
from planner.config.template_jobs import Valued, Workpiece, valued
from planner.config.tokens import RESERVED
from planner.errors import PlannerError
from planner.model.diagnostic import Diagnostic, Diagnostics
from planner.model.value import Value

LONGEST: Final = 10_000
"""Characters of an expression: compiling takes time that grows with them, and is not counted."""


@frozen(eq=False, repr=False)
class Expressions:
    """Expressions in the scope of a piece. blocks: what they may refer to. run: how jinja's part is done."""

    piece: Workpiece
    blocks: Blocks
    run: Runner

    def value(self, text: str) -> Value:
        """The value of an expression, or of a text with some in `{{ }}`. What it refers to is Deferred.

        PlannerError with the first thing that is wrong, as a template would have it.
        """
        if len(text) > LONGEST:
            raise PlannerError(f"the expression is longer than {LONGEST:,} characters")
        if RESERVED.search(text):
            raise PlannerError(
                "the expression holds private-use characters that templates keep for themselves"
            )
        found: list[Valued]
        try:
            found = list(self.run(partial(valued, self.piece.again(), text)))
        except Ended as end:
            raise PlannerError(end.summary, advice=end.advice) from None
        value, problems = found[0]
        diagnostics = Diagnostics(list(problems))
        if not problems:
            check_value(self.blocks, value, diagnostics)
        for problem in diagnostics:
            raise _error(problem)
        return value


def _error(problem: Diagnostic) -> PlannerError:
    """Of a macro's file the line is said; the expression itself stands in no file."""
    place = problem.position
    where = f", at {place}" if place and place.file.startswith(FOLDER) else ""
    return PlannerError(f"{problem.summary}{where}", advice=problem.advice)
