"""`pactdesk evaluate`: figures of a folder's data, and what could not be measured."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from streams.evaluating.evaluation import TASKS
from tests.commands import Shell
from tests.contracts import contract

PRINTS = contract("commands")["prints"]


def write(folder: Path, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    """One file of labelled data."""
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A folder with a help page and a question to it, and nothing else."""
    pages = [
        {"id": "reset", "title": "Reset your password", "body": "Click on forgotten password."},
        {"id": "parcel", "title": "Where is my parcel", "body": "Look at the tracking page."},
    ]
    write(tmp_path, "kb_stackfaq_docs", pages)
    write(tmp_path, "kb_tau2bank_docs", [{"id": "loan", "title": "A loan", "body": "Ask a bank."}])
    asked = [{"query": "how do I reset my password", "relevant": ["reset"]}]
    write(tmp_path, "kb_stackfaq_queries_open", asked)
    return tmp_path


def test_figures_come_with_counts_intervals_and_what_is_lacking(labelled: Path) -> None:
    done = Shell(labelled)("evaluate", "--json")
    assert done.status == 0, done.err
    document = done.json
    assert document["tier"] == "light"
    assert [*document] == PRINTS["evaluate"]
    assert all([*one] == PRINTS["a figure"] for one in document["figures"])
    (first,) = [
        one
        for one in document["figures"]
        if (one["task"], one["measure"]) == ("search, help pages", "first article right")
    ]
    assert (first["value"], first["n"]) == (1.0, 1)
    assert first["low"] < 1.0 <= first["high"]
    lacking = {one["task"]: one["why"] for one in document["not_computed"]}
    assert "intent_natcs_insurance" in lacking["teaching"]
    assert set(lacking) >= {task.name for task in TASKS} - {"help-pages"}


def test_of_an_empty_folder_everything_is_named_as_lacking(tmp_path: Path) -> None:
    done = Shell(tmp_path)("evaluate", "--json")
    assert done.status == 0
    named = {one["task"] for one in done.json["not_computed"]}
    assert named >= {task.name for task in TASKS}


def test_only_what_is_asked_for_is_measured(labelled: Path) -> None:
    done = Shell(labelled)("evaluate", "--only", "bank-scenarios")
    assert done.status == 0
    assert "not computed: bank-scenarios: there is no file kb_tau2bank_queries" in done.out
    assert "help pages" not in done.out


def test_a_task_that_is_none_is_named_with_those_that_are(tmp_path: Path) -> None:
    done = Shell(tmp_path)("evaluate", "--only", "everything")
    assert done.status == 2
    assert "no task is called everything; there are bank-scenarios, help-pages" in done.err


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    done = Shell(tmp_path / "nowhere")("evaluate")
    assert done.status == 2
    assert "is no folder" in done.err


def test_a_file_that_is_no_data_is_named(labelled: Path) -> None:
    (labelled / "kb_tau2bank_queries_open.jsonl.gz").write_bytes(b"not gzipped")
    done = Shell(labelled)("evaluate")
    assert done.status == 65
    assert "kb_tau2bank_queries_open.jsonl.gz" in done.err
    assert "gzipped lines of JSON" in done.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"text": "hi"}', "line 1: Object missing required field `intent`"),
        (b'{"text": "hi", "intent": "greeting"}\n[]', "line 2: Expected `object`, got `array`"),
        (b'{"text": "hi", "intent": 5}', "line 1: Expected `str`, got `int` - at `$.intent`"),
        (b'{"text": "\xff", "intent": "x"}', "line 1: "),
        (b"{text}", "line 1: JSON is malformed"),
    ],
)
def test_a_line_that_is_no_data_is_told_with_its_number(
    tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "intent_natcs_banking.jsonl.gz").write_bytes(gzip.compress(content))
    done = Shell(tmp_path)("evaluate", "--only", "teaching")
    assert done.status == 65
    assert f"intent_natcs_banking.jsonl.gz, {says}" in done.err


def test_a_file_that_was_cut_short_or_altered_is_named(tmp_path: Path) -> None:
    file = tmp_path / "intent_natcs_banking.jsonl.gz"
    whole = gzip.compress(b'{"text": "hi", "intent": "greeting"}\n' * 1000)
    for damaged in (whole[: len(whole) // 2], whole[:20] + b"\x07" * 20 + whole[40:]):
        file.write_bytes(damaged)
        done = Shell(tmp_path)("evaluate", "--only", "teaching")
        assert done.status == 65
        assert f"{file.name}: " in done.err


def test_a_file_without_a_line_is_told_apart_from_one_that_is_not_there(labelled: Path) -> None:
    write(labelled, "kb_tau2bank_docs", [])
    done = Shell(labelled)("evaluate", "--only", "help-pages")
    assert done.status == 0
    assert "not computed: help-pages: there is no line in kb_tau2bank_docs*.jsonl.gz" in done.out


def test_of_five_texts_a_category_nothing_is_left_to_ask(tmp_path: Path) -> None:
    write(tmp_path, "intent_natcs_banking", [{"text": f"a {n}", "intent": "x"} for n in range(5)])
    done = Shell(tmp_path)("evaluate", "--only", "teaching")
    assert done.status == 0
    assert "no category of categories, bank's calls has more than 5 texts" in done.out


def test_a_message_of_the_week_without_its_truth_is_named(tmp_path: Path) -> None:
    write(tmp_path, "workload_kb", [{"id": "a", "title": "a", "body": "a", "examples": []}])
    write(tmp_path, "workload_truth_messages", [{"provider_id": "m1", "issue": "i1"}])
    issue: dict[str, object] = {"issue": "i2", "lang": "en", "gold_article": None, "facts": []}
    write(tmp_path, "workload_truth_issues", [issue])
    for message, missing in (("m2", "message m2"), ("m1", "issue i1")):
        write(tmp_path, "workload_messages", [{"provider_id": message, "text": "hello"}])
        done = Shell(tmp_path)("evaluate", "--only", "week-answers")
        assert done.status == 65
        assert f"the truth about {missing} is missing" in done.err
