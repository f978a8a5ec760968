"""`planner console`: what expressions come to, one a line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from planner.archives.kept import FOLDER

from .runner import Project, small, words
from .terminal import at_terminal

PROJECT = """
project: small
variables:
  version: {type: string, default: "8.*"}
  languages: {type: array, default: [de, fr]}
  token: {type: string, sensitive: true}
locals:
  prefix: "{{ env.name }}-{{ project }}"
  key: "key {{ var.token }}"
environments:
  dev: {endpoint: sandbox}
  prod: {endpoint: sandbox}
"""
SECRET = "s3cret-and-long"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small(tmp_path / "small", project=PROJECT)
    made.write("templates/macros/names.j2", "{% macro named(x) %}name: {{ x }}{% endmacro %}\n")
    made.environ["PLANNER_VAR_token"] = SECRET
    return made


def said(project: Project, *lines: str, env: str = "dev") -> tuple[list[str], str]:
    """(results, errors)."""
    done = project.run("console", "-e", env, given="\n".join(lines).encode())
    assert done.code == (1 if done.err else 0), done
    return done.out.splitlines(), words(done.err)


VALUES = {
    "var.version": '"8.*"',
    "local.prefix ~ '-x'": '"dev-small-x"',
    "{{ local.prefix }}-x": '"dev-small-x"',
    "env.protected": "false",
    "project": '"small"',
    "8.10": "8.10",
    "var.languages | map('upper')": '["DE", "FR"]',
    "{'a': [1, none]}": "{a = [1, null]}",
    '"two\\nlines"': '"two\\nlines"',
    "'}}' if true else '-%}'": '"}}"',
    "{% from 'macros/names.j2' import named %}{{ named(8) }}": '"name: 8"',
    "var.token": "(sensitive)",
    "var": '["version", "languages", "token"]',
    " local ": '["prefix", "key"]',
    "env": '["name", "endpoint", "protected"]',
    "resource": '["extension.alpha", "extension.beta"]',
    "resource.extension": '["alpha", "beta"]',
    "[var.token, local.key | upper]": "[(sensitive), (sensitive)]",
    "resource.extension.alpha.name": '"alpha"',
    "resource.extension.alpha.url": "(known after apply)",
    "{'at': resource.extension.alpha.url}": "{at = (known after apply)}",
}


def test_a_result_for_each_line(project: Project) -> None:
    assert said(project, *VALUES) == ([*VALUES.values()], "")


ERRORS = {
    "var.versoin": 'variable "versoin" is not declared Did you mean "version"?',
    "nope": '"nope" is not defined',
    "var.version ~": "not a jinja expression: unexpected end",
    "(1": "not a jinja expression: unexpected end, expected ')'",
    "var.version 1": "not a jinja expression: more after its end",
    "'a' 'b": "not a jinja expression: unexpected char",
    "{{ var.version": "not a jinja template: unexpected end of template, expected }}",
    "1 / 0": "the expression failed: division by zero",
    "var.version | shout": 'there is no filter "shout"',
    "resource.extension.alpha.url | upper": "is perhaps known only after apply",
    "resource.extension.alhpa.url": 'extension.alhpa is not declared Did you mean "extension.alpha"?',
    "resource.extension.alpha.ulr": 'extension has no attribute "ulr" to refer to',
    "[var]": "a namespace cannot be printed",
    "{{ var }}": "a namespace cannot be printed Name one of its entries: version, languages, token.",
    "resource.extensoin": "a namespace cannot be printed Write resource.<kind>.<name>.<attribute>.",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}": "more work than",
    "'" + "x" * 10_000 + "'": "the expression is longer than 10,000 characters",
    "\uf890\uf880\uf891": "private-use characters",
}


def test_an_error_names_its_line_and_the_next_goes_on(project: Project) -> None:
    results, errors = said(project, "", *(line for wrong in ERRORS for line in (wrong, "1")))
    assert results == ["1"] * len(ERRORS)
    told = errors.split("Error: ")[1:]
    assert [text for number, text in enumerate(told) if not text.startswith(f"line {2 * number + 2}: ")] == []
    assert [(want, text) for want, text in zip(ERRORS.values(), told, strict=True) if want not in text] == []


def test_an_error_in_a_macro_names_the_macros_line(project: Project) -> None:
    line = "{% from 'macros/names.j2' import named %}{{ named(nope) }}"
    assert '"nope" is not defined, at templates/macros/names.j2:1' in said(project, line)[1]


def test_what_is_no_text(project: Project) -> None:
    done = project.run("console", "-e", "dev", given=b"1\n\xff\xfe\n2")
    assert (done.code, done.out) == (1, "1\n2\n")
    assert "line 2: it is not UTF-8 text" in done.err


@pytest.mark.parametrize("way_out", ["exit", " quit ", "exit\r"])
def test_what_ends_a_session_ends_a_pipe(project: Project, way_out: str) -> None:
    assert said(project, "1 + 1", way_out, "nope") == (["2"], "")


def test_what_only_looks_like_a_way_out(project: Project) -> None:
    results, errors = said(project, "exit()", "'exit'")
    assert results == ['"exit"']
    assert "line 1: " in errors


def test_nothing_to_read(project: Project) -> None:
    done = project.ok("console", "-e", "dev")
    assert done.both == ""


def test_options_and_environments(project: Project) -> None:
    assert said(project, "env.name", "local.prefix", env="prod") == (['"prod"', '"prod-small"'], "")
    done = project.run("console", "-e", "dev", "--var", "version=9.1.0", given=b"var.version")
    assert done.out == '"9.1.0"\n'


def test_resources_are_as_the_state_has_them_and_nothing_is_asked_or_written(project: Project) -> None:
    project.apply("-e", "dev")
    before, url = files(project.folder), project.resource("extension.alpha")["attributes"]["url"]
    with project.sandbox() as ece:
        ece.forget_requests()
        asked = ("resource.extension.alpha.url", "'at ' ~ resource.extension.alpha.url")
        assert said(project, *asked) == ([f'"{url}"', f'"at {url}"'], "")
        size = "resource.extension.alpha.file_metadata"
        assert "a mapping cannot be part of a text" in said(project, f"'of ' ~ {size}")[1]
        project.write("files/alpha/words.txt", "one\ntwo\n")
        assert said(project, f"{size}.size", asked[0]) == (["(known after apply)", f'"{url}"'], "")
        assert ece.requests() == []
    project.write("files/alpha/words.txt", "one\n")
    assert files(project.folder) == before


def files(folder: Path) -> dict[str, bytes]:
    """But those of the sandbox, which a look from outside changes, and what every look at archives keeps."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    kept = (path for path in paths if "sandbox" not in str(path) and path.parent.name != FOLDER)
    return {str(path): path.read_bytes() for path in kept}


