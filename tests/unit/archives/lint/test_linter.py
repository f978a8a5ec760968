"""Which family a file goes to, and what is said of what was not looked at."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from itertools import chain

import pytest
from attrs import evolve

from planner.archives.lint import Tree, lint
from planner.archives.lint.family import Family, Sign, Strength
from planner.archives.lint.lines import LONGEST
from planner.archives.lint.tree import BUNDLE, PLUGIN, File, tree
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule, Unchecked

RULE = Rule("a-b", WARNING, "is wrong", "", "", "")


def made(members: dict[str, bytes], kind: str | None = None) -> Tree:
    files = (File(name, len(data), lambda data=data: io.BytesIO(data)) for name, data in members.items())  # type: ignore[misc] # mypy infers no lambda with a default
    return tree("made.zip", files, kind)


def taken(name: str, data: bytes = b"") -> tuple[str, str]:
    (item,) = lint(made({name: data})).taken
    return item.format, item.why


SYNONYMS, WORDS = "synonyms in Solr's format", "a word list"
HUNSPELL = "a dictionary of hunspell"
KUROMOJI, NORI = "a user dictionary of Kuromoji", "a user dictionary of Nori"
WORDNET = "synonyms in WordNet's format"


@pytest.mark.parametrize(
    ("name", "start", "expected"),
    [
        ("dictionaries/synonyms.txt", b"", SYNONYMS),
        ("analysis/My_Synonym.csv", b"", SYNONYMS),
        ("dictionaries/notice-synonyms.txt", b"", SYNONYMS),
        ("dictionaries/synonyms/de.txt", b"# ours\n\n  \nauto, car\n", SYNONYMS),
        ("dictionaries/en.txt", b"\xef\xbb\xbf#x\r\ntelly => tv\r\n", SYNONYMS),
        ("dictionaries/synonyms.txt", b"s(100000001,1,'a',v,1,0).\n", WORDNET),
        ("analysis/wn_s.pl", b"", WORDNET),
        ("dictionaries/mapping.txt", b"ph => f\n", ""),
        ("dictionaries/userdict.bin", b"a,b,c,d\n", ""),
        ("dictionaries/synonyms/de.txt", b"# a, b\nauto\n", WORDS),
        ("dictionaries/synonyms.md", b"auto, car", ""),
        ("dictionaries/synonyms/README_de", b"auto, car", ""),
        ("dictionaries/synonyms/stopwords.txt", b"a, b", WORDS),
        ("analysis/stopwords_de.txt", b"", WORDS),
        ("dictionaries/german.txt", b"der\n", WORDS),
        ("dictionaries/german.txt", b"der\tdie\n", ""),
        ("hunspell/de/de.aff", b"", HUNSPELL),
        ("hunspell/de/settings.yml", b"", HUNSPELL),
        ("hunspell/de.dic", b"", HUNSPELL),
        ("dictionaries/de.dic", b"", ""),
        ("dictionaries/settings.yml", b"", ""),
        ("dictionaries/userdict_ja.txt", b"", KUROMOJI),
        ("dictionaries/ours.txt", "日本人,日本 人,ニホン ジン,名詞\n".encode(), KUROMOJI),
        ("dictionaries/user_dictionary.txt", "日本人,日本 人\n".encode(), KUROMOJI),
        ("dictionaries/userdict.csv", "세종시 세종 시\n".encode(), NORI),
        ("analysis/nori.txt", b"", NORI),
        ("dictionaries/userdict_ko.txt", "세,종\n".encode(), NORI),
        ("dictionaries/userdict_ja.txt", "세종\n".encode(), KUROMOJI),
        ("ingest-geoip/a.mmdb", b"", "a database of IP addresses"),
        ("cacerts", b"", "a key store"),
        ("truststore/idp.P12", b"", "a key store"),
        ("saml/idp/metadata.xml", b"", "metadata of SAML"),
        ("truststore/cacerts", b"", "a key store"),
        ("elasticsearch.keystore", b"", ""),
        ("dictionaries/stemmer_override.txt", b"a => b\n", ""),
        ("dictionaries/type_table.txt", b"$ => DIGIT\n", ""),
        ("dictionaries/synonyms.txt~", b"a, b\n", ""),
        ("dictionaries/synonyms.txt.bak", b"a, b\n", ""),
        ("analysis/nori_user_dict.txt", b"c,c++\n", NORI),
        ("dictionaries/userdict_ko.txt", b"c,c++\n", NORI),
        ("stopwords/de.txt", b"", ""),
        ("dictionaries/stopwords/de.txt", b"der,\n", WORDS),
        ("dictionaries/keepwords/de.txt", b"a => b\n", WORDS),
        ("dictionaries/stopwords/synonyms.txt", b"a, b\n", SYNONYMS),
        ("dictionaries/README.txt", b"", ""),
        ("dictionaries/a.bin", b"", ""),
    ],
)
def test_what_a_file_is_taken_for(name: str, start: bytes, expected: str) -> None:
    assert taken(name, start)[0] == expected


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["plugin-descriptor.properties"], PLUGIN),
        (["stable-plugin-descriptor.properties"], PLUGIN),
        (["elasticsearch/plugin-descriptor.properties", "a.jar"], PLUGIN),
        (["a/stable-plugin-descriptor.properties", "a/a.jar"], PLUGIN),
        (["a/b/plugin-descriptor.properties", "a-plugin-descriptor.properties"], BUNDLE),
        ([], BUNDLE),
    ],
)
def test_what_an_archive_is_taken_for(names: list[str], kind: str) -> None:
    assert made(dict.fromkeys(names, b"")).kind == kind


def test_a_resource_knows_better() -> None:
    found = lint(made({"dictionaries/synonyms.txt": b"a=>b=>c", "plugin-descriptor.properties": b""}, BUNDLE))
    assert [item.rule.id for item in found.findings] == ["synonyms-two-arrows"]
    found = lint(made({"dictionaries/synonyms.txt": b"a=>b=>c"}, PLUGIN))
    assert [item.rule.id for item in found.findings] == ["plugins-no-descriptor"]


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
    assert found.unchecked == (Unchecked("a", "only the first 1,000 errors and 1,000 warnings are told"),)
    assert lint(made({"a": b""}), [family("some", Strength.NAME, findings=1000)]).unchecked == ()
    error = evolve(RULE, severity=ERROR)
    both = evolve(one, check=lambda _: chain(one.check(_), (error.at(n) for n in range(1500))))
    assert Counter(item.rule.severity for item in lint(made({"a": b""}), [both]).findings) == {
        WARNING: 1000,
        ERROR: 1000,
    }
    all_of_them = lint(made({f"{n:02}": b"" for n in range(20)}), [one])
    assert len(all_of_them.findings) == 10_000
    assert all_of_them.unchecked[-1] == Unchecked(
        "", "only the first 10,000 errors and 10,000 warnings are told"
    )


@pytest.mark.parametrize(
    ("name", "odd", "bad", "rule"),
    [
        ("dictionaries/synonyms.txt", b"car\n", b"a => b => c\n", "synonyms-two-arrows"),
        ("dictionaries/synonyms.txt", b"a,,b\n", b"a, ,b\n", "synonyms-blank-term"),
        ("dictionaries/synonyms.txt", b"a,,b\n", b"a => \\ \n", "synonyms-blank-term"),
        ("dictionaries/synonyms.txt", b"a,,b\n", b" \n", "synonyms-blank-term"),
        ("dictionaries/wn_s.pl", b"g(100000001,'a').\n", b"\n", "wordnet-short-line"),
        (
            "dictionaries/userdict_ja.txt",
            "日本,日本,ニホン,名詞,固有\n".encode(),
            b"a,b\n",
            "kuromoji-few-fields",
        ),
        ("dictionaries/userdict_ko.txt", b"c#\n", b'"\n', "nori-open-quote"),
        ("dictionaries/stopwords.txt", b" #\n", b"\xff\n", "words-not-utf8"),
    ],
)
def test_warnings_hide_no_error(name: str, odd: bytes, bad: bytes, rule: str) -> None:
    found = lint(made({name: odd * 1500 + bad + odd}))
    assert rule in {item.rule.id for item in found.findings}


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


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("saml/idp.xml", b'<?xml version="1.0" encoding="shift_jis"?><a/>'),
        ("saml/idp.xml", b'<?xml version="1.0" encoding="no-such"?><a/>'),
        ("saml/idp.xml", b'<?xml version="1.0" encoding="hex"?><a/>'),
    ],
)
def test_what_cannot_be_read_is_said(name: str, data: bytes) -> None:
    found = lint(made({name: data}))
    assert (found.findings, [item.member for item in found.unchecked]) == ((), [name])


def test_a_dictionary_with_an_endless_line_keeps_no_other_from_being_looked_at() -> None:
    long, bad = b"1\n" + b"a" * (LONGEST + 1), b"FLAG num\nKEEPCASE x\n"
    members = {
        "hunspell/a/a.aff": b"",
        "hunspell/a/a.dic": long,
        "hunspell/a/b.dic": b"word",
        "hunspell/b/b.aff": bad + long,
        "hunspell/b/b.dic": b"1\n",
    }
    found = lint(made(members))
    assert [(item.rule.id, item.member) for item in found.findings] == [
        ("hunspell-no-count", "hunspell/a/b.dic"),
        ("hunspell-flag", "hunspell/b/b.aff"),
    ]
    assert [item.member for item in found.unchecked] == ["hunspell/a/a.dic", "hunspell/b/b.aff"]
