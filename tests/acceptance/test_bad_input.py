"""Whatever is wrong in a project is said with file and line, and nothing is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .runner import Project

T = "templates/main.yaml"
HEAD = "resource:\n  extension:\n    it:\n      name: it\n      extension_type: bundle\n"


def template(text: str) -> Callable[[Project], None]:
    return lambda project: project.write(T, text)


def other(name: str, text: str) -> Callable[[Project], None]:
    return lambda project: project.write(name, text)


def not_utf8(project: Project) -> None:
    (project.folder / T).write_bytes(b"resource: \xff\xfe\n")


def huge(project: Project) -> None:
    project.write(T, HEAD + "      version: '*'\n" + "# filler\n" * 6_000_000)


def bomb(project: Project) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    project.write(T, "\n".join(lines) + "\n")


CASES: dict[str, tuple[Callable[[Project], None], str, str]] = {
    "an undefined variable": (
        template(HEAD + "      version: {{ var.verzion }}\n"),
        f"{T}:6",
        'Did you mean "version"?',
    ),
    "a variable of the wrong type": (
        other("environments/dev.yaml", "variables:\n  version: [1]\n"),
        "environments/dev.yaml:2",
        'variable "version"',
    ),
    "a variable that is not declared": (
        other("environments/dev.yaml", "variables:\n  versin: '8.*'\n"),
        "environments/dev.yaml:2",
        "not declared",
    ),
    "a missing attribute": (template(HEAD), f"{T}:3", "version"),
    "an unknown attribute": (
        template(HEAD + "      version: '*'\n      descripton: x\n"),
        f"{T}:7",
        'Did you mean "description"?',
    ),
    "an attribute that does not fit": (
        template(HEAD.replace("bundle", "bundel") + "      version: '*'\n"),
        f"{T}:5",
        "bundel",
    ),
    "bad YAML": (template(HEAD + "      version: [1\n"), f"{T}:", "Error:"),
    "tabs for blanks": (template("resource:\n\textension: {}\n"), f"{T}:2", "tabs"),
    "bad jinja": (template("# a line\n{% for x in %}\n"), f"{T}:2", "Error:"),
    "a block that does not end": (template("{% if true %}\nresource: {}\n"), f"{T}:", "endif"),
    "an unknown kind": (
        template("resource:\n  extenson:\n    a: {}\n"),
        f"{T}:2",
        'Did you mean "extension"?',
    ),
    "an address twice": (
        other("templates/second.yaml", HEAD.replace("it:", "alpha:") + "      version: '*'\n"),
        "templates/second.yaml:3",
        "extension.alpha",
    ),
    "a reference to nothing": (
        template(HEAD + "      version: '*'\n      description: '{{ resource.extension.that.url }}'\n"),
        f"{T}:7",
        "extension.that",
    ),
    "a reference to no attribute": (
        template(HEAD + "      version: '*'\n      description: '{{ resource.extension.it.link }}'\n"),
        f"{T}:7",
        "link",
    ),
    "a cycle": (
        template(
            HEAD
            + "      version: '*'\n      description: '{{ resource.extension.at.url }}'\n"
            + "    at:\n      name: at\n      extension_type: bundle\n      version: '*'\n"
            + "      description: '{{ resource.extension.it.url }}'\n"
        ),
        f"{T}:",
        "circle",
    ),
    "a filter on what is not known": (
        template(
            HEAD
            + "      version: '*'\n    at:\n      name: at\n      extension_type: bundle\n"
            + "      version: '*'\n      description: '{{ resource.extension.it.url | upper }}'\n"
        ),
        f"{T}:11",
        "upper",
    ),
    "an include from outside": (
        template("{% include '../../etc/passwd' %}\n"),
        f"{T}:1",
        "leaves the project",
    ),
    "an include of nothing": (template("{% include 'macros/none.j2' %}\n"), f"{T}:1", "none.j2"),
    "a missing file": (
        template(HEAD + "      version: '*'\n      file: files/none.zip\n"),
        f"{T}:7",
        "files/none.zip",
    ),
    "a file from outside": (
        template(HEAD + "      version: '*'\n      file: ../../etc\n"),
        f"{T}:7",
        "outside",
    ),
    "a template of 50 MB": (huge, T, "large"),
    "a YAML bomb": (bomb, f"{T}:", "alias"),
    "bytes that are no text": (not_utf8, T, "UTF-8"),
    "a project file that is none": (other("planner.yaml", "project: [\n"), "planner.yaml:", "Error:"),
    "an unknown key in the project file": (
        other("planner.yaml", "project: small\nenvironment:\n  dev: {endpoint: sandbox}\n"),
        "planner.yaml:2",
        'Did you mean "environments"?',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_named_with_its_place(project: Project, case: str) -> None:
    spoil, place, words = CASES[case]
    spoil(project)
    done = project.run("apply", "--auto-approve")
    assert done.code == 1, done
    assert place in done.err, done.err
    assert words in done.err, done.err
    assert done.out == ""
    assert not (project.folder / "state").exists()


def test_everything_wrong_is_said_at_once(project: Project) -> None:
    project.write(T, HEAD + "      version: {{ var.verzion }}\n      descripton: x\n")
    project.write("templates/second.yaml", "resource:\n  extenson: {}\n")
    done = project.run("validate")
    assert done.code == 1
    assert all(word in done.err for word in ("verzion", "descripton", "extenson"))
    assert "3 errors." in done.err


def test_a_mistake_in_a_loop_is_said_once(project: Project) -> None:
    """Programs get each."""
    loop = HEAD.replace("    it:", "{% for n in range(200) %}\n    it_{{ n }}:")
    project.write(T, f"{loop}      version: '*'\n      descripton: x\n{{% endfor %}}\n")
    done = project.run("validate")
    assert done.err.count("descripton") == 2, done.err
    assert f"199 more from {T}:8: extension.it_1, extension.it_2, extension.it_3, …" in done.err
    assert "200 errors." in done.err
    assert project.run("plan", "--json").out.count('"type":"diagnostic"') == 200


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    done = Project(tmp_path).run("plan")
    assert done.code == 1
    assert "there is no planner.yaml" in done.err


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert Project(tmp_path).run("-C", "nowhere", "plan").code == 1
