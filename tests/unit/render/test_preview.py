"""What several environments come to, in a few words and in numbers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import evolve

from planner.model.address import Address
from planner.model.plan import Action, Change
from planner.model.preview import EnvironmentPreview, Preview
from planner.render.preview import gitlab_report

from .plans import plan


def environment(name: str, *actions: Action) -> EnvironmentPreview:
    changes = [Change(Address("extension", f"e{n}"), action, "") for n, action in enumerate(actions)]
    return EnvironmentPreview(name, plan=plan(*changes))


FAILED = EnvironmentPreview("prod", error="the API did not answer")
DEV = environment("dev", Action.CREATE, Action.UPDATE, Action.REPLACE, Action.FORGET, Action.IMPORT)
STAGING = environment("staging", Action.CREATE, Action.DELETE, Action.MOVE)


@pytest.mark.parametrize(
    ("environments", "report"),
    [
        ((), {"create": 0, "update": 0, "delete": 0}),
        ((DEV,), {"create": 2, "update": 1, "delete": 1}),
        ((DEV, STAGING), {"create": 3, "update": 1, "delete": 2}),
        ((EnvironmentPreview("old", removed=True),), {"create": 0, "update": 0, "delete": 0}),
        ((DEV, FAILED), {"failed": ["prod"]}),
        ((evolve(DEV, error="must not be destroyed"), FAILED), {"failed": ["dev", "prod"]}),
    ],
)
def test_what_gitlab_is_told(
    environments: tuple[EnvironmentPreview, ...], report: Mapping[str, object]
) -> None:
    """GitLab shows a report without the three counts as one that failed."""
    assert gitlab_report(Preview("search", "b" * 40, "h" * 40, environments)) == report


def test_a_preview_that_failed_as_a_whole_has_no_counts() -> None:
    assert gitlab_report(Preview("search", "", "", error="planner.yaml is no YAML")) == {"failed": []}
