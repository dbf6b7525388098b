"""The views have the contract's columns, in its order and of its types, on both engines."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, get_args

import pytest

from agents.policy_toml import to_toml
from projections.metrics import METRICS
from projections.tables import replies
from schemas import vocabulary
from schemas.event import Event
from schemas.events.contacts import AlertFailed, AlertSent, ReplyDelayed
from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from streams.cluster import migrating
from streams.cluster.postgres import connect
from streams.cluster.query import PgReader
from streams.desk import Desk
from streams.embedded.shift import Shift
from streams.people import activate_policy
from streams.query import views
from tests.both import ORDER, copied, shown
from tests.contracts import contract, faults
from tests.embedded import open_in, take
from tests.full_life import WAYS, full_life
from tests.histories import play
from tests.real import Postgres

TABLE = contract("views")

WORDS = {
    "text": "text",
    "integer": "whole number",
    "bigint": "whole number",
    "double precision": "number",
    "boolean": "true or false",
    "json": "list or object",
}
"""What the contract calls PostgreSQL's types."""

TOLD_AS = {"time": "text", "day": "text", "list": "list or object", "object": "list or object"}
"""Types of the contract that PostgreSQL does not tell apart."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

UNTOLD = (
    {
        "type": "customer",
        "customer_id": "ben",
        "email": "ben@example.org",
        "preferred_channel": "slack",
        "handles": {"slack": ["U7"]},
    },
    {"type": "specialist", "specialist_id": "eve", "name": "Eve"},
    {
        "type": "article",
        "article_id": "a3",
        "title": "Refunds",
        "body": "They take three days.",
        "category": "billing",
        "language": "en",
    },
    {"channel": "slack", "handle": "U8", "message": "Hello, I am Ben"},
    {"type": "link", "customer_id": "ben", "channel": "slack", "handle": "U8"},
)
"""What the full life leaves out, so that every column has a value somewhere."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk where everything came that can come."""
    lines = play(full_life(), policy=WAYS)
    with open_in(tmp_path_factory.mktemp("lived"), lines.models) as desk:
        activate_policy(desk, to_toml(WAYS), "lea")
        take(desk, lines.outside)
        list(desk.intake.lines([b"not json"]))
        desk.produce(*UNTOLD)
        desk.run()
        _under_way(desk)
        yield desk


def _under_way(desk: Desk) -> None:
    """A reply waits for its platform, and an alert reached one place and not another."""
    (row, *_) = desk.query("SELECT ticket_id, customer_id FROM v1_tickets")
    (alert, *_) = desk.query("SELECT alert_id FROM v1_alerts")
    at = desk.clock.now()
    request = ReplyRequested(
        **row,
        channel="twitter",
        handle="7",
        kind="agent_reply",
        author="sam",
        parts=["Hello"],
        outcome="agent_reply",
        policy_version="1",
    )
    about = {**row, "request_id": "d0"}
    where = {**row, **alert, "place": "team_slack"}
    said: list[Event] = [
        request,
        ReplyDelayed(**about, until=at + timedelta(hours=1), reason="15 in 15 minutes"),
        AlertSent(**where),
        AlertFailed(**where, error="HTTP 500"),
    ]
    records = [
        Record(id=f"d{n}", key=row["customer_id"], at=at, by="test", event=event, correlation="d0")
        for n, event in enumerate(said)
    ]
    with desk.database.transaction():
        desk.log.append(records[:1])
        desk.log.append(records[1:])
    Shift(desk, effects=False).run()


@pytest.fixture(scope="module")
def url(running_postgres: Postgres, lived: Desk) -> Iterator[str]:
    """A database that holds the same."""
    address = running_postgres.fresh_database()
    migrating.migrate(address)
    copied(lived.database, address)
    yield address
    running_postgres.drop(address)


@pytest.fixture(scope="module")
def reader(url: str) -> Iterator[PgReader]:
    one = PgReader(url)
    yield one
    one.close()


