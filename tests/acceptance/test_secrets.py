"""A secret goes to the installation, and nowhere else."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from planner.app.redaction import Redactor
from planner.app.stores import States
from planner.model.project import Environment

from .chains import applied, commit, make_chain, present
from .command import Done
from .runner import Project, small, wait_until

SECRET = 'top "s3cr3t"/t+k\\n-1'
OTHER = "another-one-entirely"

SENSITIVE = """
project: small
variables:
  token: {type: string, sensitive: true}
environments:
  dev: {endpoint: sandbox}
"""

USES_IT = """
resource:
  extension:
    alpha:
      name: alpha
      extension_type: bundle
      version: "*"
      description: Fetched with {{ var.token }}
      download_url: https://files.example/alpha.zip?token={{ var.token | urlencode }}
    beta:
      name: beta
      extension_type: bundle
      version: "*"
      lifecycle: {ignore_changes: [description]}
output:
  token: "{{ var.token }}"
  shouted: "{{ var.token | upper }}"
"""


@pytest.fixture
def secretive(tmp_path: Path) -> Project:
    project = small(tmp_path / "small", template=USES_IT, project=SENSITIVE)
    project.environ["PLANNER_VAR_token"] = SECRET
    return project


def forms(secret: str) -> set[str]:
    return {
        secret,
        secret.upper(),
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        "s3cr3t",
        "S3CR3T",
    }


def revealed(texts: Iterable[str], secret: str = SECRET) -> list[str]:
    return [text for text in texts if any(form in text for form in forms(secret))]


def files_of(project: Project) -> dict[str, str]:
    """All that the planner wrote; the sandbox's own files are the installation."""
    return {
        str(path): path.read_bytes().decode(errors="replace")
        for path in project.folder.rglob("*")
        if path.is_file() and not path.name.startswith("sandbox-") and path.parent.suffix != ".files"
    }


def no_trace(project: Project, *done: Done) -> None:
    assert revealed([text for item in done for text in (item.out, item.err)]) == []
    assert revealed(files_of(project).values()) == []


def test_it_is_in_no_output_and_no_file(secretive: Project) -> None:
    planned = secretive.ok("-vv", "plan", "--out", "plan.json")
    as_json = secretive.ok("plan", "--format", "json")
    applied = secretive.ok("-vv", "apply", "plan.json")
    assert "< POST /deployments/extensions" in applied.err
    assert "(sensitive)" in planned.out
    shown = [
        secretive.ok(*words)
        for words in (["output"], ["output", "--json"], ["output", "token"], ["-v", "drift"])
    ]
    no_trace(secretive, planned, as_json, applied, *shown)
    with secretive.sandbox() as ece:
        assert ece.extensions()["alpha"]["description"] == f"Fetched with {SECRET}"


def test_nothing_is_left_to_do(secretive: Project) -> None:
    secretive.apply()
    with secretive.sandbox() as ece:
        ece.forget_requests()
        secretive.settled()
        assert secretive.ok("drift").out.startswith("No drift.")
        assert "No changes." in secretive.apply().out
        assert ece.writes() == []


def test_a_changed_secret_is_an_update_that_shows_neither(secretive: Project) -> None:
    secretive.apply()
    secretive.environ["PLANNER_VAR_token"] = OTHER
    plan = secretive.run("plan", "--detailed-exitcode")
    assert plan.code == 2
    assert "~ description" in plan.out
    assert "(sensitive)" in plan.out
    assert "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete." in plan.out
    applied = secretive.apply()
    assert revealed([plan.both, applied.both], OTHER) == []
    no_trace(secretive, plan, applied)
    with secretive.sandbox() as ece:
        assert ece.extensions()["alpha"]["description"] == f"Fetched with {OTHER}"
    secretive.settled()


NESTED = """
resource:
  snapshot_repository:
    nightly:
      repository_name: nightly
      type: s3
      settings: {bucket: backups, access_key: key-of-ours, secret_key: "{{ var.token }}"}
"""


