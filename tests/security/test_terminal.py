"""Nothing that others wrote moves the cursor, hides text or turns it around, in any text output."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from planner.cli.console import log_to
from planner.model.value import Value
from tests.acceptance.runner import Project, small
from tests.unit.config.projects import as_yaml

from .installation import Answer, Asked, answering, refusal
from .test_paths import in_process

HOSTILE = {
    "a colour": "\x1b[31m",
    "erasing": "\x1b[2J\x1b[1;1H",
    "a title": "\x1b]0;title\x07",
    "a link (OSC 8)": "\x1b]8;;http://evil.example\x1b\\text\x1b]8;;\x1b\\",
    "a clipboard (OSC 52)": "\x1b]52;c;ZXZpbA==\x07",
    "device control": "\x1bP$qm\x1b\\",
    "8-bit CSI": "\x9b31m",
    "8-bit OSC": "\x9d0;title\x9c",
    "C1 controls": "\x80\x84\x85\x8d\x90\x9f",
    "bell, backspace, return": "\x07\x08\x08\rover",
    "vertical": "\x0b\x0c",
    "delete": "\x7f\x7f",
    "NUL": "\0",
    "bidi": "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    "nothing to see": "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e",
    "line ends": "\u2028\u2029\x1c\x1d\x1e",
    "tags": "\U000e0041\U000e007f",
    "private use": "\ue000\U000f0000",
    "half a pair": "\ud800",
}
ALL = "".join(HOSTILE.values())
WRITTEN = ALL.replace("\0", "").replace("\ud800", "")
"""What can be in a file's name, in an argument and in UTF-8."""


def harmful(text: str) -> str:
    """The characters of an output that a terminal would act on, or not show."""
    return "".join(sorted({char for char in text if not char.isprintable() and char != "\n"}))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("EC_API_KEY", "some-key")
    return small(tmp_path / "small")


def safe(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    _, said = in_process(project, capsys, *words)
    assert harmful(said) == "", (words, ascii(said))
    return said


def extension(**fields: object) -> dict[str, object]:
    return {
        "id": f"1{ALL}",
        "name": f"alpha{ALL}",
        "extension_type": f"bundle{ALL}",
        "version": f"8.*{ALL}",
        "description": f"d{ALL}\n{ALL}",
        "url": f"repo://1{ALL}",
        "deployments": [f"d{ALL}"],
        "file_metadata": {f"k{ALL}": f"v{ALL}"},
        **fields,
    }


def lists(asked: Asked) -> Answer:
    if asked.path.endswith("/extensions"):
        return Answer(200, {"extensions": [extension(), extension(name="beta", version="*")]})
    return Answer(200, extension())


def header(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1").translate(dict.fromkeys((0, 10, 13), " "))


REPLIES: dict[str, Callable[[Asked], Answer]] = {
    "a list": lists,
    "an error": lambda _: refusal(400, f"no {ALL}"),
    "codes": lambda _: Answer(409, {"errors": [{"code": f"c{ALL}", "message": "m", "fields": [ALL]}]}),
    "a gateway's JSON": lambda _: Answer(403, {"message": f"bad {ALL}"}),
    "a gateway's page": lambda _: Answer(404, f"<html><title>x{ALL}</title>".encode("utf-8", "replace")),
    "an escaped page": lambda _: Answer(404, b"<html><title>&#27;[31m &#x9b;31m &#x202e;</title>"),
    "a text": lambda _: Answer(403, f"x{ALL}".encode("utf-8", "replace")),
    "another answer": lambda _: Answer(200, f"x{ALL}".encode("utf-8", "replace")),
    "a redirect": lambda _: Answer(302, b"", {"Location": header(f"http://x/{ALL}")}),
    "headers": lambda _: Answer(
        401, {}, {"x-cloud-error-codes": header(ALL), "X-Elastic-Api-Key-Expiration": header(ALL)}
    ),
    "other keys": lambda _: Answer(200, {f"x{ALL}": ALL}),
}
COMMANDS = [
    ["plan"],
    ["-vv", "plan"],
    ["-v", "drift"],
    ["export"],
    ["apply", "--auto-approve"],
    ["import", "extension.alpha", "1"],
]


@pytest.mark.parametrize("reply", REPLIES)
def test_what_an_installation_answers(
    project: Project, reply: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(REPLIES[reply]) as url:
        project.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: '{url}', timeout: 0.2}}")
        for words in COMMANDS:
            safe(project, capsys, *words)


def test_what_is_in_the_state(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(lists) as url:
        project.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: '{url}', timeout: 0.2}}")
        said = safe(project, capsys, "import", "extension.alpha", f"1{WRITTEN}")
        for words in (
            ["show"],
            ["output"],
            ["state", "list"],
            ["state", "show", "extension.alpha"],
            ["graph", "--format", "dot"],
            ["graph", "--format", "mermaid"],
            ["plan", "--no-refresh"],
            ["destroy"],
        ):
            said += safe(project, capsys, *words)
    assert "extension.alpha" in said


def template(text: str) -> Callable[[Project], None]:
    return lambda project: project.write("templates/main.yaml", text)


def bundle(**attributes: str) -> str:
    return as_yaml({"extension_type": "bundle", "version": "*", **attributes})


