"""Whether the tests would notice: 40 small faults, each made in a copy of the tree.

    patches/         one file each: what the fault is, which tests look there, and a diff
    fault.py         a patch, read and applied: exactly, or not at all
    __main__.py      `python -m tests.faults [--only NN ...]` prints which test catches each

docs/reference/faults.md has the results.
"""