def test_a_nested_secret_is_hidden_alone_and_sent_once_after_an_import(secretive: Project) -> None:
    secretive.write("templates/repository.yaml", NESTED)
    created = secretive.apply()
    assert 'bucket = "backups"' in created.out
    secretive.write("templates/repository.yaml", NESTED.replace("backups", "shop"))
    changed = secretive.ok("plan")
    assert '~ settings.bucket = "backups" -> "shop"' in changed.out
    assert "settings.secret_key" not in changed.out
    secretive.write("templates/repository.yaml", NESTED)

    secretive.ok("state", "rm", "snapshot_repository.nightly")
    imported = secretive.ok("import", "snapshot_repository.nightly", "nightly", "--auto-approve")
    plan = secretive.ok("plan")
    unknown = [
        line.split("  # ") for line in plan.out.splitlines() if "fingerprint unknown, will be sent" in line
    ]
    told = [words.strip() for words, _ in unknown]
    assert told == ["~ settings.access_key = (sensitive)", "~ settings.secret_key = (sensitive)"]
    applied = secretive.apply()
    secretive.settled()
    no_trace(secretive, created, changed, imported, plan, applied)
    assert revealed(files_of(secretive).values(), "key-of-ours") == [NESTED]


def test_an_error_that_quotes_it(secretive: Project) -> None:
    with secretive.sandbox() as ece:
        spec = {"method": "POST", "path": "/deployments/extensions", "effect": "status:400"}
        told = f"cannot fetch https://files.example/alpha.zip with {SECRET} as it says {SECRET.upper()}"
        reply = ece.client.post("/sandbox/faults", json={**spec, "message": told})
        assert reply.status_code == 201, reply.text
    for words in (["apply", "--auto-approve"], ["-vv", "apply", "--auto-approve"]):
        failed = secretive.run(*words)
        assert failed.code == 1
        assert "cannot fetch" in failed.both
        no_trace(secretive, failed)


def test_on_the_command_line_it_is_not_repeated(secretive: Project) -> None:
    secretive.environ.clear()
    with secretive.sandbox() as ece:
        ece.fault("POST /deployments/extensions 400 nth=1")
        failed = secretive.run("apply", "--auto-approve", "--parallelism", "1", "--var", "token=abc")
    assert failed.code == 5
    assert "planner apply -e dev --parallelism 1\n" in failed.out  # whoever runs it sets the secret again
    assert "token=" not in failed.both
    assert "abc" not in failed.both


def test_one_that_comes_back_elsewhere_is_kept_as_a_fingerprint(secretive: Project) -> None:
    """Whatever the installation makes of it: state and plans do not hold it, and it is no drift for ever."""
    secretive.apply()
    with secretive.sandbox() as ece:
        ece.update("beta", description=f"see https://files.example/?token={SECRET}")
    drift = secretive.run("drift")
    assert drift.code == 2
    saved = secretive.ok("plan", "--out", "plan.json")
    applied = secretive.ok("apply", "plan.json")
    no_trace(secretive, drift, saved, applied)
    assert secretive.resource("extension.beta")["attributes"]["description"].keys() == {"$sensitive"}
    assert secretive.ok("drift").code == 0
    secretive.settled()


@pytest.mark.seldom(secret=['","', "bundle"])
@pytest.mark.parametrize("secret", ["true", '","', "beta", "bundle"])
def test_one_that_is_an_ordinary_word_breaks_nothing(secretive: Project, secret: str) -> None:
    secretive.environ["PLANNER_VAR_token"] = secret
    json.loads(secretive.ok("plan", "--format", "json", "--out", "plan.json").out)
    secretive.ok("apply", "plan.json")
    assert secretive.addresses() == ["extension.alpha", "extension.beta"]
    assert secretive.run("drift").code == 0
    secretive.settled()


