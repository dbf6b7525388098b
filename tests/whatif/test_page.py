"""The page of a comparison made by hand: what it says, and where its plots draw what."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

from streams.whatif.page import MOST_TICKETS, page
from streams.whatif.plots import Pair, bars, key, pairs, shares
from streams.whatif.promises import TARGETS

Shape = tuple[Any, ...]


def drawn(svg: str) -> list[Shape]:
    """What a plot draws: bars by class, place and size, words by place and where they begin."""
    found: list[Shape] = []
    for one in ET.fromstring(svg):  # noqa: S314 - our own plot
        x, y, kind = float(one.attrib["x"]), float(one.attrib["y"]), one.get("class")
        if one.tag == "rect":
            size = float(one.attrib["width"]), float(one.attrib["height"])
            found.append((kind, x, y, *size, "".join(one.itertext())))
        else:
            found.append((kind, x, y, one.attrib["text-anchor"], one.text))
    return found


def box(svg: str) -> tuple[str, str]:
    """A plot's frame and what it is called."""
    root = ET.fromstring(svg)  # noqa: S314 - our own plot
    return root.attrib["viewBox"], root.attrib["aria-label"]


def test_bars_are_as_long_as_their_numbers_beside_their_labels() -> None:
    svg = bars({"routes": 4, "answers": 1}, "By <action>")
    assert box(svg) == ("0 0 560 58", "By <action>")
    assert drawn(svg) == [
        (None, 205, 17, "end", "routes"),
        ("now", 215, 5, 255, 16, ""),
        ("soft", 476, 17, "start", "4"),
        (None, 205, 43, "end", "answers"),
        ("now", 215, 31, 63.8, 16, ""),
        ("soft", 284.8, 43, "start", "1"),
    ]


def test_a_pair_stands_one_bar_above_the_other() -> None:
    svg = pairs([Pair("low", 2, 0), Pair("high", 1, 4)], "Priorities")
    assert box(svg) == ("0 0 560 74", "Priorities")
    assert drawn(svg) == [
        (None, 205, 19, "end", "low"),
        ("was", 215, 4, 127.5, 11, ""),
        ("soft", 348.5, 14, "start", "2"),
        ("now", 215, 17, 0, 11, ""),
        ("soft", 221, 27, "start", "0"),
        (None, 205, 53, "end", "high"),
        ("was", 215, 38, 63.8, 11, ""),
        ("soft", 284.8, 48, "start", "1"),
        ("now", 215, 51, 255, 11, ""),
        ("soft", 476, 61, "start", "4"),
    ]


def test_shares_fill_their_bar_one_after_the_other() -> None:
    svg = shares({"kept": {"met": 3, "breached": 1}, "empty": {"met": 0, "breached": 0}}, "SLA")
    assert box(svg) == ("0 0 560 74", "SLA")
    assert drawn(svg) == [
        (None, 205, 21, "end", "kept"),
        ("met", 215, 4, 191.2, 24, "met: 3"),
        ("breached", 406.2, 4, 63.8, 24, "breached: 1"),
        ("soft", 476, 21, "start", "3 · 1"),
        (None, 205, 55, "end", "empty"),
        ("met", 215, 38, 0, 24, "met: 0"),
        ("breached", 215, 38, 0, 24, "breached: 0"),
        ("soft", 476, 55, "start", "0 · 0"),
    ]


def test_where_nothing_was_counted_no_bar_has_a_length() -> None:
    assert [shape[3] for shape in drawn(bars({"a": 0}, "T")) if shape[0] == "now"] == [0]
    assert [shape[3] for shape in drawn(pairs([Pair("a", 0, 0)], "T")) if len(shape) == 6] == [0, 0]


def test_a_key_says_what_its_colours_mean() -> None:
    listed = ET.fromstring(key({"was": "as <recorded>", "now": "as it is"}))  # noqa: S314 - ours
    assert listed.attrib == {"class": "key"}
    assert [one.text or (one[0].tail) for one in listed] == ["as <recorded>", "as it is"]
    assert [rect.attrib["class"] for rect in listed.iter("rect")] == ["was", "now"]


