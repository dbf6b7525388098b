"""A topic that is deleted under a running worker."""

from __future__ import annotations

from pathlib import Path

from schemas.topics import DESK
from streams.cluster import topics
from streams.settings import Settings
from tests.real import until
from tests.real.cast import Cast

PATIENCE = 60


def test_a_worker_whose_inbox_is_deleted_says_so_and_ends(
    settings: Settings, cast: Cast, tmp_path: Path
) -> None:
    cast.add("desk", "up", "--roles", "agents", "--domain", "desk", "--admin-port", "0")
    with topics.admin(settings) as admin:
        admin.delete_topics([DESK.name])
    until(lambda: cast.ended, PATIENCE, "the worker ends")
    assert cast.ended[0].status == 78
    told = (tmp_path / "desk" / "log").read_text()
    assert f"Kafka has no topic {DESK.name}" in told
    assert "topics create" in told