def test_an_interrupted_apply_leaves_no_trace_in_the_journal(secretive: Project) -> None:
    with secretive.sandbox() as ece:
        ece.fault("POST /deployments/extensions hold nth=2")
        with secretive.started("apply", "--auto-approve", "--parallelism", "1") as process:
            wait_until(ece.holds, "the second create is begun")
            process.kill()
            process.wait()
        ece.no_faults()
    assert (secretive.folder / "state/dev.journal").exists()
    no_trace(secretive, secretive.ok("plan"))
    no_trace(secretive, secretive.apply())
    secretive.settled()


@pytest.mark.parametrize(
    "description", [SECRET, f"Fetched with {SECRET}", quote(SECRET), "a\n" + quote_plus(SECRET)]
)
def test_an_export_leaves_out_what_holds_a_secret(secretive: Project, description: str) -> None:
    """A mark in its place would be a value: the next apply would put it there."""
    with secretive.sandbox() as ece:
        ece.create("gamma", description=description, version="8.*")
    secretive.write("templates/main.yaml", "resource: {}\n")
    told = secretive.ok("export", "--out", "templates/found.yaml")
    assert "extension.gamma: description left out" in told.err
    text = (secretive.folder / "templates/found.yaml").read_text()
    assert "(sensitive)" not in text
    assert "ignore_changes" in text
    secretive.apply()
    with secretive.sandbox() as ece:
        assert ece.extensions()["gamma"]["description"] == description
    no_trace(secretive, told)


@pytest.mark.parametrize("place", ["environments/dev.yaml", "environments/dev.yml", "secret.yaml"])
def test_a_secret_in_a_file_that_git_tracks_is_an_error(secretive: Project, place: str) -> None:
    del secretive.environ["PLANNER_VAR_token"]
    words = ["validate"]
    if place == "secret.yaml":
        secretive.write(place, f"token: {OTHER}\n")
        words += ["--var-file", str(secretive.folder / place)]
    else:
        secretive.write(place, f"variables:\n  token: {OTHER}\n")
    subprocess.run(["git", "init", "-q", str(secretive.folder)], check=True)
    secretive.ok(*words)
    subprocess.run(["git", "-C", str(secretive.folder), "add", place], check=True)
    refused = secretive.run(*words)
    assert refused.code == 1
    assert 'variable "token" is sensitive, and git tracks the file that sets it' in refused.both
    assert "set PLANNER_VAR_token instead" in " ".join(refused.both.split())
    assert revealed([refused.both], OTHER) == []


def test_no_message_advises_a_file_for_a_secret(secretive: Project) -> None:
    del secretive.environ["PLANNER_VAR_token"]
    missing = secretive.run("validate")
    assert "PLANNER_VAR_token" in missing.both
    assert "environments/" not in missing.both


@pytest.mark.seldom(form=["{1}", "user:{0}"])
@pytest.mark.parametrize("variable", ["EC_API_KEY", "TF_HTTP_PASSWORD", "PGPASSWORD_DEV", "GITHUB_TOKEN"])
@pytest.mark.parametrize("form", ["{0}", "{1}", "user:{0}"])
def test_a_credential_of_the_process_is_in_no_plan(secretive: Project, variable: str, form: str) -> None:
    secretive.environ[variable] = OTHER
    given = form.format(OTHER, base64.b64encode(f"user:{OTHER}".encode()).decode())
    secretive.edit("planner.yaml", "environments:", "  open: {type: string}\nenvironments:")
    secretive.environ["PLANNER_VAR_open"] = given
    check = 'check:\n  c: {condition: "1 == 2", message: "at {{ var.open }}", severity: warning}\n'
    secretive.write("templates/check.yaml", check)
    done = [secretive.ok(*w) for w in (["plan", "--out", "plan.json"], ["plan", "--json"], ["-vv", "plan"])]
    done += [secretive.ok("plan", "--format", form) for form in ("json", "html", "markdown")]
    done += [secretive.ok("apply", "plan.json")]
    assert revealed([item.both for item in done] + [*files_of(secretive).values()], given) == []


