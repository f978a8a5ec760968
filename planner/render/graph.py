"""The dependency graph as DOT (Graphviz) or mermaid text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from planner.model.address import Address, as_read

Graph = Mapping[Address, Sequence[Address]]
"""An address -> what it depends on."""


def dot(graph: Graph) -> str:
    """DOT: an arrow goes from a resource to what it depends on."""
    head = ["digraph resources {", "  rankdir = LR;", "  node [shape = box];"]
    nodes = [f'  "{address}";' for address in sorted(graph, key=as_read)]
    edges = [f'  "{address}" -> "{other}";' for address, other in _edges(graph)]
    return "\n".join([*head, *nodes, *edges, "}"])


def mermaid(graph: Graph) -> str:
    """mermaid's flowchart, as GitHub, GitLab and Gitea draw it."""
    addresses = sorted({*graph, *(other for others in graph.values() for other in others)}, key=as_read)
    nodes = {address: f"n{number}" for number, address in enumerate(addresses)}
    lines = [f'  {name}["{address}"]' for address, name in nodes.items()]
    edges = [f"  {nodes[address]} --> {nodes[other]}" for address, other in _edges(graph)]
    return "\n".join(["flowchart LR", *lines, *edges])


def _edges(graph: Graph) -> Iterator[tuple[Address, Address]]:
    for address in sorted(graph, key=as_read):
        for other in sorted(graph[address], key=as_read):
            yield address, other


FORMATS: Mapping[str, Callable[[Graph], str]] = {"dot": dot, "mermaid": mermaid}
