"""Blocks, attributes by the kind's schema, meta-arguments: what is read, and what is refused where."""

from __future__ import annotations

from textwrap import indent

import pytest

from planner.model.address import Address
from planner.model.resource import Allowed, Desired, Lifecycle
from planner.model.value import Reference, Value

from .projects import Folder, shown

A, B = Address("thing", "a"), Address("thing", "b")


def thing(body: str) -> str:
    return "resource:\n  thing:\n    a:\n" + indent(body, " " * 6)


def load(folder: Folder, template: str) -> dict[Address, Desired]:
    found = folder.render(template)
    assert shown(found.diagnostics) == []
    return dict(found.resources)


def problems(folder: Folder, template: str) -> list[str]:
    found = shown(folder.render(template, {"v": "x"}).diagnostics)
    return [problem.removeprefix("templates/main.yaml:") for problem in found]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("version: 8.10", "8.10"),
        ("version: '8.10'", "8.10"),
        ("version: no", "no"),
        ("version: true", "true"),
        ("version: 0x1f", "0x1f"),
        ("version: 1e3", "1e3"),
        ("version: .inf", ".inf"),
        ("version: 12345678901234567890123", "12345678901234567890123"),
        ("version: 2024-01-01", "2024-01-01"),
        ("size: 0x1f", 31),
        ("on: true", True),
        ("mode: fast", "fast"),
        ("note: 8.10", "8.10"),
        ("tags: [8.10, no, 'x', true]", ["8.10", "no", "x", "true"]),
        ("tags: []", []),
        ("settings: {level: 1, label: 8.10}", {"level": 1, "label": "8.10"}),
        ("free: {a: 8.10, b: [1, null], c: 'x'}", {"a": 8.1, "b": [1, None], "c": "x"}),
        ("free: {{ {'a': [1, none, true]} }}", {"a": [1, None, True]}),
        ("version: {{ '8.10' }}", "8.10"),
        ("size: {{ 3 }}", 3),
    ],
)
def test_attributes(folder: Folder, written: str, value: Value) -> None:
    desired = load(folder, thing(f"name: a\n{written}\n"))[A]
    name = written.partition(":")[0]
    assert desired.attributes == {"name": "a", name: value}
    assert type(desired.attributes[name]) is type(value)


@pytest.mark.parametrize("null", ["", "~", "null", "{{ none }}"])
def test_null_means_not_given(folder: Folder, null: str) -> None:
    assert load(folder, thing(f"name: a\nversion: {null}\nsize: {null}\nnote: {null}\n"))[A].attributes == {
        "name": "a"
    }


@pytest.mark.parametrize(
    "template",
    [
        "",
        "# c\n",
        "{# c #}",
        "---\n",
        "resource:\n",
        "resource:\n  thing:\n",
        "output:\n",
        "resource: {}\noutput: ~\n",
    ],
)
def test_blocks_may_be_empty(folder: Folder, template: str) -> None:
    assert load(folder, template) == {}


