"""The git repository that a project lies in: commits, what changed between two, files as of one.

Reads only: nothing here changes a repository or its work tree. What never lives here: what files mean.
"""

from planner.vcs.git import Repository, repository_of

__all__ = ["Repository", "repository_of"]
