"""What comes out where: results on stdout, the rest on stderr, colours on terminals only."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from planner import __version__
from planner.cli.verbs import COMMANDS

from .runner import Project


def test_version(project: Project) -> None:
    assert project.ok("--version").out == f"planner {__version__}\n"


@pytest.mark.parametrize(
    "words", [[], *([name] for name in COMMANDS), ["sandbox", "serve"], ["sandbox", "reset"]]
)
def test_help(project: Project, words: list[str]) -> None:
    done = project.ok(*words, "--help")
    assert done.out.startswith(f"Usage: planner{''.join(' ' + word for word in words)} ")
    assert done.err == ""
    assert all(len(line) <= 80 for line in done.out.splitlines())


def test_results_and_the_rest(applied: Project) -> None:
    plan = applied.ok("plan", "--var", "version=9.*")
    assert plan.err.startswith("Digest: ")
    assert "Digest" not in plan.out
    assert applied.ok("plan").err == ""
    applied_again = applied.ok("apply", "--auto-approve", "--var", "version=9.*")
    assert re.fullmatch(r"extension\.alpha: updated in \d+\.\ds \(id \d+\)\n", applied_again.err)


def test_an_output_that_is_not_there(project: Project) -> None:
    project.write("templates/outputs.yaml", "output: {first: 1, second: 2}\n")
    assert project.run("output", "url").err.endswith("  Apply first.\n")
    project.ok("apply", "--auto-approve")
    assert "There are: " in project.run("output", "url").err
    assert 'Did you mean "first"?' in project.run("output", "frist").err


def test_pipes_have_no_escapes(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.update("alpha", description="\x1b[31mred\x1b[0m \x07 \u202e")
    for words in (["plan"], ["drift"], ["--help"], ["plam"], ["-vv", "apply", "--auto-approve"]):
        done = applied.run(*words)
        assert re.search("[\x1b\x07\u202e]", done.both) is None, words


@pytest.mark.parametrize("words", [("--help",), ("plan",), ("plan", "--format", "json"), ("output",)])
def test_a_reader_who_goes_away(applied: Project, words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    with applied.started(*words, stdout=writer) as process:
        os.close(writer)
        os.close(reader)
        assert process.wait() in (0, 1)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_full_disk_under_the_output(applied: Project) -> None:
    with Path("/dev/full").open("w") as full, applied.started("plan", stdout=full) as process:
        assert process.wait() == 1
        assert process.stderr is not None
        assert process.stderr.read() == "Error: the output cannot be written: No space left on device\n"


def test_a_terminal_of_few_letters(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.update("alpha", description="naïve ☃")
    done = applied.run_apart("drift", env={"PYTHONIOENCODING": "ascii"})
    assert done.code == 2
    assert r"na\xefve \u2603" in done.out


def test_logs_say_what_is_called(applied: Project) -> None:
    quiet, loud, louder = (applied.ok(*words, "plan").err for words in ([], ["-v"], ["-vv"]))
    assert quiet == ""
    assert "GET /deployments/extensions" in loud
    assert '"extensions"' not in loud
    assert '"extensions"' in louder


def test_it_works_from_another_folder(applied: Project, tmp_path: Path) -> None:
    elsewhere = Project(tmp_path)
    done = elsewhere.run("-C", "small", "plan", "--detailed-exitcode")
    assert done.code == 0
    assert elsewhere.run("-C", "small", "drift").code == 0
    assert not (tmp_path / "state").exists()
    saved = elsewhere.ok("-C", "small", "plan", "--var", "version=9.*", "--out", "p.json").err
    assert "Apply it: planner -C small apply -e dev --var 'version=9.*' p.json" in saved
    assert (tmp_path / "p.json").exists()


@pytest.mark.parametrize(
    ("words", "coloured"),
    [
        (["plan", "--color", "always"], True),
        (["--color=always", "plan"], True),
        (["plan", "--color", "always", "--no-color"], False),
        (["plan", "--color", "auto"], False),
        (["plan", "--color", "always", "--format", "json"], False),
        (["state", "list", "--color", "always"], False),
    ],
)
@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}])
def test_colours_into_a_pipe(
    applied: Project, words: list[str], coloured: bool, environ: dict[str, str]
) -> None:
    """What is asked for on the line comes before what the environment wants."""
    done = applied.ok(*words, "--var", "version=9.*", env=environ) if "plan" in words else applied.ok(*words)
    assert ("\x1b[" in done.out) is coloured
