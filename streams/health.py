"""What is wrong and how to mend it, and how much waits."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from projections.tables import TABLES
from schemas.topics import DEAD_LETTERS, INBOXES, PARTITIONS, TOPICS
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.opening import FILE, VERSION, open_database
from streams.entry import Place
from streams.errors import PactdeskError
from streams.settings import Settings
from streams.store import FOLDED, Executor

if TYPE_CHECKING:
    from streams.desk import Desk
    from streams.own.standing import Store

ROOM = 200 * 1024 * 1024
"""Bytes of free disk below which the doctor warns."""

Finding = dict[str, Any]  # JSON: what, ok, remedy


def well(what: str) -> Finding:
    """A check that found nothing wrong."""
    return {"what": what, "ok": True, "remedy": ""}


def ill(what: str, remedy: str) -> Finding:
    """A check that found something wrong."""
    return {"what": what, "ok": False, "remedy": remedy}


def examine(settings: Settings) -> list[Finding]:
    """Every check of the embedded engine, in the order in which one would mend."""
    folder = settings.data
    findings = [well(f"SQLite {sqlite3.sqlite_version}")]
    if not _writable(folder):
        remedy = "make it a folder that this user may write, or name another one with --data"
        return [*findings, ill(f"the data directory {folder} cannot be written", remedy)]
    findings.append(well(f"the data directory {folder} can be written"))
    free = shutil.disk_usage(_standing(folder)).free
    told = f"{free // 2**20} MiB of disk are free"
    findings.append(well(told) if free > ROOM else ill(told, "free some space"))
    if not (folder / FILE).exists():
        findings.append(well("there is no store yet; the first command makes it"))
    else:
        findings += _store(folder, settings)
    return [*findings, models(settings), *channels(settings)]


def _store(folder: Path, settings: Settings) -> list[Finding]:
    try:
        database = open_database(folder)
    except PactdeskError as error:
        return [ill(error.what, error.remedy)]
    try:
        damage = [ill(one, "restore the store from a backup") for one in _damage(database)]
        if damage:
            return damage
        letters = _count(database)
        return [
            well(f"the store has version {VERSION}"),
            *_secret(database, settings),
            *(ill(one, "see `pactdesk topics list`") for one in topic_findings(database)),
            well(f"{letters} dead letters were ever written; see `pactdesk deadletters list`"),
            *subscriptions(database),
            *own(settings, database),
        ]
    finally:
        database.close()


def _standing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())


def _writable(folder: Path) -> bool:
    there = _standing(folder)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _secret(database: Database, settings: Settings) -> list[Finding]:
    """Ids of the unidentified derive from the store's own secret, whatever is set later."""
    wanted, kept = settings.identity.secret, database.meta("identity.secret")
    if wanted is None or wanted == kept:
        return []
    return [
        ill(
            "identity.secret is set to another value than this store was made with; the store's"
            " own is in force, for its customers' ids derive from it",
            "take the setting away, or name another folder with --data",
        )
    ]


def _damage(database: Database) -> list[str]:
    try:
        rows = database.execute("PRAGMA quick_check(5)").fetchall()
    except sqlite3.DatabaseError as error:
        return [f"the file is damaged: {error}"]
    return [f"the file is damaged: {row[0]}" for row in rows if row[0] != "ok"]


def _count(database: Database) -> int:
    return int(
        database.execute(
            "SELECT count(*) FROM log WHERE topic = ?", (DEAD_LETTERS.name,)
        ).fetchone()[0]
    )


def channels(settings: Settings) -> Iterator[Finding]:
    """Which channels are on, and what those lack of which only a part is set."""
    from streams.channels.known import NEEDS, instead, lacking

    on = []
    for name, needs in NEEDS.items():
        gone = lacking(settings.channels, name)
        if not gone:
            on.append(name)
        elif len(gone) < len(needs):
            other = {one: f" (or channels.{name}.{two})" for one, two in instead(name).items()}
            missing = ", ".join(f"channels.{name}.{one}{other.get(one, '')}" for one in gone)
            yield ill(f"the channel {name} is off: {missing} is not set", "set it as well")
    if "email" in on and settings.channels.email.smtp_url is None:
        yield ill(
            "mail is fetched, and replies to it stay in the local mailbox",
            "set channels.email.smtp_url",
        )
    yield from _alerts(settings)
    yield from _drafts(settings)
    told = f"channels are on: {', '.join(on)}" if on else "no channel to a platform is on"
    yield well(told)


def _alerts(settings: Settings) -> Iterator[Finding]:
    """Places for alerts that something is lacking for."""
    from streams.delivery.places import MAILBOX, SLACK, set_up

    there, alerts = set_up(settings), settings.alerts
    if alerts.slack_channel is not None and SLACK not in there:
        yield ill("alerts cannot go to Slack", "set channels.slack.bot_token")
    if alerts.email is not None and MAILBOX not in there:
        yield ill(
            "alerts cannot go by mail", "set channels.email.smtp_url and channels.email.address"
        )