def declaring(environments: dict[str, dict[str, str]]) -> Callable[[Project], None]:
    text = f"project: p\nenvironments: {as_yaml(environments)}\n"
    return lambda project: project.write("planner.yaml", text)


OUTPUTS: dict[str, Value] = {"o": WRITTEN, "l": [WRITTEN], "m": {WRITTEN: WRITTEN}}
CHECK = {"c": {"condition": "false", "message": WRITTEN}}
WRITES: dict[str, Callable[[Project], None]] = {
    "an unknown attribute": template(f"resource: {{extension: {{a: {as_yaml({ALL: 1})}}}}}"),
    "a name": template(f"resource: {{extension: {as_yaml({f'a{ALL}': {}})}}}"),
    "a value": template(f"output: {as_yaml(OUTPUTS)}"),
    "an output's name": template(f"output: {as_yaml({f'o{WRITTEN}': 1})}"),
    "a line": template("x: [\u202e\u2066\u200b\n\u061c\n"),
    "a tag": template("x: !\u202ey 1\n"),
    "a jinja name": template("x: {{ a['\u202e\x9b'] }}{{ nothing['\\x1b[31m'] }}\n"),
    "an include": template("{% include '\\x1b[31m\u202e' %}\n"),
    "a file": template(f"resource: {{extension: {{a: {bundle(name='a', file=f'x{ALL}')}}}}}"),
    "a check's message": template(f"check: {as_yaml(CHECK)}"),
    "a variable": lambda project: project.write(
        "environments/dev.yaml", f"variables: {as_yaml({'version': ALL, f'v{ALL}': 1})}"
    ),
    "an environment": declaring({f"e{ALL}": {"endpoint": "sandbox"}}),
    "an endpoint": declaring({"dev": {"endpoint": f"https://x/{ALL}"}}),
    "a state": declaring({"dev": {"endpoint": "sandbox", "state": f"no:{ALL}"}}),
    "a state's path": declaring({"dev": {"endpoint": "sandbox", "state": f"/proc/{ALL}/x.json"}}),
}


@pytest.mark.parametrize("place", WRITES)
def test_what_a_project_says(project: Project, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    WRITES[place](project)
    for words in (["validate"], ["plan"], ["render", "--origins"], ["graph"], ["apply", "--auto-approve"]):
        safe(project, capsys, *words)
    safe(project, capsys, "output")


def test_names_of_files_and_members(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    name = WRITTEN.replace("/", "")[:60]
    project.write(f"templates/{name}.yaml", "x: [\n")
    of_folder, of_zip = bundle(name="a", file="f"), bundle(name="b", file="z.zip")
    project.write("templates/main.yaml", f"resource: {{extension: {{a: {of_folder}, b: {of_zip}}}}}\n")
    project.write(f"f/{name}", "x")
    with zipfile.ZipFile(project.folder / "z.zip", "w") as archive:
        archive.writestr(f"../{WRITTEN}", b"")
    assert "\\x1b" in safe(project, capsys, "plan")
    (project.folder / "templates" / f"{name}.yaml").unlink()
    assert "unsafe names" in safe(project, capsys, "plan")


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "-e", WRITTEN],
        ["plan", "--var", f"{WRITTEN}=1"],
        ["plan", "--var", f"version={WRITTEN}"],
        ["plan", "--var", WRITTEN],
        ["plan", "--var-file", WRITTEN],
        ["plan", "--target", f"extension.{WRITTEN}"],
        ["plan", "--out", f"/proc/{WRITTEN}"],
        ["plan", f"--{WRITTEN}"],
        ["plan", "--parallelism", WRITTEN],
        [WRITTEN],
        ["show", WRITTEN],
        ["apply", WRITTEN],
        ["output", WRITTEN],
        ["kinds", "show", WRITTEN],
        ["state", "show", WRITTEN],
        ["state", "mv", WRITTEN, WRITTEN],
        ["state", "restore", WRITTEN],
        ["lock", "break", WRITTEN],
        ["import", WRITTEN, WRITTEN],
        ["-C", WRITTEN, "plan"],
    ],
    ids=lambda words: ascii(words)[:24],
)
def test_what_is_typed(project: Project, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """It may come from a script: a branch's name, a title of a pull request."""
    safe(project, capsys, *words)


def test_what_is_in_a_damaged_plan(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(project, capsys, "plan", "--out", str(project.folder / "p.json"))[0] == 0
    for old in ('"8.*"', '"alpha"', '"format_version"'):
        text = (project.folder / "p.json").read_text().replace(old, as_yaml(WRITTEN))
        (project.folder / "q.json").write_text(text)
        safe(project, capsys, "show", str(project.folder / "q.json"))
        safe(project, capsys, "apply", str(project.folder / "q.json"))


def test_the_log() -> None:
    """Also what libraries put into it, and names of hosts."""
    target = io.StringIO()
    log_to(target, logging.DEBUG)
    logging.getLogger("planner.ece").debug("> %s", quote(ALL.encode("utf-8", "replace")))
    logging.getLogger("planner.any").warning("line %s", ALL)
    assert harmful(target.getvalue()) == ""
    assert target.getvalue().count("\n") == 2


def test_a_last_resort(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = in_process(project, capsys, "-C", f"{project.folder}/{'a/' * 3000}", "plan")
    assert code == 1
    assert harmful(said) == ""
