"""Makes the demo's input from open data: `python training/build_demo.py`.

Reads the open files beside the project (or in `--data DIR`) and writes `streams/demo/data/`.
Deterministic: the same data give the same bytes. `--out DIR` writes elsewhere.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import msgspec  # noqa: E402

from training.corpus import BESIDE, Corpus  # noqa: E402
from training.demo_dialogues import (  # noqa: E402
    Question,
    from_banking77,
    from_multidogo,
    from_star,
    made_up,
)
from training.demo_knowledge import Knowledge  # noqa: E402
from training.demo_people import (  # noqa: E402
    Person,
    customer_line,
    directory,
    pick,
    specialist_line,
)

Row = dict[str, Any]  # JSON

OUT = ROOT / "streams" / "demo" / "data"
HOUR, DAY = 3600, 86_400
LOAD = {0: 1.2, 1: 1.1, 2: 1.0, 3: 1.0, 4: 0.95, 5: 0.4, 6: 0.3}
"""How busy a day is, Monday first."""
HOURS = [1, 1, 1, 1, 1, 2, 4, 9, 16, 22, 24, 20, 15, 19, 23, 20, 17, 14, 10, 8, 6, 4, 3, 2]
"""How busy an hour is."""

STAR_OF_ONE_CUSTOMER = 9
MULTIDOGO = 260
BANKING77 = 610
INCIDENT = 26
"""Questions about one issue within an hour of Monday morning: a surge."""


def main() -> None:
    """Build everything and write it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=BESIDE)
    options.add_argument("--out", type=Path, default=OUT)
    chosen = options.parse_args()
    for name, document in build(Corpus(chosen.data)).items():
        packed = gzip.compress(document, compresslevel=9, mtime=0)
        (chosen.out / f"{name}.json.gz").write_bytes(packed)
        print(f"{name}: {len(document)} bytes, packed {len(packed)}")


def build(corpus: Corpus) -> dict[str, bytes]:
    """The packaged documents by name, not yet compressed."""
    words = tomllib.loads((ROOT / "training" / "demo_words.toml").read_text("utf-8"))
    knowledge = Knowledge(corpus, words)
    people = directory(
        corpus.rows("workload_customers_open"), corpus.rows("workload_truth_identity_open")
    )
    dialogues = sorted(
        _Week(words, knowledge, people).dialogues(), key=lambda d: (d["start"], d["id"])
    )
    team = [specialist_line(one, words["hours"]) for one in words["team"]]
    seniors = [one["specialist_id"] for one in words["team"] if one["senior"]]
    playing = {one["customer"] for one in dialogues}
    customers = [
        customer_line(one, seniors[place % len(seniors)])
        for place, one in enumerate(people)
        if one.row["person"] in playing
    ]
    return {
        "articles": msgspec.json.encode(knowledge.articles),
        "dialogues": msgspec.json.encode(dialogues),
        "world": msgspec.json.encode(
            {"team": team, "customers": customers, "categories": knowledge.categories}
        ),
    }


