"""A sensitive variable stays one on every way through a template, and no message quotes it."""

from __future__ import annotations

import pytest

from planner.model.value import Secret, Value, leaves
from tests.unit.config.projects import Folder

SECRET = "Zq7-Zq8-Zq9"
VARIABLES: dict[str, Value] = {"s": SECRET}

SEALED = [
    # namespaces, which are no mappings, and so hide what is in them
    *("'{0.s}'.format(var)", "'{0[s]}'.format(var)", "'{v.s}'.format(v=var)"),
    *("'{v.s}'.format_map({'v': var})", "'{0.s}'.format(var)|reverse", "'{0.s!r:>40}'.format(var)"),
    # keys
    *("','.join({var.s: 1})", "{var.s: 1}|list", "dict([[var.s, 1]])|list|join", "{var.s: 1}|first ~ ''"),
    # iterators and views
    *("'-'.join([var.s]|map('upper'))", "'-'.join({'a': var.s}.values())", "[var.s]|map('list')|first"),
    *("[['Z', var.s]]|map('list')|urlencode", "'%s' % ([var.s]|map('upper'))", "{'Z': var.s}.items()|list"),
    *("'{}'.format([var.s]|map('lower'))", "[var.s]|map('lower')|tojson", "[var.s]|select|join"),
    # parts and shapes
    *("var.s|batch(2)|list", "var.s|slice(3)|list", "var.s|groupby(0)|map('first')|list", "var.s[::-1]"),
    *("var.s.partition('-')|list", "var.s|map('upper')|list", "(var.s|attr('upper'))()", "var.s.center(30)"),
    *(
        "[1]|batch(2, var.s)|last",
        "'a'.replace('a', var.s)",
        "'a'|replace('a', var.s)",
        "[var.s]|sum(start='')",
    ),
    *(
        "[dict(k=var.s)]|map(attribute='k')|join",
        "[dict(k=var.s)]|groupby('k')|map(attribute='grouper')|list",
    ),
    *(
        "'%(a)s' % {'a': var.s}",
        "'%s-%s' % (var.s, 'Z')",
        "var.s % ()",
        "var.s.format()",
        "cycler(var.s).next()",
    ),
    *(
        "namespace(a=var.s).a",
        "nope|default(var.s)",
        "[[var.s]]|sum(start=[])",
        "[var.s][:1]",
        "var.s.translate({})",
    ),
]


@pytest.mark.parametrize("expression", SEALED)
def test_it_stays_sealed(folder: Folder, expression: str) -> None:
    found = folder.render("output:\n  o: {{ " + expression + " }}\n", VARIABLES, sensitive=VARIABLES)
    if expression.endswith("(start='')"):  # Python adds no texts
        assert found.diagnostics
    texts = [leaf for _, leaf in leaves(found.outputs.get("o")) if isinstance(leaf, str) and leaf != "Z"]
    assert texts or found.diagnostics
    assert all(isinstance(text, Secret) for text in texts), texts
    assert "zq" not in str(found.diagnostics).lower()


UNTOLD = [
    *("[1].index(var.s)", "[].index(var.s)", "'{:{w}}'.format(1, w=var.s)", "m(**{var.s: 1})"),
    *(
        "'{x}'.format(**{var.s: 1})",
        "(var.s ~ '{a}').format()",
        "[1]|map(var.s)|list",
        "[1]|select(var.s)|list",
    ),
    *("1|attr(var.s)", "dict(a=1)|dictsort(by=var.s)", "1|round(2, var.s)"),
    *(
        "range(var.s)",
        "dict([var.s])",
        "namespace(var.s)",
        "resource.thing[var.s].id",
        "env[var.s]",
        "m(1)[var.s]",
    ),
    *("resource[var.s].a.id", "[1][var.s]", "{}[var.s]", "'%d' % var.s", "1 - var.s", "var.s < 1", "-var.s"),
    *(
        "m(m(var.s)|int)",
        "cycler(**{var.s: 1})",
        "joiner(var.s, var.s)",
        "{'a': 1}.pop(var.s)",
        "resource.thing.a[var.s]",
    ),
    *("var.s|reverse|int", "'a'.center(var.s)", "'a'|wordwrap(var.s)", "[var.s]|first|float", "var.s.nope"),
]


@pytest.mark.parametrize("expression", UNTOLD)
def test_no_message_quotes_it(folder: Folder, expression: str) -> None:
    template = "{% macro m(x) %}{{ x }}{% endmacro %}\noutput:\n  o: {{ " + expression + " }}\n"
    found = folder.render(template, VARIABLES, sensitive=VARIABLES)
    assert found.diagnostics
    assert all(item.position for item in found.diagnostics)
    assert "zq" not in str(found.diagnostics).lower()


@pytest.mark.parametrize("name", ["../Zq7", "/Zq7", "macros/Zq7.j2"])
def test_nor_its_use_as_the_name_of_a_template(folder: Folder, name: str) -> None:
    found = folder.render("{% include var.s %}", {"s": name}, sensitive=["s"])
    assert len(found.diagnostics) == 1
    assert "Zq7" not in str(found.diagnostics)
