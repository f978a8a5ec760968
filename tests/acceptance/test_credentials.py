"""What is shown once, as an API key: it reaches whoever the user says, and nothing else of it is kept."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import planner
from planner.errors import PartlyApplied, Refused
from planner.model.resource import Credential
from planner.resources import schema

from .platform import KEYS, NOTHING, ask
from .runner import Project, small, wait_until, words

DECLARED = "project: keys\nenvironments: {dev: {endpoint: sandbox}}\n"
KEY = """
resource:
  api_key:
    ci: {description: CI}
output: {ci_key: "{{ resource.api_key.ci.key }}"}
"""
BOT = """
resource:
  user:
    bot:
      user_name: bot
      security: {roles: [ece_deployment_viewer], password: "{{ resource.api_key.ci.key }}", enabled: true}
"""
FILE = ("--credentials", "keys.jsonl")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return small(tmp_path / "keys", KEY, DECLARED)


def lines(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.folder / "keys.jsonl").read_text().splitlines()]


def keys(project: Project) -> list[str]:
    """The ids of the keys that the installation has."""
    return [key["id"] for key in ask(project, "GET", KEYS)["keys"]]


def posts(project: Project) -> int:
    with project.sandbox() as ece:
        log = ece.client.get("/sandbox/requests").get_json()["requests"]
    return sum(item["method"] == "POST" for item in log)


def found_in(secret: str, texts: Sequence[str | bytes]) -> list[str | bytes]:
    return [text for text in texts if secret in (text if isinstance(text, str) else text.decode("latin-1"))]


def files(project: Project) -> list[bytes]:
    """All that planner wrote, but for the file that the user named."""
    there = (path for path in project.folder.rglob("*") if path.is_file() and path.name != "keys.jsonl")
    return [path.read_bytes() for path in there]


def test_it_reaches_the_file_and_nothing_else(project: Project) -> None:
    project.write("templates/bot.yaml", BOT)
    saved = project.ok("plan", "--out", "plan.json")
    done = project.ok("apply", "plan.json", "-vv", *FILE)
    (line,) = lines(project)
    jsonschema_rs.Draft202012Validator(schema("credential.schema.json")).validate(line)
    assert {name: line[name] for name in ("environment", "address", "attribute", "id")} == {
        "environment": "dev",
        "address": "api_key.ci",
        "attribute": "key",
        "id": project.resource("api_key.ci")["id"],
    }
    assert (project.folder / "keys.jsonl").stat().st_mode & 0o777 == 0o600
    assert "What is shown once is added to keys.jsonl." in done.err
    assert "POST" in done.err
    events = project.apply("--json", "--replace", "api_key.ci", *FILE)
    assert len(lines(project)) == 2
    later = [project.ok(*words.split()) for words in ("show", "output", "output --json", "drift --json")]
    for line in lines(project):
        shown = [part for each in (saved, done, events, *later) for part in (each.out, each.err)]
        assert found_in(line["value"], [*shown, *files(project)]) == []


@pytest.mark.parametrize(
    ("before", "after"), [("", ", expiration: 90d"), (", expiration: 3h", ", expiration: 90d"), ("", " 2")]
)
def test_what_no_call_changes_is_made_anew(project: Project, before: str, after: str) -> None:
    """Also what was not set before."""
    project.edit("templates/main.yaml", "CI}", f"CI{before}}}")
    project.apply(*FILE)
    project.edit("templates/main.yaml", f"CI{before}}}", f"CI{after}}}")
    assert "1 to replace" in project.ok("plan").out
    project.apply(*FILE)
    assert keys(project) == [lines(project)[1]["id"]] == [project.resource("api_key.ci")["id"]]
    assert project.ok("plan").out == NOTHING


def test_references_and_outputs_of_one_settle(project: Project) -> None:
    project.write("templates/bot.yaml", BOT)
    assert "+ ci_key = (sensitive)  # set once" in project.ok("plan").out
    project.apply(*FILE)
    (line,) = lines(project)
    state = project.state()
    mine = project.resource("api_key.ci")["attributes"]["key"]
    assert mine == project.resource("user.bot")["attributes"]["security"]["password"]
    assert mine == state["outputs"]["ci_key"]
    assert list(mine) == ["$sensitive"]
    assert project.ok("plan").out == NOTHING
    project.write("templates/more.yaml", 'output: {another: "{{ resource.api_key.ci.key }}"}\n')
    assert "+ another = (sensitive)  # set once" in project.ok("plan").out
    project.apply()
    assert project.ok("plan").out == NOTHING
    assert lines(project) == [line]


def test_who_comes_later_is_refused_until_it_is_made_anew(project: Project) -> None:
    project.apply(*FILE)
    project.write("templates/bot.yaml", BOT)
    refused = project.run("plan")
    assert refused.code == 3
    told = words(refused.err)
    assert "user.bot cannot be written without its security, which is resource.api_key.ci.key" in told
    assert "Have it made anew in the same run: --replace api_key.ci." in told
    project.apply("--replace", "api_key.ci", *FILE)
    assert [line["address"] for line in lines(project)] == ["api_key.ci"] * 2
    assert keys(project) == [lines(project)[-1]["id"]]
    assert project.ok("plan").out == NOTHING


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('"Bearer {{ resource.api_key.ci.key }}"', "cannot be part of a text"),
        ('"{{ resource.api_key.ci.id }} {{ resource.api_key.ci.key }}"', "cannot be part of a text"),
        ('"{{ resource.api_key.ci.key | upper }}"', "upper"),
    ],
)
def test_it_is_taken_whole(project: Project, value: str, told: str) -> None:
    project.edit("templates/main.yaml", '"{{ resource.api_key.ci.key }}"', value)
    done = project.run("validate")
    assert done.code == 1
    assert told in done.both


def test_no_check_reads_it(project: Project) -> None:
    condition = "resource.api_key.ci.key != ''"
    project.write("templates/check.yaml", f'check: {{c: {{condition: "{condition}", message: m}}}}\n')
    done = project.run("plan")
    assert done.code == 3
    assert "only the reply that makes it shows it" in done.err


def test_without_a_place_nothing_is_sent(project: Project) -> None:
    """An apply, one of a saved plan, and a replacement say what to type; a destroy needs none."""
    ready = "planner apply -e dev --credentials FILE"
    project.ok("plan", "--out", "plan.json")
    for typed, advice in (
        (("apply",), ready),
        (("apply", "--auto-approve"), ready),
        (("apply", "plan.json"), "planner apply -e dev plan.json --credentials FILE"),
    ):
        refused = project.run(*typed)
        assert refused.code == 3
        assert "api_key.ci would be made, and nobody said where the credential goes" in refused.err
        assert advice in refused.err
    assert posts(project) == 0
    project.apply(*FILE)
    replaced = project.run("apply", "--auto-approve", "--replace", "api_key.*")
    assert replaced.code == 3
    assert "planner apply -e dev --replace 'api_key.*' --credentials FILE" in replaced.err
    assert posts(project) == 1
    project.ok("destroy", "--auto-approve")
    assert keys(project) == []


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (("--credentials", "templates"), 1, "templates cannot be used for credentials"),
        (("--credentials", "planner.yaml"), 3, "planner.yaml may be read or written by others"),
        (("--credentials", "link"), 1, "link cannot be used for credentials"),
        (("--credentials-command", "no-such-program"), 1, "there is no program no-such-program"),
        (("--credentials-command", ""), 1, "--credentials-command is empty"),
        (("--credentials-command", "it's"), 1, "is no command"),
        (("--credentials-command", "cat", *FILE), 64, "do not go together"),
    ],
)
def test_a_place_that_cannot_be_used_is_told_before_anything_is_sent(
    project: Project, given: tuple[str, ...], code: int, told: str
) -> None:
    (project.folder / "planner.yaml").chmod(0o644)
    (project.folder / "link").symlink_to("elsewhere")
    done = project.run("apply", "--auto-approve", *given)
    assert done.code == code, done
    assert told in done.err
    project.ok("plan")
    assert posts(project) == 0
    assert not (project.folder / "elsewhere").exists()


def test_a_file_that_git_tracks_is_no_place(project: Project) -> None:
    project.write("keys.jsonl", "")
    (project.folder / "keys.jsonl").chmod(0o600)
    for typed in ("init -q", "add keys.jsonl"):
        subprocess.run(["git", *typed.split()], cwd=project.folder, check=True)
    done = project.run("apply", "--auto-approve", *FILE)
    assert done.code == 3
    assert "keys.jsonl is tracked by git" in done.err
    project.ok("plan")
    assert posts(project) == 0


def taking(*orders: str) -> tuple[str, ...]:
    return ("--credentials-command", f"sh -c '{'; '.join(orders)}'")


def test_a_command_takes_each_on_its_standard_input(project: Project) -> None:
    project.edit("templates/main.yaml", "output:", "    cd: {description: CD}\noutput:")
    done = project.apply(*taking("cat >> keys.jsonl", "echo taken"))
    assert sorted(line["address"] for line in lines(project)) == ["api_key.cd", "api_key.ci"]
    assert "taken" not in done.out
    assert project.ok("plan").out == NOTHING


def test_what_could_not_be_kept_is_made_anew(project: Project) -> None:
    """The step is told as failed, though made; what refers to it waits; the next plan says why."""
    project.write("templates/bot.yaml", BOT)
    done = project.run("apply", "--auto-approve", *taking("read line", 'echo "no room: $line" >&2', "exit 7"))
    assert done.code == 5
    assert "api_key.ci was made, and what only that reply shows is lost: sh ended with 7: no room:" in words(
        done.both
    )
    assert re.search(r'"value":"(?!\()', done.both) is None
    assert project.addresses() == ["api_key.ci"]
    assert "key" not in project.resource("api_key.ci")["attributes"]
    lost = keys(project)
    plan = project.ok("plan").out
    assert "nobody was handed its key, which only the reply that made it showed" in words(plan)
    project.apply(*FILE)
    assert keys(project) == [line["id"] for line in lines(project)] != lost
    assert project.ok("plan").out == NOTHING


KILLED = {"before it is kept": (), "after it is kept": ("umask 077", "cat >> keys.jsonl")}


@pytest.mark.parametrize("orders", KILLED.values(), ids=KILLED)
def test_after_a_kill_the_state_has_no_fingerprint_of_what_may_be_lost(
    project: Project, orders: tuple[str, ...]
) -> None:
    killed = project.run_apart("apply", "--auto-approve", *taking(*orders, "kill -9 $PPID"))
    assert killed.code == -9
    (lost,) = keys(project)
    plan = project.ok("plan").out
    assert f"its id is {lost}; its key, which only that reply showed, may have reached nobody" in words(plan)
    assert "Plan: 0 to create, 0 to update, 1 to replace, 0 to delete." in plan
    project.apply(*FILE)
    assert keys(project) == [lines(project)[-1]["id"]] != [lost]
    assert project.ok("plan").out == NOTHING


def test_a_lost_reply_is_a_lost_key(project: Project) -> None:
    project.ok("plan")
    with project.sandbox() as ece:
        ece.fault("POST ** drop-after times=1")
    assert project.run("apply", "--auto-approve", *FILE).code in (1, 5)
    assert lines(project) == []
    assert "1 to replace" in project.ok("plan").out
    project.apply(*FILE)
    assert keys(project) == [lines(project)[0]["id"]]


def test_ctrl_c_waits_for_the_command_that_takes_it(project: Project) -> None:
    """Ctrl-C at a terminal is for the whole group: the command is in none of planner's."""
    project.edit("templates/main.yaml", "output:", "    cd: {description: CD}\noutput:")
    waiting = ("umask 077", "touch began", "while ! test -e go; do sleep 0.02; done", "cat >> keys.jsonl")
    typed = ("apply", "--auto-approve", "--parallelism", "1", *taking(*waiting))
    with project.started(*typed, start_new_session=True) as run:
        wait_until((project.folder / "began").exists, "it is at it")
        os.killpg(run.pid, signal.SIGINT)
        (project.folder / "go").touch()
        out, err = run.communicate(timeout=60)
    assert run.returncode == 130, (out, err)
    assert len(lines(project)) == len(project.addresses()) == 1
    project.apply(*FILE)
    assert len(lines(project)) == 2
    assert project.ok("plan").out == NOTHING


