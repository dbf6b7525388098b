"""On a cluster a language model drafts too, once a contact, whoever is killed while it is asked."""

from __future__ import annotations

from collections import Counter
from typing import Any

from agents.policy_toml import to_toml
from streams.clock import WallClock
from streams.cluster.desk import ClusterDesk
from streams.people import activate_policy
from streams.settings import Settings
from tests.llms import KEY, QUOTED, REFUNDS, Llm, drafting, prompt_of
from tests.real import until
from tests.real.cast import Cast

PATIENCE = 180
PEOPLE, KILLS = 8, 2


def test_drafts_are_written_on_a_cluster_and_nobody_is_asked_twice(
    settings: Settings, cast: Cast
) -> None:
    killed = dict[str, str]()

    def seen(asked: dict[str, Any]) -> None:
        """It was asked, and has not answered yet."""
        message = prompt_of(asked)["message"]
        if len(killed) < KILLS:
            killed[message] = name = ("one", "two")[len(killed) % 2]
            cast.kill(name)

    policy = drafting()
    never = policy.thresholds.model_copy(update={"auto_answer": 1.0, "auto_resolution": 1.0})
    always = policy.drafting.model_copy(update={"least_confidence": 0.0})
    policy = policy.model_copy(update={"thresholds": never, "drafting": always})
    with Llm() as llm, ClusterDesk(settings, WallClock()) as desk:
        llm.tell = seen
        named = {
            "PACTDESK_LLM__BASE_URL": f"{llm.address}/v1",
            "PACTDESK_LLM__MODEL": "tiny",
            "PACTDESK_LLM__API_KEY": KEY,
        }
        desk.produce(
            {"type": "article", "article_id": REFUNDS.id, "title": REFUNDS.title,
             "body": REFUNDS.body, "examples": ["How do I get my money back?"]}
        )  # fmt: skip
        activate_policy(desk, to_toml(policy), "ops")
        for name in ("one", "two"):
            cast.add(name, "up", "--port", "0", **named, PACTDESK_KAFKA__INSTANCE_ID=name)
        for n in range(PEOPLE):
            text = f"How do I get my money back for refund {n}?"
            desk.produce({"channel": "chat_widget", "handle": str(n), "message": text})

        def states() -> Counter[str]:
            return Counter(row["state"] for row in desk.query("SELECT state FROM v1_drafts"))

        until(
            lambda: states().total() == PEOPLE and not states()["asked"],
            PATIENCE,
            lambda: f"{states()} after {killed}",
        )
        rows = desk.query("SELECT * FROM v1_drafts")
    asked = Counter(prompt_of(one)["message"] for one in llm.asked)
    assert len(killed) == KILLS
    assert max(asked.values()) == 1
    assert {row["state"] for row in rows} <= {"written", "failed"}
    written = [row for row in rows if row["state"] == "written"]
    assert written
    assert {row["draft"] for row in written} == {QUOTED}
    cast.leave()
    cast.well()
