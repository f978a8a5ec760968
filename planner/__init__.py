"""Plan and apply Elastic Cloud Enterprise and Elastic Cloud resources as code.

Data flows one way: files -> render -> parse and validate -> resources -> graph -> refresh -> plan (a value)
-> save or show -> apply (interprets the plan) -> journal -> snapshot. Imports point the same way; the package
docstrings say what lives where.
"""

__version__ = "0.1.0"
