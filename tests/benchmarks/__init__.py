"""Measures, for people: `python -m tests.benchmarks [CASE ...]` prints tables, `--json` numbers.

A case is one file with a function that gives rows. Nothing here asserts a time; the tests of this folder run
each case once at a small size, so that it keeps working.
"""