@pytest.mark.parametrize("place", ["environments/dev.yaml", "planner.yaml", "secret.yaml"])
def test_no_error_shows_the_line_that_sets_one(secretive: Project, place: str) -> None:
    """Neither of a value that is refused, which nobody watches for."""
    del secretive.environ["PLANNER_VAR_token"]
    words = ["validate"]
    rules = "sensitive: true, minLength: 99"
    secretive.edit("planner.yaml", "sensitive: true", rules)
    if place == "planner.yaml":
        secretive.edit(place, rules, f"sensitive: true, default: {OTHER}")
    elif place == "secret.yaml":
        secretive.write(place, f"token: {OTHER}\n")
        words += ["--var-file", str(secretive.folder / place)]
    else:
        secretive.write(place, f"variables:\n  token: {OTHER}\n")
    refused = secretive.run(*words)
    assert refused.code == 1
    assert f"{place}:" in refused.both
    assert revealed([refused.both], OTHER) == []


SOME_HEALTH = "{analyze: [{index: i, analyzer: a, text: SECRET, tokens: [a]}]}"
A_RESOURCE = '{extension: {a: {name: a, extension_type: bundle, version: "*"}}}'


@pytest.mark.parametrize(
    "template",
    [
        "resource: " + A_RESOURCE.replace("a:", "x-SECRET:", 1),
        "resource: " + A_RESOURCE.replace("}}}", ", file: files/SECRET}}}"),
        "output: {o-SECRET: open}",
        'check: {SECRET-c: {condition: "1 == 1", message: m}}',
        "moved: {from: extension.SECRET, to: extension.a}\nresource: " + A_RESOURCE,
        "import: {to: extension.a, id: id-SECRET}\nresource: " + A_RESOURCE,
        "removed: {from: extension.SECRET}",
        "rollout: {r-SECRET: {of: [extension.a]}}\nresource: " + A_RESOURCE,
        "rollout: {r: {of: [extension.a], health: " + SOME_HEALTH + "}}\nresource: " + A_RESOURCE,
    ],
)
@pytest.mark.parametrize("variable", ["PLANNER_VAR_token", "EC_API_KEY"])
def test_nothing_is_named_after_a_secret(secretive: Project, template: str, variable: str) -> None:
    """State and plans would keep it: they find what they are about by its name."""
    secretive.environ[variable] = OTHER
    secretive.write(f"files/{OTHER}/a.txt", "a\n")
    secretive.write("templates/main.yaml", template.replace("SECRET", OTHER) + "\n")
    for words in (["validate"], ["plan", "--json", "--out", "plan.json"], ["-vv", "apply", "--auto-approve"]):
        refused = secretive.run(*words)
        assert refused.code == 1
        assert "(sensitive)" in refused.both
        assert "holds a known secret, and is a name" in " ".join(refused.both.split())
        assert revealed([refused.both], OTHER) == []
    assert not (secretive.folder / "state/dev.json").exists()


@pytest.mark.parametrize(
    "template",
    [
        "resource: " + A_RESOURCE.replace("a:", '"{{ var.token }}":', 1),
        "resource: " + A_RESOURCE.replace("}}}", ', file: "f/{{ var.token }}"}}}'),
        'output: {"{{ var.token }}": open}',
        'check: {"{{ var.token }}": {condition: "1 == 1", message: m}}',
        'moved: {from: "extension.{{ var.token }}", to: extension.a}',
        'import: {to: extension.a, id: "{{ var.token }}"}',
        'removed: {from: "extension.{{ var.token }}"}',
    ],
)
def test_nor_is_anything_named_by_one(secretive: Project, template: str) -> None:
    """However short it is."""
    secretive.environ["PLANNER_VAR_token"] = "abc"
    secretive.write("templates/main.yaml", template + "\n")
    refused = secretive.run("validate")
    assert refused.code == 1
    assert "cannot be sensitive" in refused.both or "not a sensitive text" in refused.both


