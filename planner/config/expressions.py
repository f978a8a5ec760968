"""One expression, with the value that it has in the templates of an environment."""

from __future__ import annotations

from functools import partial
from typing import Final

from attrs import frozen

from planner.config.blocks import Blocks
from planner.config.jobs import Ended, Runner
from planner.config.references import check_value
from planner.config.scope import Scope
from planner.config.sources import FOLDER
from planner.config.template_jobs import Valued, Workpiece, valued
from planner.config.tokens import RESERVED
from planner.errors import PlannerError
from planner.model.address import as_read
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
        """The value of an expression, or of a text with some in `{{ }}`. What it refers to is Deferred. Of a
        namespace, as `var` alone, the names in it.

        PlannerError with the first thing that is wrong, as a template would have it.
        """
        if len(text) > LONGEST:
            raise PlannerError(f"the expression is longer than {LONGEST:,} characters")
        if RESERVED.search(text):
            raise PlannerError(
                "the expression holds private-use characters that templates keep for themselves"
            )
        names = self._names(text.strip())
        if names is not None:
            return names
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

    def _names(self, text: str) -> list[Value] | None:
        """What is in the namespace that text names, as it was declared; None where it names none."""
        space, dot, kind = text.partition(".")
        found = self.piece.scope.get(text)
        if text == "local":
            return [*self.piece.locals]
        if isinstance(found, Scope):
            return [*found._values]
        if space != "resource" or (dot and kind not in self.blocks.kinds):
            return None
        declared = sorted(self.blocks.resources, key=as_read)
        return [each.name for each in declared if each.kind == kind] if dot else [*map(str, declared)]


def _error(problem: Diagnostic) -> PlannerError:
    """Of a macro's file the line is said; the expression itself stands in no file."""
    place = problem.position
    where = f", at {place}" if place and place.file.startswith(FOLDER) else ""
    return PlannerError(f"{problem.summary}{where}", advice=problem.advice)
