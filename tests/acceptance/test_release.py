"""planner release and planner verify: what is known of releases, and what people and checks say of them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from planner.app.redaction import Redactor
from planner.app.stores import States
from planner.model.project import Environment
from planner.resources import schema
from planner.state.locks import Holder

from .chain_project import DEVELOPER, FIRST, GIVEN, OPERATOR, SECOND, git, make_chain, pin, records, row
from .runner import Project, finished

CAROL, DAVE = {"PLANNER_ACTOR": "carol@shop.example"}, {"PLANNER_ACTOR": "dave@shop.example"}


@pytest.fixture(scope="session")
def chain_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied."""
    return make_chain(tmp_path_factory.mktemp("release") / "chain").folder


@pytest.fixture
def chain(chain_once: Path, tmp_path: Path) -> Project:
    shutil.copytree(chain_once, tmp_path / "chain")
    return Project(tmp_path / "chain", CAROL | GIVEN)


def known(chain: Project, code: int = 0) -> list[dict[str, Any]]:
    """The releases, the newest first."""
    done = chain.run("release", "list", "--json")
    assert done.code == code, done
    found = json.loads(done.out)
    jsonschema_rs.Draft202012Validator(schema("releases.schema.json")).validate(found)
    listed: list[dict[str, Any]] = found["releases"]
    return listed


@pytest.fixture
def first(chain: Project) -> str:
    """What staging runs, and what dev ran before."""
    found: str = known(chain)[1]["id"]
    return found


@pytest.fixture
def second(chain: Project) -> str:
    """What dev runs."""
    found: str = known(chain)[0]["id"]
    return found


@contextmanager
def locked(chain: Project, name: str) -> Iterator[Holder]:
    environment = Environment(name, state=f"state/{name}.json")
    with States(chain.folder, "chain", {}, Redactor()).open(environment).lock("apply") as holder:
        yield holder


class TestList:
    def test_where_each_runs_and_ran(self, chain: Project, first: str, second: str) -> None:
        listed = chain.ok("release", "list", env={"COLUMNS": "160"})
        assert re.findall("^r-[0-9a-f]{10}", listed.out, re.MULTILINE) == [second, first]
        newer, older = git(chain.folder, "rev-list", "-2", "HEAD", "--", "files").split()
        assert row(listed, second)[1:3] == ["dev", "-"]
        assert row(listed, second)[4:] == [f"{newer[:10]} bundle_version=8.*", "-"]
        assert row(listed, first)[1:3] == ["staging", "dev"]
        assert row(listed, first)[4:] == [f"{older[:10]} bundle_version=8.*", "-"]

    def test_marks(self, chain: Project, first: str) -> None:
        chain.ok("release", "approve", first, "prod")
        chain.ok("release", "reject", first, "--reason", "wrong", "-e", "staging")
        listed = chain.ok("release", "list", env={"COLUMNS": "160"})
        assert row(listed, first)[-1] == "rejected, approved for prod (1)"
        found = known(chain)[1]
        assert (found["rejected"], found["approvals"]) == (True, {"prod": 1})

    @pytest.mark.parametrize("columns", [60, *(pytest.param(n, marks=pytest.mark.long) for n in (80, 120))])
    def test_it_keeps_within_the_terminal(self, chain: Project, first: str, columns: int) -> None:
        chain.ok("release", "reject", first, "--reason", "a reason that takes some room " * 5)
        for words in (["list"], ["show", first]):
            lines = chain.ok("release", *words, env={"COLUMNS": str(columns)}).out.splitlines()
            long = [line for line in lines if len(line) > columns and "sha256:" not in line]
            assert long == []

    def test_a_state_that_cannot_be_read(self, chain: Project, first: str) -> None:
        chain.write("state/dev.json", "")
        done = chain.run("release", "list")
        assert done.code == 1
        assert row(done, first)[1:3] == ["staging", "-"]
        assert "dev cannot be looked at: state/dev.json is empty" in done.err
        assert [item["id"] for item in known(chain, code=1)] == [first]

    def test_none_is_known_yet(self, chain: Project) -> None:
        shutil.rmtree(chain.folder / "state")
        assert chain.ok("release", "list").out == "No release is known yet. The next apply makes one known.\n"
        wrong = chain.run("release", "show", "r-1234")
        assert (wrong.code, "No release is known yet" in wrong.err) == (3, True)

    @pytest.mark.parametrize(
        "words",
        [
            ["release", "list"],
            ["release", "show", "r-1234"],
            ["release", "approve", "r-1234", "dev"],
            ["release", "reject", "r-1234", "--reason", "x"],
            ["verify", "dev", "--check", "smoke", "--ok"],
        ],
        ids=lambda words: " ".join(words[:2]),
    )
    def test_a_project_that_promotes_nothing(self, applied: Project, words: list[str]) -> None:
        done = applied.run(*words)
        assert (done.code, done.out) == (3, "")
        assert "nothing is promoted in this project" in done.err
        assert "promote: {templates: true}" in done.err


