"""Who is let into the chat, and from which pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.channels import chat
from tests.chatting import FLAGS, SECRET, SITE, Page, hash_of, identity, unsigned
from tests.gateways import Client, gateway, worker
from tests.real import until
from tests.stores import a_desk

PATIENCE = 60


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway with the chat on, and a worker."""
    data = tmp_path_factory.mktemp("desk")
    with gateway(data, **FLAGS) as client, worker(data):
        yield client


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[Client]:
    """A gateway with the chat on, without a worker."""
    with gateway(tmp_path, **FLAGS) as client:
        yield client


def rows(client: Client, sql: str, *values: object) -> list[dict[str, Any]]:
    with a_desk(client.settings.data) as desk:
        return desk.query(sql, values)


def written(client: Client, page: Page, text: str) -> str:
    """The customer on whose line a message of a page comes to lie."""
    told = page.say(text, text.replace(" ", "-"))
    assert told.status == 202, told
    sql = "SELECT customer_id FROM v1_messages WHERE message_id = ?"
    found = until(lambda: rows(client, sql, told.json["id"]), PATIENCE, "the message")
    return str(found[0]["customer_id"])


def own(told: dict[str, Any]) -> list[str]:
    """What the visitor wrote, in a session's answer."""
    return [one["text"] for one in told["messages"] if one["direction"] == "in"]


def test_a_page_may_ask_from_the_sites_that_are_named_alone(lonely: Client) -> None:
    for site in (SITE, "http://localhost:3000"):
        page = Page(lonely, site)
        told = page.ask("sessions", {})
        assert told.status == 200
        assert told.headers["access-control-allow-origin"] == site
        assert told.headers["vary"] == "Origin"
    token = Page(lonely).begin()["token"]
    for site in ("https://evil.example", f"{SITE}.evil.example", f"{SITE}:8443", "null", "*"):
        page = Page(lonely, site)
        page.token = token
        for path, body in (("sessions", {}), ("messages", {"id": "1", "text": "x"})):
            told = page.ask(path, body)
            assert told.status == 403, (site, path)
            assert "access-control-allow-origin" not in told.headers
        stream = lonely.get("/channels/chat/stream", Origin=site, Authorization=f"Bearer {token}")
        assert stream.status == 403
    assert Page(lonely, None).ask("sessions", {}).status == 200  # a program names no site


def test_a_refusal_may_be_heard_by_the_page_too(lonely: Client) -> None:
    told = Page(lonely).ask("messages", {"id": "1", "text": "x"})
    assert (told.status, told.headers["access-control-allow-origin"]) == (401, SITE)
    assert told.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["sessions", "messages", "stream", "read", "typing", "email"])
def test_a_browser_is_told_beforehand_whether_a_page_may_ask(lonely: Client, path: str) -> None:
    wants = {"Access-Control-Request-Method": "POST"}
    told = lonely("OPTIONS", f"/channels/chat/{path}", headers={**wants, "Origin": SITE})
    assert told.status == 204
    assert told.headers["access-control-allow-origin"] == SITE
    allowed = told.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type", "last-event-id"} <= {*allowed.split(", ")}
    assert "credentials" not in str(told.headers).lower()
    foreign = lonely("OPTIONS", f"/channels/chat/{path}", headers={**wants, "Origin": "http://x"})
    assert foreign.status == 403
    assert not [name for name in foreign.headers if name.startswith("access-control")]


