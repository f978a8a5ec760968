"""Long runs that try to break the promises: processes killed, faults injected, bytes made up.

A campaign is one file with a function that goes on for so many rounds from a seed and gives its figures; it
raises `Broken` at the first promise that does not hold, with the seed and round that show it again. The tests
here run each campaign for a few seconds. `python -m tests.endurance` runs them at length.
"""
