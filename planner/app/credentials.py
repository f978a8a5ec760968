"""Where credentials go that are shown once: a file, or the standard input of a command, as the user says.

Each gets one line of JSON for each of them, as schemas/credential.schema.json describes it. Nothing that was
there before is touched, and a line is durable, or taken by a command that ended well, when `keep` returns.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE
from typing import Final, Protocol

import orjson
from attrs import field, frozen

from planner.app.command_line import typed_again
from planner.app.opening import Opened
from planner.engine.credentials import Credentials
from planner.engine.ports import CredentialSink
from planner.engine.steps import CREATES
from planner.errors import PlannerError, Refused
from planner.links import require_regular
from planner.model.address import Address
from planner.model.plan import Plan
from planner.model.resource import Credential
from planner.state.files import append_private, explained_file
from planner.vcs import repository_of

_LONGEST: Final = 60.0
"""Seconds that a command may take for one line."""

_OTHERS: Final = 0o077


class Sink(CredentialSink, Protocol):
    """A place that can be tried before there is anything to keep."""

    @property
    def told(self) -> str:
        """What becomes of credentials there, for people; "" for those who know."""
        ...

    def open(self) -> None:
        """PlannerError when nothing could be kept there. Before the first write of an apply."""
        ...


@frozen
class FileSink:
    """A file that its owner alone may read. Lines are added to its end. line: what is written of one."""

    path: Path
    line: Callable[[Credential], bytes]

    @property
    def told(self) -> str:
        return f"What is shown once is added to {self.path}."

    def open(self) -> None:
        with explained_file(self.path, "used for credentials"):
            if os.path.lexists(self.path):
                there = self.path.lstat()
                require_regular(there, self.path)
                if S_IMODE(there.st_mode) & _OTHERS:
                    raise Refused(
                        f"{self.path} may be read or written by others than its owner",
                        advice=f"Run chmod 600 {shlex.quote(str(self.path))}, or name another file.",
                    )
            self._refuse_tracked()
            append_private(self.path, b"")

    def _refuse_tracked(self) -> None:
        repository = repository_of(self.path.absolute().parent)
        if repository is not None and repository.tracks(self.path.absolute()):
            raise Refused(
                f"{self.path} is tracked by git, and so goes wherever the repository goes",
                advice="Name another file, outside of the repository.",
            )

    def keep(self, credential: Credential) -> None:
        with explained_file(self.path, "written"):
            append_private(self.path, self._torn() + self.line(credential))

    def _torn(self) -> bytes:
        """What ends a line that was cut off."""
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
            return b"" if file.read(1) in (b"", b"\n") else b"\n"


@frozen
class CommandSink:
    """A command that is run for each line. It has to end with 0 within some seconds.

    It is in a session of its own: Ctrl-C is for planner, which finishes what it has begun.
    """

    words: tuple[str, ...]
    line: Callable[[Credential], bytes]
    environ: Mapping[str, str] = field(factory=dict, repr=False)
    seconds: float = _LONGEST

    @property
    def told(self) -> str:
        return f"What is shown once is given to {self.words[0]}."

    def open(self) -> None:
        if not shutil.which(self.words[0], path=self.environ.get("PATH")):
            raise PlannerError(
                f"there is no program {self.words[0]}, which is to take credentials",
                advice="Correct --credentials-command. It is run without a shell; for a pipe: sh -c '...'.",
            )

    def keep(self, credential: Credential) -> None:
        name = self.words[0]
        with explained_file(name, "run"), self._started() as process:
            try:
                _, told = process.communicate(self.line(credential), self.seconds)
            except subprocess.TimeoutExpired:
                with suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise PlannerError(f"{name} did not end within {self.seconds:g} seconds") from None
        if process.returncode:
            last = told.decode(errors="replace").strip().rpartition("\n")[2]
            raise PlannerError(f"{name} ended with {process.returncode}{f': {last}' if last else ''}")

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
            self.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # ours carries results
            stderr=subprocess.PIPE,
            env=dict(self.environ),
            start_new_session=True,
        )


@frozen
class CalledSink:
    """A function of the program that uses planner as a library."""

    call: Callable[[Credential], object]
    told: str = ""

    def open(self) -> None:
        """It is there."""

    def keep(self, credential: Credential) -> None:
        try:
            self.call(credential)
        except Exception as error:  # whatever it is, the credential has to count as lost
            raise PlannerError(f"it was not taken: {type(error).__name__}") from error


Destination = Callable[[Opened], Sink]
"""Where the user wants credentials, once it is known of which environment they are."""


def to_file(path: Path) -> Destination:
    return lambda here: FileSink(path, _line(here))


def to_command(text: str) -> Destination:
    """PlannerError where the text is no command."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise PlannerError(f"--credentials-command {text!r} is no command: {error}") from None
    if not words:
        raise PlannerError("--credentials-command is empty", advice="Name a command, or leave it out.")
    return lambda here: CommandSink(words, _line(here), here.request.inputs.environ)


def to_call(call: Callable[[Credential], object]) -> Destination:
    return lambda _: CalledSink(call)


def _line(here: Opened) -> Callable[[Credential], bytes]:
    def line(credential: Credential) -> bytes:
        facts = {
            "environment": here.environment.name,
            "address": str(credential.address),
            "id": credential.id,
            "attribute": credential.attribute,
            "value": str(credential.value),
            "at": here.store.clock(),
        }
        return orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE)

    return line


def refuse_without_sink(here: Opened, plan: Plan, destination: Destination | None) -> None:
    """Refused where a plan makes what shows a credential once, and nobody said where that goes."""
    made = _showing(here, plan)
    if made and destination is None:
        named = f"{made[0]} and {len(made) - 1} more" if len(made) > 1 else str(made[0])
        again = typed_again(here, "--credentials", "FILE")
        raise Refused(
            f"{named} would be made, and nobody said where the credential goes that only the reply shows",
            advice=f"Name a file, to whose end it is added: {again}. Or a command, which gets it on its "
            "standard input: --credentials-command 'CMD'.",
        )


def _showing(here: Opened, plan: Plan) -> list[Address]:
    """What a plan makes that shows a credential once."""
    made = (change.address for change in plan.changes if change.action in CREATES)
    return [address for address in made if here.session.drivers[address.kind].kind.once]


def opened_credentials(here: Opened, plan: Plan, destination: Destination | None) -> Credentials:
    """What takes the credentials of an apply; tried, where the plan makes any. PlannerError where they could
    not be kept. From here on they are secrets of the run.
    """
    refuse_without_sink(here, plan, destination)
    if destination is None:
        return Credentials()
    sink = destination(here)
    if _showing(here, plan):
        sink.open()
        if sink.told:
            here.caller.tell(sink.told)
    credentials = Credentials(sink)
    here.caller.redact.watch(lambda: credentials.texts)
    return credentials