def _drafts(settings: Settings) -> Iterator[Finding]:
    """Whether a language model is set up, or only a part of one."""
    mine = settings.llm
    if mine.base_url is not None and mine.model is not None:
        yield well(
            f"{mine.model} at {mine.host} drafts replies for people, where drafting.enabled of the"
            " policy is true"
        )
    elif (mine.base_url, mine.model, mine.api_key) != (None, None, None):
        lacking = "llm.model" if mine.base_url is not None else "llm.base_url"
        yield ill(f"no drafts are written: {lacking} is not set", "set it as well")


def own_states(settings: Settings, store: Store) -> list[dict[str, Any]]:
    """How the projections of the deployment's own stand."""
    if not settings.projections.own:
        return []
    from streams.own.standing import states

    return states(store, settings.projections.own)


def own(settings: Settings, store: Store) -> Iterator[Finding]:
    """Which projections of the deployment's own one should see to."""
    for one in own_states(settings, store):
        name = f"the projection {one['projection']}" if one["projection"] else "projections.own"
        if one["error"] is None:
            told = "is new: the next run folds it" if one["state"] == "new" else "is kept up"
            yield well(f"{name} ({one['file']}) {told}")
            continue
        at = f" at {one['record']}" if one["record"] else ""
        stands = f"stopped{at}: " if one["record"] else ""
        yield ill(f"{name}: {stands}{one['error']}", one["remedy"])


def subscriptions(store: Executor) -> Iterator[Finding]:
    """Which subscribers one should see to."""
    from streams.subscriptions.examining import findings

    return findings(store)


def models(settings: Settings) -> Finding:
    """Whether the models are whole."""
    from streams.understanding import tiers

    try:
        models = tiers.load(settings.models.tier)
    except PactdeskError as error:
        return ill(error.what, error.remedy)
    names = ", ".join(f"{name} {version}" for name, version in models.versions.items())
    return well(f"the models are whole: {names}")


def topic_findings(database: Database) -> list[str]:
    """Where the log differs from the contract's topics."""
    found = []
    for (topic, partition), end in SqliteLog(database).ends().items():
        if topic not in TOPICS:
            found.append(f"{topic} is not a topic of the contract, and holds {end} records")
        elif partition >= PARTITIONS:
            found.append(f"{topic} has a partition {partition}; {PARTITIONS} are the contract")
    return found


def status(desk: Desk) -> dict[str, Any]:
    """How much was appended, and what waits for the worker and for the tables.

    In records, and in seconds: for how long the oldest that waits has been in the log.
    """
    ends = desk.log.ends()
    stood = _positions(desk, "SELECT topic, partition, position FROM positions")
    folded = _positions(desk, FOLDED)
    inboxes: list[dict[str, Any]] = []
    for topic in INBOXES:
        mine = {place: end for place, end in ends.items() if place[0] == topic.name}
        late = _late(mine, stood)
        inboxes.append(
            {
                "topic": topic.name,
                "domain": topic.domain,
                "records": sum(mine.values()),
                "waiting": sum(mine[place] - at for place, at in late.items()),
                "waiting_seconds": _since(desk, late),
            }
        )
    read = {table.topic for table in TABLES}
    behind = _late({place: end for place, end in ends.items() if place[0] in read}, folded)
    (timers,) = desk.database.execute("SELECT count(*) FROM timers").fetchone()
    return {
        "data": str(desk.folder),
        "engine": "embedded",
        "position": desk.position(),
        "records": sum(ends.values()),
        "waiting": sum(one["waiting"] for one in inboxes),
        "waiting_seconds": max(one["waiting_seconds"] for one in inboxes),
        "timers": int(timers),
        "tables_behind": sum(ends[place] - at for place, at in behind.items()),
        "tables_behind_seconds": _since(desk, behind),
        "dead_letters": sum(end for (topic, _), end in ends.items() if topic == DEAD_LETTERS.name),
        "inboxes": inboxes,
        "projections": own_states(desk.settings, desk.database),
    }


def _positions(desk: Desk, sql: str) -> dict[Place, int]:
    rows = desk.database.execute(sql)
    return {(str(topic), int(partition)): int(position) for topic, partition, position in rows}


def _late(ends: Mapping[Place, int], at: Mapping[Place, int]) -> dict[Place, int]:
    """Where reading stands in those partitions that have more."""
    return {place: at.get(place, 0) for place, end in ends.items() if at.get(place, 0) < end}


def _since(desk: Desk, late: Mapping[Place, int]) -> float:
    """For how many seconds the oldest of some records has been in the log; 0 for none."""
    appended = [
        datetime.fromisoformat(row[0])
        for (topic, partition), offset in late.items()
        for row in desk.database.execute(
            "SELECT appended_at FROM log WHERE topic = ? AND partition = ? AND offset = ?",
            (topic, partition, offset),
        )
    ]
    if not appended:
        return 0.0
    return round(max(0.0, (datetime.now(UTC) - min(appended)).total_seconds()), 3)
