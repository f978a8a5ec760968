"""Every rule, on an archive that breaks it and on one that does not. `cases` has them."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from planner.app.lint import lint_paths, rule
from planner.archives.lint import families, rules
from planner.errors import WrongUsage
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Report

from . import cases
from .cases import Case, Members, zipped
from .cases.geoip import CITY
from .cases.plugins import CLASSIC as DESCRIPTOR
from .cases.plugins import classic, stable

MODULES = {m.name: import_module(f"{cases.__name__}.{m.name}") for m in pkgutil.iter_modules(cases.__path__)}
PROGRAM = r"https://github\.com/(elastic/elasticsearch/blob/v|apache/lucene/blob/releases/)\S+\.java(#L\d+)?$"
CASES: dict[str, Case] = {name: case for module in MODULES.values() for name, case in module.CASES.items()}


def lint_zip(folder: Path, archive: Members | bytes) -> Report:
    path = folder / "made.zip"
    path.write_bytes(zipped(archive))
    (report,) = lint_paths(folder, [path])
    return report


def test_every_rule_has_a_case_in_the_module_of_its_family() -> None:
    found = {family.name: {rule.id for rule in family.rules} for family in families()}
    assert {name.replace("_", "-"): set(module.CASES) for name, module in MODULES.items()} == found


@pytest.mark.parametrize("name", CASES)
def test_a_bad_archive(tmp_path: Path, name: str) -> None:
    report = lint_zip(tmp_path, CASES[name].bad)
    places = [
        item.member if item.line is None else (item.member, item.line)
        for item in report.findings
        if item.rule.id == name
    ]
    assert tuple(places) == CASES[name].at
    assert {item.rule.id for item in report.findings} - {name} == CASES[name].also


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("plugins-former-layout", "made.zip holds its files under elasticsearch/ (plugins-former-layout)"),
        ("plugins-two-descriptors", "made.zip has the descriptors of "),
        ("plugins-no-descriptor", "made.zip has no descriptor at its root: it is "),
        ("bundle-too-deep", "made.zip has all its files in one folder "),
        ("hunspell-no-affixes", "de.dic has words, and no .aff file beside them"),
        ("plugins-nested-folder", "tool is in a folder below bin/"),
    ],
)
def test_what_is_told_names_what_it_is_about(tmp_path: Path, name: str, told: str) -> None:
    report = lint_zip(tmp_path, CASES[name].bad)
    found = next(item.summary for item in report.diagnostics() if f"({name})" in item.summary)
    assert found.startswith(told)


@pytest.mark.parametrize("name", CASES)
def test_a_good_archive(tmp_path: Path, name: str) -> None:
    report = lint_zip(tmp_path, CASES[name].good)
    assert (report.findings, report.unchecked) == ((), ())


SYNONYMS = "dictionaries/synonyms.txt"
IN_PRODUCTION: dict[str, tuple[Members, tuple[str, str]]] = {
    "two arrows": ({SYNONYMS: b"a, b\na => b => c\n"}, ("synonyms-two-arrows", f"{SYNONYMS}:2")),
    "stop words in Latin-1": (
        {"dictionaries/stopwords.txt": "der\nfür\n".encode("latin-1")},
        ("words-not-utf8", "dictionaries/stopwords.txt:2"),
    ),
    "one folder too deep": (
        {f"words/{SYNONYMS}": b"a, b\n", "__MACOSX/words/._x": b""},
        ("bundle-too-deep", ""),
    ),
    "no .aff": ({"hunspell/de_DE/de.dic": b"1\nHaus\n"}, ("hunspell-no-affixes", "hunspell/de_DE/de.dic")),
    "a reserved name": (
        {"ingest-geoip/GeoLite2-City.mmdb": CITY},
        ("geoip-reserved-name", "ingest-geoip/GeoLite2-City.mmdb"),
    ),
    "settings": ({"elasticsearch.yml": b""}, ("bundle-platform-settings", "elasticsearch.yml")),
    "a file script": ({"scripts/test.js": b""}, ("bundle-file-script", "scripts/test.js")),
    "no classname": (classic(classname=None), ("plugins-missing-key", DESCRIPTOR)),
    "sources": ({**classic(), "Mine.java": b""}, ("plugins-java-source", "Mine.java")),
    "two descriptors": ({**classic(), **stable()}, ("plugins-two-descriptors", "")),
    "an unknown key": (classic(site="true"), ("plugins-unknown-key", f"{DESCRIPTOR}:7")),
    "the former folder": (
        {f"elasticsearch/{name}": data for name, data in classic().items()},
        ("plugins-former-layout", ""),
    ),
}
"""Archives that are applied without a word, and keep a node from starting weeks later, or do nothing."""
ARE_ERRORS = frozenset(
    {
        *("synonyms-two-arrows", "words-not-utf8", "hunspell-no-affixes", "plugins-missing-key"),
        *("plugins-two-descriptors", "plugins-unknown-key", "plugins-former-layout"),
    }
)


@pytest.mark.parametrize("name", IN_PRODUCTION)
def test_what_is_found_out_in_production_only(tmp_path: Path, name: str) -> None:
    members, (rule, place) = IN_PRODUCTION[name]
    found = {item.rule: item for item in lint_zip(tmp_path, members).faults()}
    whole = f"{tmp_path}/made.zip"
    assert found[rule].place(whole) == (f"{whole}!{place}" if place else whole)
    assert found[rule].severity == (ERROR if rule in ARE_ERRORS else WARNING)
    assert found.keys() - {rule} <= {"bundle-desktop-files"}


def in_both() -> list[str]:
    """The cases that can be a folder: nothing hidden, which is left out there."""
    return [
        name
        for name, case in CASES.items()
        if isinstance(case.bad, dict) and not re.search(r"(^|/)(\.|__MACOSX|Thumbs)", " /".join(case.bad))
    ]


@pytest.mark.parametrize("name", in_both())
def test_a_folder_is_read_as_its_archive(tmp_path: Path, name: str) -> None:
    bad = CASES[name].bad
    assert isinstance(bad, dict)
    for member, data in bad.items():
        path = tmp_path / "folder" / member
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (report,) = lint_paths(tmp_path, [tmp_path / "folder"])
    zipped = lint_zip(tmp_path, bad)
    assert (report.findings, report.taken, report.unchecked) == (
        zipped.findings,
        zipped.taken,
        zipped.unchecked,
    )


@pytest.mark.parametrize("name", rules())
def test_a_rule_says_all_that_there_is_to_say(name: str) -> None:
    found = rule(name)
    family = next(family for family in families() if found in family.rules)
    assert re.fullmatch(rf"{family.name}(-[a-z0-9]+)+", name)
    assert found.severity in (ERROR, WARNING)
    assert re.fullmatch(r"https://\S+", found.source)
    for text in (found.explanation, found.advice):
        assert re.fullmatch(r"[A-Z`].*[.)]", text, re.DOTALL), text
    if found.is_error:
        assert re.match(PROGRAM, found.source), "an error is what a line of the program refuses, or a warning"
    assert re.match(r"(has|is|begins|was|repeats|cannot|lacks|ends|names|holds) ", found.sentence)


def test_ids_are_there_once() -> None:
    assert len(rules()) == sum(len(family.rules) for family in families())


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("synonyms-two-arrow", 'Did you mean "synonyms-two-arrows"?'),
        ("two-arrows", 'Did you mean "synonyms-two-arrows"?'),
        ("", "There are archive-unusable,"),
    ],
)
def test_an_unknown_rule(name: str, advice: str) -> None:
    with pytest.raises(WrongUsage) as raised:
        rule(name)
    assert raised.value.advice.startswith(advice)
