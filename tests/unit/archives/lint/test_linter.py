"""Which family a file goes to, and what is said of what was not looked at."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from planner.archives.lint import Tree, lint
from planner.archives.lint.family import Family, Sign, Strength
from planner.archives.lint.lines import LONGEST
from planner.archives.lint.tree import BUNDLE, PLUGIN, File, tree
from planner.model.diagnostic import WARNING
from planner.model.lint import Finding, Rule, Unchecked

RULE = Rule("a-b", WARNING, "is wrong", "", "", "")


def made(members: dict[str, bytes], kind: str | None = None) -> Tree:
    files = (File(name, len(data), lambda data=data: io.BytesIO(data)) for name, data in members.items())  # type: ignore[misc] # mypy infers no lambda with a default
    return tree("made.zip", files, kind)


def taken(name: str, data: bytes = b"") -> tuple[str, str]:
    (item,) = lint(made({name: data})).taken
    return item.format, item.why


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dictionaries/synonyms.txt", "synonyms in Solr's format"),
        ("analysis/My_Synonym.csv", "synonyms in Solr's format"),
        ("dictionaries/synonyms/de.txt", "synonyms in Solr's format"),
        ("dictionaries/synonyms/stopwords.txt", "a word list"),
        ("dictionaries/synonyms.md", ""),
        ("dictionaries/synonyms/README_de", ""),
        ("dictionaries/notice-synonyms.txt", "synonyms in Solr's format"),
        ("stopwords/de.txt", ""),
        ("analysis/stopwords_de.txt", "a word list"),
        ("dictionaries/german.txt", "a word list"),
        ("dictionaries/README.txt", ""),
        ("dictionaries/a.bin", ""),
    ],
)
def test_what_a_file_is_taken_for(name: str, expected: str) -> None:
    assert taken(name)[0] == expected


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["plugin-descriptor.properties"], PLUGIN),
        (["stable-plugin-descriptor.properties"], PLUGIN),
        (["elasticsearch/plugin-descriptor.properties", "a.jar"], PLUGIN),
        (["a/plugin-descriptor.properties"], BUNDLE),
        ([], BUNDLE),
    ],
)
def test_what_an_archive_is_taken_for(names: list[str], kind: str) -> None:
    assert made(dict.fromkeys(names, b"")).kind == kind


def test_a_resource_knows_better() -> None:
    found = lint(made({"dictionaries/synonyms.txt": b"a=>b=>c", "plugin-descriptor.properties": b""}, BUNDLE))
    assert [item.rule.id for item in found.findings] == ["synonyms-two-arrows"]
    assert lint(made({"dictionaries/synonyms.txt": b"a=>b=>c"}, PLUGIN)).findings == ()


def family(name: str, strength: Strength, findings: int = 0) -> Family:
    def check(_file: File) -> Iterator[Finding]:
        return (RULE.at(line) for line in range(findings))

    return Family(name, f"of {name}", (RULE,), lambda *_: Sign(strength, "it is so"), check)


def test_the_strongest_sign_wins() -> None:
    weak, strong = family("weak", Strength.REST), family("strong", Strength.CONTENT)
    for asked in ((weak, strong), (strong, weak)):
        assert [item.format for item in lint(made({"a": b""}), asked).taken] == ["of strong"]


def test_findings_are_bounded_and_it_is_said() -> None:
    one = family("many", Strength.NAME, findings=1001)
    found = lint(made({"a": b""}), [one])
    assert len(found.findings) == 1000
    assert found.unchecked == (Unchecked("a", "only the first 1,000 findings are told"),)
    assert lint(made({"a": b""}), [family("some", Strength.NAME, findings=1000)]).unchecked == ()
    all_of_them = lint(made({f"{n:02}": b"" for n in range(20)}), [one])
    assert len(all_of_them.findings) + len(all_of_them.unchecked) == 10_001
    assert all_of_them.unchecked[-1] == Unchecked("", "only the first 10,000 findings are told")


def test_a_line_that_is_too_long_ends_the_look_at_its_file_only() -> None:
    members = {
        "dictionaries/a-synonyms.txt": b"a, b\n" + b"c" * (LONGEST + 1),
        "dictionaries/words.txt": b"\xff",
    }
    found = lint(made(members))
    assert [item.rule.id for item in found.findings] == ["words-not-utf8"]
    assert [str(item.sentence) for item in found.unchecked] == [
        "line 2 has more than 4,194,304 bytes; nothing was looked for from there on"
    ]
