"""Plans of other kinds than extensions, in the embedded sandbox: what lives below others, and secrets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from attrs import evolve

from tests.acceptance.ece import Ece

from ..figures import Figures
from ..measure import Cost
from ..order import Order, measured
from ..projects import Project

EACH: Final = 20
"""Filters to each one that has associations; it has as many."""

PROJECT: Final = """
project: kinds
variables:
  secret: {type: string, sensitive: true}
environments:
  dev: {endpoint: sandbox, sandbox: {seed: seed.yaml}}
"""
FILTERS: Final = """
resource:
  traffic_filter:{% for n in range(COUNT) %}
    f_{{ n }}:
      {name: "f-{{ n }}", type: ip, region: r, include_by_default: false, rules: [{source: 192.0.2.1}]}
    {% endfor %}
  traffic_filter_association:{% for n in range(COUNT) %}
    a_{{ n }}:
      ruleset_id: "{{ resource.traffic_filter['f_' ~ n // EACH].id }}"
      entity_type: deployment
      entity_id: d-{{ n % EACH }}
    {% endfor %}
""".replace("EACH", str(EACH))
SECRETS: Final = """
resource:
  snapshot_repository:{% for n in range(COUNT) %}
    r_{{ n }}:
      {repository_name: "r-{{ n }}", type: s3, settings: {secret_key: "{{ var.secret }}-{{ n }}"}}
    {% endfor %}
"""
FORMS: Final = {"filters and as many associations": FILTERS, "secrets": SECRETS}


def _figures(order: Order) -> Iterator[Figures]:
    for count in order.counts(100, 1000):
        for what, template in FORMS.items():
            project = written(order.folder / f"{what}-{count}".replace(" ", "-"), template, count)
            for state, codes in (("all new", (2,)), ("no change", (0,))):
                plan = partial(cost, project, codes)
                yield Figures(f"{state}, {what}, sandbox", count, order.repeated(plan))
                if state == "all new":
                    project.apply()


def cost(project: Project, codes: tuple[int, ...]) -> Cost:
    """Of a plan, with the requests that the sandbox counted."""
    with Ece.of(project.folder / "state/sandbox-dev.db") as ece:
        ece.forget_requests()
        found = project.cost("plan", "--detailed-exitcode", codes=codes)
        return evolve(found, requests=len(ece.requests()))


def written(folder: Path, template: str, count: int) -> Project:
    for name in ("templates", "state"):
        (folder / name).mkdir(parents=True)
    deployments = "".join(f"  - {{id: d-{number}, name: d}}\n" for number in range(EACH))
    for name, text in {
        "planner.yaml": PROJECT,
        "seed.yaml": f"deployments:\n{deployments}",
        "templates/main.yaml": template.replace("COUNT", str(count)),
    }.items():
        (folder / name).write_text(text)
    return Project(folder, environ={"PLANNER_VAR_secret": "s3cret-of-the-bucket"})


CASE = measured("Plans of other kinds", _figures)
