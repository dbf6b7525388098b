"""What operators do that is not about a ticket."""

from __future__ import annotations

import pytest

from agents.policy import default_policy
from agents.policy_toml import to_toml
from streams.desk import Desk
from streams.errors import Refused
from streams.people import activate_policy, retire_article
from streams.rulings import put


def changed() -> str:
    text = to_toml(default_policy())
    assert "vip_lifetime_value = 10000.0" in text
    return text.replace("vip_lifetime_value = 10000.0", "vip_lifetime_value = 5.0")


def test_an_activated_policy_is_in_force_at_once_and_decisions_name_it(desk: Desk) -> None:
    before = desk.policy().version
    version = activate_policy(desk, changed(), "lea")
    assert desk.policy().version == version != before
    assert desk.pact("customer.identify_vip_status", {"customer_id": "ben"})["vip_analysis"][
        "is_vip"
    ]
    desk.pact("channel.receive_message", {"channel": "email", "handle": "q@x.org", "message": "Hi"})
    rows = desk.query("SELECT DISTINCT policy_version FROM v1_decisions")
    assert {row["policy_version"] for row in rows} == {before, version}
    (record,) = desk.events(type="PolicyActivated")
    assert record.by == "person/lea"


def test_a_faulty_policy_is_refused_and_nothing_is_appended(desk: Desk) -> None:
    before = desk.log.last_seq()
    faulty = changed().replace("vip_lifetime_value = 5.0", 'vip_lifetime_value = "much"')
    with pytest.raises(Refused, match="vip_lifetime_value"):
        activate_policy(desk, faulty, "lea")
    assert desk.log.last_seq() == before


def test_a_retired_article_is_gone_and_retiring_it_again_changes_nothing(desk: Desk) -> None:
    ruling = put(desk, retire_article("reset", "lea", desk.clock.now()))
    assert ruling.events == ["ArticleAdopted"]
    assert desk.models_now().article("reset") is None
    assert put(desk, retire_article("reset", "lea", desk.clock.now())).status == "repeat"
