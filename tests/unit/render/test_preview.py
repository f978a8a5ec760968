"""Of a value's origins a preview names those that changed."""

from __future__ import annotations

import pytest
from attrs import evolve

from planner.model.plan import AttributeDiff
from planner.model.preview import NEW, EnvironmentPreview, Preview
from planner.render.preview import blamed

from . import plans
from .plans import plan

VERSION = "var.version, environments/prod.yaml:3"
OWNER = "var.owner, environments/prod.yaml:2"
PREFIX = "local.prefix, planner.yaml"


@pytest.mark.parametrize(
    ("why", "origins"),
    [
        pytest.param(("var.version", "environments/prod.yaml"), (VERSION,), id="the variable that changed"),
        pytest.param(("environments/prod.yaml",), (), id="none, where its file changed elsewhere"),
        pytest.param(("var.ver", "templates/a.yaml"), (), id="not one that begins like it"),
        pytest.param(("planner.yaml",), (PREFIX,), id="a local, where planner.yaml changed"),
        pytest.param((NEW,), (VERSION, OWNER, PREFIX), id="all, of a new environment"),
        pytest.param((), (VERSION, OWNER, PREFIX), id="all, where it is not known"),
    ],
)
def test_only_what_changed_is_named(why: tuple[str, ...], origins: tuple[str, ...]) -> None:
    diff = AttributeDiff(("version",), "8.*", "9.*", origins=(VERSION, OWNER, PREFIX))
    made = plan(evolve(plans.UPDATE, diffs=(diff,)))
    [item] = blamed(Preview("p", "a", "b", (EnvironmentPreview("dev", why, made),))).environments
    assert item.plan is not None
    assert item.plan.changes[0].diffs[0].origins == origins
