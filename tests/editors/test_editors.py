"""What an editor with yaml-language-server says of the examples and of mistakes, and what it offers."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from planner.config.blocks import BLOCKS, meta_of
from planner.kinds.registry import load_kinds
from tests.acceptance.runner import EXAMPLES, ROOT, Project

from .language_server import PROGRAM, PROPERTY, VALUE, LanguageServer, server_program, started

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(server_program() is None, reason=f"no {PROGRAM}: npm install --global {PROGRAM}"),
]

MODELINE = "# yaml-language-server: $schema=../.schemas/{}.schema.json\n"
TEMPLATE = """\
# {% from "macros/about.j2" import about %}
resource:
  extension:
    synonyms:
      name: "{{ local.prefix }}-synonyms"
      extension_type: bundle
      version: 8.10
      description: "{{ about('Synonyms') }}"
      file: files/synonyms
      lifecycle:
        prevent_destroy: "{{ env.protected }}"
        ignore_changes: [description]

    # {% for language in var.languages -%}
    "stopwords_{{ language }}":
      name: "stopwords-{{ language }}"
      extension_type: "{{ 'bundle' if language else 'plugin' }}"
      version: "{{ var.bundle_version }}"
      file: "files/{{ language }}"
      depends_on: [extension.synonyms]
    # {% if language == "de" %}
    "umlauts_{{ language }}":
      name: umlauts
      extension_type: plugin
      version: 8.15.3
      download_url: "https://archives.example/{{ language }}"
      lifecycle: {prevent_destroy: true}
    # {% endif %}
    # {%- endfor %}

output:
  url: "{{ resource.extension.synonyms.url }}"

moved:
  - {from: extension.words, to: extension.synonyms}

import:
  - to: extension.synonyms
    id: "4310106454"

removed:
  from: extension.former
  destroy: false

check:
  english:
    condition: var.languages[0] == "en"
    message: English comes first.
    severity: warning