def test_it_works_where_templates_do_not(project: Project) -> None:
    project.edit("templates/main.yaml", "{{ var.version }}", "{{ var.versoin }}")
    done = project.run("console", "-e", "dev", given=b"var.version\nresource.extension.alpha.url")
    assert (done.code, done.out) == (1, '"8.*"\n')
    assert "templates/main.yaml:7" in done.err
    assert "not known while the configuration has errors" in done.err


def test_what_has_no_value(project: Project) -> None:
    project.edit("planner.yaml", 'default: "8.*"', "description: of Elasticsearch")
    project.edit("planner.yaml", "locals:", "locals:\n  low: '{{ var.version | lower }}'")
    results, errors = said(project, "var.version", "[var.version | upper]", "local.low", "local.prefix")
    assert results == ['"dev-small"']
    for told in ("line 1: var.version has no value", "line 2: var.version", "line 3: local.low has no value"):
        assert told in errors


def test_at_a_terminal(project: Project) -> None:
    with at_terminal(project, "console", "-e", "dev") as sitting:
        sitting.wait_for("Ctrl-D ends it.\r\ndev> ")
        up_twice = "\x1b[A\x1b[A"
        for keys, shown in (
            ("var.version", '"8.*"'),
            ("var.tokne", 'Did you mean "token"?'),
            (up_twice, '"8.*"'),
            ("var.token", "(sensitive)"),
        ):
            sitting.forget()
            sitting.type(f"{keys}\n")
            sitting.wait_for(f"{shown}\r\n")
            sitting.wait_for("\ndev> ")
        sitting.type("\x04")
        assert sitting.end() == 0
    assert [path.name for path in project.folder.iterdir() if "history" in path.name] == []


@pytest.mark.parametrize(("keys", "code"), [("exit\n", 0), ("quit\n", 0), ("\x03\n", 130)])
def test_ways_out(project: Project, keys: str, code: int) -> None:
    """A Ctrl-C between the prompt and the wait for a key is heard with the next key: Python's readline."""
    with at_terminal(project, "console", "-e", "dev") as sitting:
        sitting.wait_for("dev> ")
        sitting.type(keys)
        assert sitting.end() == code, sitting.shown


def test_a_result_goes_into_a_pipe_while_lines_still_come(project: Project) -> None:
    read, write = os.pipe()
    with project.started("console", "-e", "dev", stdin=read) as process:
        os.close(read)
        assert process.stdout is not None
        for line, result in (("1 + 1", "2\n"), ("env.name", '"dev"\n')):
            os.write(write, f"{line}\n".encode())
            assert process.stdout.readline() == result
        os.close(write)
        assert process.wait() == 0
