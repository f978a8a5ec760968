"""state list, show, mv, rm, history, restore; lock show and break."""

from __future__ import annotations

import json

from .runner import Project, wait_until


def test_a_mistake_is_undone(applied: Project) -> None:
    forgotten = applied.ok("state", "rm", "extension.*")
    assert "Forgot extension.alpha." in forgotten.out
    assert "planner state restore 1 -e dev" in forgotten.err
    assert applied.addresses() == []
    assert "2 to create" in applied.ok("plan").out
    restored = applied.ok("state", "restore", "1")
    assert "2 resources" in restored.out
    applied.settled()


def test_list_and_show(applied: Project) -> None:
    assert applied.ok("state", "list").out.split() == ["extension.alpha", "extension.beta"]
    assert applied.ok("state", "list", "extension.b*", "--ids").out.split() == [
        "extension.beta",
        applied.resource("extension.beta")["id"],
    ]
    shown = json.loads(applied.ok("state", "show", "extension.beta").out)
    assert shown["id"] == applied.resource("extension.beta")["id"]
    wrong = applied.run("state", "show", "extension.betta")
    assert wrong.code == 1
    assert 'Did you mean "extension.beta"?' in wrong.err


def test_mv(applied: Project) -> None:
    dry = applied.ok("state", "mv", "extension.beta", "extension.gamma", "--dry-run")
    assert "Would move" in dry.out
    assert "extension.beta" in applied.addresses()
    applied.ok("state", "mv", "extension.beta", "extension.gamma")
    assert applied.addresses() == ["extension.alpha", "extension.gamma"]
    history = applied.ok("state", "history").out.splitlines()
    assert [line.split()[0] for line in history] == ["2", "1"]


def test_rm_dry_run_changes_nothing(applied: Project) -> None:
    assert "Would forget extension.beta." in applied.ok("state", "rm", "extension.beta", "--dry-run").out
    assert len(applied.addresses()) == 2
    assert applied.state()["serial"] == 1


def test_restore_of_what_is_not_kept(applied: Project) -> None:
    done = applied.run("state", "restore", "7")
    assert done.code == 1
    assert "there is no snapshot 7" in done.err


def test_lock_show_and_break(applied: Project) -> None:
    assert applied.ok("lock", "show").out == "dev is free.\n"
    with applied.sandbox() as ece:
        ece.fault("POST /deployments/extensions/* hold")
        with applied.started("apply", "--auto-approve", "--var", "version=9.*"):
            wait_until(ece.holds, "the lock is held")
            shown = applied.ok("lock", "show").out
            holder = shown.rsplit(" ", 1)[1].strip()
            assert "apply since" in shown
            assert applied.run("state", "rm", "extension.beta").code == 4
            applied.ok("lock", "break", holder)
