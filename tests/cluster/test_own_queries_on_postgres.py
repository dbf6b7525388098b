"""What our own commands and actions ask of the views, PostgreSQL answers as SQLite does."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from streams.cluster import migrating
from streams.cluster.query import PgReader
from streams.desk import Desk
from streams.embedded import query
from streams.query import Rows
from tests.both import copied
from tests.commands import Shell
from tests.embedded import open_in, take
from tests.full_life import full_life
from tests.histories import play

FILTERS: list[dict[str, Any]] = [
    {},
    {"category": "billing"},
    {"channel": "email", "priority": "high"},
    {"since": "2026-03-03T00:00:00Z", "until": "2026-06-01T00:00:00Z"},
    {"period": "2026-03-02"},
]

READS = [
    "analytics.measure_resolution_time",
    "analytics.identify_common_issues",
    "analytics.generate_insights",
]


def test_every_query_of_our_own_is_answered_the_same(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, tuple[object, ...], Rows]] = []
    plain = query.run

    def noted(connection: Any, sql: str, parameters: Sequence[object] = ()) -> Rows:
        rows = plain(connection, sql, parameters)
        asked.append((sql, tuple(parameters), [dict(row) for row in rows]))
        return rows

    lines = play(full_life())
    with open_in(tmp_path / "data", lines.models) as desk:
        take(desk, lines.outside)
        migrating.migrate(database)
        copied(desk.database, database)
        monkeypatch.setattr(query, "run", noted)
        _actions(desk)
        ticket = desk.query("SELECT ticket_id FROM v1_tickets ORDER BY contacts DESC LIMIT 1")
    copy = shutil.copytree(tmp_path / "data", tmp_path / "copy")
    _commands(Shell(copy), ticket[0]["ticket_id"])
    with closing(PgReader(database)) as reader:
        different = [
            (sql, parameters)
            for sql, parameters, rows in asked
            if _rounded(reader.query(sql, parameters)) != _rounded(rows)
        ]
    assert different == []
    assert len({sql for sql, _, _ in asked}) > 15


def _rounded(rows: Rows) -> Rows:
    """Rows with averages to 12 digits: engines add in another order."""
    return [
        {name: float(f"{v:.12g}") if type(v) is float else v for name, v in row.items()}
        for row in rows
    ]


def _actions(desk: Desk) -> None:
    for action in READS:
        for one in FILTERS:
            assert desk.pact(action, one)["success"], (action, one)
    for action in (
        "customer.get_profile",
        "customer.calculate_satisfaction_score",
        "customer.identify_vip_status",
    ):
        assert desk.pact(action, {"customer_id": "ann"})["success"]
    assert desk.pact("knowledge.search_solutions", {"query": "password"})["success"]


def _commands(shell: Shell, ticket: str) -> None:
    for command in (
        ("tickets",),
        ("tickets", "--status", "closed", "--limit", "5"),
        ("ticket", ticket),
        ("customers",),
        ("customer", "ann"),
        ("decisions",),
        ("decisions", "--ticket", ticket),
        ("metrics",),
        ("metrics", "--metric", "sla_met"),
        ("articles", "list"),
        ("articles", "show", "a2"),
        ("team", "list"),
        ("status",),
    ):
        outcome = shell("--json", *command)
        assert outcome.status == 0, (command, outcome.err)
