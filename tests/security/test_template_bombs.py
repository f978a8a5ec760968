"""Templates that would take all the time or all the memory end with an error at their place."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from planner.config.jobs import BUDGET, Effort
from planner.config.sources import Sources
from planner.config.template_jobs import Workpiece
from planner.config.templates import Templates
from planner.model.diagnostic import Diagnostics
from tests.unit.config.projects import Folder, here

MEMORY = 1024**3
PROCESSOR = 120
"""Seconds, however long it takes to get them."""
TOO_MUCH = "the templates make more work than planner takes on"

HUGE = [  # one operation that would give more than fits
    "'a'|center(10**9)",
    "'a'.center(10**9)",
    "'a'.ljust(10**9)",
    "'a'.zfill(10**9)",
    "('\\t' * 10**6).expandtabs(10**4)",
    "'%0999999999d' % 1",
    "'%.999999999f' % 1",
    "'%*d' % (999999999, 1)",
    "'%(a)0999999999d' % {'a': 1}",
    "'%0999999999d'|format(1)",
    "'{:0999999999d}'.format(1)",
    "'{:>{w}}'.format(1, w=999999999)",
    "'{:.999999999f}'.format(1)",
    "'{a:>999999999}'.format_map({'a': 1})",
    "('{0}' * 10**6).format('a' * 10**6)",
    "('%s' * 10**5) % ('a' * 10**6)",
    "['a' * 10**6]|map('center', 10**8)|list",
    "'a'.join(['a' * 10**5] * 200)",
    "('a' * 10**6).join(range(50)|map('string')|list)",
    "('a' * 10**6).replace('a', 'b' * 10**6)",
    "('a' * 10**6).replace('', 'b' * 10**6)",
    "('a' * 10**6)|replace('a', 'b' * 10**6)",
    "('a' * 10**6).translate({97: 'b' * 10**6})",
    "('\\n' * 10**6)|indent(10**6)",
    "'a'|indent(10**9, true)",
    "[1, [2]]|tojson(indent=10**9)",
    "('a' * 10**6)|wordwrap(1, wrapstring='b' * 10**6)",
    "[1]|batch(10**9, 'x')|list",
    "[1]|slice(10**9)|list",
    "5|round(-10**9)",
    "1.5|round(10**9)",
    "('f' * 10**7)|int(base=16)",
    "(10**9999) * (10**29999)",
    "(10**9999) ** 9999",
    "([[1] * 10**4] * 10**4)|sum(start=[])",
    "range(10**9)|list",
    "9" * 5000,
    "0x" + "f" * 9999,
    "[" * 9999,
    "(" * 500 + "1" + ")" * 500,
    "1" + "+1" * 99999,
    "a" + ".b" * 99999,
    "not " * 99999 + "1",
]


def project(folder: Path, templates: dict[str, str]) -> Folder:
    made = Folder(folder)
    made.write({f"templates/{name}": text for name, text in templates.items()})
    made.write({"planner.yaml": "project: p\nenvironments: {dev: {endpoint: sandbox}}\n"})
    return made


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))


def validated(folder: Path) -> str:
    """What the command line says of a project, in a process that may not use more than a gigabyte."""
    done = subprocess.run(
        [sys.executable, "-m", "planner", "-C", str(folder), "validate"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_bound,
    )
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert "a defect in planner" not in done.stderr
    return done.stderr


@pytest.mark.long
def test_each_is_refused_at_its_place(tmp_path: Path) -> None:
    names = [f"t{number:02}.yaml" for number in range(len(HUGE))]
    templates = {name: "output:\n  o: {{ " + text + " }}\n" for name, text in zip(names, HUGE, strict=True)}
    project(tmp_path, templates)
    said = validated(tmp_path)
    assert [name for name in names if f"templates/{name}" not in said] == []
    assert f"{len(HUGE)} errors." in said
    assert TOO_MUCH not in said
    assert "more memory" not in said


@pytest.mark.long
def test_empty_loops_end(tmp_path: Path) -> None:
    inside = "{% for b in range(100000) %}{% endfor %}"
    project(tmp_path, {"a.yaml": "x:\n{% for a in range(100000) %}" + inside + "{% endfor %}\n"})
    said = validated(tmp_path)
    assert TOO_MUCH in said
    assert "templates/a.yaml:2" in said


DOUBLED = (
    "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
)
ENDLESS = {  # much work, or values that grow
    "loops that print nothing": "{% for a in R %}{% for b in R %}{% set x = 1 %}{% endfor %}{% endfor %}",
    "loops that skip all": "{% for a in R %}{% for b in R if b < 0 %}{% endfor %}{% endfor %}",
    "loops over what is cut": "{% for a in R %}{% set x = ('a' * 10**6)[1:] %}{% endfor %}",
    "a block in a loop": "{% for a in R %}{% block b scoped %}{% endblock %}{% for b in R %}{{ self.b() }}"
    "{% endfor %}{% endfor %}",
    "printing": "{% for a in R %}{% for b in R %}{{ a }}{% endfor %}{% endfor %}",
    "printing what is undefined": "{% for a in R %}{{ nothing }}{% endfor %}",
    "a filter block": "{% filter upper %}{% for a in R %}{% for b in R %}a{% endfor %}{% endfor %}"
    "{% endfilter %}",
    "a set block": "{% set x %}{% for a in R %}{% for b in R %}a{% endfor %}{% endfor %}{% endset %}",
    "a macro that calls itself twice": "{% macro m(a) %}{% if a %}{% set x = m(a - 1) %}"
    "{% set y = m(a - 1) %}{% endif %}{% endmacro %}{{ m(60) }}",
    "a recursive loop": "{% for a in [60] recursive %}{% if a %}{% set x = loop([a - 1, a - 1]) %}{% endif %}"
    "{% endfor %}",
    "a call block": "{% macro m(a) %}{% for b in R %}{{ caller() }}{% endfor %}{% endmacro %}"
    "{% for a in R %}{% call m(1) %}{% endcall %}{% endfor %}",
    "sorting": "{% for a in R %}{% set x = R|list|sort %}{% endfor %}",
    "texts": "{% for a in R %}{% set x = ('a' * 10**7)|upper %}{% endfor %}",
    "texts compared": "{% for a in R %}{% if 'b' in 'a' * 10**7 %}{% endif %}{% endfor %}",
    "texts kept": "{% set ns = namespace(x=[]) %}{% for a in R %}{% set ns.x = ns.x + ['a' * 10**7] %}"
    "{% endfor %}",
    "lists kept": "{% set ns = namespace(x=[]) %}{% for a in R %}{% set ns.x = ns.x + [R|list] %}"
    "{% endfor %}",
    "a product that grows": "{% set ns = namespace(x=10) %}{% for a in R %}{% set ns.x = ns.x * 10 // 10 * 10"
    " // 9 %}{% if ns.x > 10 ** 9000 %}{% set ns.x = 10 ** 9000 %}{% endif %}{% endfor %}",
    "mapping": "{% for a in R %}{% for b in R|map('string')|map('center', 90) %}{% endfor %}{% endfor %}",
    "a text printed often": "{% set j = joiner('a' * 10**7) %}{% for a in R %}{{ j() }}{% endfor %}",
    "doubled and printed": DOUBLED + "{{ ns.x }}",
    "doubled and compared": DOUBLED + "{% set z = ns.x == [ns.x, 1] %}{% if ns.x == ns.y %}{% endif %}",
    "doubled and searched": DOUBLED + "{% if ns.y in ns.x %}{% endif %}",
    "doubled and written": DOUBLED + "{{ ns.x|tojson }}",
    "doubled and formatted": DOUBLED + "{{ '%s' % ns.x }}",
    "doubled and formatted otherwise": DOUBLED + "{{ '{}'.format(ns.x) }}",
    "doubled and counted": DOUBLED + "{{ ns.x|unique|list }}",
    "doubled and joined": DOUBLED + "{{ ns.x ~ '' }}",
    "doubled in mappings": "{% set ns = namespace(x={}) %}{% for i in range(60) %}"
    "{% set ns.x = {'a': ns.x, 'b': ns.x} %}{% endfor %}{{ ns.x }}",
    "doubled by filters": "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}"
    "{% set ns.x = [ns.x, ns.x]|list %}{% endfor %}{{ ns.x }}",
    "doubled in calls": "{% set ns = namespace(x=1) %}{% for i in range(60) %}"
    "{% set ns.x = dict(a=ns.x, b=ns.x) %}{% endfor %}{{ ns.x }}",
    "printed again and again": "{% set t %}{{ 'a' * 10**5 }}{% endset %}{% set u %}{% for a in R %}{{ t }}"
    "{% endfor %}{% endset %}{% if u == 1 %}{% endif %}",
    "an effort given back": "{% for a in R %}{% for b in R %}{% set x = [-10**9]|map('#turn')|list %}"
    "{% endfor %}{% endfor %}",
}


@pytest.mark.parametrize("work", ENDLESS)
def test_work_is_bounded(tmp_path: Path, work: str) -> None:
    made = project(tmp_path, {"a.yaml": "#\n" + ENDLESS[work].replace("R", "range(100000)") + "\n"})
    diagnostics = Diagnostics()
    list(Templates(Workpiece(Sources(made.root), effort=Effort(BUDGET // 50)), diagnostics, here).documents())
    errors = [item for item in diagnostics if "nothing" not in item.summary]
    assert errors
    assert all(item.position and item.position.line == 2 for item in errors), errors
    assert {item.summary for item in errors} <= {TOO_MUCH, *SAID_OTHERWISE}


SAID_OTHERWISE = (
    "the values printed into the template have more than 64 MiB",
    "the result would be longer than 10,000,000",
    "nested too deeply, perhaps without end",
)


def test_the_effort_is_one_for_all_templates_and_locals(tmp_path: Path) -> None:
    loop = "{% for a in range(1000) %}{% for b in range(20) %}{% endfor %}{% endfor %}"
    made = project(tmp_path, {f"{n}.yaml": "#\n" + loop for n in range(4)})
    diagnostics = Diagnostics()
    list(Templates(Workpiece(Sources(made.root), effort=Effort(3_000_000)), diagnostics, here).documents())
    places = [item.position.file for item in diagnostics if item.position]
    assert places == ["templates/2.yaml", "templates/3.yaml"]


@pytest.mark.long
def test_honest_work_is_far_below(tmp_path: Path) -> None:
    """10,000 resources, each with a macro, filters and a condition."""
    template = (
        "{% macro b(n, d) %}\nname: x-{{ n }}\ndescription: {{ d|upper|replace('A', 'B') }}\n{% endmacro %}\n"
        "a:\n{% for i in range(10000) %}\n  e{{ i }}:\n    {{ b('a' ~ i, 'hello ' ~ i)|indent(4) }}\n"
        "    {% if i % 2 == 0 and i in kept %}\n    even: true\n    {% endif %}\n{% endfor %}\n"
    )
    made = project(tmp_path, {"a.yaml": "{% set kept = range(0, 10000, 5)|list %}\n" + template})
    diagnostics, effort = Diagnostics(), Effort()
    documents = list(Templates(Workpiece(Sources(made.root), effort=effort), diagnostics, here).documents())
    assert not tuple(diagnostics)
    document: Any = documents[0].value
    assert len(document["a"]) == 10_000
    assert effort.spent < BUDGET * 0.2


def test_values_that_templates_repeat_are_bounded_in_the_document(folder: Folder) -> None:
    block = "{% set t %}{{ 'a' * 100000 }}{% endset %}"
    found = folder.render(block + "output:\n{% for i in range(1000) %}\n  o{{ i }}: {{ t }}\n{% endfor %}\n")
    assert found.diagnostics[0].summary == SAID_OTHERWISE[0]
    assert found.diagnostics[0].position


CONDITIONS = [
    "9" * 5000,
    "(" * 300 + "1" + ")" * 300,
    "1" + "+1" * 9999,
    "not " * 9999 + "1",
    "1" + " and 1" * 9999,
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda text: text[:6])
def test_a_condition_that_nobody_can_read(folder: Folder, condition: str) -> None:
    found = folder.render(f"check:\n  c: {{condition: '{condition}', message: m}}\n")
    assert [str(item.position) for item in found.diagnostics] == ["templates/main.yaml:2"]
    assert len(found.diagnostics[0].summary) < 200