def test_it_cannot_be_imported_and_is_not_exported(project: Project) -> None:
    project.apply(*FILE)
    id_ = project.resource("api_key.ci")["id"]
    project.ok("state", "rm", "api_key.ci", "-e", "dev")
    why = "only the reply to its creation shows the key, without which nobody can use it"
    refused = project.run("import", "api_key.ci", id_, "--auto-approve")
    assert refused.code == 3
    assert f"api_key.ci cannot be imported: {why}" in words(refused.err)
    project.write("templates/import.yaml", f"import: {{to: api_key.ci, id: '{id_}'}}\n")
    assert why in words(project.run("plan").err)
    named = project.run("export", "api_key")
    assert (named.code, why in words(named.err)) == (1, True)
    assert "api_key" not in project.ok("export").out


def environment(project: Project) -> planner.Environment:
    return planner.open_project(project.folder).environment("dev")


def test_a_program_takes_it(project: Project) -> None:
    here = environment(project)
    with pytest.raises(Refused, match="nobody said where the credential goes"):
        here.apply(here.plan())
    taken: list[Credential] = []
    here.apply(here.plan(), on_credential=taken.append)
    (credential,) = taken
    assert (str(credential.address), credential.attribute) == ("api_key.ci", "key")
    assert str(credential.value) not in repr(credential)
    assert not here.plan().has_changes


def test_what_a_program_does_not_take_is_made_anew(project: Project) -> None:
    here = environment(project)

    def refuse(credential: Credential) -> None:
        raise ValueError(credential.value)

    with pytest.raises(PartlyApplied) as caught:
        here.apply(here.plan(), on_credential=refuse)
    assert "it was not taken: ValueError" in caught.value.summary
    taken: list[Credential] = []
    here.apply(here.plan(), on_credential=taken.append)
    assert keys(project) == [taken[0].id]
