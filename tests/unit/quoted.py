"""What messages quote of the libraries, asked of whatever versions of them are here."""

from __future__ import annotations

import jinja2
import pytest
import yaml


def yaml_says(text: str) -> str:
    """Why text is no YAML."""
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        list(yaml.parse(text, Loader=yaml.CSafeLoader))
    return str(caught.value.problem)


def jinja_says(text: str) -> str:
    """Why text is no template; without the full stop at its end."""
    with pytest.raises(jinja2.TemplateSyntaxError) as caught:
        jinja2.Environment(autoescape=True).parse(text)
    return str(caught.value.message).rstrip(".")