class _Week:
    """Spreads the dialogues over one week and its people."""

    def __init__(self, words: Row, knowledge: Knowledge, people: list[Person]) -> None:
        self._words = words
        self._knowledge = knowledge
        self._people = list(people)
        self._dice = random.Random("week")
        self._team: dict[str, list[str]] = defaultdict(list)
        for one in words["team"]:
            self._team[one["team"]].append(one["specialist_id"])

    def dialogues(self) -> Iterator[Row]:
        """All dialogues of the week."""
        yield from self._star()
        yield from self._multidogo()
        yield from self._banking()
        yield from self._own()

    def _moment(self, *, staffed: bool = False) -> float:
        """A second of the week, as busy as weeks are; within hours when people answer at once."""
        dice = self._dice
        day = dice.choices(list(LOAD), list(LOAD.values()))[0]
        weights = [w if 8 <= h < 19 or not staffed else 0 for h, w in enumerate(HOURS)]
        return day * DAY + dice.choices(range(24), weights)[0] * HOUR + dice.uniform(0, HOUR)

    def _star(self) -> Iterator[Row]:
        dice = self._dice
        of: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self._knowledge.star, key=lambda row: row["start"]):
            of[row["customer"]].append(row)
        quick = [one for one in self._people if one.quick() and not one.vip]
        busy = Counter(row["human_agent"] for row in self._knowledge.star)
        desk = [one["specialist_id"] for one in self._words["team"]]
        agents = {name: desk[place % len(desk)] for place, name in enumerate(sorted(busy))}
        for customer in sorted(of):
            (person,) = pick(quick, dice, 1)
            self._people.remove(person)
            count = min(STAR_OF_ONE_CUSTOMER, len(of[customer]))
            rows = sorted(dice.sample(of[customer], count), key=lambda row: row["start"])
            moments = self._apart(count)
            for row, moment in zip(rows, moments, strict=True):
                yield from_star(row, person, moment, self._words["customers"], agents, dice)

    def _apart(self, count: int) -> list[float]:
        """Moments of one customer, at least three hours apart."""
        moments: list[float] = []
        while len(moments) < count:
            moment = self._moment(staffed=True)
            if all(abs(moment - other) > 3 * HOUR for other in moments):
                moments.append(moment)
        return sorted(moments)

    def _multidogo(self) -> Iterator[Row]:
        dice, words = self._dice, self._words
        rows = dice.sample(self._knowledge.multidogo, MULTIDOGO)
        able = [one for one in self._people if one.quick()]
        team = {"finance": "accounts", "airline": "travel", "insurance": "insurance"}
        for row, person in zip(rows, pick(able, dice, MULTIDOGO), strict=True):
            self._people.remove(person)
            by = dice.choice(self._team[team[row["domain"]]])
            yield from_multidogo(row, person, self._moment(staffed=True), words, by, dice)

    def _banking(self) -> Iterator[Row]:
        dice, questions = self._dice, self._knowledge.questions
        vips = [one for one in self._people if one.vip]
        others = [one for one in self._people if not one.vip]
        askers = vips + dice.choices(others, k=BANKING77 - len(vips))
        for person in askers:
            intent = dice.choice([name for name in sorted(questions) if len(questions[name]) > 1])
            yield self._question(intent, person, self._moment())
        for person in pick(others, dice, INCIDENT):
            moment = 10 * HOUR + dice.uniform(0, 0.9 * HOUR)
            yield self._question("card_not_working", person, moment)

    def _question(self, intent: str, person: Person, moment: float) -> Row:
        dice = self._dice
        left = self._knowledge.questions[intent]
        (place, text), (_, other) = left.pop(), dice.choice(left)
        by = dice.choice([one["specialist_id"] for one in self._words["team"][:8]])
        asked = Question(place, intent, text, other, self._knowledge.answers.get(intent))
        return from_banking77(asked, person, moment, self._words, by, dice)

    def _own(self) -> Iterator[Row]:
        """What no source records: crashes that the product noticed, and mail that is no request."""
        dice = self._dice
        for place, person in enumerate(pick(list(self._people), dice, 14)):
            crashes = 1 + place % 3 if place < 8 else 4 + place % 3
            steps = [
                {"t": crash * dice.randint(500, 5000), "do": "signal", "kind": "app_crash",
                 "customer_id": person.row["person"], "metadata": {"version": "7.4.1"}}
                for crash in range(crashes)
            ]  # fmt: skip
            moment = 8 * HOUR if place in {0, 8} else self._moment()
            yield made_up(f"own-crash-{place}", person, moment, steps, dice)
        odd = self._words["customers"]["odd"]
        for place, person in enumerate(pick(list(self._people), dice, 2 * len(odd))):
            step = {"t": 0, **odd[place % len(odd)]}
            yield made_up(f"own-odd-{place}", person, self._moment(), [step], dice)


if __name__ == "__main__":
    main()
