"""The words that change: what plans show of the files in archives, and where the prior text comes from."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.unit.vcs.test_git import git

from .runner import Project, small

WORDS = "files/alpha/words.txt"


def commit(project: Project, message: str = "a change") -> str:
    git(project.folder, "add", "--all", ".")
    git(project.folder, "commit", "-qm", message)
    return str(git(project.folder, "rev-parse", "HEAD"))


@pytest.fixture
def kept(project: Project) -> Project:
    """The small project in git, applied."""
    project.write(".gitignore", "state/\n")
    project.write(WORDS, "laptop, notebook\nphone, mobile\n")
    git(project.folder, "init", "-q")
    commit(project)
    project.apply()
    return project


def content(project: Project, *words: str) -> dict[str, Any]:
    """What the plan says of alpha's archive."""
    document = json.loads(project.ok("plan", "--format", "json", *words).out)
    (found,) = document.get("contents") or [{}]
    return dict(found)


def lines(found: dict[str, Any]) -> list[str]:
    texts = [member.get("text", {}) for member in found.get("members", ())]
    return [f"{line['sign']}{line['text']}" for text in texts for line in text.get("lines", ())]


HINT = "--content lines asks the installation"
CHANGED = [" laptop, notebook", "-phone, mobile", "+phone, mobile, smartphone"]


def change(project: Project) -> None:
    project.edit(WORDS, "phone, mobile\n", "phone, mobile, smartphone\n")


def test_a_changed_line(kept: Project) -> None:
    change(kept)
    found = content(kept)
    assert lines(found) == CHANGED
    (member,) = found["members"]
    assert (member["text"]["added"], member["text"]["removed"]) == (1, 1)
    (_, _, line) = member["text"]["lines"]
    assert [line["text"][start:end] for start, end in line["marked"]] == [", smartphone"]
    assert line["number"] == 2


def test_after_it_is_committed(kept: Project) -> None:
    change(kept)
    commit(kept)
    assert lines(content(kept)) == CHANGED


def test_a_tree_that_was_dirty_is_in_no_commit(kept: Project) -> None:
    change(kept)
    kept.apply()
    kept.edit(WORDS, "laptop", "tablet")
    found = content(kept)
    assert "no commit has it as it was applied" in found["reason"]
    assert [member["path"] for member in found["members"]] == ["words.txt"]
    asked = content(kept, "--content", "lines")
    assert lines(asked) == ["-laptop, notebook", "+tablet, notebook", " phone, mobile, smartphone"]


@pytest.mark.parametrize(
    ("asked", "shown"), [("none", []), ("names", []), ("lines", CHANGED), ("full", CHANGED)]
)
def test_as_much_as_is_asked_for(kept: Project, asked: str, shown: list[str]) -> None:
    change(kept)
    found = content(kept, "--content", asked)
    assert lines(found) == shown
    assert [member["path"] for member in found.get("members", [])] == ["words.txt"] * (asked != "none")


def test_without_git_the_installation_is_asked_where_somebody_wants_it(applied: Project) -> None:
    applied.write(WORDS, "two\n")
    assert content(applied)["reason"] == f"the project is in no git repository; {HINT}"
    assert HINT not in content(applied, "--content", "lines").get("reason", "")
    assert lines(content(applied, "--content", "lines")) == ["-one", "+two"]


def test_a_folder_that_was_renamed(kept: Project) -> None:
    change(kept)
    git(kept.folder, "mv", "files/alpha", "files/beta")
    kept.edit("templates/main.yaml", "files/alpha", "files/beta")
    commit(kept)
    assert lines(content(kept)) == CHANGED


def test_a_target(kept: Project) -> None:
    change(kept)
    assert lines(content(kept, "--target", "extension.alpha")) == CHANGED
    assert content(kept, "--exclude", "extension.alpha") == {}


def test_line_ends_are_said_and_not_shown(kept: Project) -> None:
    (kept.folder / WORDS).write_bytes(b"laptop, notebook\r\nphone, mobile\r\n")
    (member,) = content(kept)["members"]
    assert member["text"] == {"reason": "line ends changed: LF to CRLF"}


def test_what_is_no_text_has_sizes(kept: Project) -> None:
    (kept.folder / WORDS).write_bytes(b"\0\1\2")
    (member,) = content(kept)["members"]
    assert member["text"] == {"reason": "it is no text in UTF-8"}
    assert (member["prior"]["size"], member["desired"]["size"]) == (31, 3)


