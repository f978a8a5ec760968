"""What is wrong in an archive that can be read: what Elasticsearch would refuse, ignore or misread in it.

`lint` looks at a `Tree`, a folder or a zip file that was examined before. A family of rules is a module in
`families`: how a file of its format is recognised, its rules, its check, which streams. What is wrong with
several archives beside each other is in `together`. Nothing here asks an installation, or which day it is.
"""

from planner.archives.lint.families import families, rules
from planner.archives.lint.linter import lint
from planner.archives.lint.tree import Tree, in_folder, in_zip

__all__ = ["Tree", "families", "in_folder", "in_zip", "lint", "rules"]
