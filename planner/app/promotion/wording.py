"""A promotion in words: for the terminal, the commit, and the pull request. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from planner.app.promotion.choosing import Choice
from planner.model.release import Edit, Gate
from planner.model.value import Value
from planner.promote.gates import Verdict
from planner.render.escaping import escape, shorten
from planner.render.markdown.spans import code
from planner.render.values import inline

_WIDEST_VALUE = 60
_WIDEST_CELL = 200


@frozen
class Account:
    """What a promotion does, once its gates were asked. file: name of the one that is written.

    reasons: of the gates that are set aside.
    """

    choice: Choice
    verdict: Verdict
    file: str
    edits: tuple[Edit, ...]
    reasons: Mapping[str, str]

    @property
    def title(self) -> str:
        """The title of the pull request, which is the subject of the commit too."""
        promotion, run = self.choice.promotion, self.choice.run
        if promotion.is_rollback:
            return f"Roll {promotion.target} back to {self.verdict.release}"
        if self.choice.whole:
            return f"Promote {self.verdict.release} from {promotion.source} to {promotion.target}"
        parts = ", ".join(self.choice.parts)
        return f"Promote {parts} of {run.id} from {promotion.source} to {promotion.target}"

    @property
    def branch(self) -> str:
        verb = "rollback" if self.choice.promotion.is_rollback else "promote"
        return f"planner/{verb}-{self.choice.promotion.target}-{self.verdict.release}"


def change_lines(account: Account) -> list[str]:
    """ "pins/prod.yaml: templates 1a2b3c4d5e6f -> 3f9c1ab22222"."""
    return [f"{account.file}: {_change(edit)}" for edit in account.edits]


def _change(edit: Edit) -> str:
    """An id or a commit is shown as such, any other value as in a plan."""
    if edit.is_gone:
        return f"{edit.name} {_shown(edit, edit.before)} is not pinned any more"
    after = _shown(edit, edit.after)
    return f"{edit.name} = {after}" if edit.is_new else f"{edit.name} {_shown(edit, edit.before)} -> {after}"


def _shown(edit: Edit, value: Value) -> str:
    return shorten(escape(str(value)) if edit.is_word else inline(value), _WIDEST_VALUE)


def commit_message(account: Account) -> str:
    gates = [f"- {gate.name}: {_told(gate)}" for gate in account.verdict.gates]
    paragraphs = [
        account.title,
        "\n".join(f"- {line}" for line in change_lines(account)),
        "\n".join(["Gates:", *gates]) if gates else "",
        "\n".join(trailers(account)),
    ]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def trailers(account: Account) -> Iterator[str]:
    yield f"Planner-Release: {account.verdict.release}"
    yield f"Planner-From: {account.choice.origin}"
    yield from (f"Planner-Forced: {gate}: {_line(reason)}" for gate, reason in account.reasons.items())


def _told(gate: Gate) -> str:
    return _line(f"{gate.state}: {gate.about}" if gate.about else gate.state)


def _line(text: str) -> str:
    return escape(" ".join(text.split()))


def description(account: Account, limit: int) -> str:
    """The text of the pull request, as Markdown, of at most limit characters. It ends with the trailers.

    So does the message of a commit that the forge makes of it, where it squashes.
    """
    changes = [f"- {code(line)}" for line in change_lines(account)]
    for shown in (len(changes), 10, 0):
        left = len(changes) - shown
        more = [f"- {f'and {left} more' if shown else f'{left} values'}"] if left > 0 else []
        text = _described(account, [*changes[:shown], *more])
        if len(text) <= limit:
            return text
    return "\n".join(_marked_trailers(account))[:limit]


def _described(account: Account, changes: Sequence[str]) -> str:
    rows = [_row(gate) for gate in account.verdict.gates]
    table = ["| Gate | State | |", "| --- | --- | --- |", *rows] if rows else []
    paragraphs = ("\n".join(changes), "\n".join(table), "\n".join(_marked_trailers(account)))
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _row(gate: Gate) -> str:
    state = gate.state if gate.met else f"**{gate.state}**"
    return f"| {code(gate.name)} | {state} | {code(gate.about, _WIDEST_CELL) if gate.about else ''} |"


def _marked_trailers(account: Account) -> Iterator[str]:
    """What people wrote is in code: it must not reach anybody as a mention."""
    for line in trailers(account):
        name, _, value = line.partition(": ")
        yield f"{name}: {code(value, _WIDEST_CELL)}" if name == "Planner-Forced" else line


def waiting(account: Account) -> Iterator[str]:
    """What the apply waits for, a line each; the promotion itself does not."""
    for gate in account.verdict.gates:
        if gate.applies and not gate.met:
            yield f"The apply waits for {gate.name}: {gate.detail}. {gate.advice}".rstrip()