class TestShow:
    def test_everything_that_happened_to_it(self, chain: Project, first: str) -> None:
        chain.edit("planner.yaml", "soak: 48h, ", "")
        url = "https://ci.example/runs/12"
        chain.ok("verify", "staging", "--check", "smoke", "--ok", "--url", url)
        chain.ok("release", "approve", first, "prod")
        chain.ok("release", "approve", first, "prod", env={"PLANNER_ACTOR": DEVELOPER})
        chain.apply("-e", "prod", env=DAVE)
        chain.ok("release", "reject", first, "--reason", "wrong synonyms", "-e", "prod")
        text = chain.ok("release", "show", first[:6], env={"COLUMNS": "160"}).out
        head, dev, staging, prod = text.split("\n\n")
        sha256 = known(chain)[1]["archives"]["files/synonyms"]
        commit = git(chain.folder, "rev-list", "--reverse", "HEAD").split()[0]
        assert head.startswith(f"{first}\n")
        assert f"{commit}  # {FIRST}\n" in head
        assert f"files/synonyms  sha256:{sha256}" in head
        assert 'var.bundle_version = "8.*"' in head
        assert re.match(r"dev\n  ran it from \S+ \S+ UTC to \S+ \S+ UTC\n", dev)
        assert re.match(r"staging\n  runs it since \S+ \S+ UTC\n", staging)
        assert f"by            {OPERATOR}\n" in staging
        assert f"commit        {commit[:10]} {FIRST}\n" in staging
        assert re.search(r"  passed    smoke, carol@shop.example, \S+ \S+ UTC \(" + re.escape(url), staging)
        assert "by            dave@shop.example\n" in prod
        assert re.search(r"    from          staging, serial \d+ of lineage [0-9a-f-]{36}\n", prod)
        assert re.search(r"    plan          v2:sha256:[0-9a-f]{64}\n", prod)
        assert re.search(r"    checks        met     smoke passed", prod)
        assert re.search(r"    archives      met     1 with the content that ran in staging", prod)
        assert "  approved  by carol@shop.example, " in prod
        assert f"  approved  by {DEVELOPER}, " in prod
        assert re.search(r"  rejected  by carol@shop.example, \S+ \S+ UTC: wrong synonyms", prod)

    def test_as_json(self, chain: Project, first: str) -> None:
        done = chain.ok("release", "show", first[:7], "--json")
        found = json.loads(done.out)
        jsonschema_rs.Draft202012Validator(schema("releases.schema.json")).validate(found)
        release = found["release"]
        assert release["id"] == first
        assert (release["runs_in"], release["ran_in"]) == (["staging"], ["dev"])
        assert found["subjects"][release["templates"]] == FIRST
        assert [run["environment"] for run in release["runs"]] == ["dev", "staging"]
        assert release["runs"][1]["source"]["environment"] == "dev"
        assert {gate["name"]: gate["state"] for gate in release["runs"][1]["gates"]}["converged"] == "met"

    def test_a_commit_that_is_not_in_this_clone(self, chain: Project, second: str) -> None:
        assert SECOND in chain.ok("release", "show", second).out
        git(chain.folder, "checkout", "-q", "--orphan", "other")
        git(chain.folder, "commit", "-qm", "anew")
        for words in (["branch", "-D", "main"], ["reflog", "expire", "--expire=now", "--all"]):
            git(chain.folder, *words)
        git(chain.folder, "gc", "-q", "--prune=now")
        shown = chain.ok("release", "show", second).out
        assert SECOND not in shown
        assert re.search(r"templates += [0-9a-f]{40}$", shown, re.MULTILINE)

    @pytest.mark.parametrize(
        ("name", "code", "told"),
        [
            ("r-0000000000", 3, "no environment knows a release that begins with r-0000000000"),
            ("r-0", 64, "at least four digits"),
            ("smoke", 64, "'smoke' is no release"),
        ],
    )
    def test_one_that_nobody_knows(self, chain: Project, name: str, code: int, told: str) -> None:
        done = chain.run("release", "show", name)
        assert (done.code, done.out) == (code, "")
        assert told in done.err


