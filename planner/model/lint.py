"""What linting finds: rules, findings, and what each file was taken for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve, field, frozen

from planner.model.diagnostic import ERROR, Diagnostic, Position
from planner.model.redaction import WORD

_NAMED: Final = 5
"""Further places of a finding that are named."""


@frozen
class Rule:
    """One thing that an archive must not be, or should not.

    id: what `--explain` and `allow` name it by. severity: ERROR only where source is a line of the program
    that refuses it, else WARNING. sentence: what is wrong, said of a file. explanation: what comes of it.
    advice: what to do. source: a link to where it is read from, "" for none.
    """

    id: str = field(metadata=WORD)
    severity: str = field(metadata=WORD)
    sentence: str = field(metadata=WORD)
    explanation: str = field(metadata=WORD)
    advice: str = field(metadata=WORD)
    source: str = field(metadata=WORD)

    @property
    def is_error(self) -> bool:
        return self.severity == ERROR

    def at(
        self,
        line: int | None = None,
        *,
        member: str = "",
        sentence: str = "",
        advice: str = "",
        since: str = "",
    ) -> Finding:
        """A finding of this rule. member: may be left out by the check of one file, which it then is about.
        sentence, advice: where more can be said than the rule does. since: as of Finding.
        """
        return Finding(self, member, line, sentence or self.sentence, advice or self.advice, since)


@frozen
class Finding:
    """One place where an archive breaks a rule. member: its path in the archive, "" for the whole. line: from
    1, None when it is about no line. since: the day from which on it does, as 2026-12-24, "" for always.
    """

    rule: Rule
    member: str
    line: int | None
    sentence: str
    advice: str
    since: str = field(default="", metadata=WORD)


@frozen
class Unchecked:
    """What was not looked for, and where: a bound was reached."""

    member: str
    sentence: str


@frozen
class Taken:
    """What a file was taken for, and why. format: "" when no family knows it, so that nothing is checked."""

    member: str
    format: str = field(metadata=WORD)
    why: str = field(metadata=WORD)


@frozen
class Fault:
    """What a file breaks of one rule, at the first of its lines. rule: its id. detail: more about it. since:
    as of Finding; each day is a fault of its own.
    """

    rule: str = field(metadata=WORD)
    severity: str = field(metadata=WORD)
    member: str
    line: int | None
    sentence: str
    detail: str
    advice: str
    since: str = field(default="", metadata=WORD)

    def place(self, archive: str) -> str:
        """`archive!member:line`, as far as they are given."""
        return str(Position(_place(archive, self.member), self.line))

    def diagnostic(self, archive: str) -> Diagnostic:
        name = (self.member or archive).rpartition("/")[2]
        return Diagnostic(
            self.severity,
            f"{name} {self.sentence} ({self.rule})",
            detail=self.detail,
            position=Position(_place(archive, self.member), self.line),
            advice=self.advice,
        )


def _place(archive: str, member: str) -> str:
    return f"{archive}!{member}" if member else archive


@frozen
class Report:
    """What linting an archive found. kind: bundle or plugin, and why it was taken for that; "" when it cannot
    be read. is_folder: its members are files on disk, below its path.
    """

    archive: str
    kind: str = field(metadata=WORD)
    why: str = field(metadata=WORD)
    taken: tuple[Taken, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...] = ()
    is_folder: bool = False

    @property
    def errors(self) -> int:
        return sum(1 for finding in self.findings if finding.rule.is_error)

    def on(self, day: str) -> Report:
        """What holds on a day, as 2026-12-24."""
        return evolve(self, findings=tuple(finding for finding in self.findings if finding.since <= day))

    def place(self, member: str, line: int | None = None) -> str:
        """`archive!member:line`, as far as they are given."""
        return str(Position(_place(self.archive, member), line))

    def file(self, finding: Finding) -> str:
        """The path of the file on disk that a finding is in."""
        return f"{self.archive}/{finding.member}" if self.is_folder and finding.member else self.archive

    def faults(self) -> Iterator[Fault]:
        """The findings for people: one for a rule and a file."""
        taken = {item.member: item for item in self.taken}
        found: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in self.findings:
            found.setdefault((finding.rule.id, finding.member, finding.since), []).append(finding)
        for (rule, member, since), (first, *others) in found.items():
            detail = _context(taken.get(member), first.rule, others)
            severity = first.rule.severity
            yield Fault(rule, severity, member, first.line, first.sentence, detail, first.advice, since)

    def diagnostics(self) -> Iterator[Diagnostic]:
        return (fault.diagnostic(self.archive) for fault in self.faults())


def _context(taken: Taken | None, rule: Rule, others: list[Finding]) -> str:
    """Where else it is, and what the file was taken for."""
    what = f"Taken for {taken.format}: {taken.why}." if taken and taken.format else ""
    return " ".join(part for part in (_also(rule, others), what) if part)


def _also(rule: Rule, others: list[Finding]) -> str:
    """The lines of the others; where they have none, what they say beside what the rule does."""
    places = [str(finding.line) for finding in others if finding.line]
    where = f" in line{'s' * (len(places) > 1)}"
    if not places:
        places, where = [finding.sentence.removeprefix(f"{rule.sentence}: ") for finding in others], ":"
    more = len(places) - _NAMED
    listed = ", ".join(places[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return f"Also{where} {listed}." if places else ""
