"""The manual pages: one of each command, with all its options, that a formatter reads without a complaint."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click
import pytest

from planner.cli.main import cli
from planner.cli.man import pages, write
from planner.cli.verbs import COMMANDS

PAGES = dict(pages(cli, "planner"))


def test_each_command_has_a_page() -> None:
    assert {f"planner-{name}.1" for name in COMMANDS} < PAGES.keys()
    assert {"planner.1", "planner-state-rm.1", "planner-env-diff.1"} < PAGES.keys()
    text = PAGES["planner.1"].replace(r"\-", "-")
    assert not [name for name in COMMANDS if f"{name} " not in text]


@pytest.mark.parametrize("name", ["plan", "preview", "lint"])
def test_it_has_every_option(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    shown = [item for item in command.params if isinstance(item, click.Option) and not item.hidden]
    options = [option for item in shown for option in item.opts]
    text = PAGES[f"planner-{name}.1"].replace(r"\-", "-")
    assert options
    assert not [option for option in options if option not in text]


def test_what_begins_with_a_dot_is_no_request() -> None:
    @click.command("odd", help="\b\n.so /etc/passwd\n'br\nC:\\new -x")
    def odd() -> None: ...

    text = dict(pages(odd, "odd"))["odd.1"]
    assert [line for line in text.splitlines() if line.startswith((".so", "'"))] == []
    assert r"C:\enew \-x" in text


@pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff")
def test_a_formatter_has_nothing_to_say(tmp_path: Path) -> None:
    write(tmp_path / "man1")
    written = sorted((tmp_path / "man1").iterdir())
    command = ["groff", "-man", "-ww", "-K", "utf8", "-T", "utf8", *map(str, written)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "planner apply -e prod p.json" in done.stdout
