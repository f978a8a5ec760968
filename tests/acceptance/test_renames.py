"""A resource whose address changed is told as likely renamed; pasting the block keeps it."""

from __future__ import annotations

import json
import re

import pytest

from planner.resources import schema

from .runner import TEMPLATE, Project, small

LOOP = """
resource:
  extension:
{% for key in KEYS %}
    stopwords_{{ key }}:
      name: stopwords-{{ key }}
      extension_type: bundle
      version: "*"
      description: Stopwords of {{ key }}
{% endfor %}
"""
CHAIN = TEMPLATE.replace("resource.extension.alpha", "resource.extension.gamma")


def block(plan: str) -> str:
    """The block that a plan says to paste: lines from `moved:` to an empty one."""
    return plan[plan.index("\nmoved:\n") + 1 :].partition("\n\n")[0] + "\n"


def pasted(project: Project, *words: str) -> str:
    """What a plan says after the block of the one before is pasted."""
    said = project.run("plan", *words).out
    project.write("templates/moved.yaml", block(said))
    again = project.ok("plan", *words).out
    assert re.search(r"Plan: 0 to create, \d+ to update, 0 to replace, 0 to delete\.", again), again
    assert "renamed:" not in again
    return again


@pytest.mark.parametrize(
    ("template", "moves", "updates"),
    [
        pytest.param(CHAIN.replace("alpha:", "gamma:", 1), 1, 0, id="the address"),
        pytest.param(
            CHAIN.replace("alpha:\n      name: alpha", "gamma:\n      name: gamma"), 1, 1, id="and the name"
        ),
        pytest.param(CHAIN.replace("alpha:", "gamma:", 1).replace("beta:", "delta:"), 2, 0, id="a chain"),
    ],
)
def test_the_block_keeps_what_was_renamed(applied: Project, template: str, moves: int, updates: int) -> None:
    ids = {applied.resource(address)["id"] for address in applied.addresses()}
    applied.write("templates/main.yaml", template)
    again = pasted(applied)
    assert f"{moves} to move" in again
    assert f"Plan: 0 to create, {updates} to update" in again
    applied.apply()
    assert {applied.resource(address)["id"] for address in applied.addresses()} == ids
    applied.settled()


NUMBERS, WORDS = "range(1, 101)", str([f"l{number:x}" for number in range(100)])


@pytest.mark.parametrize(
    ("keys", "name", "label"),
    [
        (NUMBERS, "stop_{{ key }}", "stopwords"),
        (WORDS, "{{ key }}_stopwords", "stop"),
        (WORDS, "stop_{{ key }}_words", "other"),
    ],
)
def test_a_loop_is_one_block_with_a_loop(
    tmp_path_factory: pytest.TempPathFactory, keys: str, name: str, label: str
) -> None:
    template = LOOP.replace("KEYS", keys)
    project = small(tmp_path_factory.mktemp("loop"), template=template)
    project.apply()
    project.write(
        "templates/main.yaml",
        template.replace("stopwords_{{ key }}", name).replace("name: stopwords", f"name: {label}"),
    )
    said = project.ok("plan").out
    assert block(said).count("\n  - ") == 1, block(said)
    assert max(map(len, block(said).splitlines())) <= 80
    assert "100 to move" in pasted(project)


def test_what_is_not_one_to_one_is_listed(applied: Project) -> None:
    twin = '{}: {{name: {}, extension_type: bundle, version: "*", description: same}}'
    before, after = ("\n".join(f"    {twin.format(n, n)}" for n in names) for names in ("ab", "cd"))
    applied.write("templates/more.yaml", f"resource:\n  extension:\n{before}\n")
    applied.apply()
    applied.write("templates/more.yaml", f"resource:\n  extension:\n{after}\n")
    said = applied.ok("plan").out
    assert "extension.a and extension.b may have become extension.c and extension.d" in said
    assert "moved:" not in said


def test_what_must_not_be_destroyed_is_told_too(applied: Project) -> None:
    kept = TEMPLATE.replace("alpha\n    beta", "alpha\n      lifecycle: {prevent_destroy: true}\n    beta")
    applied.write("templates/main.yaml", kept)
    applied.apply()
    applied.write(
        "templates/main.yaml",
        kept.replace("alpha:", "gamma:", 1).replace("extension.alpha", "extension.gamma"),
    )
    assert applied.run("plan").code == 3
    assert "1 to move" in pasted(applied)


def test_programs_are_told(applied: Project) -> None:
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415

    applied.write("templates/main.yaml", CHAIN.replace("alpha:", "gamma:", 1))
    document = json.loads(applied.ok("plan", "--format", "json").out)
    Draft202012Validator(schema("plan.schema.json")).validate(document)
    pair = {"sources": ["extension.alpha"], "targets": ["extension.gamma"]}
    assert document["renames"] == [pair]
    events = [json.loads(line) for line in applied.ok("plan", "--json").out.splitlines()]
    assert {"type": "rename"} | pair in events
    [moved] = [event["text"] for event in events if event["type"] == "moved"]
    assert moved + "\n" == block(applied.ok("plan").out)


@pytest.mark.parametrize("words", [(), ("--offline",)])
def test_a_preview_tells_before_its_caution(team: Project, words: tuple[str, ...]) -> None:
    """What is renamed has a secret and refers to another; one block is for all environments."""
    for name in ("dictionaries", "checks"):
        team.edit(f"templates/{name}.yaml", "geo_names", "places")
    told = team.ok("preview", *words).out
    assert told.count("moved:") == 1
    assert told.index("**Likely renamed:** 1 resource is deleted") < told.index("[!CAUTION]")
    team.edit(
        "templates/dictionaries.yaml",
        "moved:\n",
        "moved:\n  - {from: extension.geo_names, to: extension.places}\n",
    )
    told = team.ok("preview", *words).out
    assert "renamed:" not in told
    assert "[!CAUTION]" not in told
