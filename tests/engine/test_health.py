"""The doctor and the status: what is wrong, how to mend it, how much waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams import health
from streams.channels.settings import ChannelSettings, Discord, Email, Slack, WhatsApp
from streams.clock import ManualClock
from streams.desk import Desk
from streams.settings import AlertSettings, Identity, Settings
from streams.testing import START
from tests.commands import Shell, ndjson
from tests.stores import SECRET, a_desk

CONTACT = {"channel": "email", "handle": "ann@example.org", "message": "Where is my parcel?"}


def ill(folder: Path, secret: str | None = None) -> list[dict[str, Any]]:
    settings = Settings(data=folder, identity=Identity(secret=secret))
    return [one for one in health.examine(settings) if not one["ok"]]


def test_a_healthy_store_and_a_folder_without_one_have_no_findings(tmp_path: Path) -> None:
    assert ill(tmp_path / "not" / "there") == []
    with a_desk(tmp_path):
        pass
    assert ill(tmp_path) == []
    assert ill(tmp_path, SECRET) == []


def test_another_identity_secret_than_the_stores_is_told_and_the_stores_counts(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce({**CONTACT, "provider_id": "1"})
    (finding,) = ill(tmp_path, "another")
    assert "identity.secret is set to another value" in finding["what"]
    assert finding["remedy"]
    with Desk(tmp_path, ManualClock(START), secret="another") as desk:  # noqa: S106  # no secret
        desk.produce({**CONTACT, "provider_id": "2"})
        assert len({record.key for record in desk.events()}) == 1


def test_a_new_store_without_a_secret_makes_its_own_and_keeps_it(tmp_path: Path) -> None:
    keys = set()
    for number in range(2):
        with Desk(tmp_path, ManualClock(START)) as desk:
            desk.produce({**CONTACT, "provider_id": str(number)})
            keys |= {record.key for record in desk.events()}
    assert len(keys) == 1
    with Desk(tmp_path / "other", ManualClock(START)) as desk:
        desk.produce({**CONTACT, "provider_id": "1"})
        assert {record.key for record in desk.events()}.isdisjoint(keys)


def test_a_topic_that_is_not_of_the_contract_is_told(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk, desk.database.transaction():
        desk.log.append_raw("support.rumours.v1", 0, None, "{}", b"", "r")
        desk.log.append_raw("support.contacts.v1", 12, None, "{}", b"", "s")
    told = [one["what"] for one in ill(tmp_path)]
    assert any("support.rumours.v1 is not a topic" in one for one in told)
    assert any("support.contacts.v1 has a partition 12" in one for one in told)


def test_little_room_on_the_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ROOM", 2**80)
    (finding,) = ill(tmp_path)
    assert "MiB of disk are free" in finding["what"]
    assert finding["remedy"] == "free some space"


def test_the_doctor_ends_with_78_and_says_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(tmp_path / "data")
    assert shell("migrate").status == 0
    assert shell("doctor").status == 0
    monkeypatch.setenv("PACTDESK_IDENTITY__SECRET", "another")
    told = shell("doctor")
    assert told.status == 78
    assert "BAD  identity.secret" in told.out
    document = shell("doctor", "--json").json
    assert document["healthy"] is False
    assert [one["ok"] for one in document["findings"]].count(False) == 1


def test_status_counts_what_waits_in_each_inbox(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data")
    assert shell("produce", stdin=ndjson(CONTACT, {**CONTACT, "message": "Hello?"})).status == 0
    before = shell("status", "--json").json
    assert (before["records"], before["waiting"]) == (2, 2)
    assert shell("run").status == 0
    after = shell("status", "--json").json
    assert (after["waiting"], after["tables_behind"]) == (0, 0)
    assert after["records"] > 2
    assert after["timers"] > 0


def test_a_channel_of_which_only_a_part_is_set_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    partly = WhatsApp(app_secret="a", verify_token="v")  # noqa: S106  # it signs nothing
    settings = Settings(data=tmp_path, channels=ChannelSettings(whatsapp=partly))
    (finding,) = [one for one in health.examine(settings) if not one["ok"]]
    assert finding["what"] == (
        "the channel whatsapp is off: channels.whatsapp.access_token,"
        " channels.whatsapp.phone_number_id is not set"
    )


def test_the_channels_that_are_on_are_named(tmp_path: Path) -> None:
    whole = Discord(public_key="0" * 64, bot_token="b")  # noqa: S106  # it opens nothing
    settings = Settings(data=tmp_path, channels=ChannelSettings(discord=whole))
    told = [one["what"] for one in health.examine(settings) if one["ok"]]
    assert "channels are on: discord" in told
    without = [one["what"] for one in health.examine(Settings(data=tmp_path))]
    assert "no channel to a platform is on" in without


def test_where_replies_and_alerts_cannot_go_is_said(tmp_path: Path) -> None:
    email = Email(
        imap_url="imap://x@host/INBOX",
        address="desk@example.org",
        token_secret="t",  # noqa: S106  # it signs nothing
    )
    alerts = AlertSettings(slack_channel="C0TEAM", email="team@example.org")
    settings = Settings(data=tmp_path, channels=ChannelSettings(email=email), alerts=alerts)
    told = [one["what"] for one in health.channels(settings) if not one["ok"]]
    assert told == [
        "mail is fetched, and replies to it stay in the local mailbox",
        "alerts cannot go to Slack",
        "alerts cannot go by mail",
    ]


def test_one_of_two_settings_that_do_as_well_is_enough(tmp_path: Path) -> None:
    by_socket = Slack(app_token="a", bot_token="b")  # noqa: S106  # they open nothing
    told = [
        one["what"]
        for slack in (by_socket, Slack(bot_token="b"))  # noqa: S106  # it opens nothing
        for one in health.examine(Settings(data=tmp_path, channels=ChannelSettings(slack=slack)))
    ]
    assert "channels are on: slack" in told
    assert (
        "the channel slack is off: channels.slack.signing_secret (or channels.slack.app_token)"
        " is not set" in told
    )