def test_several_documents_and_files(folder: Folder) -> None:
    files = {
        "templates/sub/x.yml": "resource: {thing: {b: {name: b}}}",
        "templates/y.yaml.j2": "output: {o: 1}",
    }
    found = folder.render(
        "resource: {thing: {a: {name: a}}}\n---\nresource: {thing: {c: {name: c}}}\n", files=files
    )
    assert shown(found.diagnostics) == []
    assert [address.name for address in found.resources] == ["a", "c", "b"]
    assert found.outputs == {"o": 1}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("- a\n", ["1: a template must hold a mapping, not a list"]),
        ("hello\n", ["1: a template must hold a mapping, not a text"]),
        ("8.10\n", ["1: a template must hold a mapping, not a number"]),
        ("{{ [1] }}", ["1: a template must hold a mapping, not a list"]),
        ("output: {}\n---\n\n- a\n", ["4: a template must hold a mapping, not a list"]),
        ("resorce: {}\n", ['1: unknown block "resorce"']),
        (
            "resource: [a]\noutput: 5\n",
            ["1: resource must hold a mapping, not a list", "2: output must hold a mapping, not a number"],
        ),
        ("resource:\n  thin: {}\n", ['2: unknown kind "thin"']),
        ("resource:\n  thing: a\n", ["2: resource.thing must hold a mapping, not a text"]),
        (
            "resource:\n  thing:\n    9a: {}\n    a b: {}\n    'a.b': {}\n",
            [
                '3: "9a" is not a resource name',
                '4: "a b" is not a resource name',
                '5: "a.b" is not a resource name',
            ],
        ),
        (
            "resource:\n  thing:\n    a: [1]\n    b: x\n    c: true\n",
            [
                "3: thing.a must hold a mapping, not a list",
                "4: thing.b must hold a mapping, not a text",
                "5: thing.c must hold a mapping, not a boolean",
            ],
        ),
        ("resource:\n  thing:\n    a:\n", ['3: missing required attribute "name"']),
        ("resource:\n  thing:\n    a: {name: }\n", ['3: missing required attribute "name"']),
        ("resource:\n  thing:\n    a: {name: a}\n    a: {name: b}\n", ['4: the key "a" is given twice']),
        (
            "resource: {thing: {a: {name: a}}}\n---\nresource:\n  thing:\n    a: {name: b}\n",
            ["5: thing.a is declared twice"],
        ),
        ("output: {o: 1}\n---\noutput:\n  o: 2\n", ['4: output "o" is declared twice']),
        (
            "resource:\n  thing:\n{% for i in [1, 2] %}\n    a:\n      name: a\n{% endfor %}\n",
            ['4: the key "a" is given twice'],
        ),
        (thing("name: A\n"), ['4: name does not match ^[a-z-]+$: "A"']),
        (
            thing("name: a\nverion: 1\nlifecycl: {}\nx: null\n"),
            ['5: unknown attribute "verion"', '6: unknown attribute "lifecycl"', '7: unknown attribute "x"'],
        ),
        (thing("name: a\nid: x\n"), ['5: "id" is set by the server and cannot be declared']),
        (
            thing("name: a\nrules:\n  - {source: a}\n  - {source: b, id: x}\n"),
            ['7: "rules[1].id" is set by the server and cannot be declared'],
        ),
        (
            thing("name: a\nrules:\n  - {source: a}\n  - {source: b}\n  - {source: a, key: k}\n"),
            ['5: rules has "a" twice'],
        ),
        (
            thing("name: [a]\nversion: {}\nsize: 8.5\non: yes\nmode: slow\ntags: x\n"),
            [
                "4: name must be a text, not a list",
                "5: version must be a text, not a mapping",
                "6: size must be a whole number, not 8.5",
                '7: on must be true or false, not "yes"',
                '8: mode must be one of "fast", "safe", not "slow"',
                '9: tags must be a list, not "x"',
            ],
        ),
        (
            thing("name: a\nsize: 0\ntags:\n  - a\n  - [b]\nsettings:\n  levl: 1\n"),
            [
                "5: size must be at least 1, not 0",
                "8: tags[1] must be a text, not a list",
                '9: missing required attribute "level" in settings',
                '10: unknown attribute "levl" in settings',
            ],
        ),
        (thing("name: {{ 8.10 }}\n"), ["4: name must be a text, not 8.10"]),
        (thing("name: a\nfree: .nan\n"), ["5: free must be a finite number"]),
        (thing("name: a\nfree:\n  - 1\n  - x: 1e999\n"), ["7: free[1].x must be a finite number"]),
        (thing("name: a\nfree: 18446744073709551616\n"), ["5: free is a number of more than 64 bits"]),
        (
            thing("name: a\nversion: {{ 'x\\ud800' }}\n"),
            ["5: version holds U+D800, half of a surrogate pair and no character"],
        ),
        ("output:\n  o: 1\n  p: [.inf]\n", ["3: [0] must be a finite number"]),
    ],
)
def test_what_is_wrong(folder: Folder, template: str, expected: list[str]) -> None:
    assert problems(folder, template) == expected


@pytest.mark.parametrize(
    ("template", "advice"),
    [
        ("- a", "Begin with resource: or output:."),
        ("resorce: {}", 'Did you mean "resource"?'),
        ("foo: {}", "The blocks are resource, output, moved, import, removed, check, rollout."),
        ("resource: {thin: {}}", 'Did you mean "thing"?'),
        ("resource: {zzz: {}}", "See planner kinds list."),
        (thing("name: a\ndepend_on: []"), 'Did you mean "depends_on"?'),
        (thing("name: a\nsetings: {}"), 'Did you mean "settings"?'),
        (thing("name: a\nsettings: {level: 1, lable: x}"), 'Did you mean "label"?'),
        (thing("name: A"), "Use small letters."),
        (thing("name: a\nlifecycle: {prevent_destory: true}"), 'Did you mean "prevent_destroy"?'),
        ("output: {o: {{ vr.x }}}", 'Did you mean "var"?'),
        ("output: {o: {{ var.langages }}}", 'Did you mean "languages"?'),
        ("output: {o: {{ var.languages|uper }}}", 'Did you mean "upper"?'),
        ("output: {o: {{ {'name': 1}.nam }}}", 'Did you mean "name"?'),
        (thing("name: a\nnote: {{ resource.thing.aa.id }}"), 'Did you mean "thing.a"?'),
    ],
)
def test_advice(folder: Folder, template: str, advice: str) -> None:
    found = folder.render(template, {"languages": []})
    assert [item.advice for item in found.diagnostics] == [advice]


