from __future__ import annotations

import re

import pytest

from planner.archives.descriptor import CLASSIC, STABLE
from planner.archives.inspection import Descriptor
from planner.archives.lint.together import SAME_PATH, TRUST_STORES, VERSION, runs_on, same_paths, trust_stores
from planner.model.lint import Rule

from .test_rules import PROGRAM

A, B = "dictionaries/a.txt", "dictionaries/b.txt"
Bundles = dict[str, dict[str, str]]


@pytest.mark.parametrize(
    ("bundles", "found"),
    [
        ({}, []),
        ({"one": {"cacerts": "1"}, "two": {"cacerts": "2"}}, []),
        ({"one": {A: "1", B: "1"}}, []),
        ({"one": {A: "1"}, "two": {B: "1"}}, []),
        ({"one": {A: "1"}, "two": {A: "1"}}, []),
        ({"one": {A: "1"}, "two": {A.upper(): "2"}}, []),
        ({"one": {A: "1"}, "two": {A: "2"}}, [("two", f"{A}, as in one")]),
        (
            {"one": {A: "1"}, "two": {B: "1"}, "three": {B: "2", A: "2"}},
            [("three", f"{A}, as in one"), ("three", f"{B}, as in two")],
        ),
        ({"one": {A: "1"}, "two": {A: "1"}, "three": {A: "2"}}, [("three", f"{A}, as in one")]),
    ],
)
def test_the_same_path(bundles: Bundles, found: list[tuple[str, str]]) -> None:
    said = [(item.member, item.sentence.partition(": ")[2]) for item in same_paths(bundles)]
    assert said == found


@pytest.mark.parametrize(
    ("bundles", "named", "found"),
    [
        ({"one": {"cacerts": "1"}, "two": {A: "1"}}, None, []),
        ({"one": {"cacerts": "1"}, "two": {"truststore/cacerts": "1"}}, None, []),
        ({"one": {"cacerts": "1"}, "two": {"cacerts": "1"}}, None, [("two", "cacerts, and cacerts in one")]),
        ({"one": {"cacerts": "1", "my.jks": "1"}}, "my.jks", [("one", "my.jks, and cacerts in one")]),
        ({"one": {"my.jks": "1"}, "two": {"other.jks": "1"}}, "my.jks", []),
        (
            {"one": {"my.jks": "1"}, "two": {"cacerts": "1"}},
            "my.jks",
            [("two", "cacerts, and my.jks in one")],
        ),
        ({"one": {"cacerts": "1"}}, "cacerts", []),
    ],
)
def test_trust_stores(bundles: Bundles, named: str | None, found: list[tuple[str, str]]) -> None:
    said = [(item.member, item.sentence.partition(": ")[2]) for item in trust_stores(bundles, named)]
    assert said == found


@pytest.mark.parametrize(
    ("place", "made_for", "version", "runs"),
    [
        (CLASSIC, "8.15.3", "8.15.3", True),
        (CLASSIC, "8.15.2", "8.15.3", False),
        (CLASSIC, "8.15.3", "8.15.2", False),
        (CLASSIC, "8.15.3-SNAPSHOT", "8.15.3", False),
        (STABLE, "8.4.0", "8.15.3", True),
        (STABLE, "8.15.3", "8.15.3", True),
        (STABLE, "8.15.4", "8.15.3", False),
        (STABLE, "8.9.0", "8.10.0", True),
        (STABLE, "8.10.0", "8.9.9", False),
        (STABLE, "8.4.0", "9.0.0", False),
        (STABLE, "9.0.0", "8.15.3", False),
        (STABLE, "8.4", "8.15.3", False),
        (STABLE, "eight", "seven", False),
        (CLASSIC, None, "8.15.3", True),
    ],
)
def test_the_versions_that_a_plugin_runs_on(
    place: str, made_for: str | None, version: str, runs: bool
) -> None:
    found = list(runs_on("mine", Descriptor(place, made_for), version))
    assert [item.member for item in found] == ([] if runs else ["mine"])


@pytest.mark.parametrize("rule", [SAME_PATH, TRUST_STORES, VERSION])
def test_an_error_is_what_a_line_of_the_program_refuses(rule: Rule) -> None:
    assert rule.is_error == (re.match(PROGRAM, rule.source) is not None)
