"""What an installation only accepts, of real kinds: it fails, takes too long, or somebody stops waiting."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from attrs import frozen

from planner.kinds.registry import load_kinds

from .ece import Ece
from .kind_cases import CASES, begun
from .platform import REALMS, SECURITY, TLS, ask
from .runner import Project, signalled, words
from .serving import listening

FAILURES = {
    "ldap_realm": (f"{REALMS}/ldap", "POST", "is_healthy is false"),
    "tls_chain": (f"{TLS}/ui", "POST", "it shows the certificates of before"),
}
"""By kind: where it is written, how, and what is said of what was accepted and is not carried out."""


@frozen
class Scene:
    """A project with the example of a kind. waits: what it says while it waits."""

    kind: str
    project: Project

    @property
    def write(self) -> str:
        path, method, _ = FAILURES[self.kind]
        return f"{method} {path}"

    @property
    def waits(self) -> str:
        return FAILURES[self.kind][2]

    def sent(self) -> int:
        """How often it was written, with success."""
        with self.project.sandbox() as ece:
            return sent(ece, self.write)

    def wait_no_longer_than(self, seconds: int) -> None:
        first = load_kinds()[self.kind].example.splitlines()[2]
        self.project.edit("templates/main.yaml", first, f"{first}\n      timeouts: {{settle: {seconds}s}}")


def sent(ece: Ece, write: str) -> int:
    log = ece.client.get("/sandbox/requests").get_json()["requests"]
    done = [f"{item['method']} {item['path']}" for item in log if item["status"] < 300]
    return sum(item.replace("/api/v1", "") == write for item in done)


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    kind: str = request.param
    return Scene(kind, begun(tmp_path / "kinds", load_kinds()[kind].example, [CASES[kind]]))


both = pytest.mark.parametrize("scene", FAILURES, indirect=True)


@both
def test_what_fails_is_told_and_stays_to_do_until_it_is_done(scene: Scene) -> None:
    project = scene.project
    with project.sandbox() as ece:
        ece.fault(f"{scene.write} fail-settling times=1")
    failed = project.run("apply", "--auto-approve")
    assert (failed.code, scene.waits in words(failed.out)) == (5, True), failed
    left = project.run("plan", "--detailed-exitcode")
    assert (left.code, "the installation is not done with it" in words(left.out)) == (2, True), left
    assert "Changed outside" not in left.out
    heal(scene)
    project.apply()
    project.settled()
    assert scene.sent() == (1 if scene.kind == "ldap_realm" else 2)


def heal(scene: Scene) -> None:
    """What a person does about it: another plan of the security deployment, another certificate."""
    if scene.kind == "tls_chain":
        scene.project.edit("templates/main.yaml", "var.shop_certificate", "var.next_certificate")
        return
    assert ask(scene.project, "PUT", SECURITY, json={"version": "8.16.0"}) is not None
    with scene.project.sandbox() as ece:
        ece.client.post("/sandbox/clock", json={"advance": 60})


@both
def test_what_takes_too_long_is_waited_for_by_the_next_apply(scene: Scene) -> None:
    scene.wait_no_longer_than(1)
    scene.project.edit("planner.yaml", "{endpoint: sandbox}", "{endpoint: sandbox, sandbox: {speed: 1}}")
    late = scene.project.run("apply", "--auto-approve")
    assert late.code == 5, late
    assert "The installation goes on: apply again to wait on, longer with timeouts" in words(late.out)
    assert scene.project.run("plan", "--detailed-exitcode").code == 2
    scene.project.edit("templates/main.yaml", "settle: 1s", "settle: 5m")
    scene.project.apply()
    scene.project.settled()
    assert scene.sent() == 1


@both
def test_who_interrupts_the_waiting_waits_on_later(scene: Scene) -> None:
    """Ctrl-C stops the waiting at once, not the installation; nothing is sent twice."""
    project = scene.project
    with listening(project.folder / "state/sandbox-dev.db", speed=1.0) as served:
        project.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: '{served.url}'}}")
        project.environ["EC_API_KEY"] = "tests"
        with project.started("apply", "--auto-approve") as process:
            assert process.stderr is not None
            next(line for line in process.stderr if "waiting" in line)
            done = signalled(process, signal.SIGINT)
        assert (done.code, "1 of 1 changes to the dev environment are left" in words(done.out)) == (130, True)

        assert project.run("plan", "--detailed-exitcode").code == 2
        served.ece.client.post("/sandbox/clock", json={"advance": 60})
        project.apply()
        project.settled()
        assert sent(served.ece, scene.write) == 1
