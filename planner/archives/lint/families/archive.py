"""What an archive has to be before anything in it is looked at; found by `planner.archives.inspection`."""

from __future__ import annotations

from typing import Final

from planner.archives.inspection import Problem
from planner.archives.lint.family import Family
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule

_ZIP: Final = "https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/zip/ZipInputStream.html#getNextEntry()"

_INSTALLER: Final = (
    "https://github.com/elastic/elasticsearch/blob/v8.15.3/distribution/tools/plugin-cli/src/main/java/org"
    "/elasticsearch/plugins/cli/InstallPluginAction.java"
)

UNUSABLE: Final = Rule(
    "archive-unusable",
    ERROR,
    "cannot be taken as an archive",
    "It cannot be read, or unpacking it is not safe or not the same everywhere; nothing in it was looked at.",
    "Build the archive again.",
    _INSTALLER,
)
UNUSUAL: Final = Rule(
    "archive-unusual",
    WARNING,
    "is an archive that some programs refuse",
    "Java's ZipInputStream refuses stored members with a data descriptor.",
    "Deflate the members, or write the archive to a file, not to a pipe.",
    _ZIP,
)


def finding(problem: Problem) -> Finding:
    """A problem of the archive itself, as one of these rules."""
    sentence = f"{problem.summary}: {problem.detail}" if problem.detail else problem.summary
    return (UNUSABLE if problem.is_error else UNUSUAL).at(sentence=sentence, advice=problem.advice)


FAMILY: Final = Family("archive", "an archive", (UNUSABLE, UNUSUAL))
