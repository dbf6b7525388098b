"""How a user's projection stands: what its table was folded by, and what it stopped at.

It is noted in the store, beside the rows, and is the same on both engines.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from streams.errors import Misconfigured
from streams.own.loading import load
from streams.own.table import Own, Unfoldable
from streams.store import Executor

_PREFIX = "own."

_BEHIND = """
SELECT sum(ends - stood) FROM (
    SELECT max(end_position) AS ends,
           max(CASE WHEN projection = ? THEN position ELSE 0 END) AS stood
    FROM read_positions WHERE projection IN ('tables', ?) AND topic = ? GROUP BY partition
) AS places
"""
"""How many records a projection has not read of those that it or our tables have seen."""

How = Literal["new", "running", "stopped", "mended", "changed"]


class Store(Executor, Protocol):
    """A connection to either engine's store."""

    def meta(self, name: str) -> str | None:
        """A named value of the store, if it is set."""
        ...

    def set_meta(self, name: str, value: str) -> None:
        """Set a named value of the store."""
        ...


class Fault(msgspec.Struct, frozen=True):
    """What a projection stopped at.

    Attributes:
        record_id: The record that it could not fold.
        place: Where that lies.
        error: Why not.
    """

    record_id: str
    place: str
    error: str


class Standing(msgspec.Struct, frozen=True):
    """What is noted of a projection.

    Attributes:
        digest: Of the file that its rows were folded by.
        layout: Of its columns.
        fault: What it stopped at, if it did.
    """

    digest: str
    layout: str
    fault: Fault | None = None


_decoder = msgspec.json.Decoder(Standing)


def standing_of(store: Store, own: Own) -> Standing | None:
    """What is noted of a projection; None of one that was never seen."""
    text = store.meta(_PREFIX + own.name)
    return None if text is None else _decoder.decode(text)


def note(store: Store, own: Own, fault: Unfoldable | None = None) -> None:
    """Note that a projection is folded by this file, or what it stopped at; in a transaction."""
    stopped = None if fault is None else Fault(fault.record.id, fault.place, fault.why)
    standing = Standing(own.digest, own.layout, stopped)
    store.set_meta(_PREFIX + own.name, msgspec.json.encode(standing).decode())


def how(own: Own, standing: Standing | None) -> How:
    """How a projection stands beside the file that is there now.

    A file that changed is another fold: its rows would be of two folds at once, so that it stands
    still until it is rebuilt. Only one that stopped goes on by the file that was mended for it.
    """
    if standing is None:
        return "new"
    if standing.layout != own.layout:
        return "changed"
    if standing.digest != own.digest:
        return "changed" if standing.fault is None else "mended"
    return "running" if standing.fault is None else "stopped"


def states(store: Store, files: list[str]) -> list[dict[str, Any]]:
    """How each projection of the settings stands, as `status` shows it.

    Returns:
        `projection`, `file`, `state`, `behind` (records that it has not read yet), `record`,
        `error` and `remedy`; one row without a name where the files cannot be read.
    """
    try:
        found = load(files)
    except Misconfigured as error:
        empty = {"projection": None, "file": ", ".join(files), "state": "unreadable"}
        return [{**empty, "behind": None, "record": None, **_says(error.what, error.remedy)}]
    return [_state(store, one) for one in found]


def _state(store: Store, own: Own) -> dict[str, Any]:
    standing = standing_of(store, own)
    state = how(own, standing)
    fault = None if standing is None else standing.fault
    (behind,) = store.execute(_BEHIND, (own.name, own.name, own.table.topic)).fetchone()
    says = _says(None, None)
    if state == "changed":
        says = _says(
            f"{own.file} has changed since the table was folded; it stands still",
            f"run `pactdesk rebuild {own.name}`",
        )
    elif fault is not None:
        says = _says(
            fault.error, f"mend {own.file} and start again, or run `pactdesk rebuild {own.name}`"
        )
    return {
        "projection": own.name,
        "file": str(own.file),
        "state": state,
        "behind": None if behind is None else int(behind),
        "record": None if fault is None else f"{fault.place} ({fault.record_id})",
        **says,
    }


def _says(error: str | None, remedy: str | None) -> dict[str, str | None]:
    return {"error": error, "remedy": remedy}