COUNTS = {"same": 1, "changed": 0, "missing": 0, "added": 0}
CHANGED = {
    "action": "triage.route_to_specialist",
    "kind": "changed",
    "recorded": {"team": "general"},
    "again": None,
}
TICKET: dict[str, Any] = {
    "ticket_id": "T1",
    "customer_id": "ann",
    "differences": 2,
    "by_action": {},
    "facts": {"automatic_answers": {"recorded": None, "again": "ART_1"}},
    "sla": [{"target": "first_reply", "recorded": "met", "again": "breached"}],
    "changes": [CHANGED, CHANGED],
}
REPORT: dict[str, Any] = {
    "policy": "p9",
    "models": None,
    "contacts": 7,
    "decisions": 30,
    "outputs": 40,
    "identical": 38,
    "differences": 3,
    "by_action": {
        "a.first": {**COUNTS, "changed": 1},
        "b.second": {**COUNTS, "missing": 1, "added": 1},
        "c.third": COUNTS,
    },
    "automatic_answers": {"recorded": 1, "again": 2},
    "escalations": {"recorded": 3, "again": 3},
    "routes": {"recorded": {"general": 5}, "again": {"front": 5}},
    "priorities": {"recorded": {"low": 5}, "again": {"high": 5}},
    "sla": {
        target: {
            "recorded": {"met": 4, "breached": 1, "open": 0},
            "again": {"met": 2, "breached": 2, "open": 1},
        }
        for target in TARGETS
    },
    "tickets": [
        {
            **TICKET,
            "ticket_id": None,
            "differences": 1,
            "facts": {},
            "sla": [],
            "changes": [CHANGED],
        },
        TICKET,
    ],
}


def told(text: str) -> list[str]:
    """What a reader sees of a page, piece by piece."""
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    pieces = (unescape(piece).strip() for piece in re.split(r"<[^>]+>", body))
    return [piece for piece in pieces if piece]


SEEN = """
Us & them | Us & them
7 contacts with 30 decisions, each decided again from what was recorded before it, by p9 and the \
recorded readings. Nothing that would have followed is imagined.
3 | differences | 1 | tickets that would differ | 1 → 2 | automatic answers
3 | escalations | 2 → 4 | SLA targets missed
Differences by action | b.second | 2 | a.first | 1
Teams | as recorded | as it would be | front | 0 | 5 | general | 5 | 0
SLA targets | met | missed | open at the end
first reply, recorded | met: 4 | breached: 1 | open: 0 | 4 · 1 · 0
first reply, now | met: 2 | breached: 2 | open: 1 | 2 · 2 · 1
resolution, recorded | met: 4 | breached: 1 | open: 0 | 4 · 1 · 0
resolution, now | met: 2 | breached: 2 | open: 1 | 2 · 2 · 1
Priorities | as recorded | as it would be | critical | 0 | 0 | urgent | 0 | 0 | high | 0 | 5
medium | 0 | 0 | low | 5 | 0
Tickets | Ticket | Differences | Consequences | What differs
T1 | 2 | automatic answers: none → ART_1 | first reply: met → breached
2 outputs | triage.route_to_specialist | changed | {"team":"general"} | → | nothing
triage.route_to_specialist | changed | {"team":"general"} | → | nothing
no ticket | 1 | 1 output | triage.route_to_specialist | changed | {"team":"general"} | → | nothing
"""


def test_the_page_says_everything_in_its_order() -> None:
    assert " | ".join(told(page(REPORT, "Us & them"))) == " | ".join(SEEN.strip().splitlines())


def test_what_was_read_anew_by_which_models_is_said() -> None:
    about = told(page({**REPORT, "policy": None, "models": "light"}, "T"))[2]
    assert "by the policies that were in force and the light models." in about


def test_where_nothing_differs_that_is_said_and_no_ticket_is_listed() -> None:
    nothing = {**REPORT, "by_action": {"c.third": COUNTS}, "tickets": [], "differences": 0}
    seen = told(page(nothing, "T"))
    assert seen[seen.index("Differences") + 1] == "There is none."
    assert "Tickets" not in seen
    assert "Differences by action" not in seen


def test_of_many_tickets_those_with_most_differences_are_listed() -> None:
    many = [{**TICKET, "ticket_id": f"T{n:03}", "differences": n} for n in range(MOST_TICKETS + 2)]
    seen = told(page({**REPORT, "tickets": many}, "T"))
    assert [one for one in seen if re.fullmatch(r"T\d{3}", one)] == [
        f"T{n:03}" for n in range(MOST_TICKETS + 1, 1, -1)
    ]
    assert seen[-1] == "2 more are in the JSON and the Parquet."
    fewer = told(page({**REPORT, "tickets": many[:MOST_TICKETS]}, "T"))
    assert "more are in" not in fewer[-1]