"""
VARIABLES = """
variables:
  bundle_version: {type: string, pattern: "^[0-9.*]+$", default: "*"}
  languages: {type: array, items: {type: string}, default: [de]}
  size: {enum: [small, large], default: small}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What init makes, with variables of its own, and schemas of these."""
    made = Project(tmp_path_factory.mktemp("editors") / "search")
    made.folder.mkdir()
    made.ok("init")
    text = (made.folder / "planner.yaml").read_text()
    made.write("planner.yaml", re.sub(r"\nvariables:\n(?:  .*\n)+", VARIABLES, text))
    made.write("templates/macros/about.j2", "{% macro about(what) %}{{ what }}{% endmacro %}\n")
    made.write("templates/extensions.yaml", MODELINE.format("template") + TEMPLATE)
    made.write("files/de/words.txt", "der\n")
    made.ok("schemas")
    return made


@pytest.fixture(scope="module")
def editor(project: Project) -> Iterator[LanguageServer]:
    with started(project.folder, {}) as server:
        yield server


@contextmanager
def written(project: Project, text: str) -> Iterator[None]:
    name = "templates/extensions.yaml"
    before = (project.folder / name).read_text()
    project.write(name, text)
    yield
    project.write(name, before)


@pytest.fixture
def new(project: Project, names: Iterator[int] = count()) -> Callable[[str], Path]:  # noqa: B008 - goes on
    """The path of a file that was not opened yet, beside those of its kind."""
    return lambda folder: project.folder / folder / f"{next(names)}.yaml"


def settings() -> dict[str, Any]:
    """What the page on editors has people tell theirs."""
    text = (ROOT / "docs/how-to/editors.md").read_text()
    found = re.search(r"<!-- editor settings -->\n```json\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


@pytest.mark.parametrize("example", sorted(path.parent.name for path in EXAMPLES.glob("*/planner.yaml")))
def test_nothing_is_wrong_with_the_examples(tmp_path: Path, example: str) -> None:
    shutil.copytree(EXAMPLES / example, tmp_path / example)
    project = Project(tmp_path / example)
    project.ok("schemas")
    patterns = ("planner.yaml", "templates/*.yaml", "environments/*.yaml")
    texts = {file: file.read_text() for pattern in patterns for file in project.folder.glob(pattern)}
    assert len(texts) > 1
    # and once with a mistake, so that the schemas are known to be in force
    for spoilt, told in (("", []), ("\nspoilt: 1\n", ["Property spoilt is not allowed."])):
        with started(project.folder, settings()) as editor:
            found = editor.wrong({file: text + spoilt for file, text in texts.items()})
        assert [[text for _, text in said] for said in found.values()] == [told] * len(texts)


SAMPLE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
FIRST_KEYS = {"project": "project", "release": "pins", **dict.fromkeys(BLOCKS, "template")}


def test_nothing_is_wrong_with_the_samples(editor: LanguageServer, new: Callable[[str], Path]) -> None:
    texts = {}
    pages = [path.read_text() for path in sorted((ROOT / "docs").rglob("*.md"))]
    for text in (text for page in pages for text in SAMPLE.findall(page)):
        found = re.search(r"^(\w+):", text, re.MULTILINE)
        if found and found[1] in FIRST_KEYS:
            texts[new("templates")] = MODELINE.format(FIRST_KEYS[found[1]]) + text
    assert len(texts) == 8 + len(load_kinds())
    assert editor.wrong(texts) == {file: [] for file in texts}


def test_nothing_is_wrong_with_what_planner_writes(project: Project, editor: LanguageServer) -> None:
    with project.sandbox() as ece:
        ece.create(name="strange", description='It\'s \\ 100%: {{ raw }}, "so" {# they say #}\n')
    project.ok("validate")
    project.ok("export", "--out", "templates/more/exported.yaml")
    names = (
        "planner.yaml",
        "environments/dev.yaml",
        "templates/extensions.yaml",
        "templates/more/exported.yaml",
    )
    texts = {project.folder / name: (project.folder / name).read_text() for name in names}
    assert editor.wrong(texts) == {file: [] for file in texts}


LOOP, BRANCH = '    "stopwords_{{ language }}":', '    "umlauts_{{ language }}":'
MISTAKES: dict[str, tuple[str, str]] = {
    "an unknown attribute": ("      file: files/synonyms", "      flie: files/synonyms  # here"),
    "an unknown attribute in a loop": (
        '      file: "files/',
        '      flie: "files/{{ language }}"  # here\n      file: "files/',
    ),
    "an unknown attribute in a branch": ("      download_url:", "      url: x  # here\n      download_url:"),
    "an attribute that the server sets": ("      file: files/synonyms", "      id: '1'  # here"),
    "one that it sets, in a loop": (
        "      depends_on: [",
        "      file_metadata: {}  # here\n      depends_on: [",
    ),
    "an unknown type": ("      extension_type: bundle", "      extension_type: bundel  # here"),
    "an unknown type in a loop": (
        "extension_type: \"{{ 'bundle' if language else 'plugin' }}\"",
        "extension_type: zip  # here",
    ),
    "an unknown type in a branch": ("      extension_type: plugin", "      extension_type: Plugin  # here"),
    "a list for a text": ("      version: 8.10", "      version: [8.10]  # here"),
    "a mapping for a text, in a loop": (
        '      name: "stopwords-{{ language }}"',
        "      name: {a: b}  # here",
    ),
    "a text for a list": ("depends_on: [extension.synonyms]", "depends_on: extension.synonyms  # here"),
    "a mapping in a list": ("depends_on: [extension.synonyms]", "depends_on: [{a: b}]  # here"),
    "no boolean": ('prevent_destroy: "{{ env.protected }}"', "prevent_destroy: maybe  # here"),
    "no boolean in a branch": ("{prevent_destroy: true}", "{prevent_destroy: sure}  # here"),
    "a list for a lifecycle": ("lifecycle: {prevent_destroy: true}", "lifecycle: [prevent_destroy]  # here"),
    "an unknown argument": ("        ignore_changes:", "        ignore_change:  # here\n         "),
    "characters in a name": ("      name: umlauts", "      name: um lauts  # here"),
    "a version of no plugin": ("      version: 8.15.3", "      version: 8.*  # here"),
    "no URL": ('"https://archives.example/{{ language }}"', "archives.example  # here"),
    "a missing name": ('    synonyms:\n      name: "{{ local.prefix }}-synonyms"', "    synonyms:  # here"),
    "a missing name in a loop": (f'{LOOP}\n      name: "stopwords-{{{{ language }}}}"', f"{LOOP}  # here"),
    "a missing type in a branch": (
        f"{BRANCH}\n      name: umlauts\n      extension_type: plugin",
        f"{BRANCH}  # here\n      name: umlauts",
    ),
    "no resource's name": (BRANCH, "    um lauts:  # here"),
    "an unknown kind": ("  extension:\n", "  extention:  # here\n"),
    "an unknown block": ("output:\n", "outputs:  # here\n"),
    "a block in a resource": ("      file: files/synonyms", "      output:  # here\n        a: 1"),
    "a block among the kinds": (
        "output:\n",
        "  check:  # here\n    a: {condition: x, message: y}\noutput:\n",
    ),
    "an attribute among the resources": (LOOP, f"    version: 8.15  # here\n{LOOP}"),
    "a lifecycle among the blocks": ("check:\n", "lifecycle: {}  # here\ncheck:\n"),
    "a move from nowhere": (
        "{from: extension.words, to: extension.synonyms}",
        "{to: extension.synonyms}  # here",
    ),
    "a move with more": ("extension.words,", "extension.words, with: x,  # here\n    "),
    "an import to nowhere": ("  - to: extension.synonyms\n    id:", "  - id:  # here\n     "),
    "an unknown severity": ("severity: warning", "severity: fatal  # here"),
    "a missing message": ("  english:\n", "  french:  # here\n    condition: true\n  english:\n"),
    "a removal that destroys perhaps": ("destroy: false", "destroy: perhaps  # here"),
    "a key twice": ("      file: files/synonyms", "      file: a\n      file: b  # here"),
}


@pytest.mark.parametrize(("old", "planted"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_marked_on_their_line(
    project: Project, editor: LanguageServer, new: Callable[[str], Path], old: str, planted: str
) -> None:
    text = MODELINE.format("template") + TEMPLATE.replace(old, planted, 1)
    path = new("templates")
    said = editor.wrong({path: text})[path]
    here = {number for number, line in enumerate(text.splitlines(), 1) if line.endswith("# here")}
    assert {number for number, _ in said} == here, said
    with written(project, text):
        assert project.run("validate").code == 1  # what planner takes is no mistake


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("bundle_version: 8.*", False),
        ("bundle_version: 8.10", False),
        ("bundle_version: eight", True),
        ("bundel_version: 8.*", True),
        ("languages: [de, en]", False),
        ("languages: de", True),
        ("languages: [{de: 1}]", True),
        ("size: small", False),
        ("size: middle", True),
    ],
)
def test_the_values_of_an_environment_are_of_its_variables(
    editor: LanguageServer, new: Callable[[str], Path], line: str, wrong: bool
) -> None:
    path = new("environments")
    said = editor.wrong({path: f"{MODELINE.format('environment')}variables:\n  {line}\n"})[path]
    assert [number for number, _ in said] == ([3] if wrong else [])


EXTENSION = load_kinds()["extension"].kind
ATTRIBUTES = {*EXTENSION.declarable, *meta_of(EXTENSION)}
LIFECYCLE = {
    *("prevent_destroy", "create_before_destroy", "ignore_changes", "replace_triggered_by"),
    "replace_on",
}
HEAD = "resource:\n  extension:\n"
A = "      name: a\n      extension_type: bundle\n      version: 8.*\n"
REST = ATTRIBUTES - {"name", "extension_type", "version"}
IN_LOOP = f'{HEAD}    # {{% for x in var.languages %}}\n    "a_{{{{ x }}}}":\n'
END = "    # {% endfor %}\n"

OFFERED: dict[str, tuple[str, set[str]]] = {
    "blocks": ("¦", set(BLOCKS)),
    "blocks that are left": (f"{HEAD}    a:\n{A}¦\n", set(BLOCKS) - {"resource"}),
    "kinds": ("resource:\n  ¦", set(load_kinds())),
    "attributes": (f"{HEAD}    a:\n      ¦", ATTRIBUTES),
    "attributes between resources": (f"{HEAD}    a:\n      ¦\n    b:\n{A}", ATTRIBUTES),
    "attributes after another resource": (f"{HEAD}    b:\n{A}    a:\n      ¦\n", ATTRIBUTES),
    "attributes that are left": (f"{HEAD}    a:\n{A}      ¦", REST),
    "attributes at the top": (f"{HEAD}    a:\n      ¦\n{A}", REST),
    "attributes after a letter": (f"{HEAD}    a:\n{A}      d¦", REST),
    "attributes in a loop": (f"{IN_LOOP}      ¦\n{END}", ATTRIBUTES),
    "attributes that are left, in a loop": (f"{IN_LOOP}{A}      ¦\n{END}", REST),
    "attributes after braces, in a loop": (
        f'{IN_LOOP}      name: "{{{{ x }}}}"\n      ¦\n{END}',
        ATTRIBUTES - {"name"},
    ),
    "attributes in a branch": (
        f"{IN_LOOP}{A}    # {{% if x %}}\n    b:\n      ¦\n    # {{% endif %}}\n{END}",
        ATTRIBUTES,
    ),
    "attributes after a loop": (f"{IN_LOOP}{A}{END}    b:\n      ¦\n", ATTRIBUTES),
    "arguments of a lifecycle": (f"{HEAD}    a:\n{A}      lifecycle:\n        ¦", LIFECYCLE),
    "arguments that are left, in a loop": (
        f"{IN_LOOP}{A}      lifecycle:\n        prevent_destroy: true\n        ¦\n{END}",
        LIFECYCLE - {"prevent_destroy"},
    ),
    "types": (f"{HEAD}    a:\n      name: a\n      extension_type: ¦\n", {"plugin", "bundle"}),
    "types in a loop": (f"{IN_LOOP}      extension_type: ¦\n{END}", {"plugin", "bundle"}),
    "truth": (f"{HEAD}    a:\n{A}      lifecycle:\n        prevent_destroy: ¦\n", {"true", "false"}),
    "no texts": (f"{HEAD}    a:\n{A}      description: ¦\n", set()),
    "ends of a move": ("moved:\n  - ¦", {"from", "to"}),
    "what is left of an import": ("import:\n  - to: extension.a\n    ¦", {"id"}),
    "what is left of a removal": ("removed:\n  - from: extension.a\n    ¦", {"destroy"}),
    "parts of a check": ("check:\n  x:\n    ¦", {"condition", "message", "severity"}),
    "severities": ("check:\n  x:\n    severity: ¦", {"error", "warning"}),
    "parts of a roll-out": (
        "rollout:\n  x:\n    of: [extension.*]\n    ¦",
        {"mode", "waves", "at_once", "health", "pause", "on_failure"},
    ),
    "modes": ("rollout:\n  x:\n    mode: ¦", {"switch", "restart", "none"}),
    "ways on": ("rollout:\n  x:\n    on_failure: ¦", {"stop", "roll_back", "roll_back_all"}),
    "parts of health": ("rollout:\n  x:\n    health:\n      ¦", {"status", "plugins", "analyze", "within"}),
    "of whom a wave is": ("rollout:\n  x:\n    waves:\n      - ¦", {"name", "tag"}),
    "of whom a wave is, in a list": ("rollout:\n  x:\n    waves:\n      - - ¦", {"name", "tag"}),
}


@pytest.mark.parametrize(("text", "labels"), OFFERED.values(), ids=OFFERED)
def test_exactly_what_may_stand_there_is_offered(
    editor: LanguageServer, new: Callable[[str], Path], text: str, labels: set[str]
) -> None:
    before, after = f"{MODELINE.format('template')}{text}".split("¦")
    path = new("templates")
    editor.wrong({path: before + after})
    offered = editor.completions(path, before.count("\n"), len(before) - before.rfind("\n") - 1)
    assert {item["label"] for item in offered if item["kind"] in (PROPERTY, VALUE)} == labels


def test_an_environment_is_offered_its_variables(editor: LanguageServer, new: Callable[[str], Path]) -> None:
    path = new("environments")
    editor.wrong({path: f"{MODELINE.format('environment')}variables:\n  \n"})
    offered = {item["label"] for item in editor.completions(path, 2, 2) if item["kind"] == PROPERTY}
    assert offered == {"bundle_version", "languages", "size"}
