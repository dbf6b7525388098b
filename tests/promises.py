"""What the contract's tables promise and the program does not keep yet, by the issue to bring it.

A pattern means one fact of a table, or, with a star at its end, all facts that begin so. What is
listed here and is there fails `tests/contract`, as does what is neither here nor there.
"""

from __future__ import annotations

LATER = "an issue that is not written yet"

OWED: dict[str, dict[str, tuple[str, ...]]] = {
    LATER: {
        "commands": ("privacy *",),
        "events": (
            "CustomerErased is written",
            "PersonSignedIn is written",
            "QueryRun is written",
        ),
    },
}
