"""Measures, for people: `python -m tests.benchmarks [CASE ...]` prints tables, `--json` numbers.

    cases/           one file each; a new case is a new file with a CASE
    order.py         what a case is, and what it is given
    measure.py       what a command costs, run by launch.py
    figures.py       costs become rows: absolute, and as ratios within the run; table.py prints them
    limit.py         the yardstick: the same files and the fewest calls, by bare_client.py
    projects.py      projects of so many extensions; environments.py: of so many environments
    creates.py       applies of so many creates
    server/          installations that answer as fast as they can, in a process of their own

Nothing here asserts a time; the tests of this folder run each case once at a small size, so that it keeps
working.
"""