def test_names_only_where_the_resource_says_so(kept: Project) -> None:
    kept.edit(
        "templates/main.yaml", "      file: files/alpha\n", "      file: files/alpha\n      content: names\n"
    )
    change(kept)
    found = content(kept, "--content", "full")
    assert found["reason"] == "`content: names` withholds the lines"
    assert [sorted(member) for member in found["members"]] == [["action", "desired", "path", "prior"]]


def test_names_only_where_the_environment_says_so(kept: Project) -> None:
    kept.edit("planner.yaml", "dev: {endpoint: sandbox}", "dev: {endpoint: sandbox, content: names}")
    change(kept)
    assert content(kept)["reason"] == "`content: names` withholds the lines"


def test_what_may_be_a_secret_is_in_no_plan(kept: Project, tmp_path: Path) -> None:
    kept.write("files/alpha/saml/idp.xml", "<EntityDescriptor entityID='x'/>\n")
    kept.write("files/alpha/users", "password: hunter22\n")
    change(kept)
    saved = tmp_path / "plan.json"
    shown = kept.run("plan", "--out", str(saved)).both
    for secret in ("entityID", "hunter22"):
        assert secret not in shown + saved.read_text()
    reasons = {member["path"]: member["text"].get("reason") for member in content(kept)["members"]}
    assert reasons == {
        "saml/idp.xml": "it lies in saml/",
        "users": "a line in it looks like a credential",
        "words.txt": None,
    }


def test_known_secrets_are_taken_out(kept: Project) -> None:
    kept.edit(WORDS, "phone, mobile", "phone, correct-horse")
    env = {"PLANNER_VAR_key": "correct-horse"}
    kept.edit("planner.yaml", "variables:\n", "variables:\n  key: {type: string, sensitive: true}\n")
    done = kept.ok("plan", "--format", "json", env=env)
    assert "correct-horse" not in done.both
    assert "phone, (sensitive)" in done.out


STEERS = "\u202e\u2066\u200b\x1b\x7f\x85"


@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        *(("plan", "--format", form) for form in ("markdown", "html", "json")),
        ("preview", "--format", "json", "--base", "HEAD"),
        ("show", "plan.json"),
        ("show", "plan.json", "--json"),
    ],
    ids=" ".join,
)
def test_what_steers_a_terminal_is_shown_and_never_sent_there(kept: Project, words: tuple[str, ...]) -> None:
    kept.edit(WORDS, "phone, mobile\n", f"phone, {STEERS}\n")
    kept.ok("plan", "--out", "plan.json")
    out = kept.ok(*words).out
    assert "\\u202e" in out
    assert not set(STEERS) & set(out + (kept.folder / "plan.json").read_text())


def test_the_lines_are_no_part_of_the_digest(kept: Project, tmp_path: Path) -> None:
    change(kept)
    plans = [
        kept.ok("plan", "--format", "json", "--content", asked).out for asked in ("none", "names", "full")
    ]
    digests = {json.loads(plan)["digest"] for plan in plans}
    assert len(digests) == 1
    saved = tmp_path / "plan.json"
    kept.ok("plan", "--out", str(saved))
    assert "smartphone" in saved.read_text()
    kept.ok("apply", str(saved), "--auto-approve")
    kept.settled()


def test_a_saved_plan_shown_on_another_machine(kept: Project, tmp_path: Path) -> None:
    change(kept)
    kept.ok("plan", "--out", str(tmp_path / "plan.json"))
    other = small(tmp_path / "other")
    shown = json.loads(other.ok("show", str(tmp_path / "plan.json"), "--json").out)
    assert lines(shown["contents"][0]) == CHANGED
    names = json.loads(other.ok("show", str(tmp_path / "plan.json"), "--json", "--content", "names").out)
    assert "smartphone" not in str(names)
    none = json.loads(other.ok("show", str(tmp_path / "plan.json"), "--json", "--content", "none").out)
    assert not none.get("contents")


