"""Comments on pull requests, and pull requests opened: one file per forge.

port.py says what a forge does; registry.py lists the forges; locating.py finds the pull request that is
meant; posting.py keeps one comment up to date; client.py speaks HTTP. The text is made elsewhere.
"""
