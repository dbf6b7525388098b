"""A process that begins with a clock that is not the database's."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from streams.cluster import health, skew
from streams.settings import DatabaseSettings, Settings

REAL = time.time


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
def test_a_process_says_that_its_clock_is_wrong(
    seconds: float, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database=DatabaseSettings(url=database))
    with capture_logs() as said:
        skew.warn(settings)
    assert said == []
    monkeypatch.setattr(skew, "time", SimpleNamespace(time=lambda: REAL() + seconds))
    with capture_logs() as said:
        skew.warn(settings)
    (line,) = said
    assert line["log_level"] == "warning"
    assert "this machine's clock is 3" in line["event"]
    assert line["remedy"] == "set both by a time server"
    found = [one for one in health.examine(settings) if "clock" in one["what"]]
    assert [one["ok"] for one in found] == [False]
