"""Who uses extensions, and plans that change them: many deployments, each of which loads all of them.

First by nobody's declaration, then as the bindings of the project say.

The sandbox is served by this process, and counts; the time is its as much as planner's. Its index is written
beforehand, as an installation's is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from tests.acceptance.ece import DEPLOYMENTS, LOGIN, Ece
from tests.acceptance.serving import listening

from ..figures import Figures
from ..measure import Cost
from ..order import Order, measured
from ..projects import Project

EXTENSIONS: Final = 50
PROJECT: Final = """
project: users
variables:
  version: {type: string, default: "8.*"}
  first: {type: string, default: "8.*"}
environments:
  dev: {}
"""
TEMPLATE: Final = """
resource:
  extension:{% for n in range(COUNT) %}
    words_{{ n }}:
      name: "words-{{ n }}"
      extension_type: bundle
      version: "{{ var.version if n else var.first }}"
      file: files/words
    {% endfor %}
""".replace("COUNT", str(EXTENSIONS))
BINDINGS: Final = """
resource:
  extension_binding:{% for n in range(COUNT) %}
    shop_{{ n }}:
      deployment: shop-{{ n }}
      extensions: [{% for m in range(EACH) %}extension.words_{{ m }},{% endfor %}]
    {% endfor %}
""".replace("EACH", str(EXTENSIONS))
TO_NINE: Final = ("--var", "version=9.*", "--var", "first=9.*")
Measured = dict[str, tuple[tuple[str, ...], tuple[int, ...]]]
MEASURED: Final[Measured] = {
    "who-uses of 50 extensions": (("who-uses", "extension.*"), (0,)),
    "plan, 50 extensions in use change": (("plan", "--detailed-exitcode", *TO_NINE), (2,)),
    "plan, no change, 50 extensions in use": (("plan", "--detailed-exitcode"), (0,)),
}
BOUND: Final[Measured] = {
    "who-uses of one extension, bindings of 50": (("who-uses", "extension.words_0"), (0,)),
    "plan, no change, bindings of 50": (("plan", "--detailed-exitcode"), (0,)),
    "plan, one of them changes, bindings of 50": (
        ("plan", "--detailed-exitcode", "--var", "first=*"),
        (2,),
    ),
}


def _figures(order: Order) -> Iterator[Figures]:
    for count in order.counts(100, 1000):
        folder = order.folder / f"users-{count}"
        with listening(folder / "sandbox.db") as served:
            project = _written(folder, served.url)
            project.apply()
            _deploy(served.ece, count)
            yield from _measured(order, project, served.ece, count, MEASURED)
            bindings = folder / "templates/bindings.yaml"
            bindings.write_text(BINDINGS.replace("COUNT", str(count)))
            project.apply()
            yield from _measured(order, project, served.ece, count, BOUND)


def _measured(order: Order, project: Project, ece: Ece, count: int, what: Measured) -> Iterator[Figures]:
    for title, (words, codes) in what.items():
        once = partial(_cost, project, ece, words, codes)
        yield Figures(title, count, order.repeated(once))


def _cost(project: Project, ece: Ece, words: tuple[str, ...], codes: tuple[int, ...]) -> Cost:
    ece.forget_requests()
    found = project.cost(*words, codes=codes)
    return evolve(found, requests=len(ece.requests()))


def _written(folder: Path, url: str) -> Project:
    texts = {"planner.yaml": PROJECT, "templates/main.yaml": TEMPLATE, "files/words/words.txt": "one\n"}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Project(folder, environ={"EC_ENDPOINT": url})


def _deploy(ece: Ece, count: int) -> None:
    """Makes deployments, each of which loads all extensions."""
    found = ece.extensions()
    loaded = [
        {"name": name, "url": item["url"], "elasticsearch_version": "8.*"} for name, item in found.items()
    ]
    search = {"version": "8.15.3", "user_bundles": loaded}
    plan: dict[str, Any] = {"elasticsearch": search, "cluster_topology": []}
    for number in range(count):
        body = {"name": f"shop-{number}", "resources": {"elasticsearch": [{"plan": plan}]}}
        reply = ece.client.post(DEPLOYMENTS, json=body, headers=LOGIN)
        assert reply.status_code == 201, reply.text
    ece.wait()
    ece.lag()


CASE = measured("Who uses extensions", _figures)
