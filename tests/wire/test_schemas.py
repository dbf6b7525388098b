"""The published schemas: what the models give, readable both ways with every one before."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from schemas.avro import schema_of
from schemas.events import EVENTS
from streams import compatibility
from streams.codec import known_schemas
from streams.publish_schemas import FOLDER, publish


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_the_committed_schema_is_what_the_model_gives(name: str) -> None:
    committed = FOLDER.joinpath(f"{name}.avsc").read_text(encoding="utf-8")
    assert json.loads(committed) == schema_of(EVENTS[name]), "run python -m streams.publish_schemas"


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    _copy(tmp_path)
    assert publish(tmp_path) == []
    index = tmp_path.joinpath("fingerprints.json").read_text(encoding="utf-8")
    assert index == FOLDER.joinpath("fingerprints.json").read_text(encoding="utf-8")


def test_the_index_names_every_schema_file_and_no_other() -> None:
    files = {str(p.relative_to(FOLDER).as_posix()) for p in FOLDER.rglob("*.avsc")}
    assert set(known_schemas().values()) == files
    assert set(EVENTS) <= {name.removesuffix(".avsc") for name in files}


def test_every_committed_schema_and_todays_models_read_each_other() -> None:
    assert compatibility.findings() == []


def test_a_changed_schema_leaves_its_former_text_behind(tmp_path: Path) -> None:
    _copy(tmp_path)
    path = tmp_path / "CloseAsked.avsc"
    before = json.loads(path.read_text(encoding="utf-8"))
    before["fields"] = before["fields"][:-1]
    path.write_text(json.dumps(before), encoding="utf-8")
    assert publish(tmp_path) == ["CloseAsked"]
    kept = list(tmp_path.glob("past/CloseAsked-*.avsc"))
    assert [json.loads(one.read_text(encoding="utf-8")) for one in kept] == [before]
    index = json.loads(tmp_path.joinpath("fingerprints.json").read_text(encoding="utf-8"))
    assert f"past/{kept[0].name}" in index.values()


_BREAKS: dict[str, Any] = {
    "a new field without a default": lambda s: s["fields"].append({"name": "x", "type": "string"}),
    "a required field gone": lambda s: s["fields"].remove(_field(s, "customer_id")),
    "another type": lambda s: _field(s, "customer_id").update(type="long"),
    "a word less in a closed list": lambda s: _field(s, "priority")["type"]["symbols"].pop(),
    "another name": lambda s: s.update(name="CloseWanted"),
}


@pytest.mark.parametrize("what", _BREAKS)
def test_a_change_that_breaks_readers_is_reported(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = EVENTS["PriorityAsked"]
    changed = schema_of(kind)
    _BREAKS[what](changed)
    monkeypatch.setattr(
        compatibility, "schema_of", lambda one: changed if one is kind else schema_of(one)
    )
    found = compatibility.findings()
    assert found
    assert all(one.startswith("PriorityAsked.avsc: ") for one in found)


def test_an_event_that_is_gone_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    left = {name: kind for name, kind in EVENTS.items() if name != "CloseAsked"}
    monkeypatch.setattr(compatibility, "EVENTS", left)
    assert any("CloseAsked is gone" in one for one in compatibility.findings())


def test_the_schemas_ship_with_the_package() -> None:
    folder = resources.files("schemas").joinpath("avro")
    assert folder.joinpath("fingerprints.json").is_file()


def _field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return next(field for field in schema["fields"] if field["name"] == name)


def _copy(to: Path) -> None:
    for path in FOLDER.rglob("*.avsc"):
        target = to / path.relative_to(FOLDER)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
