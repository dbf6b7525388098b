"""Tests wait for as long as something moves, and not for what stands still."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest

from tests.real import until


def test_what_never_comes_is_waited_for_no_longer_than_said() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.01 s in vain: the last of it"):
        until(lambda: False, 0.01, lambda: "the last of it")


def test_whatever_moves_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now = count(step=10.0)
    clock = SimpleNamespace(monotonic=lambda: next(now))
    monkeypatch.setattr("tests.real.waiting.time", clock)
    monkeypatch.setattr("tests.real.waiting.EVERY_SECONDS", 0)
    asked, moved = count(), count()
    assert until(lambda: next(asked) > 50, 15, "all", lambda: next(moved))
    with pytest.raises(AssertionError, match="waited 15 s"):
        until(lambda: False, 15, "all", lambda: "it stands still")
