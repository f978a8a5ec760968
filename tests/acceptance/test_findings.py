"""What linting finds in the files that resources name: in validate, plan, apply and preview, nowhere else."""

from __future__ import annotations

import json

import pytest

from planner.app.linting import findings
from planner.app.opening import Request, configure_files
from planner.config.variables import Inputs
from tests.unit.archives.lint.cases.keys import certificate, jks

from .runner import Project
from .team import change_prod, environments

SYNONYMS = "files/alpha/dictionaries/synonyms.txt"
BROKEN = "sofa => couch => settee\n"
TOLD = f"{SYNONYMS.replace('alpha/', 'alpha!')}:1 has more than one `=>` (synonyms-two-arrows)"
ALLOW = "      file: files/alpha\n      allow: [{rule: synonyms-two-arrows, reason: It is read by nobody.}]\n"


@pytest.fixture
def broken(project: Project) -> Project:
    """The small project, not applied, with an archive that Elasticsearch would refuse."""
    project.write(SYNONYMS, BROKEN)
    return project


@pytest.fixture
def held(applied: Project) -> Project:
    """The small project, with such an archive applied before the rule was there."""
    applied.write(SYNONYMS, BROKEN)
    applied.edit("templates/main.yaml", "      file: files/alpha\n", ALLOW)
    applied.apply()
    applied.edit("templates/main.yaml", ALLOW, "      file: files/alpha\n")
    return applied


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("validate",), 1),
        (("plan",), 3),
        (("plan", "--detailed-exitcode", "--out", "plan.json"), 3),
        (("plan", "--target", "extension.alpha"), 3),
        (("apply", "--auto-approve"), 3),
    ],
)
def test_what_would_be_sent_is_in_order(broken: Project, command: tuple[str, ...], code: int) -> None:
    done = broken.run(*command)
    assert done.code == code
    assert f"Error: {TOLD}\n  templates/main.yaml:8, in extension.alpha\n" in done.err
    assert not (broken.folder / "plan.json").exists()
    assert not (broken.folder / "state/dev.json").exists()


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_programs_are_told_what_people_are(broken: Project, form: str) -> None:
    """A pipeline that asks for annotations must not pass what a terminal refuses."""
    done = broken.run("validate", "--format", form)
    assert done.code == 1
    assert TOLD in (done.err if form == "text" else done.out)
    broken.write(SYNONYMS, "sofa, couch\n")
    done = broken.ok("validate", "--format", form)
    assert TOLD not in done.err + done.out


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("plan", "--detailed-exitcode"), 0),
        (("apply", "--auto-approve"), 0),
        (("plan", "--target", "extension.beta"), 0),
    ],
)
def test_of_what_the_state_holds_it_is_warned(held: Project, command: tuple[str, ...], code: int) -> None:
    done = held.run(*command)
    assert done.code == code, done
    assert f"Warning: {TOLD}\n" in done.err
    assert "Error" not in done.err


def test_what_is_left_out_is_not_sent(broken: Project) -> None:
    broken.edit("templates/main.yaml", "{{ resource.extension.alpha.url }}", "nothing")
    done = broken.ok("plan", "--exclude", "extension.alpha")
    assert f"Warning: {TOLD}\n" in done.err


@pytest.mark.parametrize("words", [("--replace", "extension.alpha"), ()])
def test_what_is_sent_again_is_in_order(held: Project, words: tuple[str, ...]) -> None:
    if not words:
        held.write("files/alpha/words.txt", "another\n")
    done = held.run("plan", *words)
    assert done.code == 3
    assert f"Error: {TOLD}\n" in done.err


@pytest.mark.parametrize(
    "command", [("drift",), ("plan", "--refresh-only"), ("plan", "--destroy"), ("destroy", "--auto-approve")]
)
def test_what_carries_out_no_templates_does_not_lint(held: Project, command: tuple[str, ...]) -> None:
    done = held.ok(*command)
    assert "synonyms-two-arrows" not in done.both


