"""Whatever is asked of a deployment, and whenever: nothing is stuck, and what last succeeded is in force."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from planner.sandbox import Sandbox

from .caller import WORDS, Caller, archive
from .running import MAIN, Running, bundle, plan, resources

KINDS = ("apm", "kibana")
FAULTS = ("PUT /deployments/* fail-plan", "PUT /deployments/* no-start", "GET /deployments/* other-change")
WAITS = (0, 0.05, 1, 5, 20, 60, 300, 700)


class Somebody:
    """Asks for anything that the API takes."""

    def __init__(self, shop: Running, seed: int) -> None:
        self.shop, self.chance = shop, Random(seed)  # noqa: S311 - chance, no secret
        self.urls = [WORDS, "https://x.invalid/a.zip", *(f"repo://{shop.ece.stored()}" for _ in range(2))]

    def act(self) -> None:
        acts = (self.put, self.put, self.restart, self.cancel, self.stop, self.start, self.fault, self.upload)
        self.chance.choice(acts)()
        self.shop.ece.wait(self.chance.choice(WAITS))

    def put(self) -> None:
        urls = enumerate(url for url in self.urls if self.chance.random() < 0.3)
        wanted = plan(
            zones=self.chance.choice((1, 2, 3)), user_bundles=[bundle(url, f"n{n}") for n, url in urls]
        )
        named: dict[str, Any] = resources(wanted, *(kind for kind in KINDS if self.chance.random() < 0.3))
        if self.chance.random() < 0.2:
            del named["elasticsearch"]
        self.ask("PUT", "", json={"prune_orphans": False, "resources": named})

    def restart(self) -> None:
        self.ask("POST", f"/{MAIN}/_restart?cancel_pending={self.either()}")

    def cancel(self) -> None:
        kind = self.chance.choice(("elasticsearch", *KINDS))
        self.ask("DELETE", f"/{kind}/_main/plan/pending?force_delete={self.either()}")

    def stop(self) -> None:
        if self.chance.random() < 0.3:
            self.ask("POST", "/_shutdown")

    def start(self) -> None:
        self.ask("POST", "/_restore")

    def fault(self) -> None:
        self.shop.fault(self.chance.choice(FAULTS) + " times=1")

    def upload(self) -> None:
        content = archive(self.chance.choice(("a => b => c", "a, b")))
        self.shop.ece.upload(self.chance.choice(self.urls[2:]).removeprefix("repo://"), content)

    def either(self) -> str:
        return self.chance.choice(("true", "false"))

    def ask(self, method: str, path: str, **more: Any) -> None:
        assert self.shop.ece(method, self.shop.path + path, **more).status_code in (200, 202, 400, 422)


def check(plans: dict[str, Any]) -> None:
    ids = [attempt["plan_attempt_id"] for attempt in plans["history"]]
    assert len(ids) == len(set(ids))
    stops = "deployments.shutdown-deployment"
    good = [each for each in plans["history"] if each["healthy"] and each["source"]["action"] != stops]
    if "current" in plans:
        assert plans["current"]["plan_attempt_id"] == good[-1]["plan_attempt_id"]
    if "pending" in plans:
        assert plans["pending"]["plan_attempt_id"] not in ids


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_asked_of_a_deployment(app: Sandbox, seed: int) -> None:
    shop = Running.made(Caller(app), plan(), *KINDS)
    somebody = Somebody(shop, seed)
    for _ in range(40):
        somebody.act()
        for kind in ("elasticsearch", *KINDS):
            check(shop.plans(kind))
    shop.ece.raw("DELETE", "/sandbox/faults")
    for _ in range(3):
        shop.ece.wait(5000)
        assert shop.get()
    assert shop.pending() == []
    if shop.info()["status"] == "stopped":
        somebody.start()
        shop.ece.wait(5000)
    assert shop.put(plan(zones=2), others=KINDS).status_code == 200
    shop.ece.wait(5000)
    assert (shop.get()["healthy"], len(shop.running())) == (True, 2)
