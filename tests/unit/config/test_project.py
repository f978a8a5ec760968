"""planner.yaml, and every way in which it can be wrong."""

from __future__ import annotations

import pytest

from planner.config.load import Projects
from planner.config.project import choose_environment, open_project
from planner.errors import InvalidConfiguration, PlannerError, WrongUsage
from planner.model.value import Value
from planner.yaml12.number import read_number
from tests.unit.quoted import yaml_says

from .projects import Folder, shown

BASE = "project: shop\nenvironments: {dev: {}}\n"


def test_the_smallest_project(folder: Folder) -> None:
    folder.write({"planner.yaml": BASE})
    project = open_project(folder.root)
    assert (project.name, dict(project.variables), dict(project.locals)) == ("shop", {}, {})
    assert project.environments["dev"].state == "state/dev.json"
    assert project.environments["dev"].endpoint == ""
    assert not project.environments["dev"].protected


def test_sections_may_be_left_empty(folder: Folder) -> None:
    folder.write({"planner.yaml": "project: 8.10\nvariables:\nlocals:\npromote:\nenvironments:\n  dev:\n"})
    project = open_project(folder.root)
    assert (project.name, list(project.environments)) == ("8.10", ["dev"])


def test_environments(folder: Folder) -> None:
    ours = "protected: true, state: file:s.json, content: names"
    dev = f"{{endpoint: https://x, {ours}, timeout: 5, insecure: true}}"
    folder.write({"planner.yaml": f"project: p\nenvironments: {{dev: {dev}}}\n"})
    environment = open_project(folder.root).environments["dev"]
    assert environment.options == {"endpoint": "https://x", "timeout": 5, "insecure": True}
    assert (environment.state, environment.protected) == ("file:s.json", True)
    assert environment.names_only


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5", {"file": "5"}),
        ("state/own.db", {"file": "state/own.db"}),
        ("{file: 5, seed: seed.yaml}", {"file": "5", "seed": "seed.yaml"}),
        ("{mask_secrets: true}", {"mask_secrets": True}),
        ("{speed: 1.5}", {"speed": 1.5}),
        ("{}", {}),
    ],
)
def test_the_sandbox_of_an_environment(folder: Folder, written: str, read: Value) -> None:
    folder.write({"planner.yaml": f"project: p\nenvironments: {{dev: {{sandbox: {written}}}}}\n"})
    assert open_project(folder.root).environments["dev"].sandbox == read


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{sed: x}", 'unknown key "sed" in environments.dev.sandbox'),
        ("{seed: [x]}", "environments.dev.sandbox.seed must be a text"),
        ("{mask_secrets: maybe}", "environments.dev.sandbox.mask_secrets must be true or false"),
        ("{speed: 0}", "environments.dev.sandbox.speed must be more than 0"),
        ("[x]", "environments.dev.sandbox must be a text or a mapping"),
    ],
)
def test_what_is_no_sandbox(folder: Folder, written: str, told: str) -> None:
    folder.write({"planner.yaml": f"project: p\nenvironments: {{dev: {{sandbox: {written}}}}}\n"})
    with pytest.raises(InvalidConfiguration) as error:
        open_project(folder.root)
    assert told in error.value.diagnostics[0].summary


