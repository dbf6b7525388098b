"""An audit of a ticket: a stranger checks it with one script, and every alteration is named."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.audits import Differing, audit, key_of, public_of, records_of, unsealed
from streams.errors import NotFound
from tests.embedded import open_in, take
from tests.sealed import CONTACTS, by_hand, contact

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs/how-to/check_audit.py"
KEY = "0f" * 32
PUBLIC = public_of(key_of(KEY))

Audit = dict[str, Any]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two customers write in turn; all but the last message is sealed, in three rounds."""
    folder = tmp_path_factory.mktemp("audited")
    with open_in(folder) as desk:
        for number in range(3):
            take(desk, [contact(number), contact(number, "bob")])
            desk.seal()
        take(desk, [contact(9)])
    return folder


@pytest.fixture(scope="module")
def ticket(store: Path) -> str:
    with open_in(store) as desk:
        return str(
            desk.query("SELECT ticket_id FROM v1_tickets WHERE customer_id = 'ann'")[0]["ticket_id"]
        )


@pytest.fixture(scope="module")
def made(store: Path, ticket: str) -> str:
    with open_in(store) as desk:
        return json.dumps(audit(desk, ticket, text=True, key=key_of(KEY)))


@pytest.fixture
def good(made: str) -> Audit:
    """An audit that may be altered."""
    document: Audit = json.loads(made)
    return document


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., tuple[int, list[str]]]:
    """Has a stranger check an audit: the status, and what was said."""

    def check(document: Audit, key: str = PUBLIC) -> tuple[int, list[str]]:
        path = tmp_path / "audit.json"
        path.write_text(json.dumps(document))
        done = subprocess.run(
            [sys.executable, "-I", str(SCRIPT), str(path), key],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, done.stdout.splitlines()

    return check


Check = Callable[..., tuple[int, list[str]]]


def test_a_good_audit_is_good(good: Audit, checked: Check) -> None:
    assert checked(good) == (0, ["good"])


def test_the_script_has_fifty_lines_and_needs_nothing_but_python_and_pynacl() -> None:
    text = SCRIPT.read_text()
    assert len(text.splitlines()) <= 50
    imported = {line.split()[1].split(".")[0] for line in text.splitlines() if "import " in line}
    assert imported - {"nacl"} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("part", ["signed", "signature", "records", "stretches"])
def test_a_part_that_is_missing_is_said_and_no_crash(
    good: Audit, checked: Check, part: str
) -> None:
    del good[part]
    (status, (told,)) = checked(good)
    assert status == 1
    assert f"this is no audit, or a part of it is not there (KeyError('{part}'))" in told


def test_a_record_that_lacks_its_place_is_said_and_no_crash(good: Audit, checked: Check) -> None:
    del good["records"][0]["where"]
    assert checked(good)[0] == 1
    assert checked([])[0] == 1


def test_it_has_what_names_the_ticket_and_what_led_to_that(store: Path, ticket: str) -> None:
    with open_in(store) as desk:
        entries = records_of(desk, ticket)
        everything = {entry.id: entry for entry in desk.log.scan()}
    kinds = [entry.record().type for entry in entries]
    assert kinds.count("ContactReceived") == 4
    assert {"MessageUnderstood", "TicketOpened", "MessageAdded"} <= set(kinds)
    assert {entry.key for entry in entries if entry.topic == CONTACTS} == {"ann"}
    for entry in entries:
        cause = entry.record().cause
        assert cause is None or cause in {one.id for one in entries} & everything.keys()


def test_it_says_how_much_no_seal_holds_yet(good: Audit) -> None:
    assert 0 < unsealed(good) < len(good["records"]) / 2


def test_a_stranger_reads_in_it_what_happened(good: Audit) -> None:
    first = good["records"][0]
    assert first["event"]["message"] == "Hello 0"
    assert b"Hello 0" in b64decode(first["value"])


def _record(document: Audit, kind: str) -> Audit:
    return next(one for one in document["records"] if f'"ce_type":"{kind}"' in one["headers"])


def _value(document: Audit) -> str:
    one = _record(document, "ContactReceived")
    one["value"] = b64encode(b64decode(one["value"]).replace(b"Hello", b"Hullo")).decode()
    return f"records {one['where']}: its bytes are not those that were sealed"


def _headers(document: Audit) -> str:
    one = _record(document, "TicketOpened")
    one["headers"] = one["headers"].replace("lifecycle", "bob")
    return f"records {one['where']}: its bytes are not those that were sealed"


def _event(document: Audit) -> str:
    one = _record(document, "ContactReceived")
    one["event"]["message"] = "I like it here"
    return f"records {one['where']}: not as it was signed"


def _cause(document: Audit) -> str:
    one = _record(document, "TicketOpened")
    one["cause"] = "another"
    return f"records {one['where']}: not as it was signed"


def _removed(document: Audit) -> str:
    one = document["records"].pop(3)
    return f"records {one['where']}: not as it was signed"


def _added(document: Audit) -> str:
    one = {**document["records"][0], "where": f"{CONTACTS}/0/77"}
    document["records"].append(one)
    return f"records {CONTACTS}/0/77: not as it was signed"


def _forged_before(document: Audit) -> str:
    one = _record(document, "ContactReceived")
    forged = {**one, "event": {**one["event"], "message": "I like it here"}}
    document["records"].insert(0, forged)
    return f"records {one['where']}: not as it was signed"


def _doubled(document: Audit) -> str:
    one = document["records"][3]
    document["records"].append(one)
    return f"records {one['where']}: not as it was signed"


def _swapped(document: Audit) -> str:
    one, two = document["records"][:2]
    one["value"], two["value"] = two["value"], one["value"]
    return f"records {one['where']}: its bytes are not those that were sealed"


def _stretch(document: Audit) -> str:
    one = document["stretches"][0]
    one["hashes"][0][1] = "00" * 32
    return f"stretches {one['where']}: its records do not lead to its seal"


def _stretch_removed(document: Audit) -> str:
    one = document["stretches"].pop()
    return f"stretches {one['where']}: not as it was signed"


def _digest(document: Audit) -> str:
    one = document["stretches"][0]
    one["after"] = "00" * 32
    return f"stretches {one['where']}: its records do not lead to its seal"


def _signed(document: Audit) -> str:
    document["signed"]["ticket"] = "TICK_OTHER"
    return "signature: this key did not sign what stands under `signed`"


def _signature(document: Audit) -> str:
    document["signature"] = "00" * 64
    return "signature: this key did not sign what stands under `signed`"


ALTERATIONS = [
    _value,
    _headers,
    _event,
    _cause,
    _removed,
    _added,
    _forged_before,
    _doubled,
    _swapped,
    _stretch,
    _stretch_removed,
    _digest,
    _signed,
    _signature,
]


@pytest.mark.parametrize("alter", ALTERATIONS, ids=lambda one: one.__name__)
def test_every_alteration_is_named(
    alter: Callable[[Audit], str], good: Audit, checked: Check
) -> None:
    expected = alter(good)
    status, said = checked(good)
    assert status == 1
    assert expected in said
    assert len(said) <= 5


def test_another_key_has_not_signed_it(good: Audit, checked: Check) -> None:
    status, said = checked(good, public_of(key_of("0e" * 32)))
    assert (status, len(said)) == (1, 1)


def test_text_may_stay_out_and_the_hashes_still_lead_to_the_seals(
    store: Path, ticket: str, checked: Check
) -> None:
    with open_in(store) as desk:
        document = audit(desk, ticket, text=False, key=key_of(KEY))
    assert checked(document) == (0, ["good"])
    text = json.dumps(document)
    assert "Hello" not in text
    assert b64encode(b"Hello")[:6].decode() not in text
    one = _record(document, "ContactReceived")
    assert one["value"] is None
    assert one["event"]["message"] is None
    assert _record(document, "PriorityChosen")["value"] is not None
    one["value_sha256"] = "00" * 32
    status, said = checked(document)
    assert (status, len(said)) == (1, 2)


def test_of_a_log_that_was_changed_there_is_no_audit(tmp_path: Path) -> None:
    with open_in(tmp_path) as desk:
        take(desk, [contact(1), contact(2)])
        desk.seal()
        ticket = desk.query("SELECT ticket_id FROM v1_tickets")[0]["ticket_id"]
        with by_hand(tmp_path) as database:
            database.execute(
                "UPDATE log SET headers = replace(headers, 'lifecycle', 'bob')"
                " WHERE topic = 'support.tickets.v1' AND offset = 1"
            )
        with pytest.raises(Differing, match="not as they were sealed"):
            audit(desk, ticket, text=True, key=key_of(KEY))


def test_a_ticket_that_there_is_not_is_not_found(store: Path) -> None:
    with open_in(store) as desk, pytest.raises(NotFound, match="no ticket TICK_X"):
        audit(desk, "TICK_X", text=True, key=key_of(KEY))


def test_a_store_makes_its_own_key_once_and_the_settings_go_before_it(store: Path) -> None:
    with open_in(store) as desk:
        own = desk.signing_key()
        assert len(bytes.fromhex(own)) == 32
    with open_in(store) as desk:
        assert desk.signing_key() == own
        given = desk.settings.audit.model_copy(update={"signing_key": KEY})
        desk.settings = desk.settings.model_copy(update={"audit": given})
        assert desk.signing_key() == KEY
