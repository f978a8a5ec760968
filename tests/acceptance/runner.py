"""A project in a folder of its own, driven as a user drives it: by command lines.

They run in this process. With PLANNER_TEST_PROCESSES=1, and in tests about processes, each has its own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field

from .command import Done, run_here
from .ece import Ece

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PATIENCE = 30.0
WIDE = "1000"
"""Columns, where a test names none: no message is wrapped, however long the paths in it are."""
PROCESSES = os.environ.get("PLANNER_TEST_PROCESSES") == "1"

PROJECT = """
project: small
variables:
  version: {type: string, default: "8.*"}
environments:
  dev: {endpoint: sandbox}
"""

TEMPLATE = """
resource:
  extension:
    alpha:
      name: alpha
      extension_type: bundle
      version: {{ var.version }}
      file: files/alpha
    beta:
      name: beta
      extension_type: bundle
      version: "*"
      description: Goes with {{ resource.extension.alpha.url }}
"""


@define
class Project:
    """A project of a test, and the command run in it. environ: added to an environment that has nothing of
    the person who runs the tests.
    """

    folder: Path
    environ: dict[str, str] = field(factory=dict)

    def run(self, *words: str, env: dict[str, str] | None = None, given: bytes = b"") -> Done:
        """given: what the command can read."""
        if PROCESSES or threading.current_thread() is not threading.main_thread():
            return self.run_apart(*words, env=env, given=given)
        return _whole(run_here(words, self.folder, self._environ(env), given))

    def run_apart(self, *words: str, env: dict[str, str] | None = None, given: bytes = b"") -> Done:
        """In a process of its own."""
        with tempfile.TemporaryFile() as file:
            file.write(given)
            file.seek(0)
            with self.started(*words, env=env, stdin=file) as process:
                out, err = process.communicate(timeout=PATIENCE * 2)
                return _whole(Done(process.returncode, out, err))

    def ok(self, *words: str, env: dict[str, str] | None = None) -> Done:
        done = self.run(*words, env=env)
        assert done.code == 0, done
        return done

    @contextmanager
    def started(
        self, *words: str, env: dict[str, str] | None = None, before: Sequence[str] = (), **streams: Any
    ) -> Iterator[subprocess.Popen[str]]:
        """The command while it runs; ended with the context at the latest. before: words in front of it."""
        pipes: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "preexec_fn": hear_interrupts,
        }
        process = subprocess.Popen(
            [*before, *self._command(words)],
            cwd=self.folder,
            env=self._environ(env),
            text=True,
            **{**pipes, **streams},
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "planner", *words]

    def _environ(self, more: dict[str, str] | None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH")}
        own = {"HOME": str(self.folder), "LANG": "C.UTF-8", "PYTHONWARNINGS": "error", "COLUMNS": WIDE}
        return {**kept, **own, **self.environ, **(more or {})}

    def apply(self, *words: str, env: dict[str, str] | None = None) -> Done:
        return self.ok("apply", "--auto-approve", *words, env=env)

    def settled(self, *words: str) -> None:
        """Nothing is left to do."""
        again = self.run("plan", "--detailed-exitcode", *words)
        assert again.code == 0, again

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "state/dev.json").read_text())
        return found

    def resource(self, address: str) -> dict[str, Any]:
        return next(item for item in self.state()["resources"] if item["address"] == address)

    def begun(self) -> int:
        """How many calls the running apply has begun: the intents in its journal."""
        path = self.folder / "state/dev.journal"
        return path.read_bytes().count(b'"intent"') if path.exists() else 0

    def addresses(self) -> list[str]:
        return [item["address"] for item in self.state()["resources"]]

    @contextmanager
    def sandbox(self) -> Iterator[Ece]:
        """The embedded ECE of the dev environment, from outside."""
        with Ece.of(self.folder / "state/sandbox-dev.db") as ece:
            yield ece


def _whole(done: Done) -> Done:
    """What every command keeps to, however it ends."""
    assert "Traceback" not in done.both
    assert "a defect in planner" not in done.err, done.err
    return done


def hear_interrupts() -> None:
    """A shell starts what goes to the background deaf to Ctrl-C, and so all that it starts in turn."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def quickstart(folder: Path) -> Project:
    """examples/quickstart, with its state beside it."""
    shutil.copytree(EXAMPLES / "quickstart", folder)
    project = Project(folder)
    project.edit("planner.yaml", "../../state/quickstart/dev.json", "state/dev.json")
    return project


def small(folder: Path, template: str = TEMPLATE, project: str = PROJECT) -> Project:
    """Two bundles, the second of which refers to the first."""
    made = Project(folder)
    made.write("planner.yaml", project)
    made.write("templates/main.yaml", template)
    made.write("files/alpha/words.txt", "one\n")
    return made


def words(text: str) -> str:
    """text without its line breaks and indents."""
    return " ".join(text.split())


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


def finished(process: subprocess.Popen[str]) -> Done:
    out, err = process.communicate(timeout=PATIENCE)
    return _whole(Done(process.returncode, out, err))


def signalled(process: subprocess.Popen[str], number: signal.Signals) -> Done:
    process.send_signal(number)
    return finished(process)