def test_what_the_state_names_after_a_secret_is_not_shown(secretive: Project) -> None:
    """It was no secret yet as it got its name. What a program gets stays a whole document."""
    secretive.write("templates/main.yaml", USES_IT.replace("alpha:", "another-one-entirely:", 1))
    secretive.apply()
    secretive.write("templates/main.yaml", USES_IT)
    secretive.environ["PLANNER_VAR_token"] = OTHER
    commands = [
        ["plan"],
        ["plan", "--json"],
        *(["plan", "--format", form] for form in ("html", "markdown")),
        ["state", "list"],
        ["show"],
        ["show", "--json"],
        ["-vv", "apply", "--auto-approve", "--json"],
    ]
    for words in commands:
        done = secretive.ok(*words)
        assert revealed([done.both], OTHER) == []
        assert "extension.(sensitive)" in done.out or "json" not in words[-1]
    completing = {
        "_PLANNER_COMPLETE": "bash_complete",
        "COMP_WORDS": "planner state show ",
        "COMP_CWORD": "3",
    }
    assert revealed([secretive.run(env=completing).both], OTHER) == []


DEV = Environment("dev", state="state/dev.json")
LATER = "Zq" * 40
"""No secret as it was written, and longer than a line: any part of it can be told."""


@pytest.fixture(scope="module")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was to become a secret is in every text that people, git, and an installation give."""
    chain = make_chain(tmp_path_factory.mktemp("told") / "chain")
    chain.environ |= {"PLANNER_VAR_token": OTHER, "PLANNER_ACTOR": f"{LATER}@shop.example"}
    chain.edit("planner.yaml", "variables:\n", "variables:\n  token: {type: string, sensitive: true}\n")
    chain.edit("planner.yaml", "{type: integer", "{type: [integer, string]")
    chain.write(f"files/words/{LATER}.txt", "word\n")
    chain.write("environments/dev.yaml", f"variables: {{size: {LATER}}}\n")
    commit(chain, f"because of {LATER}")
    applied(chain, "dev")
    release = present(chain, "dev").release.id
    chain.ok("verify", "dev", "--check", "smoke", "--ok", "--url", f"https://x.example/{LATER}")
    chain.ok("release", "approve", release, "prod")
    chain.ok("release", "reject", release, "--reason", f"for {LATER}", "-e", "dev")
    return chain.folder


@pytest.fixture
def told(told_once: Path, tmp_path: Path) -> Project:
    shutil.copytree(told_once, tmp_path / "chain")
    return Project(tmp_path / "chain", {"PLANNER_VAR_token": LATER, "PLANNER_ACTOR": "ci", "COLUMNS": "70"})


@pytest.mark.parametrize(
    "words",
    [
        "env list",
        "env status",
        "env status --no-refresh",
        "env diff dev prod",
        "env diff dev prod --rendered",
        "release list",
        "release show RELEASE",
        "lock show -e dev",
        "state list -e dev",
        "state history -e dev",
        "output -e dev",
        "show -e dev",
        "plan -e dev",
        "drift -e dev",
        "graph -e dev",
        "render -e dev",
        "export -e dev",
        "preview --base HEAD~1",
        "preview --base HEAD~1 --format html",
        "promote dev staging --dry-run",
        "validate",
    ],
)
def test_nothing_shows_what_became_a_secret(told: Project, words: str) -> None:
    release = present(told, "dev").release.id
    with States(told.folder, "shop", {}, Redactor()).open(DEV).lock(LATER):
        for more in ((), ("--json",)):
            done = told.run(*words.replace("RELEASE", release).split(), *more)
            assert done.code != 64 or more, done
            assert "Zq" not in done.both, (words, more)


@pytest.mark.parametrize(
    "words",
    ["env diff dev prod", "env status", "release list --json", "release show RELEASE", "lock show -e dev"],
)
def test_what_is_no_secret_is_shown(told: Project, words: str) -> None:
    """So that the test before this one can fail."""
    told.environ["PLANNER_VAR_token"] = OTHER
    release = present(told, "dev").release.id
    with States(told.folder, "shop", {}, Redactor()).open(DEV).lock(LATER):
        assert "ZqZq" in told.run(*words.replace("RELEASE", release).split()).both
