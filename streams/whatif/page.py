"""A comparison as one HTML page that needs nothing else: no script, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib import resources
from typing import Any

import msgspec

from schemas.vocabulary import PRIORITIES
from streams.whatif.plots import Pair, bars, key, pairs, shares
from streams.whatif.promises import TARGETS
from streams.whatif.summing import Report

MOST_TICKETS = 200
"""So many tickets are on the page, those with the most differences; JSON and Parquet have all."""

SIDES = {"was": "as recorded", "now": "as it would be"}


def page(report: Report, title: str) -> str:
    """The page.

    Args:
        report: What a comparison came to.
        title: What was compared.
    """
    style = resources.files("streams.whatif").joinpath("page.css").read_text("utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>"
        f'<h1>{escape(title)}</h1><p class="about">{escape(_about(report))}</p>'
        f'{_tiles(report)}<div class="plots">{_actions(report)}{_routes(report)}'
        f"{_promises(report)}{_priorities(report)}</div>{_tickets(report)}</main></body></html>\n"
    )


def _about(report: Report) -> str:
    tried = [report["policy"] or "the policies that were in force"]
    tried.append(f"the {report['models']} models" if report["models"] else "the recorded readings")
    return (
        f"{report['contacts']} contacts with {report['decisions']} decisions, each decided again"
        f" from what was recorded before it, by {' and '.join(tried)}. Nothing that would have"
        " followed is imagined."
    )


def _tiles(report: Report) -> str:
    answers, escalations = report["automatic_answers"], report["escalations"]
    breached = {
        side: sum(report["sla"][target][side]["breached"] for target in TARGETS)
        for side in ("recorded", "again")
    }
    tickets = sum(one["ticket_id"] is not None for one in report["tickets"])
    tiles = {
        "differences": str(report["differences"]),
        "tickets that would differ": str(tickets),
        "automatic answers": _turned(answers),
        "escalations": _turned(escalations),
        "SLA targets missed": _turned(breached),
    }
    items = "".join(
        f'<li class="tile"><strong>{escape(value)}</strong><span>{escape(name)}</span></li>'
        for name, value in tiles.items()
    )
    return f'<ul class="tiles">{items}</ul>'


def _turned(sides: Mapping[str, int]) -> str:
    was, now = sides["recorded"], sides["again"]
    return str(was) if was == now else f"{was} → {now}"


def _actions(report: Report) -> str:
    differing = {
        name: counts["changed"] + counts["missing"] + counts["added"]
        for name, counts in report["by_action"].items()
    }
    most = sorted(((n, name) for name, n in differing.items() if n), key=lambda p: (-p[0], p[1]))
    if not most:
        return "<section><h2>Differences</h2><p>There is none.</p></section>"
    drawn = bars({name: n for n, name in most}, "Differences by action")
    return f"<section><h2>Differences by action</h2>{drawn}</section>"


def _promises(report: Report) -> str:
    rows = {
        f"{target.replace('_', ' ')}, {said}": report["sla"][target][side]
        for target in TARGETS
        for side, said in (("recorded", "recorded"), ("again", "now"))
    }
    kinds = {"met": "met", "breached": "missed", "open": "open at the end"}
    return f"<section><h2>SLA targets</h2>{key(kinds)}{shares(rows, 'SLA targets')}</section>"


def _priorities(report: Report) -> str:
    return _both(report, "priorities", "Priorities", reversed(PRIORITIES))


def _routes(report: Report) -> str:
    found = report["routes"]
    return _both(report, "routes", "Teams", sorted({*found["recorded"], *found["again"]}))


def _both(report: Report, name: str, title: str, labels: Iterable[str]) -> str:
    was, now = report[name]["recorded"], report[name]["again"]
    rows = [Pair(label, was.get(label, 0), now.get(label, 0)) for label in labels]
    return f"<section><h2>{title}</h2>{key(SIDES)}{pairs(rows, title)}</section>"


def _tickets(report: Report) -> str:
    tickets = sorted(report["tickets"], key=lambda t: (-t["differences"], str(t["ticket_id"])))
    if not tickets:
        return ""
    rows = "".join(_ticket(one) for one in tickets[:MOST_TICKETS])
    more = len(tickets) - MOST_TICKETS
    note = f"<p>{more} more are in the JSON and the Parquet.</p>" if more > 0 else ""
    return (
        "<section><h2>Tickets</h2><table><thead><tr><th>Ticket</th>"
        '<th class="n">Differences</th><th>Consequences</th><th>What differs</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>{note}</section>"
    )


def _ticket(one: dict[str, Any]) -> str:
    told = [
        f"{name.replace('_', ' ')}: {fact['recorded'] or 'none'} → {fact['again'] or 'none'}"
        for name, fact in one["facts"].items()
    ]
    told += [
        f"{end['target'].replace('_', ' ')}: {end['recorded']} → {end['again']}"
        for end in one["sla"]
    ]
    changes = "".join(
        f"<li><code>{escape(change['action'])}</code> {escape(change['kind'])}"
        f"<br><code>{escape(_json(change['recorded']))}</code> →"
        f" <code>{escape(_json(change['again']))}</code></li>"
        for change in one["changes"]
    )
    count = len(one["changes"])
    outputs = "1 output" if count == 1 else f"{count} outputs"
    opened = f"<details><summary>{outputs}</summary><ul>{changes}</ul></details>"
    return (
        f"<tr><td><code>{escape(one['ticket_id'] or 'no ticket')}</code></td>"
        f'<td class="n">{one["differences"]}</td>'
        f"<td>{'<br>'.join(escape(line) for line in told)}</td><td>{opened}</td></tr>"
    )


def _json(value: object) -> str:
    return "nothing" if value is None else msgspec.json.encode(value).decode()
