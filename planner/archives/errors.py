"""The one error of this package."""

from planner.errors import PlannerError


class ArchiveError(PlannerError):
    """A file or folder named in a template cannot be taken: missing, outside the project, unreadable."""
