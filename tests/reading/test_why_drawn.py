"""Chains of causes as people see them: lines of 80 columns, and a chart that Mermaid reads."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id
from streams.desk import Desk
from streams.why.drawing import WIDTH, as_text, lines
from streams.why.mermaid import as_mermaid
from tests.embedded import open_in, record_of, somewhere, take
from tests.reading.test_why import _nodes, _ticket

NASTY = 'Say "]; n9 --> n1" <b>`now`</b> & #quot; (or) {else} | 100% \\ \x1b[31m\n\n  end\n' * 3
"""What a customer may write: what ends a label, begins a tag, is an entity, moves a cursor."""


def _contact(message: str) -> Record:
    event = ContactReceived(
        channel="email", customer_id="ann", message=message, subject=message, provider_id="m"
    )
    given = contact_id("email", "m")
    return msgspec.structs.replace(record_of(event), id=given, correlation=given)


@pytest.fixture(params=["I was charged twice", NASTY], ids=["plain", "nasty"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with somewhere() as folder, open_in(folder) as desk:
        take(desk, [_contact(request.param)])
        yield desk


@pytest.fixture
def tree(desk: Desk) -> dict[str, Any]:
    return desk.why(_ticket(desk))


def _ids(tree: dict[str, Any]) -> list[str]:
    return [node["id"] for change in tree["changes"] for node in _nodes(change)]


def test_every_record_is_told_once_and_then_pointed_at(tree: dict[str, Any]) -> None:
    told = as_text(tree).splitlines()
    assert told[0] == f"ticket {tree['id']}"
    facts = [one for one in told if re.match(r" +(<- )?[A-Z]\w+ by ", one)]
    full = [one for one in facts if not one.endswith(", as above")]
    assert len(full) == len({*_ids(tree)})
    assert any("as above" in one for one in facts)


def test_a_line_fits_on_a_terminal_and_holds_nothing_that_moves_a_cursor(
    tree: dict[str, Any],
) -> None:
    for line in as_text(tree).splitlines():
        assert len(line) <= WIDTH
        assert line.isprintable()


def test_a_decision_is_told_with_its_reason_and_what_it_weighed(tree: dict[str, Any]) -> None:
    told = " ".join(as_text(tree).split())
    assert "PriorityChosen by triage" in told
    assert "because default" in told
    assert "weighed default:medium 1.00" in told
    assert "tone 0.60, proposes high below 0.30" in told
    assert "models " in told


def test_a_field_is_told_with_its_value(desk: Desk) -> None:
    told = [*lines(desk.why(_ticket(desk), "priority"))]
    assert told[0] == ("title", f"priority of {_ticket(desk)} is medium")
    assert {one.role for one in told} == {"title", "fact", "said", "because", "otherwise"}


_NODE = re.compile(r'  (n\d+)\["((?:[^"#&<>\[\](){}|`\\;%]|#\d+;|<br/>)*)"\]')
_EDGE = re.compile(r"  (n\d+) --> (n\d+)")


def charted(text: str) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """The nodes and edges of a flowchart, read by its grammar; fails on what does not fit it.

    As Mermaid takes it: a header, then nodes with a quoted label, in which `#…;` is a character by
    its code, and arrows between nodes that were named before.
    """
    first, *rest = text.splitlines()
    assert first == "flowchart TD"
    nodes: dict[str, list[str]] = {}
    edges: list[tuple[str, str]] = []
    for line in rest:
        if node := _NODE.fullmatch(line):
            name, label = node.groups()
            assert name not in nodes
            nodes[name] = [
                html.unescape(re.sub(r"#(\d+);", r"&#\1;", part)) for part in label.split("<br/>")
            ]
            continue
        edge = _EDGE.fullmatch(line)
        assert edge is not None, line
        start, end = edge.groups()
        assert {start, end} <= {*nodes}
        edges.append((start, end))
    assert len({*edges}) == len(edges)
    return nodes, edges


def test_a_chart_has_a_node_for_every_record_and_an_arrow_for_every_cause(
    tree: dict[str, Any],
) -> None:
    nodes, edges = charted(as_mermaid(tree))
    assert len(nodes) == len({*_ids(tree)})
    causes = {
        (node["cause"]["id"], node["id"])
        for change in tree["changes"]
        for node in _nodes(change)
        if "cause" in node
    }
    assert len(edges) == len(causes)
    assert sum(label[0] == "ContactReceived" for label in nodes.values()) == 1


def test_a_chart_shows_what_the_customer_wrote_and_is_not_changed_by_it(desk: Desk) -> None:
    nodes, _ = charted(as_mermaid(desk.why(contact_id("email", "m"))))
    ((kind, by, said),) = nodes.values()
    assert (kind, by) == ("ContactReceived", "by test")
    wrote = desk.why(contact_id("email", "m"))["text"]
    words = wrote.replace("\x1b", " ").split()
    assert said.removesuffix(" …").split() == words[: len(said.removesuffix(" …").split())]
