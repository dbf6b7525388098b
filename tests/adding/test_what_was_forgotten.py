"""Whoever adds something and forgets a place is told by a test that names it.

`tests.throwaways` adds pigeons and nothing else; here the tests are run that must then fail.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.documents import ROOT

LAWS = ("tests/laws/test_3_exhaustive_folds.py", "tests/laws/test_9_registered.py")
SCHEMAS = "tests/wire/test_schemas.py"
REFERENCE = "tests/docs/test_reference.py"
SETTINGS = "tests/engine/test_settings.py"


def told(*files: str, added: str) -> str:
    """What pytest says of these files once something is added."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=short", "-p", "no:randomly"),
            *("-p", "no:cacheprovider", "-p", "tests.throwaways"),
            *("--continue-on-collection-errors", *files),
        ],
        cwd=ROOT,
        env={**os.environ, "PIGEONS": added},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {1, 2}, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(name="said", scope="module")
def _said() -> str:
    added = "decision,intent,ticket event,setting"
    return told(*LAWS, SCHEMAS, REFERENCE, SETTINGS, added=added)


@pytest.mark.parametrize(
    "named",
    [
        "test_the_committed_schema_is_what_the_model_gives[PigeonSeen]",
        "test_the_committed_schema_is_what_the_model_gives[PigeonAsked]",
        "test_the_committed_page_is_what_the_code_says[events.md]",
        "test_an_event_has_one_writing_domain_or_is_named_as_written_outside[PigeonSeen]",
        "test_an_event_has_one_writing_domain_or_is_named_as_written_outside[TicketFlown]",
        "test_a_decision_names_its_action_by_agent_and_verb[PigeonSeen]",
        "test_the_lifecycle_rules_on_every_intent[PigeonAsked]",
        "test_every_event_of_a_ticket_has_a_meaning_for_its_ticket",
        "test_every_event_means_something_to_a_case_or_is_named_here",
    ],
)
def test_an_event_without_its_schema_page_writer_or_meaning_is_named(said: str, named: str) -> None:
    assert f"::{named}" in said


@pytest.mark.parametrize(
    "named",
    [
        "test_every_setting_is_documented_with_its_variable_and_its_meaning",
        "test_the_committed_page_is_what_the_code_says[settings.md]",
        "test_what_is_named_like_a_secret_is_marked_as_one",
    ],
)
def test_a_setting_without_its_meaning_page_or_mark_is_named(said: str, named: str) -> None:
    assert f"::{named}" in said


def test_an_agent_without_its_module_or_a_history_in_which_it_speaks_is_named() -> None:
    said = told(REFERENCE, "tests/decisions/test_every_decision.py", "-k full_life", added="agent")
    assert "No module named 'agents.pigeon'" in said
    assert "::test_every_agent_speaks_in_a_full_life[customer-" in said
    assert "-pigeon]" in said


def test_a_command_without_its_function_or_its_line_is_named() -> None:
    said = told(LAWS[1], REFERENCE, added="command")
    assert "has no attribute 'pigeon_command'" in said
    assert "::test_what_people_may_ask_is_a_type_of_line_and_a_verb_of_the_command_line" in said


def test_a_view_without_its_meaning_is_named() -> None:
    assert "KeyError: 'v1_pigeons'" in told(REFERENCE, added="view")
