"""The views over HTTP: filters, pages, forms."""

from __future__ import annotations

import csv
import io
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from streams.asof import View
from streams.desk import Desk
from streams.gateway.house import ASKERS
from streams.gateway.lists import LISTINGS, Listing
from streams.query import views
from tests.gateways import CONTACT, Client, gateway, ticket_of, worker


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A desk with twenty-five tickets on two channels."""
    data = tmp_path_factory.mktemp("full")
    lines = [
        {
            "channel": ("email", "slack")[n % 2],
            "handle": f"person-{n}",
            "message": f"number {n} is late",
        }
        for n in range(25)
    ]
    with gateway(data) as client, worker(data):
        told = client.post("/api/v1/contacts?wait=30s", lines)
        assert told.status == 202
        yield client


def pages(client: Client, path: str) -> list[list[dict[str, object]]]:
    """Every page of a list."""
    found, following = list[list[dict[str, object]]](), path
    while following:
        told = client.get(following)
        assert told.status == 200, told
        found.append(told.json["items"])
        following = f"{path}&cursor={told.json['next']}" if told.json["next"] else ""
    return found


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
def test_every_list_has_the_columns_of_its_view(full: Client, listing: Listing) -> None:
    told = full.get(f"/api/v1/{listing.name}?limit=1")
    assert told.status == 200, told
    for row in told.json["items"]:
        assert list(row) == list(views()[listing.view])


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
def test_pages_hold_every_row_once_in_one_order(full: Client, listing: Listing) -> None:
    whole = full.get(f"/api/v1/{listing.name}?limit=1000").json["items"]
    turned = [row for page in pages(full, f"/api/v1/{listing.name}?limit=7") for row in page]
    assert turned == whole
    keys = [tuple(row[name] for name in listing.order) for row in whole]
    assert keys == sorted(set(keys), reverse=True)


def test_a_list_is_filtered_by_value_and_by_time(full: Client) -> None:
    slack = full.get("/api/v1/tickets?channel=slack&limit=100").json["items"]
    assert len(slack) == 12
    assert {row["channel"] for row in slack} == {"slack"}
    both = full.get("/api/v1/tickets?channel=slack,email&limit=100").json["items"]
    assert len(both) == 25
    middle = both[10]["created_at"]
    late = full.get(f"/api/v1/tickets?since={middle}&limit=100").json["items"]
    early = full.get(f"/api/v1/tickets?until={middle}&limit=100").json["items"]
    assert late + early == both
    assert all(row["created_at"] >= middle for row in late)


def test_a_value_may_have_a_comma(full: Client) -> None:
    names = {"c-1": "Smith, Anna", "c-2": "Smith", "c-3": "Jones"}
    told = full.post(
        "/api/v1/contacts",
        [{"type": "customer", "customer_id": one, "name": name} for one, name in names.items()],
    )
    since = f"&wait=30s&min_position={told.headers['pactdesk-position']}"

    def found(name: str) -> set[str]:
        rows = full.get(f"/api/v1/customers?name={quote(name)}{since}").json["items"]
        return {row["customer_id"] for row in rows}

    assert found("Smith, Anna") == {"c-1", "c-2"}, "each of its parts is asked for as well"
    assert found("Smith,Jones") == {"c-2", "c-3"}


@pytest.mark.parametrize("parameter", ["since", "as_of"])
def test_a_plus_sign_of_an_offset_may_stand_as_it_is(full: Client, parameter: str) -> None:
    then = (datetime.now(UTC) - timedelta(hours=1)).astimezone(timezone(timedelta(hours=2)))
    as_it_is = full.get(f"/api/v1/tickets?limit=3&{parameter}={then.isoformat()}")
    assert as_it_is.status == 200, as_it_is.json
    escaped = full.get(f"/api/v1/tickets?limit=3&{parameter}={quote(then.isoformat())}")
    assert as_it_is.json["items"] == escaped.json["items"]


def test_only_the_fields_that_are_asked_for_come_in_their_order(full: Client) -> None:
    told = full.get("/api/v1/tickets?fields=status,ticket_id&limit=2")
    assert [list(row) for row in told.json["items"]] == [["status", "ticket_id"]] * 2
    assert told.json["next"] is not None


def test_rows_come_as_csv_and_as_ndjson(full: Client) -> None:
    path = "/api/v1/tickets?limit=3&fields=ticket_id,channel,tags"
    rows = full.get(path).json["items"]
    table = full.get(path, Accept="text/csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    read = list(csv.DictReader(io.StringIO(table.body.decode())))
    assert [one["ticket_id"] for one in read] == [one["ticket_id"] for one in rows]
    lines = full.get(path, Accept="application/x-ndjson")
    assert [json.loads(line) for line in lines.body.splitlines()] == rows
    assert 'rel="next"' in lines.headers["link"]
    assert lines.headers["pactdesk-position"].startswith("p1.")


def test_a_page_without_rows_is_a_head_in_csv(full: Client) -> None:
    nobody = "/api/v1/tickets?customer_id=nobody&fields=channel,status"
    assert full.get(nobody, Accept="text/csv").body == b"channel,status\n"
    assert full.get(nobody, Accept="application/x-ndjson").body == b""


def test_a_cursor_leads_on_in_its_own_list_alone(full: Client) -> None:
    following = full.get("/api/v1/tickets?limit=2").json["next"]
    told = full.get(f"/api/v1/interactions?cursor={following}")
    assert (told.status, told.json["detail"]) == (400, "this is no cursor of this list")


@pytest.mark.parametrize("held", [["tickets", 1, 2], ["tickets", None, None], [2**70, "x", "y"]])
def test_what_no_page_gave_is_no_cursor(full: Client, held: list[object]) -> None:
    made = urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")
    told = full.get(f"/api/v1/tickets?cursor={made}")
    assert (told.status, told.json["detail"]) == (400, "this is no cursor of this list")


def test_a_link_leads_to_the_next_page(full: Client) -> None:
    first = full.get("/api/v1/tickets?limit=20", Accept="application/x-ndjson")
    target = first.headers["link"].partition(">")[0].removeprefix("<")
    second = full.get(target, Accept="application/x-ndjson")
    assert len(first.body.splitlines()) == 20
    assert len(second.body.splitlines()) == 5
    assert "link" not in second.headers


def test_the_rows_as_they_stood_at_a_position(served: Client) -> None:
    then = served.get("/api/v1/tickets?limit=1").json["position"]
    told = served.post("/api/v1/contacts?wait=30s", {**CONTACT, "handle": "later@example.org"})
    assert told.json["ticket_id"] is not None
    now = served.get("/api/v1/tickets?limit=1000").json["items"]
    stood = served.get(f"/api/v1/tickets?limit=1000&as_of={then}").json["items"]
    assert told.json["ticket_id"] in {row["ticket_id"] for row in now}
    assert told.json["ticket_id"] not in {row["ticket_id"] for row in stood}


def test_whoever_looks_back_holds_up_nobody_at_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, as_of = threading.Event(), Desk.as_of

    def slow(desk: Desk, moment: str, **more: Any) -> View:
        seen.wait(120)
        return as_of(desk, moment, **more)

    def looked(client: Client) -> int:
        with closing(Client(client.address, client.settings)) as one:
            return one.get(f"/api/v1/tickets?as_of={quote(datetime.now(UTC).isoformat())}").status

    with gateway(tmp_path) as client, worker(tmp_path):
        ticket = ticket_of(client)
        monkeypatch.setattr(Desk, "as_of", slow)
        with ThreadPoolExecutor(ASKERS + 1) as pool:
            looking = [pool.submit(looked, client) for _ in range(ASKERS + 1)]
            try:
                told = client.post(f"/api/v1/tickets/{ticket}/notes", {"text": "Hm"})
            finally:
                seen.set()
            assert told.status == 200
            assert [one.result() for one in looking] == [200] * len(looking)


def test_every_answer_of_the_desk_has_a_position_that_can_be_waited_for(served: Client) -> None:
    ticket = ticket_of(served, handle="where@example.org")
    (said, *_) = served.get(f"/api/v1/tickets/{ticket}/timeline").json["decisions"]
    now = datetime.now(UTC).isoformat()
    paths = [
        "tickets",
        "tickets?as_of=2100-01-01T00:00:00Z",
        f"tickets/{ticket}?as_of={quote(now)}",
        f"records/{said['record_id']}",
        f"records/{said['record_id']}/why",
        "search?q=charged",
    ]
    for path in paths:
        position = served.get(f"/api/v1/{path}").headers["pactdesk-position"]
        told = served.get(f"/api/v1/tickets?min_position={position}&wait=30s&limit=1")
        assert told.status == 200, (path, told)


def test_one_ticket_and_its_customer_as_they_stood_are_as_they_were(served: Client) -> None:
    contact = {**CONTACT, "handle": "once@example.org"}
    ticket = served.post("/api/v1/contacts?wait=30s", contact).json["ticket_id"]
    customer = served.get(f"/api/v1/tickets/{ticket}").json["customer_id"]
    paths = [f"tickets/{ticket}", f"tickets/{ticket}/timeline", f"customers/{customer}"]
    said = [served.get(f"/api/v1/{path}").json for path in paths]
    then = said[1]["position"]
    served.post("/api/v1/contacts?wait=30s", {**contact, "message": "And once more, please"})
    assert [served.get(f"/api/v1/{path}").json for path in paths] != said
    stood = [served.get(f"/api/v1/{path}?as_of={then}").json for path in paths]
    for one in (said[1], stood[1]):
        del one["position"]  # of what is shown now
    assert stood == said


def test_what_came_late_is_there_by_occurred_time(served: Client) -> None:
    now = datetime.now(UTC)
    late = {**CONTACT, "handle": "late@example.org", "at": (now - timedelta(hours=2)).isoformat()}
    ticket = served.post("/api/v1/contacts?wait=30s", late).json["ticket_id"]
    then = f"as_of={quote((now - timedelta(hours=1)).isoformat())}"
    shown = [
        {row["ticket_id"] for row in served.get(f"/api/v1/tickets?{query}").json["items"]}
        for query in (then, f"{then}&occurred=false", f"{then}&occurred=true")
    ]
    assert [ticket in one for one in shown] == [False, False, True]
    paths = [f"tickets/{ticket}", f"tickets/{ticket}/timeline"]
    for path in paths:
        assert served.get(f"/api/v1/{path}?{then}").status == 404
        assert served.get(f"/api/v1/{path}?{then}&occurred=true").status == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("status=lost", 400),
        ("vip_status=perhaps", 400),
        ("fields=ticket_id,colour", 400),
        ("limit=0", 400),
        ("limit=5000", 400),
        ("cursor=nonsense", 400),
        ("since=yesterday", 400),
        ("status=new&status=closed", 400),
        ("wait=long", 400),
        ("min_position=here", 400),
        ("as_of=never", 400),
        ("as_of=9999-12-31T23:59:59-12:00", 400),
        ("as_of=support.tickets.v1/3", 400),
        ("occurred=true", 400),
        ("as_of=2026-03-02T08:00:00Z&occurred=perhaps", 400),
    ],
)
def test_what_a_list_cannot_give_is_told(full: Client, query: str, status: int) -> None:
    told = full.get(f"/api/v1/tickets?{query}")
    assert told.status == status, told
    assert told.json["remedy"]


@pytest.mark.parametrize(
    ("query", "status"), [("status=lost", 400), ("channel=fax", 400), ("channel=email", 200)]
)
def test_a_search_knows_the_words_that_lists_know(full: Client, query: str, status: int) -> None:
    told = full.get(f"/api/v1/search?q=late&{query}")
    assert told.status == status
    assert status == 400 or len(told.json["items"]) > 0


def test_a_form_that_there_is_not_is_refused(full: Client) -> None:
    assert full.get("/api/v1/tickets", Accept="image/png").status == 406
    assert full.get("/api/v1/tickets", Accept="image/png, text/*;q=0.5").status == 200
    assert full.get("/api/v1/tickets", Accept="Text/CSV; Q=0.5").status == 200


@pytest.mark.parametrize(
    ("asked", "detail", "remedy"),
    [
        ("assigne=bo", "assigne: there is no such field", "leave it out, or use one of "),
        ("limit=5000", "limit: '5000' is too large", "give at most 1000"),
        ("limit=ten", "limit: 'ten' is not a whole number", "write a whole number"),
        ("wait=soon", "wait: give a duration such as 2s or 500ms", "give a duration such as 2s"),
    ],
)
def test_a_parameter_that_does_not_fit_is_told_with_what_would(
    served: Client, asked: str, detail: str, remedy: str
) -> None:
    told = served.get(f"/api/v1/tickets?{asked}")
    assert (told.status, told.json["detail"]) == (400, detail)
    assert remedy in told.json["remedy"]
