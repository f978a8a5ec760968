"""Bundle and plugin archives on disk: from a path in a template to a file that can be uploaded.

`Archives` finds the file or archives the folder, the same bytes on every machine, and looks into archives
at plan time; a `Workspace` has those of one command. Nothing here calls an API, writes outside the workspace,
or unpacks a member to disk.
"""

from planner.archives.folder import ArchiveError
from planner.archives.prepare import Archives, Workspace

__all__ = ["ArchiveError", "Archives", "Workspace"]
