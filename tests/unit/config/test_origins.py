"""Where a value comes from: variables and locals, read off the template."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.config.load import Projects, load
from planner.config.sources import Sources
from planner.config.variables import Inputs
from planner.kinds.registry import load_kinds
from planner.model.address import Address
from planner.model.value import Path as ValuePath

from .projects import here

PROJECT = """
project: origins
variables:
  version: {type: string, default: 8.*}
  owner: {type: string}
  languages: {type: array, default: [de]}
locals:
  prefix: "{{ project }}-{{ var.owner }}"
  full: "{{ local.prefix }}-x"
  fixed: plain
environments: {dev: {endpoint: sandbox}}
"""

TEMPLATE = """
{% macro bundle(what) -%}
version: {{ var.version }}
description: {{ what }}
{%- endmacro %}
resource:
  extension:
{% for language in var.languages %}
    words_{{ language }}:
      name: "{{ local.full }}-{{ language }}"
      extension_type: bundle
      {{ bundle(var.owner) | indent(6) }}
{% endfor %}
    fixed:
      name: "{{ local.fixed }}"
      extension_type: bundle
      version: 8.*
"""

OWNER = "var.owner, environments/dev.yaml:2"
WORDS = Address("extension", "words_de")


@pytest.mark.parametrize(
    ("address", "path", "origins"),
    [
        (WORDS, ("version",), ("var.version, default in planner.yaml",)),
        (WORDS, ("name",), (OWNER, "var.languages, default in planner.yaml")),
        (WORDS, ("extension_type",), ()),
        (Address("extension", "fixed"), ("name",), ("local.fixed, planner.yaml",)),
        (Address("extension", "fixed"), ("version",), ()),
    ],
)
def test_origins(tmp_path: Path, address: Address, path: ValuePath, origins: tuple[str, ...]) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "environments").mkdir()
    (tmp_path / "planner.yaml").write_text(PROJECT)
    (tmp_path / "templates" / "main.yaml").write_text(TEMPLATE)
    (tmp_path / "environments" / "dev.yaml").write_text("variables:\n  owner: team\n")
    declared = Projects().at(tmp_path)
    kinds = {name: found.kind for name, found in load_kinds().items()}
    found = load(Sources(tmp_path), declared, declared.project.environments["dev"], kinds, Inputs(), here)
    assert found.diagnostics == ()
    assert found.origins(address, path) == origins