def replaced(project: Project, text: str) -> None:
    """Somebody uploads another archive for alpha."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("words.txt", text)
        archive.writestr("more.txt", "more\n")
    with project.sandbox() as ece:
        ece.upload("alpha", buffer.getvalue())


BY_HAND = ["+more", " laptop, notebook", "-phone, mobile", "+phone, cell"]


def test_what_somebody_uploaded_by_hand_is_drift(kept: Project) -> None:
    replaced(kept, "laptop, notebook\nphone, cell\n")
    plain = json.loads(kept.run("drift", "--json").out)
    hint = "somebody else replaced the archive; --content lines asks the installation"
    assert plain["drift"][0]["content"] == {"address": "extension.alpha", "reason": hint}
    assert hint in " ".join(kept.run("drift").out.replace("#", "").split())
    assert "content" not in json.loads(kept.run("drift", "--json", "--content", "none").out)["drift"][0]
    done = kept.run("drift", "--json", "--content", "lines")
    assert done.code == 2
    (drift,) = json.loads(done.out)["drift"]
    assert lines(drift["content"]) == BY_HAND
    assert "phone, cell" in kept.run("drift", "--content", "lines").out
    names = json.loads(kept.run("drift", "--json", "--content", "names").out)["drift"][0]["content"]
    assert [member["path"] for member in names["members"]] == ["more.txt", "words.txt"]
    assert lines(names) == []


def test_a_plan_that_undoes_what_was_uploaded_by_hand(kept: Project) -> None:
    replaced(kept, "laptop, notebook\nphone, cell\n")
    assert content(kept)["reason"].startswith("somebody else replaced the archive")
    assert content(kept)["reason"].endswith(f"; {HINT}")
    document = json.loads(kept.ok("plan", "--format", "json", "--content", "lines").out)
    assert lines(document["drift"][0]["content"]) == BY_HAND
    assert lines(document["contents"][0]) == ["-more", " laptop, notebook", "-phone, cell", "+phone, mobile"]
    out = kept.ok("plan", "--json", "--content", "lines").out
    told = {line["type"]: line for line in map(json.loads, out.splitlines()) if "members" in line}
    for kind, actions in (("drift", ["create", "update"]), ("change", ["delete", "update"])):
        assert [member["action"] for member in told[kind]["members"]] == actions
    assert "cell" not in out


def test_drift_is_compared_by_files_where_no_commit_has_what_was_applied(kept: Project) -> None:
    change(kept)
    kept.apply()
    kept.edit(WORDS, "smartphone", "x")
    replaced(kept, "laptop\n")
    (drift,) = json.loads(kept.run("drift", "--json", "--content", "lines").out)["drift"]
    assert drift["content"]["reason"] == "no commit has it as it was applied"
    assert [member["path"] for member in drift["content"]["members"]] == ["more.txt", "words.txt"]


def test_the_same_archive_uploaded_again(kept: Project) -> None:
    with kept.sandbox() as ece:
        ece.upload("alpha", ece.stored("alpha"))
    (drift,) = json.loads(kept.run("drift", "--json", "--content", "lines").out)["drift"]
    assert drift["content"]["reason"] == "the same archive, uploaded again"


ENVIRONMENTS = """
project: small
variables:
  words: {type: string, default: alpha}
environments:
  dev: {endpoint: sandbox}
  prod: {endpoint: sandbox, promote_from: [dev]}
