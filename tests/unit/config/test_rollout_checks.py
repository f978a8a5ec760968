"""Roll-outs beside what is declared."""

from __future__ import annotations

import pytest

from planner.config.references import MAX_SUGGESTIONS
from planner.model.address import Address
from planner.model.resource import Lifecycle

from .projects import Folder, shown

SWITCHED = Lifecycle(create_before_destroy=True, replace_on=("content",))


def template(rollout: str, lifecycle: str = "{}") -> str:
    """Extensions on line 3 and 4, bindings on 6 and 7, of which shop loads words; roll-outs begin on 10."""
    geo = "{type: bundle, name: g, url: 'repo://g', elasticsearch_version: '*'}"
    return f"""resource:
  extension:
    words: {{name: w, extension_type: bundle, version: '*', file: files/w, lifecycle: {lifecycle}}}
    other: {{name: o, extension_type: bundle, version: '*', file: files/o}}
  extension_binding:
    shop: {{deployment: s, extensions: [extension.words]}}
    blog: {{deployment: b, extensions: [{geo}]}}
  user: {{me: {{user_name: me, security: {{password: "{{{{ var.key }}}}", roles: [ece_deployment_viewer]}}}}}}
rollout:
{rollout}"""


def problems(folder: Folder, rollout: str, lifecycle: str = "{}") -> list[str]:
    found = folder.render(template(rollout, lifecycle), {"key": "sesame42"}, sensitive=["key"])
    return [text.removeprefix("templates/main.yaml:") for text in shown(found.diagnostics)]


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [
        ("  r: {of: [extension.*], waves: [extension_binding.shop, rest]}", []),
        ("  r: {of: [extension.words, extension.w*]}\n  s: {of: [extension.oth??], mode: none}", []),
        ("  r: {of: [extention.*]}", ['10: rollout r: of names "extention.*", which no resource is']),
        ("  r: {of: [extension.wrods]}", ['10: rollout r: of names "extension.wrods", which no resource is']),
        ("  r: {of: [words]}", ['10: rollout r: of names "words", which no resource is']),
        (
            "  r: {of: [user.me]}",
            ['10: rollout r: of names "user.me", and so user.me, but deployments load no user'],
        ),
        (
            "  r:\n    of:\n    - extension.words\n    - '*'",
            [
                '13: rollout r: of names "*", and so extension_binding.shop, but deployments load no '
                "extension_binding"
            ],
        ),
        (
            "  r: {of: [extension.*]}\n  s: {of: [extension.other, extension.words]}",
            [
                "11: rollout s: extension.other is carried by rollout r already",
                "11: rollout s: extension.words is carried by rollout r already",
            ],
        ),
        (
            "  r: {of: [extension.*], waves: [extension_binding.shap]}",
            ["10: rollout r: extension_binding.shap is not declared"],
        ),
        (
            "  r: {of: [extension.*], waves: [[extension.words]]}",
            ["10: rollout r: extension.words is no binding, so it is in no wave"],
        ),
        (
            "  r: {of: [extension.*], waves: [extension_binding.blog]}",
            ["10: rollout r: extension_binding.blog loads nothing that this roll-out carries"],
        ),
        (
            "  r: {of: [extension.other], waves: [extension_binding.shop]}",
            ["10: rollout r: extension_binding.shop loads nothing that this roll-out carries"],
        ),
    ],
)
def test_what_does_not_go_together(folder: Folder, rollout: str, expected: list[str]) -> None:
    assert problems(folder, rollout) == expected


@pytest.mark.parametrize(
    ("rollout", "advice"),
    [
        (
            "of: [extension.wrods]",
            'Did you mean "extension.words"? There are: extension.other, extension.words.',
        ),
        ("of: [user.you]", "There are: extension.other, extension.words."),
        ("of: [user.me]", "Write extension.*."),
        (
            "of: [extension.*], waves: [extension_binding.shap]",
            'Did you mean "extension_binding.shop"? '
            "There are: extension_binding.blog, extension_binding.shop.",
        ),
        ("of: [extension.*], waves: [user.me]", "Waves have bindings: extension_binding.NAME."),
    ],
)
def test_advice(folder: Folder, rollout: str, advice: str) -> None:
    found = folder.render(template(f"  r: {{{rollout}}}"), {"key": "sesame42"}, sensitive=["key"])
    assert [item.advice for item in found.diagnostics] == [advice]


def test_of_many_mistakes_not_each_is_looked_for(folder: Folder) -> None:
    waves = ", ".join(f"extension_binding.shop{number}" for number in range(MAX_SUGGESTIONS + 5))
    text = template(f"  r: {{of: [extension.words], waves: [{waves}]}}")
    found = folder.render(text, {"key": "sesame42"}, sensitive=["key"])
    advised = [item.advice != "" for item in found.diagnostics]
    assert advised == [True] * MAX_SUGGESTIONS + [False] * 5


@pytest.mark.parametrize(
    ("mode", "lifecycle", "found"),
    [
        ("switch", "{}", SWITCHED),
        ("switch", "{replace_on: [content]}", SWITCHED),
        ("switch", "{replace_on: ~}", SWITCHED),
        (
            "switch",
            "{create_before_destroy: true, prevent_destroy: true}",
            Lifecycle(True, True, replace_on=("content",)),
        ),
        ("restart", "{}", Lifecycle()),
        ("restart", "{replace_on: []}", Lifecycle()),
        ("none", "{}", Lifecycle()),
        ("none", "{replace_on: [content]}", SWITCHED),
    ],
)
def test_a_switch_makes_another_resource_of_new_content(
    folder: Folder, mode: str, lifecycle: str, found: Lifecycle
) -> None:
    text = template(f"  r: {{of: [extension.words], mode: {mode}}}", lifecycle)
    loaded = folder.render(text, {"key": "sesame42"}, sensitive=["key"])
    assert shown(loaded.diagnostics) == []
    assert loaded.resources[Address("extension", "words")].lifecycle == found
    assert loaded.resources[Address("extension", "other")].lifecycle == Lifecycle()


@pytest.mark.parametrize(
    ("mode", "lifecycle", "problem"),
    [
        (
            "switch",
            "{replace_on: []}",
            "replace_on is empty, so that new content would be put in place, but rollout r has mode: switch",
        ),
        (
            "switch",
            "{replace_on: [content], create_before_destroy: false}",
            "create_before_destroy is false, so that the old one would go first, "
            "but rollout r has mode: switch",
        ),
        (
            "restart",
            "{replace_on: [content]}",
            "replace_on is content, so that new content would make another resource, "
            "but rollout r has mode: restart",
        ),
    ],
)
def test_a_lifecycle_against_it(folder: Folder, mode: str, lifecycle: str, problem: str) -> None:
    assert problems(folder, f"  r: {{of: [extension.*], mode: {mode}}}", lifecycle) == [f"3: {problem}"]
