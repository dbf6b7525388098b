"""What the reference says that a column of a view holds is what it holds."""

from __future__ import annotations

import re
from typing import Any

from streams.query import views
from streams.reference.views import kind
from tests.embedded import open_in, somewhere, take
from tests.full_life import WAYS, full_life
from tests.histories import play

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def _is(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case list() | dict():
            return "JSON"
        case str() if TIME.fullmatch(value):
            return "time"
        case _:
            return ""


def test_a_column_holds_what_the_reference_says() -> None:
    lines = play(full_life(), policy=WAYS)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        for view in views():
            for row in desk.query(f"SELECT * FROM {view}"):
                for name, value in row.items():
                    if value is not None:
                        assert _is(value) == kind(view, name), f"{view}.{name}: {value!r}"
