"""The columns of the history as they are committed: `python -m tests.columns` adds what is new."""

from __future__ import annotations

from pathlib import Path

from schemas.events import EVENTS
from streams.history.columns import RECORD_COLUMNS, columns_of, sql_of

FILE = Path(__file__).parent / "history" / "columns.txt"


def there() -> list[str]:
    """A line for every column that there is, those of the record once."""
    lines = [f"record.{one.name} {sql_of(one.type)}" for one in RECORD_COLUMNS]
    for name, kind in EVENTS.items():
        own = list(columns_of(kind))[len(RECORD_COLUMNS) :]
        lines += [f"{name}.{one.name} {sql_of(one.type)}" for one in own]
    return lines


def promised() -> list[str]:
    """A line for every column that is committed."""
    return FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []


def added() -> list[str]:
    """What is committed, with what is new behind it.

    Raises:
        ValueError: Something that is committed is no longer there.
    """
    now, before = there(), promised()
    gone = [line for line in before if line not in now]
    if gone:
        raise ValueError(f"{gone} are no longer there: a column is for ever")
    return [*before, *(line for line in now if line not in before)]


def write() -> None:
    """Commit what is new."""
    FILE.write_text("\n".join(added()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
