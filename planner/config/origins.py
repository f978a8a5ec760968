"""Origins: which variables and locals a printed value was made of, read off the template's syntax.

Only a marked rendering looks for them (see rendered_text.py), so they cost nothing while nobody asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen
from jinja2 import nodes

from planner.model.project import Assigned
from planner.model.value import Value, leaves

FILTER = "_with_origins"
NAMESPACES = ("var", "local")
_VARIABLE = re.compile(r"\bvar\.([A-Za-z_]\w*)")
_LOCAL = re.compile(r"\blocal\.([A-Za-z_]\w*)")


@frozen
class Originated:
    """A value on its way to be printed. names: as "var.bundle_version"."""

    value: Any
    names: tuple[str, ...]


def annotated(tree: nodes.Template) -> nodes.Template:
    """tree with each printed expression that uses a variable or a local wrapped, so that its names stay."""
    known = _targets(tree)
    for output in tree.find_all(nodes.Output):
        output.nodes = [_wrapped(child, known) for child in output.nodes]
    return tree


def with_origins(value: Any, *names: str) -> Originated:
    """The filter that annotated puts around expressions."""
    return Originated(value, names)


def _wrapped(child: nodes.Expr, known: Mapping[str, tuple[str, ...]]) -> nodes.Expr:
    if isinstance(child, nodes.TemplateData):
        return child
    names = _names(child, known)
    if not names:
        return child
    constants: list[nodes.Expr] = [nodes.Const(name) for name in names]
    return nodes.Filter(child, FILTER, constants, [], None, None, lineno=child.lineno)


def _targets(tree: nodes.Template) -> dict[str, tuple[str, ...]]:
    """Names that loops and set statements give to what comes from variables."""
    known: dict[str, tuple[str, ...]] = {}
    for loop in tree.find_all(nodes.For):
        if isinstance(loop.target, nodes.Name):
            known[loop.target.name] = _names(loop.iter, known)
    for assignment in tree.find_all(nodes.Assign):
        if isinstance(assignment.target, nodes.Name):
            known[assignment.target.name] = _names(assignment.node, known)
    return known


def _names(node: nodes.Node, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_found(node, known)))


def _found(node: nodes.Node, known: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name in NAMESPACES:
        yield f"{node.node.name}.{node.attr}"
        return
    if isinstance(node, nodes.Name):
        yield from known.get(node.name, ())
    for child in node.iter_child_nodes():
        yield from _found(child, known)


def described(
    names: Iterable[str], variables: Mapping[str, Assigned], local_texts: Mapping[str, Value]
) -> tuple[str, ...]:
    """Names as people want them: each variable with the place of its value; locals by what is in them."""
    found: dict[str, None] = {}
    for name in _opened(names, local_texts, set()):
        namespace, _, key = name.partition(".")
        if namespace == "var" and key in variables:
            found[f"{name}, {variables[key].origin.place}"] = None
        elif namespace == "local":
            found[f"{name}, planner.yaml"] = None
    return tuple(found)


def _opened(names: Iterable[str], local_texts: Mapping[str, Value], done: set[str]) -> Iterator[str]:
    """names with each local replaced by the variables in it; a local without any stays."""
    for name in names:
        namespace, _, key = name.partition(".")
        if namespace != "local" or key in done:
            yield from () if key in done and namespace == "local" else (name,)
            continue
        done.add(key)
        texts = [leaf for _, leaf in leaves(local_texts.get(key)) if isinstance(leaf, str)]
        inside = [f"var.{found}" for text in texts for found in _VARIABLE.findall(text)]
        inside += [f"local.{found}" for text in texts for found in _LOCAL.findall(text)]
        yield from _opened(inside, local_texts, done) if inside else (name,)
