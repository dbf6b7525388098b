"""Names that take many bytes, as they do in many scripts, are names like all others."""

from __future__ import annotations

from pathlib import Path

from tests.desks import story

GAS = {
    "type": "category",
    "name": "गैस रिसाव और बिजली की आपातकालीन समस्याएँ",
    "priority": "critical",
    "team": "safety",
    "examples": [
        "gas leak at home", "I smell gas", "gas smell in the kitchen", "a pipe is leaking gas",
        "the gas alarm rings",
    ],
}  # fmt: skip
BILLS = {
    "type": "category",
    "name": "bills",
    "examples": [
        "my bill is wrong", "copy of the bill", "pay the bill", "the bill is too high",
        "when is the bill due",
    ],
}  # fmt: skip


def test_a_category_of_a_long_name_has_its_priority_and_its_team(tmp_path: Path) -> None:
    with story(tmp_path) as here:
        here.give(GAS, BILLS)
        here.write("I smell gas in my kitchen")
        assert here.row("category, priority, team, status") == (
            GAS["name"], "critical", "safety", "escalated",
        )  # fmt: skip
