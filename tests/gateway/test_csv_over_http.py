"""What customers write is no formula of whoever downloads it, and ends no line."""

from __future__ import annotations

import csv
import io
import json

import pytest

from streams.gateway.bodies import CSV, NDJSON, rows
from streams.gateway.sse import event


def shown(text: object) -> str:
    """A value in a cell of a table that was downloaded."""
    body = rows([{"a": text, "b": 1}], ["a", "b"], CSV, {}).body
    assert isinstance(body, bytes)
    (row,) = csv.DictReader(io.StringIO(body.decode()))
    return str(row["a"])


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("https://x.example","here")',
        "@SUM(1)",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "\t=1",
        "＝1+1",  # spreadsheets read it as the other
    ],
)
def test_what_a_spreadsheet_would_work_out_is_shown_as_text(text: str) -> None:
    assert shown(text) == f"'{text}"
    line = rows([{"a": text}], ["a"], NDJSON, {}).body
    assert isinstance(line, bytes)
    assert json.loads(line) == {"a": text}


@pytest.mark.parametrize(
    "value", ["I was charged twice", "+49 (30) 901820", "-12.5", "-", "1 = 1", -3, "", ["=1"]]
)
def test_what_is_no_formula_stays(value: object) -> None:
    assert shown(value) == ('["=1"]' if isinstance(value, list) else str(value))


@pytest.mark.parametrize("end", ["\u0085", "\u2028", "\u2029"])
def test_a_line_is_one_whatever_a_client_takes_for_the_end_of_one(end: str) -> None:
    told = {"a": f"one{end}two"}
    body = rows([told], ["a"], NDJSON, {}).body
    assert isinstance(body, bytes)
    assert [json.loads(line) for line in body.decode().splitlines()] == [told]
    _, kind, data, *_ = event("said", told, "p1").decode().splitlines()
    assert kind == "event: said"
    assert json.loads(data.removeprefix("data: ")) == told
