"""Killed right after the language model was asked: for no contact is it ever asked again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

from streams.drafting.errands import LLM
from streams.embedded.shift import Shift
from tests.commands import LAUNCHER
from tests.llms import Llm, a_drafting_desk, asking, drafts, prompt_of
from tests.real.waiting import until

KILLS, PEOPLE = 4, 20


def test_for_a_contact_the_model_is_asked_once_however_often_whoever_asks_is_killed(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    children: list[int] = []
    killed: set[int] = set()

    def seen(_: dict[str, Any]) -> None:
        """It was asked, and has not answered yet."""
        if len(killed) < KILLS and children[-1] not in killed:
            killed.add(children[-1])
            os.kill(children[-1], SIGKILL)

    with Llm() as llm, a_drafting_desk(data, asking(llm.address, data)) as desk:
        for n in range(PEOPLE):
            desk.produce({"channel": "chat_widget", "handle": str(n), "message": f"Refund {n}?"})
        Shift(desk, effects=False).run()
        llm.tell = seen
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.courier_killing", data, llm.address, LLM],
            cwd=LAUNCHER.parent,
            stdout=subprocess.PIPE,
        )
        assert program.stdout is not None
        out = program.stdout
        os.set_blocking(out.fileno(), False)

        def all_ended() -> bool:
            printed = out.read() or b""  # none where nothing new is
            children.extend(map(int, printed.split()))
            ended = [row for row in drafts(desk) if row["state"] != "asked"]
            return program.poll() is not None or len(ended) == PEOPLE

        until(all_ended, 120.0, lambda: f"{len(killed)} kills of {children}: {drafts(desk)}")
        os.kill(children[-1], SIGTERM)
        assert program.wait(60) == 0
        out.close()
        rows = drafts(desk)
    asked = Counter(prompt_of(one)["message"] for one in llm.asked)
    assert len(killed) == KILLS
    assert max(asked.values()) == 1
    assert len(rows) == PEOPLE
    lost = [row for row in rows if row["state"] == "failed"]
    assert KILLS <= len(lost) < PEOPLE, "what was asked when it ended is lost, and nothing else"
    assert {row["error"] for row in lost} == {"its answer was lost when this program ended"}
    assert {row["state"] for row in rows} == {"failed", "written"}
