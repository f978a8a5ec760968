"""`python -m tests.faults`: which test catches each fault, as a table."""

from __future__ import annotations

import argparse
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from attrs import define, field

from .fault import DoesNotApply, Fault, faults

ROOT = Path(__file__).parents[2]
WHOLE = ("-n", "auto")
"""What the README's test command gives pytest."""

PATIENCE = 900.0
FAILED, OK = 1, 0
_CAUGHT = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


class Useless(Exception):
    """A run that says nothing of the fault."""


@define
class Trial:
    """Of a commit of this repository, taken out into folder once. tests: more words for pytest."""

    folder: Path
    commit: str
    tests: Sequence[str]
    whole: bool
    _sound: set[tuple[str, ...]] = field(factory=set)

    @property
    def _clean(self) -> Path:
        return self.folder / "clean"

    def prepare(self) -> None:
        words = ["git", "-C", str(ROOT), "archive", self.commit]
        packed = subprocess.run(words, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as tree:
            tree.extractall(self._clean, filter="data")

    def caught_by(self, fault: Fault) -> str:
        """The first test that fails with the fault, "" for none. Useless when it fails without it too."""
        fault.changed(self._clean)
        caught = self._first(fault, (*self.tests, *fault.looks_in))
        return caught or (self._first(fault, WHOLE) if self.whole else "")

    def _first(self, fault: Fault, words: tuple[str, ...]) -> str:
        if words not in self._sound:
            if failed := _first_failed(self._clean, words):
                raise Useless(f"{failed} fails without the fault")
            self._sound.add(words)
        tree = self.folder / fault.name
        shutil.copytree(self._clean, tree, symlinks=True, dirs_exist_ok=True)
        try:
            fault.make(tree)
            return _first_failed(tree, words)
        finally:
            shutil.rmtree(tree)


def _first_failed(tree: Path, words: Sequence[str]) -> str:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", *words]
    # Processes that the tests start are to find this tree, not the one that is installed.
    environ = {**os.environ, "PYTHONPATH": str(tree)}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Useless(f"pytest {' '.join(words)} does not end") from error
    if done.returncode == OK:
        return ""
    found = _CAUGHT.search(done.stdout)
    if done.returncode != FAILED or found is None:
        raise Useless(f"pytest {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return found[1]


def main() -> int:
    """0 when every fault could be tried, caught or not."""
    options, trouble = _options(), False
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        trial = Trial(Path(folder), options.at, shlex.split(options.tests), options.whole)
        trial.prepare()
        print("| fault | where | caught by |\n|---|---|---|")
        for fault in faults():
            if options.only and fault.number not in options.only:
                continue
            try:
                caught = trial.caught_by(fault)
            except (DoesNotApply, Useless) as error:
                trouble, caught = True, "NOT TRIED"
                print(error, file=sys.stderr)
            print(f"| {fault.name} | {', '.join(fault.files)} | {caught or 'not caught'} |", flush=True)
    return int(trouble)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", type=int, metavar="NN")
    parser.add_argument("--at", default="HEAD", metavar="COMMIT", help="the tree to try them in")
    parser.add_argument("--tests", default="", metavar="WORDS", help="more words for pytest, as '-n 2'")
    parser.add_argument("--whole", action="store_true", help="try all tests where those that look there fail")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
