"""The causes of a record, and of a ticket's field, over HTTP."""

from __future__ import annotations

from tests.gateways import Client, ticket_of


def test_the_causes_of_a_record_lead_to_the_contact(served: Client) -> None:
    ticket = ticket_of(served)
    (said, *_) = served.get(f"/api/v1/tickets/{ticket}/timeline").json["decisions"]
    found = served.get(f"/api/v1/records/{said['record_id']}/why")
    assert found.status == 200
    node = found.json
    while "cause" in node:
        node = node["cause"]
    assert node["type"] == "ContactReceived"


def test_a_field_of_a_ticket_leads_to_what_set_it(served: Client) -> None:
    ticket = ticket_of(served)
    found = served.get(f"/api/v1/records/{ticket}/why?field=priority").json
    assert found["value"] == served.get(f"/api/v1/tickets/{ticket}").json["priority"]
    assert found["set_by"]["type"] == "TicketTriaged"


def test_a_row_of_the_metrics_leads_to_what_it_counted(served: Client) -> None:
    ticket = ticket_of(served)
    found = served.get("/api/v1/records/metric:total_tickets@v1:all:channel:email/why").json
    assert found["example"]["set_by"]["type"] == "TicketOpened"
    assert ticket in {one["id"] for one in found["counted"]["shown"]}
    listed = served.get("/api/v1/counted?metric=total_tickets&period=all&segment=channel:email")
    assert len(listed.json["items"]) == found["counted"]["records"]


def test_the_causes_of_nothing_are_not_found(served: Client) -> None:
    assert served.get("/api/v1/records/no-such-record/why").status == 404
    assert served.get(f"/api/v1/records/{ticket_of(served)}/why?field=colour").status == 404
    assert served.get("/api/v1/records/metric:colour/why").status == 404