promote: {templates: true}
"""


def compared(project: Project, *words: str) -> dict[str, Any]:
    return dict(json.loads(project.ok("env", "diff", "dev", "prod", "--json", *words).out))


@pytest.fixture
def two(project: Project) -> Project:
    """Two environments, of which prod is pinned to a commit before the change of a word."""
    project.write("planner.yaml", ENVIRONMENTS)
    project.edit("templates/main.yaml", "{{ var.version }}", '"8.*"')
    project.edit("templates/main.yaml", "files/alpha", "files/{{ var.words }}")
    project.write(".gitignore", "state/\n")
    project.write(WORDS, "laptop, notebook\nphone, mobile\n")
    git(project.folder, "init", "-q")
    project.write("pins/prod.yaml", f"templates: {commit(project)}\n")
    change(project)
    commit(project)
    return project


FIRST = ("--force", "promote_from", "--reason", "the first one")
BACK = [" laptop, notebook", "-phone, mobile, smartphone", "+phone, mobile"]


def test_how_environments_differ(two: Project) -> None:
    (archive,) = compared(two)["promotable"]["archives"]
    assert lines(archive["content"]) == BACK
    text = two.ok("env", "diff", "dev", "prod").out
    assert "~ words.txt  +1 -1" in text
    assert "+ phone, mobile" in text
    (names,) = compared(two, "--content", "names")["promotable"]["archives"]
    assert (lines(names["content"]), len(names["content"]["members"])) == ([], 1)
    (none,) = compared(two, "--content", "none")["promotable"]["archives"]
    assert "content" not in none


def test_either_environment_may_say_names_only(two: Project) -> None:
    two.edit("planner.yaml", "dev: {endpoint: sandbox}", "dev: {endpoint: sandbox, content: names}")
    (archive,) = compared(two)["promotable"]["archives"]
    assert archive["content"]["reason"] == "`content: names` withholds the lines"


def test_environments_that_take_other_files(two: Project) -> None:
    two.write("files/beta/words.txt", "laptop, notebook\n")
    two.write("environments/dev.yaml", "variables: {words: beta}\n")
    found = compared(two, "--rendered")
    assert all("content" not in item for item in found["promotable"]["archives"])
    (both,) = (item for item in found["rendered"]["both"] if item["content"])
    assert lines(both["content"]["content"]) == [" laptop, notebook", "+phone, mobile"]
    assert "+ phone, mobile" in two.ok("env", "diff", "dev", "prod", "--rendered").out


def test_a_promotion_shows_the_words(two: Project) -> None:
    two.apply("-e", "dev")
    two.apply("-e", "prod", *FIRST)
    shown = two.ok("promote", "dev", "prod", "--dry-run").out
    assert "+ phone, mobile, smartphone" in shown
    assert "smartphone" not in two.ok("promote", "dev", "prod", "--dry-run", "--content", "names").out


def test_what_is_pinned_is_compared_with_what_its_pin_has(two: Project) -> None:
    two.apply("-e", "prod", *FIRST)
    two.write("pins/prod.yaml", f"templates: {git(two.folder, 'rev-parse', 'HEAD')}\n")
    assert lines(content(two, "-e", "prod")) == CHANGED


def test_the_preview_of_a_change(two: Project, tmp_path: Path) -> None:
    two.apply("-e", "dev")
    two.edit(WORDS, "smartphone", "handy")
    base = git(two.folder, "rev-parse", "HEAD")
    commit(two)
    wanted = ["-phone, mobile, smartphone", "+phone, mobile, handy"]
    for words in ((), ("--offline",)):
        out = tmp_path / f"preview{len(words)}"
        done = two.ok("preview", "--base", base, "-e", "dev", *words, "--out", str(out))
        for line in wanted:
            assert line[1:] in done.out
        page = (out / "preview.html").read_text() if (out / "preview.html").exists() else ""
        assert "handy" in page or not page
    names = two.ok("preview", "--base", base, "-e", "dev", "--content", "names").out
    assert "handy" not in names
    assert "words.txt" in names
    made = two.ok("preview", "--from", str(tmp_path / "preview0/preview.json"), "--content", "names").out
    assert "handy" not in made


@pytest.mark.parametrize(
    "words",
    [
        ("env", "diff", "dev", "prod"),
        ("env", "diff", "dev", "prod", "--json"),
        ("promote", "dev", "prod", "--dry-run"),
        ("promote", "dev", "prod", "--dry-run", "--json"),
        ("preview", "--base", "HEAD~1", "-e", "dev", "--offline"),
        ("preview", "--base", "HEAD~1", "-e", "dev", "--offline", "--format", "html"),
        ("preview", "--base", "HEAD~1", "-e", "dev", "--offline", "--format", "json"),
    ],
    ids=" ".join,
)
def test_known_secrets_are_taken_out_wherever_lines_are_shown(two: Project, words: tuple[str, ...]) -> None:
    env = {"PLANNER_VAR_key": "correct-horse"}
    two.edit("planner.yaml", "variables:\n", "variables:\n  key: {type: string, sensitive: true}\n")
    two.edit(WORDS, "laptop, notebook", "laptop, correct-horse")
    commit(two)
    if words[0] == "promote":
        two.apply("-e", "dev", env=env)
        two.apply("-e", "prod", *FIRST, env=env)
    done = two.ok(*words, env=env)
    assert "laptop, (sensitive)" in done.out.replace("<mark>", "")
    assert "correct-horse" not in done.both


def test_a_preview_asks_no_installation_for_archives_unless_it_is_told_to(two: Project) -> None:
    base = git(two.folder, "rev-parse", "HEAD")
    two.edit(WORDS, "laptop", "tablet")
    two.apply("-e", "dev")
    two.edit(WORDS, "smartphone", "handy")
    commit(two)
    words = ("preview", "--base", base, "-e", "dev")
    plain = two.ok(*words).out
    assert "words.txt" in plain
    assert "no commit has it as it was applied" in " ".join(plain.replace("#", "").split())
    assert "handy" not in plain
    assert "+             phone, mobile, handy" in two.ok(*words, "--content", "lines").out


def test_a_comment_has_no_room_for_all(two: Project) -> None:
    done = two.run("preview", "--comment", "--content", "full")
    assert done.code == 64
    assert "--content full does not go with --comment" in done.err
