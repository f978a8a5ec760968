"""A small project with one of everything, applied: what the campaign "noise" makes invalid."""

from __future__ import annotations

from pathlib import Path

from planner.app.redaction import Redactor
from planner.app.stores import States
from planner.config.project import choose_environment, open_project
from planner.model.address import Address
from planner.model.state import Intent, Outcome

from .commands import call
from .promises import promise
from .wanted import descriptor, zipped

STATE, JOURNAL, PLAN = "state/dev.json", "state/dev.journal", "plan.json"

FILES = {
    "planner.yaml": """
project: noise
variables:
  v: {type: string, default: "8.*", description: A version., pattern: '^[0-9.*]+$'}
  list: {type: array, items: {type: [string, object]}, default: [a, b]}
  secret: {type: string, sensitive: true}
locals:
  prefix: "{{ env.name }}-x"
environments:
  dev: {endpoint: sandbox}
""",
    "environments/dev.yaml": "variables:\n  v: '8.15.*'\n  secret: quite-a-secret\n",
    "vars.yaml": "v: 8.1.*\nlist:\n  - one\n  - {two: 3}\n",
    "templates/main.yaml": """
{% from "macros/m.j2" import m %}
resource:
  extension:
    a:
      {{ m("a", "for people") | indent(6) }}
      file: files/a
      lifecycle: {create_before_destroy: true, ignore_changes: [description]}
    b:
      name: "{{ local.prefix }}-b"
      extension_type: bundle
      version: {{ var.v }}
      file: files/b.zip
      description: |
        Goes with {{ resource.extension.a.url }}
      depends_on: [extension.a]
""",
    "templates/more.yaml": """
resource:
  extension:
    c:
      {name: c, extension_type: plugin, version: 8.15.3,
       file: files/plugin.zip, description: "{{ var.secret }}"}
output:
  url: {{ resource.extension.a.url }}
  list: {{ var.list }}
check:
  one: {condition: resource.extension.a.version == var.v, message: Not one., severity: warning}
moved: [{from: extension.old, to: extension.a}]
removed: [{from: extension.older}]
rollout:
  all: {of: [extension.*], mode: none, waves: [{name: "a*"}, [{tag: a=b}, 25%], rest], health: {within: 1h}}
""",
    "templates/macros/m.j2": """{% macro m(name, about) -%}
name: {{ local.prefix }}-{{ name }}
extension_type: bundle
version: {{ var.v }}
description: {{ about }}
{%- endmacro %}
""",
    "files/a/words.txt": "one\n",
}
AT = "2026-01-01T00:00:00Z"


def make(folder: Path) -> None:
    """The project applied twice, with a saved plan of a change, and a journal, put aside as `journal`."""
    for name, text in FILES.items():
        _write(folder / name, text.encode())
    _write(folder / "files" / "b.zip", zipped({"words.txt": "two\n"}))
    _write(
        folder / "files" / "plugin.zip",
        zipped({"plugin-descriptor.properties": descriptor("8.15.3"), "x": "y"}),
    )
    for words in (("--var", "v=8.1"), ()):
        done = call(folder, "apply", "--auto-approve", *words)
        promise(done.code == 0, f"the project cannot be applied: {done}")
    _write(folder / "files" / "a" / "words.txt", b"two\n")
    done = call(folder, "plan", "--out", str(folder / PLAN))
    promise(done.code == 0, f"the project cannot be planned: {done}")
    _leave_journal(folder)


def _leave_journal(folder: Path) -> None:
    """As a run leaves it that is killed: an update done, an upload and a create in doubt."""
    store = States(folder, "noise", {}, Redactor()).open(choose_environment(open_project(folder), "dev"))
    state = store.load()
    a, new = Address("extension", "a"), Address("extension", "new")
    prior = state.resources[a]
    journal = store.open_journal(state, "apply")
    journal.write([Intent(1, a, "update", AT, prior.id, dict(prior.attributes))])
    attributes = {"name": "new", "extension_type": "bundle", "version": "*"}
    journal.write(
        [
            Outcome(1, a, "done", prior),
            Intent(2, a, "upload", AT, prior.id, content_sha256="0" * 64),
            Intent(3, new, "create", AT, None, attributes, existing=("1", "2")),
        ]
    )
    (folder / JOURNAL).rename(folder / "journal")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
