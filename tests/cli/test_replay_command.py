"""`pactdesk replay`: the log into Parquet, and questions to it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from streams.history.questions import questions
from tests.commands import Shell

COUNT = "SELECT count(*) AS tickets FROM TicketOpened"


@pytest.fixture(scope="module")
def to(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A directory that these tests share."""
    return str(tmp_path_factory.mktemp("history") / "parquet")


def test_it_says_what_it_did(read: Shell, tmp_path: Path) -> None:
    done = read("replay", "--to", str(tmp_path / "p"), "--json").json
    assert done["records"] == done["rows"] == done["total"] > 0
    assert done["directory"] == str(tmp_path / "p")
    again = read("replay", "--to", str(tmp_path / "p"))
    assert again.status == 0
    assert again.out == (
        f"0 records read; {tmp_path / 'p'} holds {done['total']} rows"
        f" in {done['segments']} segments\n"
    )


def test_rows_come_in_every_format_of_query(read: Shell, to: str) -> None:
    table = read("replay", "--to", to, "--sql", COUNT)
    assert table.out.split() == ["tickets", "-------", "2"]
    assert "records read" in table.err
    assert read("replay", "--to", to, "--sql", COUNT, "--json").json == [{"tickets": 2}]
    text = read("replay", "--to", to, "--sql", COUNT, "--format", "csv").out
    assert list(csv.reader(io.StringIO(text))) == [["tickets"], ["2"]]
    raw = read("replay", "--to", to, "--sql", COUNT, "--format", "parquet").bytes
    assert parquet.read_table(pa.BufferReader(raw)).to_pylist() == [{"tickets": 2}]


def test_a_ready_question_is_asked_by_its_name(read: Shell, to: str) -> None:
    rows = read("replay", "--to", to, "--question", "first_contact_resolution", "--json").json
    assert rows[0]["segment"] == "all"
    assert rows[0]["tickets"] == 2


def test_the_ready_questions_are_listed_with_what_they_mean(read: Shell) -> None:
    listed = read("replay", "--questions", "--json").json
    assert [one["question"] for one in listed] == [*questions()]
    text = read("replay", "--questions").out
    assert all(f"\n{name}\n" in f"\n{text}" for name in questions())
    assert "How" in text or "how" in text


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "say with --to DIR where the Parquet goes"),
        (("--sql", COUNT, "--question", "surges"), 2, "give --sql or --question, not both"),
        (("--format", "csv"), 2, "--format is for the rows of --sql or --question"),
        (("--question", "love"), 4, "there is no question love"),
        (("--sql", "DELETE FROM TicketOpened"), 3, "only SELECT over the tables of the history"),
        (("--since", "yesterday"), 2, "'yesterday' is not a time"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    arguments: tuple[str, ...], status: int, said: str, read: Shell, tmp_path: Path
) -> None:
    where = ("--to", str(tmp_path / "p")) if arguments else ()
    outcome = read("replay", *where, *arguments)
    assert outcome.status == status
    assert said in outcome.err


def test_a_question_may_be_limited(read: Shell, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACTDESK_HISTORY__QUERY_ROWS", "1")
    outcome = read("replay", "--to", to, "--sql", "SELECT * FROM TicketOpened")
    assert outcome.status == 3
    assert "the query gives more than 1 rows" in outcome.err
    monkeypatch.setenv("PACTDESK_HISTORY__QUERY_SECONDS", "0.2")
    endless = "SELECT count(*) FROM range(1000000000) a(i), range(1000000000) b(j) WHERE i * j = 3"
    outcome = read("replay", "--to", to, "--sql", endless)
    assert outcome.status == 3
    assert "ran longer than" in outcome.err
