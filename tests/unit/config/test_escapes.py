"""Known ways out of jinja's sandbox lead nowhere."""

from __future__ import annotations

import pytest

from .projects import Folder

SECRET = "out-of-the-sandbox"


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__.__mro__[1].__subclasses__()",
        "''['__class__']['__mro__']",
        "''|attr('__class__')",
        "''|attr('__' ~ 'class__')",
        "[]|map(attribute='__class__')|list|first",
        "['']|map(attribute='__class__')|list",
        "['']|map('attr', '__class__')|list",
        "['']|groupby('__class__')",
        "['']|sort(attribute='__class__.x')",
        "['']|sum(attribute='__class__')",
        "['']|selectattr('__class__')|map(attribute='__class__')|list",
        "'{0.__class__}'.format('')",
        "'{0.__class__.__mro__}'.format('')",
        "'{a.__class__}'.format(a='')",
        "'{a[__class__]}'.format(a='')",
        "'{0.__class__}'.format_map({'0': ''})",
        "('{0.__cla' ~ 'ss__}').format('')",
        "['{0.__class__}']|map('format', '')|list",
        "('{0.__class__}'|attr('format'))('')",
        "''.join.__self__.__class__",
        "self.__init__.__globals__",
        "self._TemplateReference__context",
        "cycler.__init__.__globals__.os",
        "joiner.__init__.__globals__",
        "namespace.__init__.__globals__",
        "range.__globals__",
        "dict.mro()",
        "dict.__subclasses__()",
        "lipsum.__globals__['os'].popen('id').read()",
        "config.items()",
        "request.application",
        "get_flashed_messages.__globals__",
        "url_for.__globals__",
        "m.__globals__",
        "m._func.__globals__",
        "m._environment",
        "var._values.s",
        "var.__class__",
        "var['_values']",
        "local._values",
        "local.a._compute",
        "resource.__class__",
        "resource.thing.__init__.__globals__",
        "resource.thing.a.id._deferred.__class__",
        "resource.thing.a.id|attr('_deferred')",
        "env.__class__",
        "project.__class__",
        "project.name.__class__",
        "loop.__class__",
        "caller.__class__",
        "[].append(1)",
        "{}.update({})",
        "[1].clear()",
        "var.l.append(1)",
        "var.l.sort()",
        "var.m.pop('a')",
        "var.m.setdefault('b', 1)",
        "(1).to_bytes(1, 'big')",
        "''.encode()",
        "m('a').__class__",
        "m('a').tokens",
        "m('a').stored()",
        "m('a')|attr('tokens')",
        "m('a').join.__self__.tokens",
        "''.__getattribute__('__class__')",
        "(''.__class__ if true else 1).__name__",
    ],
)
def test_no_way_out(folder: Folder, expression: str) -> None:
    template = "{% macro m(x) %}{{ x }}{% endmacro %}\noutput:\n  o: {{ " + expression + " }}\n"
    found = folder.render(template, {"l": [1], "m": {"a": 1}, "s": SECRET}, local={"a": "{{ var.s }}"})
    assert found.diagnostics
    assert all(item.is_error and item.position for item in found.diagnostics)
    assert SECRET not in str(found.diagnostics)


@pytest.mark.parametrize(
    "template",
    [
        "{% for x in [].__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
        "{% set x = ''.__class__ %}{{ x.__mro__ }}",
        "{% if ''.__class__ %}{% endif %}",
        "{% include '../../../../../etc/passwd' %}",
        "{% include '/etc/passwd' %}",
        "{% include 'file:///etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% from 'os' import popen %}",
        "{% extends '/etc/passwd' %}",
        "{% debug %}",
        "{% do var.l.append(1) %}",
    ],
)
def test_no_statement_leads_out(folder: Folder, template: str) -> None:
    found = folder.render(template, {"l": [1]})
    assert len(found.diagnostics) == 1
    assert found.diagnostics[0].position
