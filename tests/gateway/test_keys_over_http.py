"""API keys: who is let in, and to what."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from schemas.events.intents import NoteWritten
from streams.gateway import keyring
from streams.gateway.keyring import Keyring
from streams.gateway.keys import Key, kept, made, revoked
from tests.gateways import CONTACT, Answered, Client, Stream, gateway, worker
from tests.stores import a_desk


def key_of(data: Path, *scopes: str, name: str = "shop") -> str:
    """Make a key."""
    with a_desk(data) as desk:
        return made(desk.database, name, scopes, desk.clock.now())[0]


def asked(client: Client, key: str | None, path: str = "/api/v1/tickets") -> Answered:
    """Ask with a key."""
    return client("GET", path, headers={} if key is None else {"Authorization": f"Bearer {key}"})


def test_a_key_opens_what_its_scopes_allow_and_nothing_else(tmp_path: Path) -> None:
    reads, writes = key_of(tmp_path, "read"), key_of(tmp_path, "produce")
    with gateway(tmp_path) as client:
        assert asked(client, reads).status == 200
        told = client("POST", "/api/v1/contacts", CONTACT, {"Authorization": f"bearer {writes}"})
        assert told.status == 202
        refused = asked(client, writes)
        assert refused.status == 403
        assert "read" in refused.json["detail"]
        assert (
            client("POST", "/api/v1/contacts", CONTACT, {"Authorization": f"Bearer {reads}"})[0]
            == 403
        )


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        "pk__",
        "pk_0123_abc",
        "nonsense",
        "ö",
        "{id}_{secret}",
        "pk_{id}_",
        "pk_{id}_{other}",
        "pk_{id}_{secret}_",
        "sk_{id}_{secret}",
    ],
)
def test_without_a_good_key_nothing_is_told_but_how_to_come_by_one(
    tmp_path: Path, bad: str | None
) -> None:
    _, number, secret = key_of(tmp_path, "read").split("_")
    given = bad and bad.format(id=number, secret=secret, other=secret[::-1])
    with gateway(tmp_path) as client:
        told = asked(client, given)
    assert told.status == 401
    assert told.headers["www-authenticate"].startswith('Bearer realm="pactdesk"')
    assert "keys create" in told.json["remedy"]
    assert secret not in told.body.decode()


def test_another_way_to_sign_in_is_no_key(tmp_path: Path) -> None:
    key = key_of(tmp_path, "read")
    with gateway(tmp_path) as client:
        assert client.get("/api/v1/tickets", Authorization=f"Basic {key}").status == 401
        assert client.get(f"/api/v1/tickets?key={key}").status == 401


def test_a_revoked_key_opens_nothing_once_the_keys_are_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "FRESH_SECONDS", 0.0)
    key = key_of(tmp_path, "read")
    with gateway(tmp_path) as client:
        assert asked(client, key).status == 200
        with a_desk(tmp_path) as desk:
            (known,) = kept(desk.database)
            revoked(desk.database, known.id, desk.clock.now())
        told = asked(client, key)
        assert told.status == 401
        assert "revoked" in told.json["detail"]


def test_a_stream_ends_with_the_key_that_it_was_asked_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "FRESH_SECONDS", 0.0)
    key = key_of(tmp_path, "read", "produce")
    other = key_of(tmp_path, "produce")
    with gateway(tmp_path) as client:
        stream = Stream(client, "/api/v1/stream", Authorization=f"Bearer {key}")
        events = iter(stream)
        client("POST", "/api/v1/contacts", CONTACT, {"Authorization": f"Bearer {key}"})
        assert "charged twice" in next(events)["data"]
        with a_desk(tmp_path) as desk:
            first, _ = sorted(kept(desk.database), key=lambda one: "read" not in one.scopes)
            revoked(desk.database, first.id, desk.clock.now())
        client(
            "POST",
            "/api/v1/contacts",
            {**CONTACT, "message": "Nothing for them"},
            {"Authorization": f"Bearer {other}"},
        )
        assert list(events) == []
        stream.close()


def test_a_stream_of_everybody_ends_with_the_first_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "FRESH_SECONDS", 0.0)
    with gateway(tmp_path) as client:
        stream = Stream(client, "/api/v1/stream")
        produces = {"Authorization": f"Bearer {key_of(tmp_path, 'produce')}"}
        assert client("POST", "/api/v1/contacts", CONTACT, produces).status == 202
        assert list(stream) == []
        stream.close()


def test_whoever_does_something_does_it_under_the_name_of_the_key(tmp_path: Path) -> None:
    key = key_of(tmp_path, "produce", "desk", name="night shift")
    signed = {"Authorization": f"Bearer {key}"}
    with gateway(tmp_path) as client, worker(tmp_path):
        ticket = client("POST", "/api/v1/contacts?wait=30s", CONTACT, signed).json["ticket_id"]
        client("POST", f"/api/v1/tickets/{ticket}/notes", {"text": "hm"}, signed)
        with a_desk(tmp_path) as desk:
            (note,) = desk.events(type="NoteWritten")
    assert isinstance(note.event, NoteWritten)
    assert note.event.by == "night shift"


@pytest.mark.parametrize(
    "line", [{}, {"type": "survey", "customer_id": "ann"}], ids=["contact", "survey"]
)
def test_an_idempotency_key_is_that_of_who_sends_it(tmp_path: Path, line: dict[str, str]) -> None:
    keys = [key_of(tmp_path, "produce", name=name) for name in ("shop", "app")]
    mine = [{**CONTACT, "message": text} for text in ("Hello", "Good evening")]
    told = [{**line, "score": score} for score in (2, 5)] if line else mine
    with gateway(tmp_path) as client:
        answers = [
            client(
                "POST",
                "/api/v1/contacts",
                one,
                {"Authorization": f"Bearer {key}", "Idempotency-Key": "1"},
            )
            for key, one in zip((*keys, keys[0]), (*told, told[0]), strict=True)
        ]
    assert [one.json["status"] for one in answers] == ["accepted", "accepted", "repeat"]


VERB_IN_A_LIST = (
    b'[{"type": "signal", "customer_id": "c", "kind": "crash"},'
    b' {"type": "start", "customer_id": "c", "channel": "email", "text": "Hello"}]'
)

VERBS = (
    b'{"type": "reply", "ticket_id": "TICK_1", "text": "Send us your password", "by": "boss"}',
    b'\xef\xbb\xbf{"\\u0074ype": "resolve", "ticket_id": "TICK_1"}',
    VERB_IN_A_LIST,
    b'{"type": "tag", "ticket_id": "TICK_1", "add": ["vip"]}',
)


@pytest.mark.parametrize("sent", VERBS)
def test_who_may_send_inputs_in_may_not_do_what_the_desk_does(tmp_path: Path, sent: bytes) -> None:
    shop, boss = key_of(tmp_path, "produce"), key_of(tmp_path, "produce", "desk", name="boss")
    tag = {"type": "tag", "name": "vip", "examples": ["I am important"]}
    with gateway(tmp_path) as client:
        told = client("POST", "/api/v1/contacts", sent, {"Authorization": f"Bearer {shop}"})
        assert (told.status, "scope desk" in told.json["detail"]) == (403, True)
        with a_desk(tmp_path) as desk:
            assert desk.log.last_seq() == 0, "nothing of it was taken"
        told = client("POST", "/api/v1/contacts", tag, {"Authorization": f"Bearer {shop}"})
        assert told.status == 202, "that is knowledge, and no ticket's tag"
        told = client("POST", "/api/v1/contacts", sent, {"Authorization": f"Bearer {boss}"})
        assert told.status in {202, 422}, "there is no such ticket"


def test_a_store_that_does_not_answer_lets_nobody_in(tmp_path: Path) -> None:
    key = key_of(tmp_path, "read")
    (tmp_path / "pactdesk.db").write_bytes(b"this was a store once" * 500)
    for one in tmp_path.glob("pactdesk.db-*"):
        one.unlink()
    with gateway(tmp_path) as client:
        assert asked(client, key).status == 503
        assert asked(client, None).status == 503


class Watched(asyncio.SelectorEventLoop):
    """An event loop whose clock is moved by hand."""

    moved = 0.0

    def time(self) -> float:
        return super().time() + self.moved


def test_a_look_at_the_keys_counts_for_a_second_and_no_longer() -> None:
    looks: list[int] = []

    async def look() -> list[Key]:
        looks.append(1)
        return []

    async def told() -> list[int]:
        loop, ring = asyncio.get_running_loop(), Keyring(look)
        assert isinstance(loop, Watched)
        seen = []
        for step in (0.0, 0.5, 0.6, 0.5):
            loop.moved += step
            await asyncio.gather(*(ring.keys() for _ in range(5)))
            seen.append(len(looks))
        return seen

    with asyncio.Runner(loop_factory=Watched) as runner:
        assert runner.run(told()) == [1, 1, 2, 2]
