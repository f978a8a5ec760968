"""What a user sees of an error that no command handled."""

from __future__ import annotations

import os
import tempfile
import traceback

from planner.cli.console import Console
from planner.errors import PlannerError


def report(error: Exception, console: Console) -> int:
    """Shows the error and gives the exit code. A defect's traceback goes to a file, not to the terminal."""
    if isinstance(error, PlannerError):
        console.error(error)
        return error.exit_code
    if isinstance(error, MemoryError):
        console.error(PlannerError("it needs more memory than there is"))
        return 1
    console.error(
        PlannerError(
            f"a defect in planner: {type(error).__name__}: {error}",
            advice=f"Please report it, with {_saved_traceback(error, console)}.",
        )
    )
    return 1


def _saved_traceback(error: Exception, console: Console) -> str:
    text = console.redact("".join(traceback.format_exception(error)))
    try:
        descriptor, path = tempfile.mkstemp(prefix="planner-", suffix=".log")
    except OSError:
        console.tell(text)
        return "the traceback above"
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path