@pytest.mark.parametrize(
    ("variable", "default"),
    [
        ("{type: string, default: 8.10}", "8.10"),
        ("{type: string, default: no}", "no"),
        ("{type: string, default: true}", "true"),
        ("{type: [string, 'null'], default: 8.10}", "8.10"),
        ("{type: [string, 'null'], default: }", None),
        ("{type: [string, number], default: 8.10}", read_number("8.10")),
        ("{type: [string, boolean], default: 8.10}", "8.10"),
        ("{type: [string, integer], default: 8.10}", "8.10"),
        ("{pattern: '^8', default: 8.10}", "8.10"),
        ("{enum: ['8.10', 9], default: 8.10}", "8.10"),
        ("{enum: ['8.10', 9], default: 9}", 9),
        ("{const: '8.10', default: 8.10}", "8.10"),
        ("{default: 8.10}", read_number("8.10")),
        ("{default: [1, two]}", [1, "two"]),
        ("{type: string, enum: [8.9, 8.10], default: 8.10}", "8.10"),
        ("{type: string, const: 8.10, default: 8.10}", "8.10"),
        ("{type: [string, number], enum: [8.9, '8.10'], default: 8.10}", "8.10"),
        ("{enum: [8.9, 8.10], default: 8.10}", read_number("8.10")),
        ("{anyOf: [{type: string}, {type: 'null'}], default: 8.10}", "8.10"),
        ("{anyOf: [{type: string, enum: [8.9, 8.10]}, {type: boolean}], default: 8.10}", "8.10"),
        ("{type: string, anyOf: [{enum: [8.9, 8.10]}, {pattern: x}], default: 8.10}", "8.10"),
        ("{oneOf: [{pattern: ^8}, {type: 'null'}], default: 8.10}", "8.10"),
        ("{allOf: [{type: string}, {not: {enum: [8.1]}}], default: 8.10}", "8.10"),
        ("{allOf: [{type: number}, {minimum: 8.05}], default: 8.10}", read_number("8.10")),
        ("{type: array, prefixItems: [{type: string}, {type: number}], default: [1, 1]}", ["1", 1]),
        ("{type: array, items: {enum: ['8.9', '8.10']}, default: [8.10]}", ["8.10"]),
        (
            "{type: object, patternProperties: {^v: {type: string}}, default: {v1: 1, w: 1}}",
            {"v1": "1", "w": 1},
        ),
        ("{anyOf: [{properties: {a: {type: string}}}, {type: 'null'}], default: {a: 1}}", {"a": "1"}),
        ("{anyOf: [{type: array, items: {type: string}}, {type: string}], default: [1]}", ["1"]),
        ("{type: array, items: {type: string}, default: [8.10, 9]}", ["8.10", "9"]),
        ("{type: object, additionalProperties: {type: string}, default: {a: 1}}", {"a": "1"}),
        ("{type: object, properties: {a: {type: string}}, default: {a: 1, b: 1}}", {"a": "1", "b": 1}),
    ],
)
def test_a_default_is_read_as_its_schema_wants(folder: Folder, variable: str, default: Value) -> None:
    folder.write({"planner.yaml": f"{BASE}variables: {{v: {variable}}}\n"})
    found = open_project(folder.root).variables["v"].default
    assert found == default
    assert (type(found), repr(found)) == (type(default), repr(default))


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ['1: missing required key "project"', '1: missing required key "environments"']),
        ("# c\n", ['1: missing required key "project"', '1: missing required key "environments"']),
        ("- a\n", ["1: the file must hold one mapping, not a list"]),
        ("hello\n", ["1: the file must hold one mapping, not a text"]),
        ("8.10\n", ["1: the file must hold one mapping, not a number"]),
        ("a: 1\n---\nb: 2\n", ["3: the file must hold one mapping, not 2 documents"]),
        ("project: p\nenvironments: [\n", [f"2: not YAML: {yaml_says('[')}"]),
        ("project: p\nproject: q\n", ['2: the key "project" is given twice']),
        ("project: p\n", ['1: missing required key "environments"']),
        ("project: p\nenvironments:\n", ["2: environments must have 1 or more entries"]),
        ("project: p\nenvironments: [dev]\n", ["2: environments must be a mapping, not a list"]),
        ("project: p\nenvironments: {dev: x}\n", ['2: environments.dev must be a mapping, not "x"']),
        (
            "project: p\nenvironments: {a b: {}}\n",
            ['2: environments has a key that does not match ^[A-Za-z0-9][A-Za-z0-9_-]*$: "a b"'],
        ),
        (
            "project: a b\nenvironments: {dev: {}}\n",
            ['1: project does not match ^[A-Za-z0-9][A-Za-z0-9._-]*$: "a b"'],
        ),
        ("project:\nenvironments: {dev: {}}\n", ["1: project must be a text, not null"]),
        ("project: [p]\nenvironments: {dev: {}}\n", ["1: project must be a text, not a list"]),
        (f"{BASE}locls: {{}}\n", ['3: unknown key "locls"']),
        (
            "project: p\nenvironments:\n  dev:\n    endpont: x\n    timeout: 0\n    auth: "
            "basc\n    protected: yes\n",
            [
                '4: unknown key "endpont" in environments.dev',
                "5: environments.dev.timeout must be more than 0, not 0",
                '6: environments.dev.auth must be one of "api_key", "basic", "login", not "basc"',
                '7: environments.dev.protected must be true or false, not "yes"',
            ],
        ),
        (
            "project: p\nenvironments:\n  dev:\n    endpoint: [x]\n    platform: aws\n    upload: form\n",
            [
                "4: environments.dev.endpoint must be a text, not a list",
                '5: environments.dev.platform must be one of "ece", "cloud", not "aws"',
                '6: environments.dev.upload must be one of "auto", "raw", "multipart", not "form"',
            ],
        ),
        (f"{BASE}locals: [a]\n", ["3: locals must be a mapping, not a list"]),
        (f"{BASE}variables: [a]\n", ["3: variables must be a mapping, not a list"]),
        (f"{BASE}variables: {{v: string}}\n", ['3: variables.v must be a mapping, not "string"']),
        (f"{BASE}variables: {{v: {{typ: string}}}}\n", ['3: unknown key "typ" in variables.v']),
        (
            f"{BASE}variables: {{a-b: {{}}}}\n",
            ['3: variables has a key that does not match ^[A-Za-z_][A-Za-z0-9_]*$: "a-b"'],
        ),
        (
            f"{BASE}variables:\n  v:\n    type: strng\n",
            [
                '5: variables.v.type must be one of "string", "number", "integer", "boolean", '
                '"array", "object",'
                ' "null", not "strng"'
            ],
        ),
        (f"{BASE}variables:\n  v:\n    pattern: '('\n", ['5: variable "v" has an invalid schema']),
        (f"{BASE}variables:\n  v:\n    items: {{$ref: '#/no'}}\n", ['4: variable "v" has an invalid schema']),
        (f"{BASE}variables: {{v: {{enum: []}}}}\n", ["3: variables.v.enum must have 1 or more items"]),
        (
            f"{BASE}variables:\n  v: {{type: integer, default: x}}\n",
            ['4: the default of variable "v" must be a whole number, not "x"'],
        ),
        (
            f"{BASE}variables:\n  v:\n    type: array\n    items: {{type: string}}\n    "
            f"default:\n      - a\n      - [b]\n",
            ['9: the default of variable "v"[1] must be a text, not a list'],
        ),
        (
            f"{BASE}variables:\n  v: {{type: string, default: }}\n",
            ['4: the default of variable "v" must be a text, not null'],
        ),
        (
            f"{BASE}variables:\n  v:\n    sensitive: true\n    type: number\n",
            ['6: the sensitive variable "v" must be a text, or a list or mapping of texts'],
        ),
        (
            f"{BASE}variables:\n  v:\n    sensitive: true\n    default: x\n",
            ['6: the sensitive variable "v" has a default'],
        ),
        (
            "project: p\nenvironments:\n  dev: {promote_from: [prd]}\n  prod:\n    "
            "promote_from:\n    - dev\n    - stag\n",
            [
                '3: environment "dev" is promoted from "prd", which is not declared',
                '7: environment "prod" is promoted from "stag", which is not declared',
            ],
        ),
        (
            "project: p\nenvironments:\n  dev: {promote_from: [prod]}\n  prod: {promote_from: [dev]}\n",
            ["3: environments are promoted from each other in a circle"],
        ),
        (
            "project: p\nenvironments:\n  dev: {promote_from: [dev]}\n",
            ["3: environments are promoted from each other in a circle"],
        ),
        (
            f"{BASE}default_environment: dve\n",
            ['3: default_environment names "dve", which is not declared'],
        ),
        (
            "project: p\nenvironments: {dev: {protected: true}, test: {}}\ndefault_environment: dev\n",
            ['3: default_environment names "dev", which is protected'],
        ),
        (f"{BASE}default_environment:\n", ["3: default_environment must be a text, not null"]),
        (f"{BASE}promote: {{variables: [v]}}\n", ['3: promote names variable "v", which is not declared']),
        (f"{BASE}promote: {{templates: 1}}\n", ["3: promote.templates must be true or false, not 1"]),
        (f"{BASE}x: &a [*a]\n", ["3: the alias *a has no anchor &a before it"]),
        ("project: p\x00\n", ["1: the character U+0000 cannot stand in YAML"]),
        (b"project: caf\xe9\n", ["1: not UTF-8: byte 0xe9 at position 12"]),
        (b"project: p\r\nenvironments: {dev: {}}\r\nx: 1\r\n", ['3: unknown key "x"']),
    ],
)
def test_what_is_wrong(folder: Folder, text: str | bytes, problems: list[str]) -> None:
    folder.write({"planner.yaml": text})
    assert folder.problems(environment="dev") == [f"planner.yaml:{problem}" for problem in problems]


