"""The command line: parse, wire, call, render. No logic.

main.py holds the group and turns errors into messages and exit codes; each command is a file in commands/;
man.py writes their manual pages.
Commands are imported when they are called, so that `--version` is quick.
"""

from planner.cli.main import main

__all__ = ["main"]