def test_where_a_thing_was_declared_first(folder: Folder) -> None:
    found = folder.render(
        thing("name: a"),
        files={"templates/other.yaml": "\n" + thing("name: a") + "\noutput: {o: 1}\n---\noutput: {o: 1}\n"},
    )
    assert [(item.summary, item.detail) for item in found.diagnostics] == [
        ("thing.a is declared twice", "It was first declared at templates/main.yaml:3."),
        ('output "o" is declared twice', "It was first declared at templates/other.yaml:6."),
    ]
    found = folder.render(thing("name: a\nname: b"))
    assert found.diagnostics[0].detail == "It was first given at templates/main.yaml:4."


def test_what_an_extension_excludes(folder: Folder) -> None:
    template = (
        "resource:\n  extension:\n    a:\n      name: a\n      extension_type: bundle\n      version: 8\n"
    )
    both = template + "      file: x\n      download_url: https://x\n"
    assert problems(folder, both) == ['3: extension.a cannot have "file" and "download_url" together']
    assert problems(folder, template + f"      download_sha256: {'a' * 64}\n") == [
        '3: missing required attribute "download_url"'
    ]


@pytest.mark.parametrize(
    "template",
    [
        "{{ nope }}",
        "resource: {{ nope }}",
        "resource: {thing: {{ nope }}}",
        "resource: {thing: {a: {{ nope }}}}",
        "resource: {thing: {'{{ nope }}': {name: a}}}",
        "resource: {'{{ nope }}': {a: {name: a}}}",
        "{{ nope }}: 1",
        "output: {o: {{ nope }}, '{{ nope }}': 1}",
        thing(
            "name: a-{{ nope }}\nsize: {{ nope }}\nmode: {{ nope }}\n'{{ nope }}': 1\n"
            "settings: {level: {{ nope }}, '{{ nope }}': 1}"
        ),
        thing("name: a\nlifecycle: {{ nope }}\ndepends_on: {{ nope }}"),
        thing("name: a\nlifecycle: {prevent_destroy: {{ nope }}}\ndepends_on: [{{ nope }}]"),
    ],
)
def test_what_is_undefined_is_reported_once(folder: Folder, template: str) -> None:
    found = {problem.partition(" ")[2] for problem in problems(folder, template)}
    assert found == {'"nope" is not defined'}


@pytest.mark.parametrize(
    ("meta", "lifecycle", "depends_on"),
    [
        ("depends_on: [thing.b]", Lifecycle(), (B,)),
        ("depends_on: [resource.thing.b]", Lifecycle(), (B,)),
        ("depends_on: ['{{ resource.thing.b }}']", Lifecycle(), (B,)),
        ("depends_on: {{ ['thing.b'] }}", Lifecycle(), (B,)),
        ("depends_on:", Lifecycle(), ()),
        ("depends_on: []", Lifecycle(), ()),
        ("lifecycle:", Lifecycle(), ()),
        ("lifecycle: {prevent_destroy: true}", Lifecycle(prevent_destroy=True), ()),
        ("lifecycle: {prevent_destroy: }", Lifecycle(), ()),
        ("lifecycle: {prevent_destroy: {{ env.protected }}}", Lifecycle(), ()),
        ("lifecycle: {create_before_destroy: true}", Lifecycle(create_before_destroy=True), ()),
        (
            "lifecycle: {ignore_changes: [version, settings.level, 'tags[0]']}",
            Lifecycle(ignore_changes=(("version",), ("settings", "level"), ("tags", 0))),
            (),
        ),
        (
            "lifecycle: {replace_triggered_by: [thing.b, resource.thing.b.version, '{{ "
            "resource.thing.b.id }}']}",
            Lifecycle(
                replace_triggered_by=(
                    Reference(B, ()),
                    Reference(B, ("version",)),
                    Reference(B, ("id",)),
                )
            ),
            (),
        ),
    ],
)
def test_meta_arguments(
    folder: Folder, meta: str, lifecycle: Lifecycle, depends_on: tuple[Address, ...]
) -> None:
    desired = load(folder, thing(f"name: a\n{meta}") + "\n    b: {name: b}\n")[A]
    assert (desired.lifecycle, desired.depends_on) == (lifecycle, depends_on)
    assert desired.attributes == {"name": "a"}


@pytest.mark.parametrize(
    ("meta", "allow"),
    [
        ("allow:", ()),
        ("allow: []", ()),
        ("allow: [{rule: a-b, reason: It is so}]", (Allowed("a-b", "It is so"),)),
        ("allow: [{rule: a-b, reason: '{{ env.name }}'}]", (Allowed("a-b", "dev"),)),
    ],
)
def test_what_is_allowed(folder: Folder, meta: str, allow: tuple[Allowed, ...]) -> None:
    desired = load(folder, thing(f"name: a\n{meta}"))[A]
    assert desired.allow == allow
    assert desired.attributes == {"name": "a"}


