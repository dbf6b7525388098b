"""What a user may write in a file of projections, word for word; no desk is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.events.contacts import ContactReceived, CustomerDescribed
from streams.errors import Misconfigured
from streams.own.loading import load
from streams.own.standing import states
from streams.own.table import Own, Unfoldable
from tests.embedded import record_of
from tests.owned import THANKS, written

LETTER = record_of(
    ContactReceived(channel="email", customer_id="ann", message="Hi", provider_id="m", handle=None)
)
OTHER = record_of(CustomerDescribed(customer_id="ann"))

HOLDS = """
from pactdesk.projections import Json, Projection, Row

class Held(Row):
    customer_id: str
    value: {kind}

held = Projection(
    "held", ["ContactReceived"], Held, lambda row, record: Held("ann", {value}), "customer_id"
)
"""


def only(folder: Path, text: str) -> Own:
    """The one projection of a file."""
    (own,) = load([str(written(folder, text))])
    return own


def keyed(folder: Path, key: str) -> Own:
    """The projection that counts letters, by another key."""
    return only(folder, THANKS.replace('key="customer_id"', f"key={key}"))


def folded(own: Own) -> Any:  # Any: a row of a user's own
    """The first row of a customer."""
    return own.table.evolve(None, LETTER, "ann")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "1"), ("int", "2**63 - 1"), ("int", "1 - 2**63"), ("float", "0.5"),
        ("float", "1"), ("bool", "True"), ("str", "'x'"), ("str", "Json('[]')"),
        ("Json", "Json('[]')"), ("str | None", "None"), ("int | None", "0"),
    ],
)  # fmt: skip
def test_a_column_takes_what_both_databases_can_hold(kind: str, value: str, tmp_path: Path) -> None:
    row = folded(only(tmp_path, HOLDS.format(kind=kind, value=value)))
    assert row.value == eval(value, {"Json": str})  # noqa: S307 - written above


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "True"), ("int", "2**63"), ("int", "-2**63"), ("int", "0.5"), ("int", "None"),
        ("float", "float('inf')"), ("float", "float('nan')"), ("float", "2**63"),
        ("float", "True"), ("bool", "1"), ("bool", "0.0"), ("str", "'\\ud800'"), ("str", "b'x'"),
        ("str", "1"), ("Json", "'[]'"), ("Json", "Json('\\ud800')"),
    ],
)  # fmt: skip
def test_a_column_takes_nothing_else(kind: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(Unfoldable) as told:
        folded(only(tmp_path, HOLDS.format(kind=kind, value=value)))
    assert told.value.record is LETTER
    assert told.value.why.startswith("its evolve gave ")
    assert told.value.why.endswith(f" for value: {kind}")
    assert str(told.value) == told.value.why


def test_a_row_that_stays_as_it_was_is_taken_as_it_is(tmp_path: Path) -> None:
    own = only(tmp_path, THANKS.replace("    return replace", "    return row or replace"))
    row = own.table.row("ann", 7)
    assert own.table.evolve(row, LETTER, "ben") is row


def test_a_key_may_be_a_function_that_names_a_row_or_none(tmp_path: Path) -> None:
    own = keyed(tmp_path, "lambda record: record.event.customer_id.upper()")
    assert own.table.keys(LETTER) == ("ANN",)
    assert own.table.keys(OTHER) == ()
    assert keyed(tmp_path, "lambda record: None").table.keys(LETTER) == ()


def test_a_field_that_is_empty_names_no_row(tmp_path: Path) -> None:
    own = keyed(tmp_path, '"handle"')
    assert own.table.keys(LETTER) == ()
    assert own.table.keys(OTHER) == ()
    assert keyed(tmp_path, '"message"').table.keys(LETTER) == ("Hi",)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("lambda record: 7", "its key gave 7, which is no text"),
        ("lambda record: {}['x']", "its key raised KeyError: 'x'"),
        ("lambda record: next(iter(()))", "its key raised StopIteration"),
        ("lambda record: int('a\\n b')", "its key raised ValueError: invalid literal for int()"),
    ],
)
def test_a_key_that_is_none_stops_at_its_record(key: str, why: str, tmp_path: Path) -> None:
    own = keyed(tmp_path, key)
    assert own.table.keys(OTHER) == ()
    with pytest.raises(Unfoldable) as told:
        own.table.keys(LETTER)
    assert told.value.why.startswith(why)
    assert told.value.place == f"{LETTER.topic}/{LETTER.partition}/{LETTER.offset}"


@pytest.mark.parametrize("name", ["a", "a1", "a_b", "x" * 40])
def test_a_name_is_of_small_letters_and_digits(name: str, tmp_path: Path) -> None:
    own = only(tmp_path, THANKS.replace('"letters"', f'"{name}"'))
    assert (own.name, own.view, own.table.sql_name) == (name, f"own_{name}", f"o_{name}")
    assert own.create_view == (
        f"CREATE VIEW own_{name} AS SELECT customer_id, letters FROM o_{name}"
    )


WRONG = {
    **{f"the name {name}": ('"letters"', f'"{name}"', "is not up to 40 small letters")
       for name in ("", "A", "1a", "_a", "a_", "a__b", "a-b", "x" * 41)},
    "a number among the events": ('["ContactReceived"]', '["ContactReceived", 3]', "no event 3"),
    "no event": ('["ContactReceived"]', "[]", "are no list of names"),
    "a set of events": ('["ContactReceived"]', '{"ContactReceived"}', "are no list of names"),
    "the base for a row": (", Letters, evolve", ", Row, evolve", "its row is no class"),
    "a row of its own for a row": (
        ", Letters, evolve", ', Letters("ann"), evolve', "its row is no class",
    ),
    "a row without a field": (
        "    customer_id: str\n    letters: int = 0", "    pass", "its row has no field",
    ),
    "a large letter in a column": ("letters: int", "Letters: int", "cannot be the name"),
    "a long column": ("letters: int", f"{'x' * 61}: int", "cannot be the name"),
    "a number for a view": (', key="customer_id"', ", key='thread', view=3", "its view is no text"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_one_is_told_with_the_file_and_the_projection(
    what: str, tmp_path: Path
) -> None:
    old, new, says = WRONG[what]
    assert old in THANKS
    file = written(tmp_path, THANKS.replace(old, new))
    with pytest.raises(Misconfigured) as told:
        load([str(file)])
    assert told.value.what.startswith(f"{file}, projection ")
    assert says in told.value.what
    assert told.value.remedy == "see docs/how-to/your-own-projection.md"


def test_a_file_is_run_once_for_each_text_of_it(tmp_path: Path) -> None:
    first = only(tmp_path, THANKS)
    assert only(tmp_path, THANKS).table.row is first.table.row
    mended = only(tmp_path, THANKS + "\n")
    assert mended.table.row is not first.table.row
    assert mended.digest != first.digest
    assert mended.layout == first.layout


def test_its_types_may_be_read_late(tmp_path: Path) -> None:
    own = only(tmp_path, "from __future__ import annotations\n" + THANKS)
    assert own.table.types == {"customer_id": str, "letters": int}


def test_a_file_that_somebody_interrupts_ends_the_process_and_is_run_again(tmp_path: Path) -> None:
    once = tmp_path / "once"
    stop = f"from pathlib import Path\nif not Path({str(once)!r}).exists():\n"
    text = f"{stop}    Path({str(once)!r}).touch()\n    raise KeyboardInterrupt\n{THANKS}"
    with pytest.raises(KeyboardInterrupt):
        only(tmp_path, text)
    assert only(tmp_path, text).name == "letters"


def test_files_that_cannot_be_read_are_one_row_that_names_them_all(tmp_path: Path) -> None:
    files = [str(written(tmp_path, THANKS)), str(tmp_path / "gone.py")]
    (row,) = states(None, files)  # type: ignore[arg-type]  # no store is asked
    assert row == {
        "projection": None,
        "file": f"{files[0]}, {files[1]}",
        "state": "unreadable",
        "behind": None,
        "record": None,
        "error": f"{files[1]} (projections.own) cannot be read: No such file or directory",
        "remedy": "name a Python file, from the working directory or whole",
    }
