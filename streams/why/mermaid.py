"""A chain of causes as a Mermaid flowchart, causes above effects.

Labels stand in quotes, with every character that means something to Mermaid or to a browser as an
entity code (https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters).
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.why.drawing import first_words
from streams.why.shown import Tree

_CODES = {ord(c): f"#{ord(c)};" for c in '"#&<>[](){}|`\\;%'}


def as_mermaid(tree: Tree) -> str:
    """A chain as a flowchart; each record is drawn once, each cause once."""
    numbers: dict[tuple[str, str], int] = {}
    drawn: dict[str, None] = {"flowchart TD": None}  # lines in their order, each once
    for effect, cause in _links(tree):
        for node in (effect, cause):
            if node is not None and _key(node) not in numbers:
                numbers[_key(node)] = len(numbers) + 1
                drawn[f'  n{numbers[_key(node)]}["{_label(node)}"]'] = None
        if cause is not None:
            drawn[f"  n{numbers[_key(cause)]} --> n{numbers[_key(effect)]}"] = None
    return "\n".join(drawn)


def _links(tree: Tree) -> Iterator[tuple[Tree, Tree | None]]:
    """Each record with its cause; the last of a chain with none."""
    if tree["type"] == "Metric":
        yield from _counted(tree)
        return
    tops = tree.get("changes") or [tree.get("set_by", tree)]
    for top in tops:
        node: Tree | None = top
        while node is not None:
            yield node, node.get("cause")
            node = node.get("cause")


def _counted(tree: Tree) -> Iterator[tuple[Tree, Tree | None]]:
    """A metric's row with the records that it counted, and what made the first of them count."""
    row = {"id": tree["id"], "type": "Metric", "by": tree["definition"], "outcome": tree["value"]}
    yield row, None
    counted = [{"id": one["id"], "type": one["kind"]} for one in tree["counted"]["shown"]]
    for one in counted:
        yield row, one
    for top in [tree["example"]] if counted else []:
        yield counted[0], top.get("set_by", top)
        yield from _links(top)


def _key(node: Tree) -> tuple[str, str]:
    return node["id"], node["type"]


def _label(node: Tree) -> str:
    who = node.get("person") or node.get("by")
    told = [node["type"], f"by {who}" if who else node["id"], str(node.get("outcome") or "")]
    if node.get("text"):
        told.append(first_words(node["text"]))
    flat = (" ".join(one.split()) for one in told)  # a line break would end the node
    return "<br/>".join(one.translate(_CODES) for one in flat if one)
