"""Versions in descriptors, as Elasticsearch 8.15.3 took and refused them when it was asked."""

from __future__ import annotations

import pytest

from planner.archives.lint import lint

from .cases.plugins import classic, stable
from .test_linter import made

BUILT_FOR, JAVA = "plugins-elasticsearch-version", "plugins-java-version"
FORMER = "7.17.9"


@pytest.mark.parametrize(
    ("version", "of_classic", "of_stable"),
    [
        ("8.15.3", [], []),
        ("8.15.3-SNAPSHOT", [], [BUILT_FOR]),
        ("8.15", [BUILT_FOR], [BUILT_FOR]),
        (".15.3", [BUILT_FOR], [BUILT_FOR]),
        ("8.15.3 ", [BUILT_FOR], [BUILT_FOR]),
        ("8.*", [BUILT_FOR], [BUILT_FOR]),
    ],
)
def test_the_version_it_was_built_for(version: str, of_classic: list[str], of_stable: list[str]) -> None:
    for members, expected in (
        (classic(elasticsearch_version=version), of_classic),
        (stable(elasticsearch_version=version), of_stable),
    ):
        assert [item.rule.id for item in lint(made(members)).findings] == expected


@pytest.mark.parametrize(
    ("java", "made_for", "expected"),
    [
        *((java, "8.15.3", []) for java in ("17", "1.8", "17.0.1", "17.0.0.1", "17-ea", "17+3")),
        *(
            (java, "8.15.3", [JAVA])
            for java in ("17.0", "1.8.0", "017", "0", "17+", "1.8.0_20", "1 7", "17 ")
        ),
        *((java, FORMER, []) for java in ("17.0", "1.8.0", "017")),
        *((java, FORMER, [JAVA]) for java in ("1.8.0_20", "x", "1 7")),
    ],
)
def test_the_version_of_java(java: str, made_for: str, expected: list[str]) -> None:
    found = lint(made(classic(java_version=java, elasticsearch_version=made_for))).findings
    assert [item.rule.id for item in found] == expected
