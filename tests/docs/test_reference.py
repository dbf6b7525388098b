"""The reference is what the code says, and leaves nothing out (law 9)."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from agents.policy import Policy
from agents.roster import ROSTERS
from schemas.events import EVENTS
from schemas.topics import TOPICS
from schemas.vocabulary import CHANNELS
from projections.metrics import DEFINITIONS
from streams.cli.commands import COMMANDS
from streams.inputs import INTENTS, PLAIN
from streams.reference.agents import ACTIONS, decides, decisions_of
from streams.reference.markdown import attributes, says, table
from streams.reference.pages import pages as reference_pages
from streams.query import views
from streams.reference.words import COLUMNS, VIEWS
from streams.settings import Settings, described
from tests.contracts import CONTRACT
from tests.documents import ROOT, pages

REFERENCE = ROOT / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(reference_pages()))
def test_the_committed_page_is_what_the_code_says(name: str) -> None:
    page = REFERENCE / name
    assert page.read_text("utf-8") == reference_pages()[name], "run `make docs`"


def test_there_is_no_page_that_the_code_does_not_write() -> None:
    there = {page.name for page in REFERENCE.iterdir()}
    assert there == {*reference_pages(), CONTRACT.name}


def test_every_table_of_the_contract_is_in_its_contents_and_held_by_a_test() -> None:
    tables = {path.stem for path in CONTRACT.iterdir()} - {"README"}
    text = (CONTRACT / "README.md").read_text("utf-8")
    assert set(re.findall(r"\((\w+)\.toml\)", text)) == tables
    held = {path.stem for path in (ROOT / "tests" / "contract").glob("test_contract_*.py")}
    assert {f"test_contract_{name}" for name in tables} <= held


def test_every_event_says_when_it_happens_and_has_its_place() -> None:
    page = reference_pages()["events.md"]
    for name, kind in EVENTS.items():
        assert says(kind), name
        assert f"### {name}\n" in page
        assert kind.TOPIC in TOPICS, name


def test_every_agent_has_a_module_of_its_name_that_says_what_it_decides() -> None:
    page = reference_pages()["agents.md"]
    for name in {agent.name for roster in ROSTERS.values() for agent in roster}:
        assert decides(name)
        assert f"| `{name}` | {decides(name)} |" in page


def test_an_agent_whose_module_is_about_something_else_has_no_description() -> None:
    with pytest.raises(ValueError, match="begin with the agent's name"):
        decides("roster")
    with pytest.raises(ModuleNotFoundError):
        decides("pigeon")


def test_the_28_actions_are_all_recorded_as_some_decision() -> None:
    names = [f"{agent}.{name}" for agent, actions in ACTIONS.items() for name in actions]
    assert len(names) == len(set(names)) == 28
    assert [name for name in names if not decisions_of(name)] == []


def test_every_command_topic_channel_and_input_type_is_documented() -> None:
    texts = reference_pages()
    for name in COMMANDS:
        assert f"\n## {name}\n" in texts["commands.md"]
    for topic in TOPICS:
        assert f"`{topic}`" in texts["topics.md"]
    for channel in CHANNELS:
        assert f"`{channel}`" in texts["channels.md"]
    for name in PLAIN:
        assert f"\n### {name}\n" in texts["input.md"]
    for name in INTENTS:
        assert f"\n### {name}, asked\n" in texts["input.md"]


def test_every_setting_is_documented_with_its_variable_and_its_meaning() -> None:
    page = reference_pages()["settings.md"]
    for row in described({}):
        assert f"`{row['setting']}`" in page
    assert _without_meaning(Settings) == []


def test_every_field_of_the_policy_has_its_meaning() -> None:
    assert _without_meaning(Policy) == []


def _without_meaning(kind: type[BaseModel], place: str = "") -> list[str]:
    """Fields that nobody explained; a group of fields is explained by its own docstring."""
    missing = []
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            missing += _without_meaning(inner, f"{place}{name}.")
        elif name not in attributes(kind):
            missing.append(place + name)
    return missing


def test_every_view_and_column_has_its_meaning_and_no_other_is_explained() -> None:
    there = views()
    assert set(VIEWS) == set(there)
    named = {name for columns in there.values() for name in columns}
    qualified = {f"{view}.{name}" for view, columns in there.items() for name in columns}
    missing = {
        place
        for place in qualified
        if place not in COLUMNS and place.partition(".")[2] not in COLUMNS
    }
    assert missing == set()
    assert {name for name in COLUMNS if name not in named | qualified} == set()


def test_every_definition_of_a_metric_stands_on_its_page() -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| `(v\d+)` \|", page, re.MULTILINE)) == {
        (one.metric, one.version) for one in DEFINITIONS
    }


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*pages(), *REFERENCE.rglob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_how_to_and_decision_is_listed() -> None:
    for folder in ("how-to", "adr"):
        contents = (ROOT / "docs" / folder / "README.md").read_text("utf-8")
        for page in (ROOT / "docs" / folder).glob("*.md"):
            assert page.name == "README.md" or f"({page.name})" in contents, page.name


def test_docstrings_are_taken_apart() -> None:
    class Base:
        """A base.

        Attributes:
            left: Of the base.
        """

    class Thing(Base):
        """A thing.

        More of it
        in two lines.

        Attributes:
            right: Of the thing,
                told at length.

        Raises:
            ValueError: Never.
        """

    assert says(Thing) == "A thing.\n\nMore of it in two lines."
    assert attributes(Thing) == {"left": "Of the base.", "right": "Of the thing, told at length."}
    assert table(("a", "b"), [("x|y", "z\n z")]).splitlines()[-1] == "| x\\|y | z z |"
