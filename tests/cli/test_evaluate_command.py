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