class TestApprove:
    def test_it_is_recorded_once_for_each_person(self, chain: Project, first: str) -> None:
        chain.edit("planner.yaml", "approvals: 1", "approvals: 2")
        assert chain.ok("release", "approve", first[:6], "prod").out == (
            f"Approved {first} for prod as carol@shop.example (1 of 2).\n"
        )
        again = chain.ok("release", "approve", first, "prod", env={"PLANNER_ACTOR": "Carol@shop.example"})
        assert "has approved" in again.out
        assert "Nothing was written" in again.out
        assert "(2 of 2)" in chain.ok("release", "approve", first, "prod", env=DAVE).out
        written = records(chain, "prod", "approval")
        assert [(item["release"], item["by"]) for item in written] == [
            (first, "carol@shop.example"),
            (first, "dave@shop.example"),
        ]

    def test_a_name_that_is_no_utf_8_is_one_person_too(self, chain: Project, first: str) -> None:
        odd = {"PLANNER_ACTOR": "Ren\udce9@shop.example"}
        approve = ("release", "approve", first, "prod")
        assert "as Ren\N{REPLACEMENT CHARACTER}@shop.example" in chain.ok(*approve, env=odd).out
        assert "has approved" in chain.ok(*approve, env=odd).out
        chain.ok("verify", "dev", "--check", "smo\udcffke", "--ok", env=odd)
        chain.ok("release", "reject", first, "--reason", "be\udcffcause", env=odd)
        assert "be\N{REPLACEMENT CHARACTER}cause" in chain.ok("release", "show", first).out

    def test_the_one_of_whoever_promotes_does_not_count(self, chain: Project, first: str) -> None:
        done = chain.ok("release", "approve", first, "prod", env={"PLANNER_ACTOR": DEVELOPER})
        assert "(0 of 1)" in done.out
        assert "whoever promotes cannot approve" in done.err
        assert f"{DEVELOPER} made the latest change to what prod is to run" in done.err
        assert len(records(chain, "prod", "approval")) == 1

    def test_only_what_is_known_there_or_upstream(self, chain: Project, first: str, second: str) -> None:
        done = chain.run("release", "approve", second, "prod")
        assert (done.code, done.out) == (3, "")
        assert f"no release that begins with {second} is known in prod or staging" in done.err
        assert f"Known there: {first}." in done.err
        assert not (chain.folder / "state/prod.json").exists()
        chain.ok("release", "approve", second, "staging")

    def test_a_part_of_a_release_that_is_pinned(self, chain: Project, first: str) -> None:
        pin(chain, "prod", more="variables: {bundle_version: 9.*}\n")
        refused = chain.run("apply", "-e", "prod", "--auto-approve")
        mixed = re.search(r"r-[0-9a-f]{10}", refused.err)
        assert (refused.code, mixed is not None) == (3, True)
        assert mixed is not None
        assert mixed[0] != first
        assert f"Approved {mixed[0]} for prod" in chain.ok("release", "approve", mixed[0][:8], "prod").out

    def test_what_there_is_to_know(self, chain: Project, first: str) -> None:
        chain.ok("release", "reject", first, "--reason", "wrong", "-e", "staging")
        done = chain.ok("release", "approve", first, "staging")
        assert "Note: staging asks for no approvals.\n" in done.err
        assert f"Note: {first} was rejected by carol@shop.example: wrong.\n" in done.err
        assert "Note: staging runs it already.\n" in done.err

    def test_an_environment_that_is_not_there(self, chain: Project, first: str) -> None:
        done = chain.run("release", "approve", first, "pord")
        assert (done.code, 'Did you mean "prod"?' in done.err) == (64, True)

    def test_the_lock_is_held(self, chain: Project, first: str) -> None:
        words = ("release", "approve", first, "prod")
        with ExitStack() as held:
            held.enter_context(locked(chain, "prod"))
            assert chain.run(*words).code == 4
            with chain.started(*words, "--lock-timeout", "3600") as process:
                assert process.stderr is not None
                assert "Waiting up to 3600 s for the lock, held by" in process.stderr.readline()
                assert process.poll() is None
                held.close()
                assert finished(process).code == 0
        assert len(records(chain, "prod", "approval")) == 1


