"""A chain of causes in lines for people: the effect first, each cause below it, 80 columns wide.

What stands in several chains is drawn once, and said to stand above where it comes again.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Literal, NamedTuple

from streams.why.shown import Tree

WIDTH = 80
"""Columns of a line."""

WORDS = 48
"""Characters that are shown of what somebody wrote; JSON has it all."""

CANDIDATES = 5
"""How many of what was weighed are shown; JSON has them all."""

Role = Literal["title", "fact", "because", "said", "otherwise"]


class Line(NamedTuple):
    """One line, and what it is."""

    role: Role
    text: str


def as_text(tree: Tree) -> str:
    """A chain in lines, without colour."""
    return "\n".join(line.text for line in lines(tree))


def lines(tree: Tree) -> Iterator[Line]:
    """A chain in lines.

    Args:
        tree: What `streams.why.chains.why` gives.
    """
    drawn: set[str] = set()
    match tree["type"]:
        case "Ticket":
            yield Line("title", f"ticket {tree['id']}")
            for change in tree["changes"]:
                yield from _chain(change, drawn, "  ")
        case "TicketField":
            yield Line("title", f"{tree['field']} of {tree['id']} is {_short(tree['value'])}")
            for one in tree["earlier"]:
                yield from _wrapped("because", f"was {_short(one['value'])} from {one['at']}", "  ")
            yield from _chain(tree["set_by"], drawn, "  ")
        case "Metric":
            yield from _metric(tree)
        case _:
            yield from _chain(tree, drawn, "")


def _metric(tree: Tree) -> Iterator[Line]:
    """A metric's row: its number, how it is counted, what counted, and one of that in full."""
    cut = f"{tree['metric']} {tree['definition']}, {tree['period']}, {tree['segment']}"
    yield from _wrapped("title", f"{cut} is {_figure(tree['value'])}", "", "  ")
    divided = "" if tree["denominator_is"] == "one" else f" / {_figure(tree['denominator'])}"
    number = f"{_figure(tree['numerator'])}{divided}"
    yield from _wrapped("fact", f"{number}: {tree['formula']}", "  ", "    ")
    yield from _wrapped("because", f"from {tree['source']}", "  ", "    ")
    yield from _wrapped("because", tree["note"], "  ", "    ")
    counted = tree["counted"]
    yield from _wrapped("fact", _how_many(counted), "  ")
    for one in counted["shown"]:
        yield Line("because", f"    {one['id']}{_amount(one)}")
    more = counted["records"] - len(counted["shown"])
    if more > 0:
        yield from _wrapped("because", f"and {more} more: pactdesk query", "    ")
        yield from _wrapped("because", f'"{counted["all"]}"', "    ")
    if "example" in tree:
        yield from lines(tree["example"])


def _how_many(counted: Tree) -> str:
    first = next(iter(counted["shown"]), None)
    if first is not None and first["place"] is not None:
        return f"{counted['records']} in their order, and this is place {first['place']}"
    return f"{counted['records']} counted, {counted['in_numerator']} of them in the numerator"


def _amount(one: Tree) -> str:
    """What a record added to a metric's row."""
    if one["place"] is not None:
        return f"  {_figure(one['minutes'])}, place {one['place']}"
    added = f"  {_figure(one['numerator'])}"
    return added if one["denominator"] is None else f"{added} / {_figure(one['denominator'])}"


def _figure(number: float | None) -> str:
    return "nothing" if number is None else f"{number:.10g}"


def _chain(tree: Tree, drawn: set[str], indent: str) -> Iterator[Line]:
    node: Tree | None = tree
    lead = indent
    while node is not None:
        again = node["id"] + node["type"] in drawn
        drawn.add(node["id"] + node["type"])
        yield from _node(node, lead, again=again)
        if again:
            return
        lead = indent + "  <- "
        node = node.get("cause")


def _node(node: Tree, lead: str, *, again: bool) -> Iterator[Line]:
    head = lead + _who(node)
    below = " " * len(lead) + "  "
    if again:
        yield from _wrapped("fact", f"{head}, as above", "", below)
        return
    yield from _wrapped("fact", head + _came_to(node), "", below)
    if node.get("text"):
        yield from _wrapped("said", f'"{first_words(node["text"])}"', below)
    for told in _weighed(node):
        yield from _wrapped("because", told, below, below + "  ")
    for name in ("error", "origin"):
        if node.get(name):
            yield from _wrapped("because", f"{name}: {node[name]}", below)
    for one in node.get("otherwise", ()):
        yield from _wrapped("otherwise", f"* {one['text']}", below, below + "  ")
    if node.get("policy_known") is False:
        told = f"* its policy {node['policy_version']} is not in this log"
        yield from _wrapped("otherwise", told, below, below + "  ")


def _who(node: Tree) -> str:
    """What a record is, by whom and when; of one that cannot be read its id is all we know."""
    who = node.get("person") or node.get("by")
    return f"{node['type']} " + (node["id"] if who is None else f"by {who} at {node['at']}")


def _weighed(node: Tree) -> Iterator[str]:
    """What a decision weighed, and the models that it asked."""
    weighed = [f"{one['name']} {one['score']:.2f}" for one in node.get("candidates", ())]
    if weighed:
        more = len(weighed) - CANDIDATES
        rest = f", and {more} more" if more > 0 else ""
        yield "weighed " + ", ".join(weighed[:CANDIDATES]) + rest
    if node["type"] == "MessageUnderstood":
        models = ", ".join(f"{name} {one}" for name, one in node["model_versions"].items())
        yield f"by policy {node['policy_version']}, models {models or 'none'}"


def _came_to(node: Tree) -> str:
    """What came out, how sure, and the reasons; what it was held against stands below."""
    told = node.get("outcome")
    more = f" = {told}" if told else ""
    score = node.get("confidence")
    if score is not None:
        limit = node.get("threshold")
        more += f" ({score:.2f}" + (f", threshold {limit:.2f})" if limit is not None else ")")
    if node.get("reasons"):
        more += " because " + ", ".join(node["reasons"])
    return more


def first_words(text: str) -> str:
    """The beginning of what somebody wrote, in one line and without control characters."""
    words = " ".join(_printable(text).split())
    if len(words) <= WORDS:
        return words
    head = words[: WORDS - 1].rpartition(" ")[0]
    # An address, and what is written without spaces, is cut where it is.
    return f"{head} …" if len(head) > WORDS // 2 else f"{words[: WORDS - 1]}…"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _short(value: object) -> str:
    return "nothing" if value is None else first_words(str(value))


def _wrapped(role: Role, text: str, indent: str, further: str | None = None) -> Iterator[Line]:
    below = indent if further is None else further
    found = textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=below, break_on_hyphens=False
    )
    yield from (Line(role, one) for one in found)
