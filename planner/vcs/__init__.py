"""The git repository that a project lies in: commits, what changed between two, files as of one.

All of it reads only, and runs nothing that a checkout's configuration names, except `changing`, which commits
and pushes as the user would. What never lives here: what files mean.
"""

from planner.vcs.git import Repository, commit_of, repository_of

__all__ = ["Repository", "commit_of", "repository_of"]
