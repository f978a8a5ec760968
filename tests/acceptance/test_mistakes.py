"""What people type wrong, and the words that take them on: what to write instead, not only what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from attrs import frozen

from .runner import Project, small, words

T, P, E = "templates/main.yaml", "planner.yaml", "environments/dev.yaml"
PROJECT = """
project: small
variables:
  version: {type: string, default: "8.*"}
  languages: {type: array, items: {type: string}, default: [de]}
  labels: {type: object, default: {}}
  contact: {type: string, default: nobody}
locals:
  prefix: "{{ env.name }}-x"
environments:
  dev: {endpoint: sandbox}
  staging: {endpoint: sandbox}
"""
TOP = "resource:\n  extension:\n"
BODY = "      extension_type: bundle\n      version: '*'\n"
IT = f"{TOP}    it:\n      name: it\n{BODY}"
PLAN = ("plan", "-e", "dev")


@frozen
class Mistake:
    """files: as they are written; of the project, what is in the way of its own. said: what must be told."""

    said: Sequence[str]
    files: Mapping[str, str] = {}
    typed: Sequence[str] = PLAN
    environ: Mapping[str, str] = {}
    code: int = 1


def in_template(text: str, *said: str) -> Mistake:
    return Mistake(said, {T: text})


def described(expression: str, *said: str) -> Mistake:
    """An extension with this as its description, on line 7."""
    return in_template(f"{IT}      description: '{expression}'\n", f"{T}:7", *said)


def in_project(old: str, new: str, *said: str) -> Mistake:
    assert old in PROJECT
    return Mistake(said, {P: PROJECT.replace(old, new)})


def in_loop(line: str, items: str = "['a', 'b']", end: str = "{% endfor %}\n") -> str:
    return f"{TOP}{{% for x in {items} %}}\n{line}{end}"


def given(value: str, *said: str) -> Mistake:
    return Mistake(said, typed=(*PLAN, "--var", value))


ONE = "{name: it, extension_type: bundle, version: '*'}"
MISTAKES: dict[str, Mistake] = {
    # names in templates
    "a reference without resource": described(
        "{{ extension.it.url }}", 'Write "resource.extension.<name>.<attribute>".'
    ),
    "a reference without its kind": described(
        "{{ resource.it.url }}", "it.url is not declared", 'Did you mean "resource.extension.it.url"?'
    ),
    "a reference without an attribute": described("{{ resource.extension.it }}", "Add one of name, "),
    "resources for resource": described(
        "{{ resources.extension.it.url }}", 'Write "resource.<kind>.<name>.<attribute>".'
    ),
    "a variable without var": described("{{ version }}", 'Write "var.version".'),
    "a variable without var, misspelt": described("{{ verzion }}", 'Did you mean "var.version"?'),
    "a local without local": described("{{ prefix }}", 'Write "local.prefix".'),
    "a local as a variable": described("{{ var.prefix }}", 'Write "local.prefix".'),
    "a variable as a local": described("{{ local.version }}", 'Write "var.version".'),
    "variable for var": described("{{ variable.version }}", 'Write "var.<name>".'),
    "locals for local": described("{{ locals.prefix }}", 'Write "local.<name>".'),
    "environment for env": described("{{ environment }}", 'Write "env.name".'),
    "a text without quotes": described(
        "{{ anything }}", "Templates know var, local, env, project and resource. A text stands in quotes."
    ),
    # tags of templates
    "a loop without an end": in_template(
        in_loop(f"    a_{{{{ x }}}}: {ONE}\n", end=""),
        f"{T}:3",
        "the {% for %} has no {% endfor %}",
        "Write {% endfor %} where it ends.",
    ),
    "a condition without an end, in a loop": in_template(
        in_loop(f"{{% if x %}}\n    a_{{{{ x }}}}: {ONE}\n"),
        f"{T}:6",
        "{% endfor %} stands inside of the {% if %} of line 4",
        "ends with {% endif %}.",
    ),
    "an end that is none": in_template(
        in_loop(f"    a_{{{{ x }}}}: {ONE}\n", end="{% end %}\n"),
        f"{T}:5",
        "The {% for %} of line 3 ends with {% endfor %}.",
    ),
    "an end of nothing": in_template(f"{IT}{{% endfor %}}\n", f"{T}:7", "there is no {% for %} before it"),
    "an else of nothing": in_template(f"{IT}{{% else %}}\n", f"{T}:7", "there is no {% if %} before it"),
    "a tag, misspelt": in_template(f"{IT}{{% inculde 'a' %}}\n", f"{T}:7", 'Did you mean "include"?'),
    "a macro without an end": in_template(
        "{# {% if %} #}\n{% set a = 1 %}\n{% macro m() %}\n{% if a %}{% endif %}\n",
        f"{T}:3",
        "the {% macro %} has no {% endmacro %}",
    ),
    "one brace too few": described("{{ var.version }", "An expression ends with }}"),
    "a brace of another kind": in_template(f"{IT}{{% if true }}}}\n", f"{T}:7", "a statement with %}"),
    "a filter that is none": described("{{ var.version | uper }}", 'Did you mean "upper"?'),
    "a loop over a number": in_template(
        in_loop("    a: {}\n", "8"), f"{T}:3", "{% for key, value in it.items() %}"
    ),
    "a loop over a mapping": in_template(
        f"{TOP}{{% for k, v in {{'a': 1}} %}}\n{{% endfor %}}\n", f"{T}:3", "it.items() %}"
    ),
    "a text and a number": described("{{ var.version + 1 }}", "joined with ~"),
    "and of another language": in_template(
        f"{IT}{{% if 1 && 2 %}}{{% endif %}}\n", f"{T}:7", 'It is written "and" here.'
    ),
    "or of another language": in_template(
        f"{IT}{{% if 1 || 2 %}}{{% endif %}}\n", f"{T}:7", 'It is written "or" here.'
    ),
    "not of another language": in_template(
        f"{IT}{{% if !1 %}}{{% endif %}}\n", f"{T}:7", 'It is written "not" here.'
    ),
    "a condition of another language": described(
        '{{ var.version == "8" ? 1 : 2 }}', '"a if condition else b"'
    ),
    "one equals sign": in_template(f"{IT}{{% if 1 = 2 %}}{{% endif %}}\n", f"{T}:7", "compared with =="),
    "elseif": in_template(f"{IT}{{% if 1 %}}{{% elseif 2 %}}{{% endif %}}\n", 'Did you mean "elif"?'),
    "else if": in_template(f"{IT}{{% if 1 %}}{{% else if 2 %}}{{% endif %}}\n", "{% elif ... %}"),
    "a filter as a function": described('{{ join(",", var.languages) }}', "value | join"),
    "a method as a test": in_template(
        f'{IT}{{% if var.version is startswith("8") %}}{{% endif %}}\n', f"{T}:7", "value.startswith(...)"
    ),
    "a method, misspelt": described("{{ var.version.uper() }}", 'Did you mean "upper"?'),
    "an include, misspelt": Mistake(
        [f"{T}:1", 'Did you mean "macros/bundle.j2"?'],
        {T: "{% include 'macros/bundel.j2' %}\n", "templates/macros/bundle.j2": ""},
    ),
    "an include from the project's folder": Mistake(
        [f"{T}:1", 'Did you mean "macros/bundle.j2"?'],
        {T: "{% include 'templates/macros/bundle.j2' %}\n", "templates/macros/bundle.j2": ""},
    ),
    # YAML
    "a colon in a text": in_template(f"{IT}      description: a: b\n", f"{T}:7", "stands in quotes"),
    "a percent sign first": in_template(f"{IT}      description: %a\n", f"{T}:7", "stands in quotes"),
    "a star alone": in_template(IT.replace("'*'", "*"), f"{T}:6", "begins with * or & stands in quotes"),
    "a quote in quotes": in_template(f"{IT}      description: 'it's'\n", f"{T}:7", "is written ''"),
    "a list without an end": in_template(f"{IT}      depends_on: [\n", f"{T}:7", "ends with ]"),
    "a mapping without an end": in_template(f"{IT}      lifecycle: {{\n", f"{T}:7", "ends with ] or }"),
    "a list with two commas": in_template(f"{IT}      depends_on: [,]\n", f"{T}:7", "there is a comma"),
    "a key without a colon": in_template(f"{IT}      description\n", f"{T}:7", "a colon and a blank"),
    "an indent that is none": in_template(f"{IT}     description: a\n", f"{T}:7", "is indented alike"),
    # blocks
    "a moved resource that is still there": in_template(
        f"{IT}moved: {{from: extension.it, to: extension.y}}\n", f"{T}:7", "Give its resource: block the name"
    ),
    "a removed resource that is still there": in_template(
        f"{IT}removed: {{from: extension.it}}\n", f"{T}:7", "Take its resource: block out"
    ),
    "an import of what is not declared": in_template(
        f"{IT}import: {{to: extension.y, id: '1'}}\n", f"{T}:7", "Declare it under resource:"
    ),
    "a plugin for many versions": in_template(
        IT.replace("bundle", "plugin"), f"{T}:6", "Give the exact version that the plugin's descriptor names"
    ),
    "a dollar before the braces": Mistake(
        [f"{T}:7", "${var.version} is taken as a text", "Write {{ var.version }}."],
        {T: f"{IT}      description: ${{var.version}}\n"},
        code=0,
    ),
    # blocks
    "a kind without resource": in_template(
        f"extension:\n  it: {ONE}\n", f"{T}:1", "write it under resource:, one level deeper"
    ),
    "resources for resource, as a block": in_template("resources: {}\n", 'Did you mean "resource"?'),
    "variables in a template": in_template(
        f"{IT}variables: {{a: b}}\n", f"{T}:7", "That stands in planner.yaml."
    ),
    "a list of resources": in_template(
        f"{TOP}    - name: it\n", f"{T}:2", "Write a name above the attributes of each."
    ),
    "HCL": in_template('resource "extension" "it" {\n  name = "it"\n}\n', f"{T}:1", "This is HCL"),
    "an output that Terraform would hide": in_template(
        f"{IT}output:\n  a: {{value: 3, sensitive: true}}\n",
        f"{T}:8",
        "in which sensitive hides nothing",
        "Write a: VALUE.",
        'as an expression: a: "{{ {...} }}"',
    ),
    "an output as Terraform has it": Mistake(
        [f"{T}:10", 'output "a" is a mapping with description, value', "write a: VALUE"],
        {
            T: f"{IT}output:\n  b: {{value: 3, other: 4}}\n  c: {{sensitive: true}}\n"
            "  a: {description: x, value: 3}\n"
        },
        code=0,
    ),
    "an output as Terraform has it, with what it waits for": Mistake(
        [f"{T}:8", "is a mapping with value, depends_on"],
        {T: f"{IT}output:\n  a: {{value: 3, depends_on: [extension.it]}}\n"},
        code=0,
    ),
    "depends_on without a list": in_template(
        f"{IT}      depends_on: extension.other\n", f"{T}:7", "Write it as a list: [extension.other]"
    ),
    "lifecycle as a list": in_template(
        f"{IT}      lifecycle: [prevent_destroy]\n", f"{T}:7", "Known: prevent_destroy, "
    ),
    "an option, misspelt": in_template(IT.replace("bundle", "bundel"), f"{T}:5", 'Did you mean "bundle"?'),
    "a required attribute with options": in_template(
        f"{TOP}    it: {{name: it, version: '*'}}\n", f"{T}:3", 'It must be one of "plugin", "bundle".'
    ),
    "a rule, misspelt, beside an error of its resource": in_template(
        f"{IT}      allow: [{{rule: word-not-utf8, reason: x}}]\n      file: file/alpha\n",
        f"{T}:7",
        'Did you mean "words-not-utf8"?',
        f"{T}:8",
        "1 error, 1 warning.",
    ),
    "a rule, misspelt, beside an error of another one": in_template(
        f"{IT}      allow: [{{rule: word-not-utf8, reason: x}}]\n    x: {{name: x}}\n",
        f"{T}:7",
        'Did you mean "words-not-utf8"?',
        f"{T}:8",
    ),
    "a rule that nothing breaks, beside an error elsewhere": in_template(
        f"{IT}      allow: [{{rule: words-not-utf8, reason: x}}]\noutput: {{a: '{{{{ var.x }}}}'}}\n",
        f"{T}:7",
        "and there is no file that could break it",
        f"{T}:8",
    ),
    "a file with a fault, beside an error elsewhere": Mistake(
        ["files/alpha!dictionaries/a.txt:2", "(words-indented-comment)", f"{T}:8"],
        {
            T: f"{IT}      file: files/alpha\noutput: {{a: '{{{{ var.x }}}}'}}\n",
            "files/alpha/dictionaries/a.txt": "# a\n # b\n",
        },
    ),
    "a file, misspelt": in_template(f"{IT}      file: file/alhpa\n", f"{T}:7", 'Did you mean "files/alpha"?'),
    "a template with another ending": Mistake(
        ["templates/more.yaml.jinja2 is not read", ".yaml.j2"], {"templates/more.yaml.jinja2": IT}, code=0
    ),
    # the project file
    "no environments": Mistake(
        [f"{P}:1", 'For example: environments: {"dev": {"endpoint": "sandbox"}}'], {P: "project: small\n"}
    ),
    "an environment without keys": in_project(
        "dev: {endpoint: sandbox}", "dev: sandbox", f"{P}:11", "Known: endpoint, state, "
    ),
    "a key that means nothing": in_project(
        "dev: {endpoint: sandbox}", "dev: {url: sandbox}", f"{P}:11", "Known: endpoint, state, "
    ),
    "another word for a type": in_project(
        "type: array", "type: list", f"{P}:5", "a list an array, a mapping an object"
    ),
    "an upstream without a list": in_project(
        "staging: {endpoint: sandbox}",
        "staging: {endpoint: sandbox, promote_from: dev}",
        f"{P}:12",
        "Write it as a list: [dev]",
    ),
    # keys
    "a key twice in a loop": in_template(
        in_loop(f"    a: {ONE}\n"), f"{T}:4", 'the key "a" is given twice', "as in name_{{ x }}"
    ),
    "a loop over the same twice": in_template(
        in_loop(f"    a_{{{{ x }}}}: {ONE}\n", "['b', 'b']"), f"{T}:4", "take out what its list holds twice"
    ),
    "an attribute twice in a loop": in_template(
        in_loop(f"    a_{{{{ x }}}}:\n      name: a\n{BODY}      name: b\n"),
        f"{T}:8",
        'the key "name" is given twice',
        f"It was first given at {T}:5.",
    ),
    # expressions where there are none
    "an expression without quotes": in_project(
        '"{{ env.name }}-x"', "{{ env.name }}-x", f"{P}:9", 'Write prefix: "{{ env.name }}-x"'
    ),
    "an expression without quotes, inside of a mapping": in_project(
        '\n  prefix: "{{ env.name }}-x"', " {prefix: {{ env.name }}}", f"{P}:8", 'Write "{{ ... }}"'
    ),
    "an expression as the place of a state": in_project(
        "dev: {endpoint: sandbox}",
        "dev: {endpoint: sandbox, state: 'state/{{ env.name }}.json'}",
        f"{P}:11",
        "environments.dev.state holds an expression",
        "only locals hold expressions",
    ),
    "a loop in the project file": in_project(
        "locals:\n", "{% for x in y %}\nlocals:\n", f"{P}:8", "Only what is in templates/ has loops"
    ),
    "an expression as a value": Mistake(
        [f"{E}:1", "an expression without quotes", "put it under locals in planner.yaml"],
        {E: "variables: {contact: {{ env.name }}}\n"},
    ),
    "an expression as a quoted value": Mistake(
        [f"{E}:1", 'variable "contact" holds an expression', "put it under locals in planner.yaml"],
        {E: "variables: {contact: '{{ env.name }}'}\n"},
        code=0,
    ),
    # values of an environment
    "values without variables": Mistake(
        [f"{E}:1", 'unknown key "version"', "Values stand under variables:, one level deeper."],
        {E: "version: '9.*'\n"},
    ),
    "values as a list": Mistake([f"{E}:1", "not a list", "Begin with variables:"], {E: "- version\n"}),
    "vars for variables": Mistake(['Did you mean "variables"?'], {E: "vars: {version: '9.*'}\n"}),
    "variables in a file of --var-file": Mistake(
        ["v.yaml:1", "without variables: above them"],
        {"v.yaml": "variables: {version: '9.*'}\n"},
        (*PLAN, "--var-file", "v.yaml"),
    ),
    "a file of --var-file, misspelt": Mistake(
        ["no such file v.yml", "--var-file names it"], {"v.yaml": ""}, (*PLAN, "--var-file", "v.yml")
    ),
    "a file of no environment": Mistake(
        ["environments/stagin.yaml is not read", 'Did you mean "environments/staging.yaml"?'],
        {"environments/stagin.yaml": "variables: {version: '9.*'}\n"},
        ("plan", "-e", "staging"),
        code=0,
    ),
    "a file of an environment that went": Mistake(
        ["environments/qa.yml is not read", "The environments are dev, staging."],
        {"environments/qa.yml": "variables: {version: '9.*'}\n"},
        code=0,
    ),
    "two files of one environment": Mistake(
        ["environments/dev.yml is not read", f'Did you mean "{E}"?'],
        {E: "", "environments/dev.yml": "variables: {version: '9.*'}\n"},
        code=0,
    ),
    "pins of no environment": Mistake(
        ["pins/stagin.yaml is not read", 'Did you mean "pins/staging.yaml"?'],
        {"pins/stagin.yaml": "variables: {version: '9.*'}\n"},
        ("plan", "-e", "staging"),
        code=0,
    ),
    # values on the command line
    "a text for a list": given("languages=de", "Write it as YAML: --var 'languages=[de]'"),
    "texts for a list": given("languages=de,fr", "Write it as YAML: --var 'languages=[de,fr]'"),
    "a text for a mapping": given("labels=a", "Write it as YAML: --var 'labels={name: value}'"),
    "a text for a list, in the environment": Mistake(
        ["Write it as YAML: PLANNER_VAR_languages='[de]'"], environ={"PLANNER_VAR_languages": "de"}
    ),
    "a text for a list, in a file": Mistake(
        [f"{E}:1", "Write languages: [de]"], {E: "variables: {languages: de}\n"}
    ),
    "a variable with its namespace": given("var.version=9", 'Did you mean "version"?'),
    "an environment, misspelt": Mistake(['Did you mean "staging"?'], typed=("plan", "-e", "stagin"), code=64),
    "an environment without -e": Mistake(["is named with -e: -e dev."], typed=("apply", "dev")),
    "no environment": Mistake(["Name one with -e: dev, staging."], typed=("plan",), code=64),
    "a command, misspelt": Mistake(['Did you mean "plan"?'], typed=("paln",), code=64),
}


@pytest.fixture
def two(tmp_path: Path) -> Project:
    """Two environments, in a folder that commands name."""
    return small(tmp_path / "two", project=PROJECT)


@pytest.mark.parametrize("name", MISTAKES)
def test_the_last_step_is_said(two: Project, name: str) -> None:
    mistake = MISTAKES[name]
    for file, text in mistake.files.items():
        two.write(file, text)
    done = two.run(*mistake.typed, env=dict(mistake.environ))
    assert done.code == mistake.code, done
    told = words(done.err)
    assert [said for said in mistake.said if said not in told] == [], done.err
    assert "(invalid)" not in told


def test_an_output_that_is_meant_as_a_mapping_is_one(two: Project) -> None:
    two.write(T, f"{IT}output:\n  a: \"{{{{ {{'value': 3, 'sensitive': true}} }}}}\"\n")
    two.apply("-e", "dev")
    assert json.loads(two.ok("output", "-e", "dev", "--json").out)["a"] == {"value": 3, "sensitive": True}


WITHOUT_VALUE = PROJECT.replace('{type: string, default: "8.*"}', "{type: string}")


@pytest.mark.parametrize(
    "text",
    [
        "{{ var.version }}",
        "{{ var.version.x }}",
        "{{ var.version | int + 2 }}",
        '{{ {"a": 1}[var.version] }}',
        "{{ resource.extension[var.version].url }}",
        "{% include var.version %}",
        "{{ local.of_it }} {{ local.of_it.x }}",
        "{{ local.of_that.x }}",
        "{{ resource.extension.it[var.version] }}",
        "'\n      file: '{{ var.version }}.zip",
    ],
)
def test_what_only_follows_is_not_said(two: Project, text: str) -> None:
    """A variable without a value is one mistake, whatever is done with it."""
    two.write(
        P,
        WITHOUT_VALUE.replace(
            "locals:\n", "locals:\n  of_it: '{{ var.version }}-x'\n  of_that: '{{ local.of_it | int }}'\n"
        ),
    )
    key = f"    at_{{{{ var.version }}}}: {ONE}\n"
    two.write(T, f"{IT}      description: '{text}'\n{key}{key}")
    told = two.run(*PLAN).err
    assert 'variable "version" has no value in environment dev' in told
    assert "1 error." in told
