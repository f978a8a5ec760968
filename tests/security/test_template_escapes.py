"""More ways out of jinja's sandbox, among them those of its published vulnerabilities; none leads anywhere.

tests/unit/config/test_escapes.py has the classic ones.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from planner.model.value import Value
from tests.unit.config.projects import Folder

ENVIRONMENT = "of-the-process-environment"
PYTHON = re.compile(
    r" at 0x|<(class|function|bound|built-in|module|generator|TextMacro)\b|planner\.|jinja2\."
)
"""What texts of Python objects look like: they tell of the program, and are never the same twice."""

MACROS = "{% macro m(x) %}{{ x }}{% endmacro %}\n"
VARIABLES: dict[str, Value] = {"l": [1], "m": {"a": 1}, "s": "text"}

ESCAPES = {
    "format, indirectly (CVE-2016-10745, CVE-2019-10906, CVE-2024-56326)": [
        "'{0.__class__.__init__.__globals__}'.format(m)",
        "'{x.__class__}'.format_map(dict(x=''))",
        "m('{0.__class__}').format(1)",
        "(m('{0.__class__}')|string).format(1)",
        "(m('a') ~ '{0.__class__}').format(1)",
        "{'f': '{0.__class__.__mro__}'.format}['f'](1)",
        "['{0.__class__}'.format][0]('')",
        "namespace(f='{0.__class__}'.format).f('')",
        "dict(f='{0.__class__}'.format).f('')",
        "cycler('{0.__class__}'.format).next()('')",
        "joiner('{0.__class__}'.format).sep('')",
        "(['{0.__class__}']|map(attribute='format')|first)('')",
        "(['{0.__class__}']|map('attr', 'format')|first)('')",
        "(['{0.__class__}']|groupby('format')|first).grouper('')",
        "(['{a.__class__}']|map(attribute='format_map')|first)({'a': ''})",
        "['{0.__class__}'.format]|map('__call__')|list",
        "'{0.__class__}'.format.__call__('')",
        "'{:{0.__class__}}'.format('')",
        "'{0!r:{1.__class__}}'.format('', '')",
    ],
    "the filter attr (CVE-2025-27516)": [
        "('{0.__init__.__globals__[os].environ}'|attr('format'))(cycler('a'))",  # the key, with jinja2 3.1.5
        "('{0.__class__}'|attr('format'))('')",
        "('{0.__class__}'|attr('format_map'))({'0': ''})",
        "'{0.__class__}'|attr('format')|attr('__self__')",
        "['']|map('attr', 'format')|map('attr', '__self__')|list",
        "''|attr(m('__class__'))",
        "''|attr('\\x5f\\x5fclass\\x5f\\x5f')",
        "''.\uff3f\uff3fclass\uff3f\uff3f",
        "m|attr('_func')",
        "m|attr('__dict__')",
        "var|attr('s')",
        "resource|attr('__class__')",
        "('a'|attr('encode'))()",
        "('a'|attr('maketrans'))('a', 'b')",
        "[1]|attr('append')",
        "{}|attr('update')",
        "dict.fromkeys|attr('__self__')",
    ],
    "attributes that filters read": [
        "['a']|map(attribute='__class__.__mro__')|list",
        "['a']|map(attribute=0)|map(attribute='__class__')|list",
        "['a']|groupby(attribute='__class__')|list",
        "['a']|join(attribute='__class__')",
        "['a']|selectattr('__class__', 'eq', 1)|list",
        "['a']|sum(attribute='__class__', start=[])",
        "['a']|sum('__class__.__mro__', start=[])",
        "[['a']]|map('first')|map(attribute='__class__')|list",
    ],
    "jinja's own objects": [
        "cycler.next",
        "cycler('a').reset.__func__",
        "cycler('a').__init__.__globals__",
        "joiner('a').__call__.__globals__",
        "namespace(a=1)._Namespace__attrs",
        "namespace(_x=1)._x",
        "undefined_thing.__class__",
        "undefined_thing._undefined_exception",
        "undefined_thing._fail_with_undefined_error",
        "var.nothing._undefined_exception",
        "self.__dict__",
        "self._TemplateReference__context.environment",
        "self['__init__']",
        "m.__call__.__func__",
        "m._invoke",
        "m.__dict__",
        "m._environment.loader",
        "([1]|map('string')).gi_frame",
        "([1]|select).gi_frame.f_globals",
        "([1]|select).gi_code",
        "(range(3)|map('string')).gi_frame.f_back",
    ],
    "names of the compiled template": [
        *("context", "environment", "exported", "parent_template", "resolve", "missing", "l_0_m", "Markup"),
        *("Buffer", "escape", "str", "print", "__builtins__", "__name__", "__import__", "blocks"),
        *("debug_info", "concat", "t_1", "lipsum()", "config", "request", "g", "get_flashed_messages()"),
        *("url_for('x')", "_('x')", "gettext('x')", "ngettext('x')", "super()", "caller()", "varargs[0]"),
    ],
    "texts that say where an object is in memory": [
        *("'%s'|format(range)", "'%r' % [dict]", "'{}'.format(m)", "'{!r}'.format(dict)", "'%s' % m"),
        *("'%(a)s'|format(a=m)", "'{}'.format(env)", "'%s'|format(resource)", "m|upper", "range|lower"),
        *("[dict]|upper", "cycler('a').next|title", "'%s'|format(cycler('a').next)", "dict ~ ''"),
        *("[m]|join", "m|string", "range|tojson", "[namespace]|tojson", "m|replace('a', 'b')"),
        *("range|wordwrap", "dict|truncate", "m|center", "m|urlencode", "{m: 1}", "range", "[dict]"),
    ],
    "changes": [
        "[1].__setitem__(0, 1)",
        "[1].__iadd__([2])",
        "{}.update(a=1)",
        "{}.setdefault('a', 1)",
        "var.l.insert(0, 1)",
        "var.m.popitem()",
        "var.m.__setitem__('a', 2)",
    ],
    "bytes": ["(1).to_bytes(9, 'big')", "(1).from_bytes('a', 'big')", "'a'.encode('utf-16')"],
    "what the rewriting of templates puts in": [
        *("1|#turn", "[1]|map('#turn')|first|attr('x')", "1|_with_origins('x')", "var.s|weighed"),
    ],
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EC_API_KEY", ENVIRONMENT)


@pytest.mark.parametrize("way", ESCAPES)
def test_no_expression_leads_out(folder: Folder, way: str) -> None:
    for expression in ESCAPES[way]:
        found = folder.render(MACROS + "output:\n  o: {{ " + expression + " }}\n", VARIABLES)
        assert found.diagnostics, f"{expression} gives {found.outputs}"
        refused(found.diagnostics, expression)


def refused(diagnostics: object, what: str) -> None:
    assert isinstance(diagnostics, tuple)
    for item in diagnostics:
        assert item.is_error, what
        assert item.position, what
        assert item.position.file.startswith("templates/"), what
    said = " ".join(f"{item.summary} {item.detail} {item.advice}" for item in diagnostics)
    assert not PYTHON.search(said), said
    assert ENVIRONMENT not in said, said


HARMLESS = {
    "''.__class__ is defined": False,
    "''.__class__|default('none')": "none",
    "''|attr('__class__')|default('none', true)": "none",
    "['a']|selectattr('__class__', 'defined')|list": [],
    "'{0.name}'.format(env)": "dev",
    "'{0[a]}'.format(var.m)": "1",
    "'%s and %s' % (1, 'two')": "1 and two",
    "'%(a)03d'|format(a=7)": "007",
    "'{:>4}|{!r}'.format(1, 'a')": "   1|'a'",
    "'%s' % [1, 'a']": "[1, 'a']",
    "[[1], [2]]|sum(start=[])": [1, 2],
}


@pytest.mark.parametrize("expression", HARMLESS)
def test_what_is_left_works(folder: Folder, expression: str) -> None:
    assert folder.value(expression, VARIABLES) == HARMLESS[expression]


STATEMENTS = [
    "{% import 'main.yaml' as x %}{{ x.__class__ }}",
    "{% import 'main.yaml' as x %}{{ x._body_stream }}",
    "{% from 'main.yaml' import __class__ %}{{ __class__ }}",
    "{% include ['../../../etc/passwd', '/etc/passwd'] %}",
    "{% include 'a\\x00b' %}",
    "{% include '..\\\\..\\\\etc' %}",
    "{% include '' %}",
    "{% include none %}",
    "{% include var.l %}",
    "{% include '/proc/self/environ' %}",
    "{% include '../../../../../../../proc/self/environ' %}",
    "{% include '/dev/zero' %}",
    "{% extends none %}",
    "{% for a in [1] %}{{ loop._iterator }}{% endfor %}",
    "{% for a in [1] %}{{ loop|attr('_iterable') }}{% endfor %}",
    "{% for a in [1] recursive %}{{ loop._recurse.__globals__ }}{% endfor %}",
    "{% for a in [1] %}{{ loop.cycle.__func__ }}{% endfor %}",
    "{% for a in [1] %}{{ loop }}{% endfor %}",
    "{% for a in [1] %}{{ '%s' % loop }}{% endfor %}",
    "{% for a in [1] %}{{ loop|upper }}{% endfor %}",
    "{% macro q() %}{{ caller.__globals__ }}{% endmacro %}{% call q() %}{% endcall %}",
    "{% macro q() %}{{ kwargs.update(a=1) }}{% endmacro %}{{ q() }}",
    "{% macro q(a=''.__class__) %}{{ a }}{% endmacro %}{{ q() }}",
    "{% macro q() %}{{ caller('{0.__class__}'.format) }}{% endmacro %}"
    "{% call(g) q() %}{{ g('') }}{% endcall %}",
    "{% block b %}{{ self.b.__globals__ }}{% endblock %}",
    "{% block b %}{{ self.b._stack }}{% endblock %}",
    "{% block b %}{{ super.__class__ }}{% endblock %}",
    "{% set x = namespace() %}{% set x.__class__ = 1 %}{{ x }}",
    "{% set var.s = 1 %}",
    "{% set env.name = 1 %}",
    "{% with f='{0.__class__}'.format %}{{ f('') }}{% endwith %}",
    "{% for f in ['{0.__class__}'.format] %}{{ f('') }}{% endfor %}",
    "{% filter attr('__class__') %}a{% endfilter %}",
    "{% set x | attr('__class__') %}a{% endset %}{{ x }}",
    "{% set x, y = ''.__class__ %}",
    "{% autoescape false %}{{ '<' }}{% endautoescape %}",
    "{% trans %}a{% endtrans %}",
    "{% block a'b %}{% endblock %}",  # CVE-2024-56201: names that end up in compiled code
    "{{ 1|a'b }}",
    "{% set context = 1 %}{{ context.__class__ }}",
    "{% set environment = 1 %}{{ environment.__class__ }}",
    "{% for context in [''.__class__] %}{{ context }}{% endfor %}",
    "{% set undefined = 1 %}{{ nothing }}",
    "{% async for x in y %}{% endfor %}",
    "{{ await x }}",
    "{{ (lambda: 1)() }}",
    "{{ [x for x in [1]] }}",
]


def test_no_statement_leads_out(folder: Folder) -> None:
    for template in STATEMENTS:
        found = folder.render(template, VARIABLES)
        assert found.diagnostics, template
        refused(found.diagnostics, template)


HIDDEN = (".git/config", ".env", "templates/.hidden/x.j2", "files/.aws/credentials")


@pytest.mark.parametrize("file", HIDDEN)
@pytest.mark.parametrize("statement", ["{% include 'WHERE' %}", "{% import 'WHERE' as x %}{{ x }}"])
def test_hidden_files_are_not_included(folder: Folder, file: str, statement: str) -> None:
    """A checkout of a CI job keeps its token in .git/config, and people keep theirs in .env."""
    path = f"../{file}" if not file.startswith("templates/") else file.removeprefix("templates/")
    found = folder.render(statement.replace("WHERE", path), files={file: "output: {o: the-token}\n"})
    assert [item.summary for item in found.diagnostics] == [f'the include "{path}" names a hidden file']
    assert "the-token" not in str(found.outputs)


def test_not_by_a_link_either(folder: Folder, tmp_path: Path) -> None:
    folder.write({".git/config": "output: {o: the-token}\n", "templates/x": ""})
    (tmp_path / "templates/inside.j2").symlink_to("../.git/config")
    (tmp_path / "templates/folder").symlink_to("../.git")
    for name in ("inside.j2", "folder/config"):
        found = folder.render("{% include '" + name + "' %}")
        assert "hidden" in found.diagnostics[0].summary
        assert found.outputs == {}