def columns(views: dict[str, Iterable[str]]) -> Iterator[str]:
    """Each column with its place, so that another order is another promise."""
    for view, names in views.items():
        yield view
        yield from (f"{view}.{name} is column {n}" for n, name in enumerate(names, 1))


def kind_of(value: Any, told: str) -> str:
    """What a value is, in the contract's words; of a text, whether it is what was told."""
    match value:
        case bool():
            return "true or false"
        case int():
            return "whole number"
        case float():
            return "number"
        case list():
            return "list"
        case dict():
            return "object"
        case str() if told in {"time", "day"}:
            return told if (_TIME if told == "time" else _DAY).fullmatch(value) else "text"
        case _:
            return "text"


def wrong(asked: Any) -> list[str]:
    """Values of another type than the contract's, and columns that no value was seen of."""
    found = []
    for view, told in TABLE["columns"].items():
        rows = shown(asked, view)
        for name, kind in told.items():
            kinds = {kind_of(row[name], kind) for row in rows if row[name] is not None}
            if kinds != {kind}:
                found.append(f"{view}.{name}: {kind} by the contract, but {sorted(kinds)}")
    return found


def test_the_views_and_columns_of_sqlite_are_those_of_the_contract() -> None:
    assert {*TABLE["columns"]} == {*ORDER}
    promised = {*columns(TABLE["columns"])}
    assert faults("views", promised, {*columns({**views()})}) == []


def test_the_log_of_an_embedded_store_has_the_contracts_columns(lived: Desk) -> None:
    store = sqlite3.connect(lived.folder / "pactdesk.db")
    names = [row[1] for row in store.execute("PRAGMA table_info(log)")]
    store.close()
    assert names == TABLE["log"]["columns"]


def test_the_views_and_columns_of_postgresql_are_those_of_the_contract(url: str) -> None:
    database = connect(url)
    rows = database.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_name LIKE 'v1@_%' ESCAPE '@' ORDER BY table_name, ordinal_position"
    ).fetchall()
    database.close()
    there: dict[str, dict[str, str]] = {}
    for view, name, kind in rows:
        there.setdefault(str(view), {})[str(name)] = WORDS[str(kind)]
    assert faults("views", {*columns(TABLE["columns"])}, {*columns({**there})}) == []
    assert there == {
        view: {name: TOLD_AS.get(kind, kind) for name, kind in told.items()}
        for view, told in TABLE["columns"].items()
    }


def test_the_values_on_sqlite_are_of_the_contracts_types(lived: Desk) -> None:
    assert wrong(lived) == []


def test_the_values_on_postgresql_are_of_the_contracts_types(reader: PgReader) -> None:
    assert wrong(reader) == []


def words_of(closed: Any) -> tuple[str, ...]:
    """The words of a closed list of the events' vocabulary."""
    return tuple(str(word) for word in get_args(get_args(closed)[0]))


def test_the_closed_lists_of_words_are_those_of_the_contract() -> None:
    lists: dict[str, Iterable[str]] = {
        "channel": vocabulary.CHANNELS,
        "status": vocabulary.STATUSES,
        "priority": vocabulary.PRIORITIES,
        "escalation_reasons": vocabulary.TRIGGERS,
        "interaction_type": words_of(vocabulary.InteractionType),
        "direction": words_of(vocabulary.Direction),
        "delivery": replies.STATES,
        "metric": METRICS,
    }
    assert {name: {*words} for name, words in TABLE["words"].items()} == {
        name: {*words} for name, words in lists.items()
    }


def test_a_column_of_a_closed_list_holds_its_words_alone(lived: Desk) -> None:
    for view, told in TABLE["columns"].items():
        for name in told.keys() & TABLE["words"].keys():
            values = [row[name] for row in shown(lived, view) if row[name] is not None]
            seen = {
                word for value in values for word in (value if told[name] == "list" else [value])
            }
            assert seen <= {*TABLE["words"][name]}, f"{view}.{name}"
