"""Elastic Cloud forbids what is gone, and what is somebody else's: which of the two, the list tells."""

from __future__ import annotations

import pytest

from .runner import Project

NONE_SEEN = "these credentials see none of the 2 resources of this state"
FORBIDDEN = "GET /deployments/extensions/* 403 code=root.permission_denied"


@pytest.fixture
def cloud(applied: Project) -> Project:
    applied.edit("planner.yaml", "{endpoint: sandbox}", "{endpoint: sandbox, platform: cloud}")
    return applied


def delete(project: Project, *names: str) -> None:
    with project.sandbox() as ece:
        for name in names:
            ece.delete(name)


def test_what_is_gone_is_created_again(cloud: Project) -> None:
    delete(cloud, "beta")
    plan = cloud.run("plan", "--detailed-exitcode")
    assert plan.code == 2, plan
    assert "extension.beta is gone: the list does not name it, though it names others" in plan.out
    assert "as Elastic Cloud answers of what is gone" in " ".join(plan.out.split())
    assert "Plan: 1 to create, 0 to update, 0 to replace, 0 to delete." in plan.out
    cloud.apply()
    with cloud.sandbox() as ece:
        assert ece.extensions().keys() == {"alpha", "beta"}
    cloud.settled()


def test_drift_and_refresh_only_see_it(cloud: Project) -> None:
    delete(cloud, "beta")
    assert cloud.run("drift").code == 2
    cloud.apply("--refresh-only")
    assert [item["address"] for item in cloud.state()["resources"]] == ["extension.alpha"]


def test_a_saved_plan_whose_resource_went_meanwhile(cloud: Project) -> None:
    cloud.edit("templates/main.yaml", 'version: "*"', 'version: "9.*"')
    cloud.ok("plan", "--out", "plan.json")
    delete(cloud, "beta")
    done = cloud.run("apply", "plan.json")
    assert done.code == 3, done
    assert "it is gone from the installation since the plan was made" in " ".join(done.out.split())


@pytest.mark.parametrize("words", [("plan",), ("drift",), ("apply", "--auto-approve"), ("plan", "--destroy")])
def test_a_second_users_key_plans_nothing(cloud: Project, words: tuple[str, ...]) -> None:
    cloud.edit("planner.yaml", "platform: cloud", "platform: cloud, sandbox: state/theirs.db")
    cloud.ok("state", "list")
    before = cloud.state()
    done = cloud.run(*words)
    assert done.code == 3, done
    assert NONE_SEEN in " ".join(done.err.split())
    assert "planner state rm 'extension.*'" in " ".join(done.err.split())
    assert "to create" not in done.out
    assert cloud.state() == before


def test_all_of_them_are_gone(cloud: Project) -> None:
    delete(cloud, "alpha", "beta")
    refused = cloud.run("plan")
    assert (refused.code, NONE_SEEN in " ".join(refused.err.split())) == (3, True), refused
    cloud.ok("state", "rm", "extension.*")
    assert "Plan: 2 to create" in cloud.ok("plan").out


@pytest.mark.parametrize("platform", ["", ", platform: ece"])
def test_on_an_ece_forbidden_stays_an_error(applied: Project, platform: str) -> None:
    applied.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: sandbox{platform}}}")
    delete(applied, "beta")
    with applied.sandbox() as ece:
        ece.fault(FORBIDDEN)
    done = applied.run("plan")
    assert (done.code, done.out) == (1, ""), done
    assert "403 Forbidden root.permission_denied" in " ".join(done.err.split())


def test_a_gateway_that_forbids_says_nothing_of_what_is_gone(cloud: Project) -> None:
    delete(cloud, "beta")
    with cloud.sandbox() as ece:
        ece.fault("GET /deployments/extensions/* html:403")
    done = cloud.run("plan")
    assert (done.code, done.out) == (1, ""), done


@pytest.mark.long
def test_a_lost_reply_to_a_delete_is_settled(cloud: Project) -> None:
    """Also where every attempt's reply is lost, and what is left is a read that is forbidden."""
    cloud.write(
        "templates/main.yaml", (cloud.folder / "templates/main.yaml").read_text().partition("    beta:")[0]
    )
    with cloud.sandbox() as ece:
        ece.fault("DELETE /deployments/extensions/* drop-after")
    cloud.run("apply", "--auto-approve")
    cloud.settled()
    with cloud.sandbox() as ece:
        assert ece.extensions().keys() == {"alpha"}
    assert [item["address"] for item in cloud.state()["resources"]] == ["extension.alpha"]


def test_an_import_of_what_may_not_be_read_says_that_it_may_be_gone(cloud: Project) -> None:
    done = cloud.run("state", "adopt", "extension.gamma", "1234567890")
    assert done.code == 1, done
    assert "Elastic Cloud also says this of what is gone" in " ".join(done.err.split())


def test_another_platform_is_refused_with_its_place(applied: Project) -> None:
    applied.edit("planner.yaml", "{endpoint: sandbox}", "{endpoint: sandbox, platform: aws}")
    done = applied.run("plan")
    assert (done.code, "planner.yaml:6" in done.err, "platform" in done.err) == (1, True, True), done
