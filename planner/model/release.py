"""A release: what is promoted from one environment to the next, as a value."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from planner.model.codec import canonical, digest
from planner.model.redaction import IDENTITY, WORD
from planner.model.value import Value
from planner.model.value_json import encode_mapping, encode_value

_DIGITS = 10


def exactly(value: Value) -> bytes:
    """For comparisons: 1, 1.0 and true are equal in Python, and not what templates make of them."""
    return canonical(encode_value(value))


@frozen
class Release:
    """variables: the values of the promotable ones. templates: the commit of templates/ and files/, "" where
    they are not promoted, or are not as any commit has them. archives: path in the project -> sha256.
    """

    variables: Mapping[str, Value] = field(factory=dict, eq=exactly)
    templates: str = field(default="", metadata=WORD)
    archives: Mapping[str, str] = field(factory=dict, metadata=IDENTITY)

    @property
    def id(self) -> str:
        """ "r-" and the first ten hex digits of the digest of everything in it, in canonical form."""
        made_of = [encode_mapping(self.variables), self.templates, dict(self.archives)]
        return f"r-{digest(made_of).removeprefix('sha256:')[:_DIGITS]}"


@frozen
class Gate:
    """One condition of a promotion. met: also when it was forced.

    detail: the reason it is closed, or the proof that it is met. advice: what to do about a closed one.
    forced: why it was set aside and by whom, "" when it was not. applies: it holds back the apply only, and
    not the promotion: it may be met in between.
    """

    name: str = field(metadata=WORD)
    met: bool
    detail: str = ""
    advice: str = ""
    forced: str = ""
    applies: bool = False
