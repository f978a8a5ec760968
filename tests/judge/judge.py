"""Lucene and Elasticsearch themselves, asked for their verdict: Judge.java, where Java and its jars are."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from attrs import frozen

HERE: Final = Path(__file__).parent
ASK: Final = "mvn -B -f tests/judge/pom.xml dependency:build-classpath"
HUNSPELL: Final = "config/hunspell/xx"
_PATIENCE: Final = 600.0


@cache
def class_path() -> str | None:
    """Of what pom.xml names, where Maven has it at hand: nothing is fetched."""
    maven = shutil.which("mvn")
    if maven is None or shutil.which("java") is None:
        return None
    told = subprocess.run(
        [maven, "-B", "-o", "-f", str(HERE / "pom.xml"), "dependency:build-classpath"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
    )
    return next((line for line in told.stdout.splitlines() if ".jar:" in line), None)


@frozen
class Question:
    """A format, as Judge.java calls it, and where its file, home or plugin is."""

    format: str
    path: Path


def question(folder: Path, form: str, members: Mapping[str, bytes]) -> Question:
    """The members, written where Elasticsearch would find them."""
    for name, data in members.items():
        path = folder / (f"config/{name}" if form == "hunspell" else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return Question(form, folder if form in ("hunspell", "plugins") else path)


def verdicts(questions: Iterable[Question]) -> list[str | None]:
    """For each one why it is refused, or None."""
    java = ["java", "-cp", class_path() or "", str(HERE / "Judge.java")]
    asked = "".join(f"{one.format}\t{one.path}\n" for one in questions)
    told = subprocess.run(java, input=asked, capture_output=True, text=True, check=True, timeout=_PATIENCE)
    return [line.partition("\t")[2] or None for line in told.stdout.split("\n")[:-1]]