def test_a_saved_plan_is_not_linted_again(broken: Project) -> None:
    broken.edit("templates/main.yaml", "      file: files/alpha\n", ALLOW)
    broken.ok("plan", "--out", "plan.json")
    assert "synonyms-two-arrows" not in broken.ok("apply", "plan.json").both


def test_it_is_in_no_plan_and_in_no_digest(held: Project) -> None:
    held.edit("templates/main.yaml", 'version: "*"', "version: 8.*")
    warned = json.loads(held.ok("plan", "--format", "json").out)
    held.edit("templates/main.yaml", "      file: files/alpha\n", ALLOW)
    allowed = json.loads(held.ok("plan", "--format", "json").out)
    assert warned["digest"] == allowed["digest"]
    assert "synonyms-two-arrows" not in json.dumps([warned, allowed])


def test_events_have_it(held: Project) -> None:
    events = [json.loads(line) for line in held.ok("plan", "--json").out.splitlines()]
    (found,) = [event for event in events if event["type"] == "diagnostic"]
    assert (found["severity"], found["summary"]) == ("warning", TOLD)


@pytest.mark.parametrize(
    ("allow", "says"),
    [
        ("[{rule: synonyms-two-arrows, reason: x}]", ""),
        (
            "[{rule: synonyms-two-arrows, reason: x}, {rule: words-not-utf8, reason: x}]",
            "allow names words-not-utf8, which files/alpha does not break",
        ),
        (
            "[{rule: synonyms-two-arrows, reason: x}, {rule: word-not-utf8, reason: x}]",
            'allow names the rule "word-not-utf8", which there is not',
        ),
    ],
)
def test_what_is_allowed_and_what_allows_nothing(broken: Project, allow: str, says: str) -> None:
    broken.edit("templates/main.yaml", "file: files/alpha\n", f"file: files/alpha\n      allow: {allow}\n")
    done = broken.ok("validate")
    assert TOLD not in done.err
    assert done.err.count("Warning: ") == bool(says)
    assert says in done.err


def test_without_a_file_nothing_can_be_allowed(project: Project) -> None:
    project.edit(
        "templates/main.yaml",
        'version: "*"',
        'version: "*"\n      allow: [{rule: words-not-utf8, reason: x}]',
    )
    done = project.ok("plan")
    assert "Warning: allow names words-not-utf8, and there is no file that could break it" in done.err


def test_a_plan_without_files_loads_no_linter(project: Project) -> None:
    project.edit("templates/main.yaml", "      file: files/alpha\n", "")
    with project.started("plan", env={"PYTHONPROFILEIMPORTTIME": "1"}) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "planner.archives.prepare" in err
    assert "planner.archives.lint" not in err


@pytest.mark.parametrize("words", [(), ("--offline",)])
def test_a_preview_is_refused_for_what_would_be_sent(team: Project, words: tuple[str, ...]) -> None:
    change_prod(team)
    bundle = next(path for path in (team.folder / "files/synonyms").rglob("*.txt"))
    bundle.write_text(BROKEN)
    found = environments(team, *words)
    assert found
    for item in found.values():
        assert "has more than one `=>` (synonyms-two-arrows)" in str(item["error"])
        assert not item["digest"]


def test_what_was_found_before_is_told_when_its_day_comes(project: Project) -> None:
    (project.folder / "files/alpha/a.jks").write_bytes(
        jks("other", certificate(b"\x17\x0d300331000000Z", "ca"))
    )
    assert [_told_on(project, day) for day in ("2030-02-28", "2030-03-01", "2030-02-28")] == [
        [],
        ["files/alpha!a.jks has a certificate that is valid until 2030-03-31: ca (keys-certificate-ends)"],
        [],
    ]


def _told_on(project: Project, day: str) -> list[str]:
    (project.folder / "state").mkdir(exist_ok=True)
    request = Request(project.folder, None, Inputs(environ={}), clock=lambda: f"{day}T00:00:00Z")
    configuration, _ = configure_files(request)
    found = [item.summary for item in findings(request, configuration)]
    request.workspace.close()
    assert (project.folder / "state/.archives/findings.json").exists()
    return found