class TestReject:
    def test_everybody_who_knows_it_is_told(self, chain: Project, first: str) -> None:
        """Whatever is the default."""
        one = {"PLANNER_ENVIRONMENT": "dev"}
        done = chain.ok("release", "reject", first[:6], "--reason", " wrong synonyms ", env=one)
        assert done.out == f"Rejected {first} in dev, staging.\n"
        assert "Note: staging runs it, and goes on with it.\n" in done.err
        for name in ("dev", "staging"):
            (written,) = records(chain, name, "rejection")
            assert written["release"] == first
            assert (written["reason"], written["by"]) == ("wrong synonyms", "carol@shop.example")
        assert not (chain.folder / "state/prod.json").exists()
        again = chain.ok("release", "reject", first, "--reason", "wrong synonyms")
        assert "rejected before, for the same reason, in dev, staging" in again.out
        assert len(records(chain, "dev", "rejection")) == 1
        status = chain.ok("env", "status").out
        assert f"{first} was rejected by carol@shop.example: wrong synonyms" in status

    def test_in_some(self, chain: Project, first: str, second: str) -> None:
        done = chain.ok("release", "reject", first, "--reason", "x", "-e", "staging", "-e", "staging")
        assert done.out == f"Rejected {first} in staging.\n"
        assert records(chain, "dev", "rejection") == []
        stranger = chain.run("release", "reject", second, "--reason", "x", "-e", "dev", "-e", "staging")
        assert (stranger.code, stranger.out) == (3, "")
        assert f"staging never heard of {second}" in stranger.err
        assert records(chain, "dev", "rejection") == []

    @pytest.mark.parametrize("broken", ["unreadable", "locked"])
    def test_one_that_cannot_be_told(self, chain: Project, first: str, broken: str) -> None:
        with ExitStack() as held:
            if broken == "locked":
                held.enter_context(locked(chain, "dev"))
            else:
                chain.write("state/dev.json", "{")
            done = chain.run("release", "reject", first, "--reason", "x")
        assert done.code == 5
        assert done.out == f"Rejected {first} in staging.\n"
        assert "dev was not told:\nError: state/dev.json is " in done.err
        assert len(records(chain, "staging", "rejection")) == 1

    def test_none_can_be_told(self, chain: Project, first: str) -> None:
        with locked(chain, "dev"), locked(chain, "staging"):
            done = chain.run("release", "reject", first, "--reason", "x")
            assert (done.code, done.out) == (4, "")
        chain.write("state/dev.json", "{")
        with locked(chain, "staging"):
            done = chain.run("release", "reject", first, "--reason", "x")
            assert (done.code, done.out) == (1, "")
        assert records(chain, "staging", "rejection") == []

    @pytest.mark.parametrize(
        ("words", "code", "told"),
        [
            ([], 64, "--reason"),
            (["--reason", "  "], 64, "--reason is empty"),
            (["--reason", "x", "-e", "pord"], 64, 'Did you mean "prod"?'),
        ],
    )
    def test_wrong_usage(self, chain: Project, first: str, words: list[str], code: int, told: str) -> None:
        done = chain.run("release", "reject", first, *words)
        assert (done.code, told in done.err) == (code, True)

    def test_one_that_nobody_knows(self, chain: Project) -> None:
        done = chain.run("release", "reject", "r-0000", "--reason", "x")
        assert (done.code, "no environment knows" in done.err) == (3, True)


