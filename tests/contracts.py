"""The contract's tables, and how the program is held to them.

What a table promises and what the program has are both told as sets of short facts, such as
`events --topic: text`. Then one comparison serves every table.
"""

from __future__ import annotations

import tomllib
from typing import Any

from tests.documents import ROOT
from tests.promises import OWED

CONTRACT = ROOT / "docs" / "reference" / "contract"


def contract(name: str) -> dict[str, Any]:
    """One of the contract's tables, by its name."""
    return tomllib.loads((CONTRACT / f"{name}.toml").read_text("utf-8"))


def owed_by(name: str) -> dict[str, str]:
    """What a table promises and the program still owes, by pattern, with the issue it waits for."""
    return {pattern: issue for issue, tables in OWED.items() for pattern in tables.get(name, ())}


def fits(fact: str, pattern: str) -> bool:
    """Whether a pattern means a fact: all of it, or its beginning where it ends in a star."""
    return fact.startswith(pattern[:-1]) if pattern.endswith("*") else fact == pattern


def faults(name: str, promised: set[str], there: set[str]) -> list[str]:
    """Where a table and the program part ways, in words; nothing where they do not.

    Args:
        name: The table.
        promised: What it says.
        there: What the program has.
    """
    owed = owed_by(name)
    found = [f"{fact}: there, and not in the table" for fact in sorted(there - promised)]
    found += [
        f"{fact}: promised, not there, and no issue is to bring it"
        for fact in sorted(promised - there)
        if not any(fits(fact, pattern) for pattern in owed)
    ]
    for pattern, issue in owed.items():
        meant = {fact for fact in promised if fits(fact, pattern)}
        if not meant:
            found.append(f"{pattern}: listed under {issue}, and no table promises it")
        kept = sorted(meant & there)
        found += [f"{fact}: kept, and still listed under {issue}" for fact in kept]
    return found