def test_every_problem_shows_its_line(folder: Folder) -> None:
    folder.write({"planner.yaml": "project: a b\nenvironments: {dev: {x: 1}}\n"})
    with pytest.raises(InvalidConfiguration) as caught:
        open_project(folder.root)
    assert [d.position and d.position.text for d in caught.value.diagnostics] == [
        "project: a b",
        "environments: {dev: {x: 1}}",
    ]


def test_a_schema_is_never_fetched(folder: Folder) -> None:
    folder.write({"planner.yaml": f"{BASE}variables: {{v: {{items: {{$ref: 'http://127.0.0.1:9/x'}}}}}}\n"})
    with pytest.raises(InvalidConfiguration) as caught:
        open_project(folder.root)
    assert "a schema refers to http://127.0.0.1:9/x" in caught.value.diagnostics[0].detail


def test_did_you_mean(folder: Folder) -> None:
    folder.write({"planner.yaml": f"{BASE}locls: {{}}\n"})
    with pytest.raises(InvalidConfiguration) as caught:
        open_project(folder.root)
    assert [item.advice for item in caught.value.diagnostics] == ['Did you mean "locals"?']


def test_no_project(folder: Folder) -> None:
    with pytest.raises(PlannerError, match=r"there is no planner\.yaml in"):
        open_project(folder.root)


