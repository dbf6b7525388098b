"""Which policy is in force at a moment, by what lies on control."""

from __future__ import annotations

from pathlib import Path

from agents.policy import default_policy
from agents.policy_toml import to_toml
from streams.clock import ManualClock
from streams.embedded.taught import Taught
from streams.knowledge import KnowledgeHistory
from streams.people import activate_policy
from streams.understanding import tiers
from streams.worlds import Worlds
from tests.desks import story


def test_a_repeat_of_an_activation_puts_nothing_in_force_again(tmp_path: Path) -> None:
    text = to_toml(default_policy())
    with story(tmp_path) as told:
        desk, clock = told.desk, told.desk.clock
        assert isinstance(clock, ManualClock)
        for hours in (30, 40):
            changed = text.replace("follow_up_hours = 24", f"follow_up_hours = {hours}")
            activate_policy(desk, changed, "op")
            clock.advance(hours=1)
        entries = [*Taught(desk.database)()]
        again = [*entries, entries[0]]
        worlds = Worlds(lambda: again, KnowledgeHistory(tiers.Later("light")), default_policy())
        worlds.follow()
        in_force = worlds.policy_at(clock.now().timestamp())
    assert in_force.lifecycle.follow_up_hours == 40
