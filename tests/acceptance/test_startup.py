"""Nothing is loaded that a command does not use: how long it takes to begin is part of what it is for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from planner.cli.verbs import COMMANDS

from .runner import Project, quickstart

HEAVY = frozenset(
    {
        *("botocore", "cattrs", "cryptography", "deepdiff", "importlib.metadata", "jinja2", "jsonschema_rs"),
        *("orjson", "psycopg", "requests", "sqlite3", "subprocess", "urllib3", "werkzeug", "yaml", "zipfile"),
        "planner.sandbox.described",
    }
)
DOCUMENTS = "jsonschema_rs orjson yaml"
STATE = f"cattrs {DOCUMENTS} subprocess"
TEMPLATES = f"importlib.metadata jinja2 {STATE} zipfile"
SANDBOX = f"requests sqlite3 {TEMPLATES} urllib3 werkzeug"

LOADED = {
    "--version": (4, ""),
    "--help": (4, ""),
    "plan --help": (12, ""),
    "completion bash": (5, "subprocess"),  # click's
    "pla?": (12, ""),
    **{f"{name} -?": (25, "") for name in COMMANDS},
    "state -?": (40, ""),  # the state and its edits
    "plan -e ?": (35, DOCUMENTS),
    "plan --var ?": (40, DOCUMENTS),
    "kinds show ?": (25, "orjson"),
    "export ?": (25, "orjson"),
    "verify dev --check ?": (40, DOCUMENTS),
    "apply --force ?": (25, ""),
    "plan --target ?": (85, STATE),
    "state show ?": (95, STATE),
    "show": (95, STATE),
    "output": (90, STATE),
    "state list": (95, STATE),
    "lock show": (85, STATE),
    "kinds list": (70, f"cattrs {DOCUMENTS} importlib.metadata zipfile"),
    "validate": (170, TEMPLATES),
    "render": (170, TEMPLATES),
    "console": (170, TEMPLATES),
    "plan": (200, SANDBOX),
    "drift": (200, SANDBOX),
    "apply --auto-approve": (215, SANDBOX),
}
"""The command -> the most modules of ours, and those of HEAVY. ? is where a shell completes."""

_TELL = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(list(sys.modules)), file=sys.stderr))
from planner.cli import main
main()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = quickstart(tmp_path_factory.mktemp("startup") / "quickstart")
    made.apply()
    return made


@pytest.mark.parametrize("line", LOADED)
def test_what_a_command_loads(project: Project, line: str) -> None:
    loaded = modules(project.folder, line)
    ours = sorted(name for name in loaded if name.startswith("planner."))
    most, heavy = LOADED[line]
    assert (sorted(HEAVY & loaded), len(ours) <= most) == (sorted(heavy.split()), True), (len(ours), ours)


def modules(folder: Path, line: str) -> frozenset[str]:
    words, completing = line.split(), {}
    if words[-1].endswith("?"):
        told = {"COMP_WORDS": f"planner {line.rstrip('?')}", "COMP_CWORD": str(len(words))}
        words, completing = [], {"_PLANNER_COMPLETE": "bash_complete", **told}
    done = subprocess.run(
        [sys.executable, "-c", _TELL, *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], **completing},  # nothing that measures coverage: it loads more
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(json.loads(done.stderr.splitlines()[-1]))
