"""planner env: where the environments are, what each runs, how two of them differ."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from planner.resources import schema

from .chain_project import GIVEN, SECRETS, git, keep_apart, make_chain, pin, records, row
from .runner import Project


@pytest.fixture(scope="session")
def chain_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied."""
    return make_chain(tmp_path_factory.mktemp("env") / "chain").folder


@pytest.fixture
def chain(chain_once: Path, tmp_path: Path) -> Project:
    shutil.copytree(chain_once, tmp_path / "chain")
    return Project(tmp_path / "chain", {"PLANNER_ACTOR": "carol@shop.example", **GIVEN})


def document(text: str, name: str) -> Any:
    found = json.loads(text)
    jsonschema_rs.Draft202012Validator(schema(name)).validate(found)
    return found


def status(chain: Project, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    done = chain.run("env", "status", "--json", *words)
    assert done.code == code, done
    found = document(done.out, "standings.schema.json")
    return {item["environment"]: item for item in found["environments"]}


def comparison(chain: Project, *words: str) -> Any:
    return document(chain.ok("env", "diff", *words, "--json").out, "comparison.schema.json")


class TestList:
    def test_the_environments(self, chain: Project) -> None:
        chain.edit("planner.yaml", "  prod:\n", "  prod:\n    protected: true\n")
        listed = chain.ok("env", "list")
        assert [line.split()[0] for line in listed.out.splitlines()] == [
            "environment",
            "dev",
            "staging",
            "prod",
        ]
        assert row(listed, "dev") == ["dev", "sandbox", "state/dev.json", "-", "-"]
        assert row(listed, "prod") == ["prod", "sandbox", "state/prod.json", "yes", "staging"]
        found = document(chain.ok("env", "list", "--json").out, "standings.schema.json")
        assert found["environments"][2] == {
            "environment": "prod",
            "endpoint": "sandbox",
            "state": "state/prod.json",
            "protected": True,
            "promote_from": ["staging"],
        }

    @pytest.mark.parametrize(
        "url",
        ["postgresql://planner:hunter2@db.example/states", "https://u:hunter2@git.example/state?key=hunter2"],
    )
    def test_no_credentials_are_shown(self, chain: Project, url: str) -> None:
        chain.edit("planner.yaml", "  dev: {endpoint: sandbox}", f"  dev: {{state: '{url}'}}")
        for words in (["env", "list"], ["env", "list", "--json"]):
            shown = chain.ok(*words).out
            assert "hunter2" not in shown
            assert ".example/" in shown
        assert "EC_ENDPOINT" in chain.ok("env", "list").out


class TestStatus:
    def test_the_matrix(self, chain: Project) -> None:
        first, second = records(chain, "staging", "run")[0], records(chain, "dev", "run")[1]
        found = status(chain)
        assert found["dev"]["release"] == found["staging"]["next"]["release"]
        assert found["staging"]["release"] == found["prod"]["next"]["release"]
        assert found["dev"]["since"] == second["since"]
        assert found["staging"]["since"] == first["since"]
        assert [found[name]["converged"] for name in found] == [True, True, None]
        assert found["staging"]["next"]["source"] == "dev"
        assert found["staging"]["next"]["blocked_by"] == []
        assert found["prod"]["next"]["blocked_by"] == ["soak", "checks", "approvals"]

        text = chain.ok("env", "status")
        older, newer = found["staging"]["release"], found["dev"]["release"]
        assert row(text, "staging")[1] == older
        assert row(text, "staging")[3:] == ["yes", "none", newer, "nothing"]
        assert row(text, "prod") == ["prod", "-", "-", "-", "-", older, "soak, checks, approvals"]
        assert f"staging may take {newer}. Run: planner promote dev staging" in text.out
        assert f"prod does not take {older} yet:" in text.out
        assert f"smoke was not verified on {older} in staging" in text.out
        assert "Run: planner verify staging --check smoke --ok\n" in text.out
        assert f"Run: planner release approve {older} prod\n" in text.out

    @pytest.mark.parametrize("columns", [60, *(pytest.param(n, marks=pytest.mark.long) for n in (80, 120))])
    def test_it_keeps_within_the_terminal(self, chain: Project, columns: int) -> None:
        for words in (["env", "list"], ["env", "status"], ["env", "diff", "dev", "prod"]):
            lines = chain.ok(*words, env={"COLUMNS": str(columns)}).out.splitlines()
            assert max(map(len, lines)) <= columns
            assert not [line for line in lines if line != line.rstrip()]

    def test_drift_and_changes_hold_back_what_is_downstream(self, chain: Project) -> None:
        with chain.sandbox() as ece:
            ece.update("dev-synonyms", description="edited")
        chain.edit("environments/dev.yaml", "size: 1", "size: 7")
        chain.edit("templates/main.yaml", "dev-trial", "dev-experiment")
        found = status(chain)
        assert found["dev"]["drifted"] == ["extension.synonyms"]
        assert found["dev"]["pending"] == 1
        assert found["dev"]["converged"] is False
        assert found["staging"]["converged"] is True
        assert found["staging"]["next"]["blocked_by"] == ["converged"]
        text = chain.ok("env", "status")
        assert row(text, "dev")[3:5] == ["no, 1 pending", "1"]
        wanted = f"dev is not converged on {found['dev']['release']}: 1 pending change, 1 drifted"
        assert f"{wanted} (extension.synonyms)" in " ".join(text.out.split())
        assert "Run: planner plan -e dev\n" in text.out

    def test_what_is_pinned_is_what_comes_next(self, chain: Project) -> None:
        """The second release runs in staging, and prod is pinned to the first one still."""
        older = status(chain)["staging"]["release"]
        pin(chain, "staging")
        chain.apply("-e", "staging")
        found = status(chain)
        assert found["staging"]["next"] is None
        assert found["prod"]["next"]["release"] == older
        assert found["prod"]["next"]["promoted"] is True
        done = chain.ok("release", "approve", older, "prod")
        assert "(1 of 1)" in done.out
        assert status(chain)["prod"]["next"]["blocked_by"] == ["soak", "checks"]
        git(chain.folder, "checkout", "-q", "HEAD~2")
        pin(chain, "prod", more="variables: {bundle_version: 9.*}\n")
        assert status(chain)["prod"]["next"]["release"] == found["staging"]["release"]
        assert status(chain)["prod"]["next"]["promoted"] is False

    def test_whoever_promoted_does_not_count_as_approving(self, chain: Project) -> None:
        release = status(chain)["staging"]["release"]
        author = {"PLANNER_ACTOR": "Ann@shop.example"}
        done = chain.ok("release", "approve", release, "prod", env=author)
        assert "(0 of 1)" in done.out
        assert "approvals" in status(chain)["prod"]["next"]["blocked_by"]

    def test_one_whose_gates_are_met_is_to_be_applied(self, chain: Project) -> None:
        chain.edit("planner.yaml", "gates: {soak: 48h, checks: [smoke], approvals: 1}", "gates: {}")
        release = status(chain)["staging"]["release"]
        assert f"prod may take {release}. Run: planner apply -e prod" in chain.ok("env", "status").out
        chain.apply("-e", "prod")
        found = status(chain)["prod"]
        assert (found["release"], found["converged"], found["next"]) == (release, True, None)

    def test_a_state_that_cannot_be_read(self, chain: Project) -> None:
        chain.write("state/staging.json", "{")
        found = status(chain, code=1)
        assert "truncated" in found["staging"]["problem"]
        assert [found["staging"][key] for key in ("release", "converged", "drifted", "next")] == [None] * 4
        assert found["dev"]["converged"] is True
        text = chain.run("env", "status")
        assert text.code == 1
        assert row(text, "staging")[1:] == ["not known"] * 6
        assert row(text, "prod")[-2:] == ["not known"] * 2
        assert row(text, "dev")[3] == "yes"
        assert "staging cannot be looked at: state/staging.json is truncated" in text.out
        assert text.err == ""

    @pytest.mark.parametrize(
        ("place", "old", "new", "told", "way_out"),
        [
            (
                "planner.yaml",
                "staging: {endpoint: sandbox",
                "staging: {endpoint: 'https://ece.example:12443'",
                "EC_API_KEY is not set",
                "Set EC_API_KEY",
            ),
            (
                "environments/staging.yaml",
                "size: 2",
                "size: two",
                "environments/staging.yaml:2: ",
                "Run: planner validate -e staging",
            ),
        ],
        ids=["no credentials", "a wrong value"],
    )
    def test_an_installation_that_cannot_be_asked(
        self, chain: Project, place: str, old: str, new: str, told: str, way_out: str
    ) -> None:
        chain.edit(place, old, new)
        text = chain.run("env", "status")
        assert text.code == 1
        assert row(text, "staging")[1].startswith("r-")
        assert row(text, "staging")[3:5] == ["not known", "not known"]
        assert row(text, "dev")[3:5] == ["yes", "none"]
        assert "converged" in row(text, "prod")[-1]
        assert told in text.out
        assert way_out in text.out

    def test_states_alone(self, chain: Project) -> None:
        chain.write("templates/main.yaml", "{{ broken")
        with chain.sandbox() as ece:
            ece.forget_requests()
            text = chain.ok("env", "status", "--no-refresh")
            assert ece.requests() == []
        assert row(text, "dev")[3:5] == ["not asked", "not asked"]
        found = status(chain, "--no-refresh")
        assert (found["dev"]["converged"], found["dev"]["pending"]) == (None, None)
        assert found["staging"]["next"]["blocked_by"] == ["converged"]

    def test_an_apply_that_was_not_whole(self, chain: Project) -> None:
        chain.edit("environments/dev.yaml", "size: 1", "size: 5")
        chain.edit("templates/main.yaml", "dev-trial", "dev-other")
        with chain.sandbox() as ece:
            ece.fault("POST /deployments/extensions/* 400 nth=2")
            assert chain.run("apply", "-e", "dev", "--auto-approve").code == 5
        assert "last apply not whole" in row(chain.ok("env", "status", env={"COLUMNS": "160"}), "dev")[3]
        assert status(chain, "--no-refresh")["dev"]["converged"] is False

    def test_a_project_that_promotes_nothing(self, applied: Project) -> None:
        text = applied.ok("env", "status")
        assert text.out.splitlines()[0].split() == ["environment", "converged", "drift"]
        assert row(text, "dev") == ["dev", "yes", "none"]
        assert row(applied.ok("env", "status", "--no-refresh"), "dev") == ["dev", "not asked", "not asked"]
        with applied.sandbox() as ece:
            ece.delete("beta")
        assert row(applied.ok("env", "status"), "dev") == ["dev", "no", "1"]

    def test_nothing_was_ever_applied(self, project: Project) -> None:
        assert row(project.ok("env", "status"), "dev") == ["dev", "-", "-"]


class TestDiff:
    def test_what_a_promotion_moves_and_what_it_does_not(self, chain: Project) -> None:
        pin(chain, "prod", more="variables: {bundle_version: 9.*}\n")
        keep_apart(chain)
        text = chain.ok("env", "diff", "staging", "prod").out
        promotable, local = text.split("Local, staging -> prod:")
        assert promotable.startswith("Promotable, staging -> prod:")
        assert re.search(r'~ var\.bundle_version = "8\.\*" -> "9\.\*"', promotable)
        assert re.search(r"~ templates +  *= [0-9a-f]{10} -> [0-9a-f]{10}\n", promotable)
        assert re.search(r"~ files/synonyms +  *= sha256 [0-9a-f]{8}… -> sha256 [0-9a-f]{8}…\n", promotable)
        assert re.search(r'~ promote_from +  *= \["dev"\] -> \["staging"\]', local)
        assert re.search(r'\+ gates.checks +  *= \["smoke"\]', local)
        assert re.search(r"~ var\.size +  *= 2 -> 3", local)
        assert re.search(r"~ var\.token +  *= \(sensitive\)", local)
        assert "staging and prod: 3 promotable and 6 local differences." in local
        assert "state" not in text

        found = comparison(chain, "staging", "prod")
        assert found["promotable"]["variables"] == [
            {"path": ["var", "bundle_version"], "left": "8.*", "right": "9.*", "sensitive": False}
        ]
        assert found["promotable"]["templates"]["right"] == git(chain.folder, "rev-parse", "HEAD~1")
        assert {"path": ["gates", "approvals"], "left": None, "right": 1, "sensitive": False} in found[
            "local"
        ]["values"]

    def test_secrets_never_show(self, chain: Project) -> None:
        keep_apart(chain)
        for words in (["dev", "prod"], ["dev", "prod", "--json"], ["dev", "staging", "--rendered", "--json"]):
            shown = chain.ok("env", "diff", *words).both
            assert not [secret for secret in SECRETS.values() if secret in shown]
            assert "scrypt" not in shown

    def test_secrets_that_are_the_same(self, chain: Project) -> None:
        keep_apart(chain, prod=SECRETS["staging"])
        text = chain.ok("env", "diff", "staging", "prod").out
        assert "var.token  " not in text
        assert "Sensitive, and the same in both: var.token." in text
        assert comparison(chain, "staging", "prod")["equal_secrets"] == ["token"]

    def test_secrets_that_nobody_gave(self, chain: Project) -> None:
        keep_apart(chain, prod="")
        text = chain.ok("env", "diff", "staging", "prod", "--rendered").out
        assert "Sensitive, and without a value here, so not compared: var.token." in text
        found = comparison(chain, "staging", "prod")
        assert (found["unset_secrets"], found["equal_secrets"]) == (["token"], [])
        assert ["var", "token"] not in [item["path"] for item in found["local"]["values"]]

    def test_what_the_templates_make_of_both(self, chain: Project) -> None:
        with chain.sandbox() as ece:
            ece.forget_requests()
            text = chain.ok("env", "diff", "dev", "staging", "--rendered").out
            assert ece.requests() == []
        rendered = text.split("Rendered, dev -> staging:")[1]
        assert "- extension.trial  (only in dev)" in rendered
        assert "~ extension.synonyms\n" in rendered
        assert '~ name        = "dev-synonyms" -> "staging-synonyms"' in rendered
        assert '~ description = "Of size 1" -> "Of size 2"' in rendered
        assert re.search(r"~ content     = sha256 [0-9a-f]{8}… -> sha256 [0-9a-f]{8}…", rendered)
        assert "forces replacement" not in rendered
        found = comparison(chain, "dev", "staging", "--rendered")["rendered"]
        assert (found["only_left"], found["only_right"]) == (["extension.trial"], [])
        assert [item["address"] for item in found["both"]] == ["extension.synonyms"]

    def test_an_attribute_that_one_leaves_out(self, chain: Project) -> None:
        chain.write("environments/staging.yaml", "variables: {}\n")
        (chain.folder / "pins/staging.yaml").unlink()
        chain.write(
            "templates/more.yaml",
            "resource:\n  extension:\n    remote:\n      name: remote\n      extension_type: bundle\n"
            '      version: "*"\n{% if env.name == "dev" %}'
            "      download_url: https://files.example/words.zip\n{% endif %}",
        )
        for words, sign in ((["dev", "staging"], "-"), (["staging", "dev"], "+")):
            text = chain.ok("env", "diff", *words, "--rendered").out
            assert f'~ extension.remote\n      {sign} download_url = "https://files' in text

    def test_a_template_that_is_not_committed(self, chain: Project) -> None:
        chain.edit("templates/main.yaml", "Of size", "Size")
        text = chain.ok("env", "diff", "dev", "staging").out
        assert re.search(r"~ templates +  *= \(not committed\) -> [0-9a-f]{10}\n", text)
        assert comparison(chain, "dev", "staging")["promotable"]["templates"]["left"] is None

    def test_exit_codes(self, chain: Project) -> None:
        words = ["env", "diff", "staging", "prod", "--detailed-exitcode"]
        assert chain.run(*words).code == 2
        same = chain.ok("env", "diff", "prod", "prod", "--rendered", "--detailed-exitcode")
        assert "prod and prod do not differ." in same.out
        wrong = chain.run("env", "diff", "staging", "pord")
        assert (wrong.code, 'Did you mean "prod"?' in wrong.err) == (64, True)

    def test_both_are_told_what_is_wrong_with_them(self, chain: Project) -> None:
        for name in ("dev", "staging"):
            chain.edit(f"environments/{name}.yaml", "size:", "sise:")
        done = chain.run("env", "diff", "dev", "staging")
        assert (done.code, done.out) == (1, "")
        assert "dev:\nError: " in done.err
        assert "staging:\nError: " in done.err
        assert "environments/staging.yaml:2" in done.err

    def test_a_project_that_promotes_nothing(self, chain: Project) -> None:
        chain.edit("planner.yaml", "promote: {variables: [bundle_version], templates: true}", "")
        chain.edit("planner.yaml", "    gates: {soak: 48h, checks: [smoke], approvals: 1}\n", "")
        (chain.folder / "pins/prod.yaml").unlink()
        text = chain.ok("env", "diff", "dev", "prod").out
        assert text.startswith("Local, dev -> prod:")
        assert "dev and prod: 2 local differences." in text