def test_a_folder_named_as_the_project_file(folder: Folder) -> None:
    folder.write({"planner.yaml/x": ""})
    assert folder.problems() == ["planner.yaml: this is a folder, not a file"]


def test_choosing_an_environment(folder: Folder) -> None:
    folder.write({"planner.yaml": BASE})
    only = open_project(folder.root)
    assert choose_environment(only, None).name == "dev"
    folder.write({"planner.yaml": "project: p\nenvironments: {dev: {}, prod: {}}\n"})
    two = open_project(folder.root)
    assert choose_environment(two, "prod").name == "prod"
    with pytest.raises(WrongUsage, match="which environment"):
        choose_environment(two, None)
    with pytest.raises(WrongUsage) as caught:
        choose_environment(two, "prd")
    assert (caught.value.summary, caught.value.advice) == (
        'there is no environment "prd"',
        'Did you mean "prod"? There are: dev, prod.',
    )


def test_a_project_is_read_once_for_a_command(folder: Folder) -> None:
    folder.write({"planner.yaml": "project: p\nenvironments: {dev: {}}\n"})
    projects = Projects()
    first = projects.at(folder.root)
    folder.write({"planner.yaml": "project: q\nenvironments: {dev: {}}\n"})
    assert projects.at(folder.root) is first
    assert open_project(folder.root).name == "q"


@pytest.mark.parametrize("text", ["project: p\n", "environments: [\n", "\0"])
def test_what_is_wrong_with_a_project_is_said_each_time(folder: Folder, text: str) -> None:
    folder.write({"planner.yaml": text})
    projects = Projects()
    said = []
    for _ in range(2):
        with pytest.raises(InvalidConfiguration) as caught:
            projects.at(folder.root)
        said.append(shown(caught.value.diagnostics))
    assert said[0] == said[1] != []