def extension(meta: str) -> str:
    facts = "name: a\nextension_type: bundle\nversion: '*'\nfile: files/a\n"
    return "resource:\n  extension:\n    a:\n" + indent(facts + meta, " " * 6)


@pytest.mark.parametrize(
    ("meta", "names_only"),
    [
        *(("", False), ("content:", False), ("content: lines", False), ("content: names", True)),
        ("content: \"{{ 'names' if env.name == 'dev' else 'lines' }}\"", True),
    ],
)
def test_what_is_shown_of_content(folder: Folder, meta: str, names_only: bool) -> None:
    desired = load(folder, extension(meta))[Address("extension", "a")]
    assert desired.names_only is names_only
    assert "content" not in desired.attributes


def test_what_is_shown_of_content_is_one_of_two_words_where_there_is_content(folder: Folder) -> None:
    assert problems(folder, extension("content: none")) == [
        '8: content must be one of "lines", "names", not "none"'
    ]
    assert problems(folder, thing("name: a\ncontent: names"))[0].startswith('5: unknown attribute "content"')


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ("depends_on: thing.b", ['5: depends_on must be a list, not "thing.b"']),
        ("depends_on:\n  - thing.b\n  - [x]\n", ["7: depends_on[1] must be a text, not a list"]),
        ("depends_on:\n  - thing.b\n  - b\n", ['7: depends_on names "b", which is no address']),
        ("depends_on:\n  - thing.b\n  - thing.c\n", ["7: thing.c is not declared"]),
        ("depends_on: {{ resource.thing.b }}", ['5: depends_on must be a list, not "resource.thing.b"']),
        (
            "depends_on: [x{{ resource.thing.b.id }}]",
            ["5: depends_on[0] must be known before anything is applied"],
        ),
        ("allow: [x]", ['5: allow[0] must be a mapping, not "x"']),
        ("allow:\n- rule: x\n", ['6: missing required argument "reason" in allow[0]']),
        ("allow:\n- {rule: x, reason: ''}\n", ["6: allow[0].reason must not be empty"]),
        ("allow:\n- {rule: x, reason: y, why: z}\n", ['6: unknown argument "why" in allow[0]']),
        (
            "allow:\n- {rule: x, reason: '{{ resource.thing.b.id }}'}\n",
            ["6: allow[0].reason must be known before anything is applied"],
        ),
        ("lifecycle: true", ["5: lifecycle must be a mapping, not true"]),
        ("lifecycle:\n  prevent_destory: true\n", ['6: unknown argument "prevent_destory" in lifecycle']),
        (
            "lifecycle:\n  prevent_destroy: yes\n",
            ['6: lifecycle.prevent_destroy must be true or false, not "yes"'],
        ),
        (
            "lifecycle:\n  prevent_destroy: {{ resource.thing.b.id }}\n",
            ["6: lifecycle.prevent_destroy must be known before anything is applied"],
        ),
        ("lifecycle: {{ resource.thing.b.id }}\n", ["5: lifecycle must be known before anything is applied"]),
        ("lifecycle:\n  ignore_changes: all\n", ['6: lifecycle.ignore_changes must be a list, not "all"']),
        (
            "lifecycle:\n  ignore_changes:\n  - version\n  - verion\n",
            ['8: ignore_changes names "verion", which thing does not have'],
        ),
        ("lifecycle:\n  ignore_changes: ['']\n", ['6: ignore_changes names "", which thing does not have']),
        (
            "lifecycle:\n  replace_triggered_by: [b]\n",
            ['6: replace_triggered_by names "b", which is no address'],
        ),
        ("lifecycle:\n  replace_triggered_by: [thing.c]\n", ["6: thing.c is not declared"]),
        (
            "lifecycle:\n  replace_triggered_by: [thing.b.verion]\n",
            ['6: thing has no attribute "verion" to refer to'],
        ),
        (
            "lifecycle:\n  on_leave: delete\n",
            ['6: lifecycle.on_leave must be one of "forget", "reset", not "delete"'],
        ),
        (
            "lifecycle:\n  on_leave: reset\n",
            ["6: on_leave is for what an installation has once; a thing that is left is deleted"],
        ),
        ("depends_on: [thing.a]", ["3: resources wait for each other in a circle"]),
        ("lifecycle: {replace_triggered_by: [thing.a]}", ["3: resources wait for each other in a circle"]),
    ],
)
def test_wrong_meta_arguments(folder: Folder, meta: str, expected: list[str]) -> None:
    template = thing(f"name: a\n{meta}").rstrip() + "\n    b: {name: b}\n"
    assert problems(folder, template) == expected
