"""Promotion: from the release that one environment runs to the pins of the next.

Pure: texts, states and times come in, texts and verdicts go out. What never lives here: reading or writing
files, the clock, git, the API, what a user sees.
"""

GATES = ("promote_from", "archives", "converged", "soak", "checks", "approvals", "windows", "rejected")
"""What `--force` takes."""