def test_the_chat_is_off_until_sites_are_named(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        told = Page(client).ask("sessions", {})
        assert told.status == 404
        assert "allowed_origins" in told.json["remedy"]


def test_a_visitor_goes_on_with_their_session(lonely: Client) -> None:
    page = Page(lonely)
    first = page.begin()
    assert (first["verified"], first["messages"]) == (False, [])
    assert page.say("Hello", "1").status == 202
    page.begin()
    assert page.say("Hello", "1").json["status"] == "repeat"
    assert Page(lonely).begin()["token"] != page.token


@pytest.mark.parametrize("token", ["", "nothing", unsigned({"sub": "visitor:1", "exp": 2**33})])
def test_a_session_that_is_not_ours_opens_nothing(lonely: Client, token: str) -> None:
    page = Page(lonely)
    page.token = token
    for path in ("messages", "read", "typing", "email"):
        assert page.ask(path, {}).status == 401
    assert lonely.get(f"/channels/chat/stream?token={token}").status == 401
    told = page.begin()  # whoever kept it begins anew
    assert (told["verified"], told["messages"]) == (False, [])


def test_one_changed_letter_of_a_session_is_noticed(lonely: Client) -> None:
    page = Page(lonely)
    page.begin()
    assert page.token is not None
    head, body, signature = page.token.split(".")
    for wrong in (
        f"{head}.{body[:-1]}{'A' if body[-1] != 'A' else 'B'}.{signature}",
        f"{head}.{body}.{signature[::-1]}",
        f"{head}.{body}.",
    ):
        page.token = wrong
        assert page.say("x", "1").status == 401


def test_a_session_that_is_over_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gateway(tmp_path, **FLAGS) as client:
        page = Page(client)
        page.begin(identity=identity())
        monkeypatch.setattr(chat, "USERS", -chat.USERS)
        page.begin(identity=identity())
        assert page.say("x", "1").status == 401


def test_another_desk_s_session_opens_nothing(tmp_path: Path) -> None:
    other = "another site and another desk know this secret here"
    for secret in ({}, {"channels__chat_widget__identity_secret": other}):
        with gateway(tmp_path / str(len(secret)), **{**FLAGS, **secret}) as client:
            page = Page(client)
            page.begin()
        with gateway(tmp_path / "ours", **FLAGS) as client:
            mine = Page(client)
            mine.token = page.token
            status = mine.say("x", "1").status
        assert status == (401 if secret else 202)


def test_without_a_secret_sessions_are_signed_with_a_key_of_the_desk(tmp_path: Path) -> None:
    sites = {"channels__chat_widget__allowed_origins": SITE}
    with gateway(tmp_path, **sites) as client:
        page = Page(client)
        page.begin()
        told = page.ask("sessions", {"identity": identity()})
        assert (told.status, "identity_secret" in told.json["detail"]) == (401, True)
    with gateway(tmp_path, **sites) as client:
        again = Page(client)
        again.token = page.token
        assert again.say("x", "1").status == 202


@pytest.mark.parametrize(
    "who",
    [
        {"identity": unsigned({"user_id": "42", "exp": 2**33})},
        {"identity": identity(minutes=-2)},
        {"identity": identity(secret="x" * 40)},
        {"identity": ""},
        {"user_id": "42"},
        {"user_hash": hash_of("42")},
        {"user_id": "42", "user_hash": hash_of("43")},
    ],
)
def test_whom_the_site_does_not_vouch_for_gets_no_session(
    lonely: Client, who: dict[str, str]
) -> None:
    told = Page(lonely).ask("sessions", who)
    assert told.status == 401
    assert "token" not in told.json
    assert told.json["remedy"].startswith("send a JWT that the site's server signed")
    assert "of ours" not in told.json["detail"]


def test_a_user_is_the_same_on_every_device(served: Client) -> None:
    phone, laptop = Page(served), Page(served)
    assert phone.begin(identity=identity("7"))["verified"] is True
    assert laptop.begin(user_id="7", user_hash=hash_of("7"))["verified"] is True
    customer = written(served, phone, "from the phone")
    assert written(served, laptop, "from the laptop") == customer
    assert own(laptop.begin(identity=identity("7"))) == ["from the phone", "from the laptop"]
    assert Page(served).begin(identity=identity("8"))["messages"] == []


def test_what_the_crm_calls_the_user_is_whose_it_is(served: Client) -> None:
    ids = {"type": "customer", "customer_id": "cora", "handles": {"chat_widget": ["user:9"]}}
    assert served.post("/api/v1/contacts", ids).status == 202
    page = Page(served)
    page.begin(identity=identity("9"))
    assert written(served, page, "It is me") == "cora"


def test_what_the_site_says_of_a_user_is_known_at_the_desk(served: Client) -> None:
    page = Page(served)
    page.begin(identity=identity("10", name="Dora", email="dora@shop.example"))
    customer = written(served, page, "Hello from Dora")
    sql = "SELECT name, email FROM v1_customers WHERE customer_id = ? AND name IS NOT NULL"
    (row,) = until(lambda: rows(served, sql, customer), PATIENCE, "the name")
    assert row == {"name": "Dora", "email": "dora@shop.example"}

    def told() -> int:
        with a_desk(served.settings.data) as desk:
            found = desk.events(customer=customer, type="CustomerDescribed")
            return len(list(found))

    before = told()
    page.begin(identity=identity("10", name="Dora", email="dora@shop.example"))
    assert told() == before  # nothing of it is new


def test_an_address_that_is_somebody_s_stays_theirs(served: Client) -> None:
    crm = {"type": "customer", "customer_id": "eve", "email": "eve@shop.example"}
    assert served.post("/api/v1/contacts", crm).status == 202
    page = Page(served)
    page.begin(identity=identity("11", email="eve@shop.example"))
    written(served, page, "Am I Eve?")
    with a_desk(served.settings.data) as desk:
        assert desk.intake.resolver.customer_of("email", "eve@shop.example") == "eve"


def test_a_visitor_who_signs_in_takes_what_they_wrote_along(served: Client) -> None:
    page = Page(served)
    page.begin()
    visitor = written(served, page, "Before I sign in")
    told = page.begin(identity=identity("12"))
    assert own(told) == ["Before I sign in"]
    customer = written(served, page, "After I signed in")
    assert customer != visitor
    sql = "SELECT merged_into FROM v1_customers WHERE customer_id = ? AND merged_into IS NOT NULL"
    (row,) = until(lambda: rows(served, sql, visitor), PATIENCE, "they are one")
    assert row["merged_into"] == customer
    again = page.begin(identity=identity("12"))
    assert own(again) == ["Before I sign in", "After I signed in"]
    elsewhere = Page(served)
    assert own(elsewhere.begin(identity=identity("12"))) == ["After I signed in"]


def test_two_whom_the_site_knows_are_never_made_one(served: Client) -> None:
    page = Page(served)
    page.begin()
    before = page.token
    written(served, page, "A shared computer")
    page.begin(identity=identity("13"))
    first = written(served, page, "I am thirteen")
    page.token = before  # somebody else signs in where the visitor's session was kept
    told = page.begin(identity=identity("14"))
    assert told["messages"] == []
    second = written(served, page, "I am fourteen")
    assert first != second
    sql = "SELECT merged_into FROM v1_customers WHERE customer_id IN (?, ?)"
    assert {one["merged_into"] for one in rows(served, sql, first, second)} == {None}


def test_a_visitor_who_was_linked_to_somebody_stays_theirs(served: Client) -> None:
    page = Page(served)
    page.begin()
    contact = page.say("Gil here", "1").json["id"]
    handle = served.get(f"/api/v1/records/{contact}").json["event"]["handle"]
    crm = {"type": "customer", "customer_id": "gil", "handles": {"chat_widget": [handle]}}
    assert served.post("/api/v1/contacts?wait=30s", crm).status == 202
    assert page.begin(identity=identity("16"))["messages"] == []
    with a_desk(served.settings.data) as desk:
        assert desk.intake.resolver.customer_of("chat_widget", handle) == "gil"


def test_a_visitor_of_whom_the_desk_knows_more_is_not_made_another(served: Client) -> None:
    page = Page(served)
    page.begin()
    visitor = written(served, page, "You know me by now")
    crm = {"type": "customer", "customer_id": visitor, "name": "Fay", "phone": "+49301234"}
    assert served.post("/api/v1/contacts?wait=30s", crm).status == 202
    sql = "SELECT name FROM v1_customers WHERE customer_id = ? AND name = 'Fay'"
    until(lambda: rows(served, sql, visitor), PATIENCE, "the name")
    assert page.begin(identity=identity("15"))["messages"] == []
    assert written(served, page, "Now I am fifteen") != visitor


def test_where_the_site_must_vouch_nobody_else_is_let_in(tmp_path: Path) -> None:
    with gateway(tmp_path, **FLAGS) as client:
        before = Page(client)
        before.begin()
    with gateway(tmp_path, **FLAGS, channels__chat_widget__enforce="on") as client:
        assert Page(client).ask("sessions", {}).status == 403
        late = Page(client)
        late.token = before.token
        assert late.say("x", "1").status == 403
        assert late.ask("sessions", {"token": before.token}).status == 403
        told = client.get("/channels/chat/stream", Authorization=f"Bearer {before.token}")
        assert told.status == 403
        known = Page(client)
        known.begin(identity=identity())
        assert known.say("x", "1").status == 202


def test_the_secret_is_in_no_answer(lonely: Client) -> None:
    told = Page(lonely).ask("sessions", {"identity": identity()})
    assert SECRET.encode() not in told.body
    assert b"customer" not in told.body