class TestVerify:
    def test_it_is_about_what_runs_now(self, chain: Project, first: str) -> None:
        done = chain.ok("verify", "staging", "--check", "smoke", "--failed")
        assert (done.out, done.err) == (f"Recorded: smoke failed on {first} in staging.\n", "")
        assert "smoke failed" in chain.ok("env", "status").out
        url = "https://ci.example/runs/12?attempt=2"
        chain.ok("verify", "staging", "--check", "smoke", "--ok", "--url", url)
        assert "smoke was" not in (status := chain.ok("env", "status").out)
        assert "smoke failed" not in status
        failed, passed = records(chain, "staging", "verification")
        assert [item["ok"] for item in (failed, passed)] == [False, True]
        assert (passed["release"], passed["by"], passed["url"]) == (first, "carol@shop.example", url)
        assert url in chain.ok("release", "show", first, env={"COLUMNS": "160"}).out

    @pytest.mark.parametrize(
        ("environment", "check", "note"),
        [
            ("staging", "smoek", 'no gate of prod asks for the check smoek. Did you mean "smoke"?'),
            ("staging", "load", "no gate of prod asks for the check load. They ask for: smoke."),
            ("dev", "load", "no gate of staging asks for the check load."),
        ],
    )
    def test_a_check_that_nobody_asks_for(
        self, chain: Project, environment: str, check: str, note: str
    ) -> None:
        done = chain.ok("verify", environment, "--check", check, "--ok")
        assert done.err == f"Note: {note}\n"
        assert records(chain, environment, "verification")[0]["check"] == check

    def test_nothing_runs_there(self, chain: Project) -> None:
        done = chain.run("verify", "prod", "--check", "smoke", "--ok")
        assert (done.code, done.out) == (3, "")
        assert "prod runs no release" in done.err
        assert not (chain.folder / "state/prod.json").exists()

    def test_nothing_whole_runs_there(self, chain: Project) -> None:
        chain.edit("environments/dev.yaml", "size: 1", "size: 5")
        chain.edit("templates/main.yaml", "dev-trial", "dev-other")
        with chain.sandbox() as ece:
            ece.fault("POST /deployments/extensions/* 400 nth=2")
            assert chain.run("apply", "-e", "dev", "--auto-approve").code == 5
        done = chain.run("verify", "dev", "--check", "smoke", "--ok")
        assert (done.code, "as a whole" in done.err) == (3, True)
        assert records(chain, "dev", "verification") == []

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://ci.example/runs/12",
            "javascript:alert(1)",
            "https://",
            "ci.example/runs/12",
            "https://ci.example/a b",
            "https://ci.example/\x1b[31m",
            "https://[::1",
            "https://ci.example:99999/",
            "https://user:hunter2@ci.example/runs/12",
            "https://hunter2@ci.example/runs/12",
        ],
    )
    def test_urls_that_are_not_kept(self, chain: Project, url: str) -> None:
        done = chain.run("verify", "staging", "--check", "smoke", "--ok", "--url", url)
        assert (done.code, done.out) == (64, "")
        assert "--url" in done.err
        assert "hunter2" not in done.err
        assert records(chain, "staging", "verification") == []

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["staging", "--check", "smoke"], "Give either --ok or --failed."),
            (["staging", "--ok"], "--check"),
            (["staging", "--check", " ", "--ok"], "--check is empty"),
            (["stagin", "--check", "smoke", "--ok"], 'Did you mean "staging"?'),
        ],
    )
    def test_wrong_usage(self, chain: Project, words: list[str], told: str) -> None:
        done = chain.run("verify", *words)
        assert (done.code, told in done.err) == (64, True)

    def test_the_lock_is_held(self, chain: Project) -> None:
        words = ("verify", "staging", "--check", "smoke", "--ok")
        with ExitStack() as held:
            held.enter_context(locked(chain, "staging"))
            assert chain.run(*words).code == 4
            with chain.started(*words, "--lock-timeout", "3600") as process:
                assert process.stderr is not None
                assert "Waiting up to 3600 s for the lock, held by" in process.stderr.readline()
                assert process.poll() is None
                held.close()
                assert finished(process).code == 0
        assert len(records(chain, "staging", "verification")) == 1
