"""What is wrong and how to mend it, and how much waits."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.topics import DEAD_LETTERS, INBOXES, PARTITIONS, TOPICS
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.opening import FILE, VERSION, open_database
from streams.errors import PactdeskError
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.desk import Desk

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
    return [*findings, models()]


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


def models() -> Finding:
    """Whether the models are whole."""
    from streams.understanding.light import LightModels

    try:
        models = LightModels.load()
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
    """How much was appended, how much waits in each inbox, and how far the tables are."""
    ends = desk.log.ends()
    stood = {
        (str(t), int(p)): int(n)
        for t, p, n in desk.database.execute("SELECT topic, partition, position FROM positions")
    }
    inboxes = [
        {
            "topic": topic.name,
            "domain": topic.domain,
            "records": sum(e for (t, _), e in ends.items() if t == topic.name),
            "waiting": sum(
                e - stood.get((t, p), 0) for (t, p), e in ends.items() if t == topic.name
            ),
        }
        for topic in INBOXES
    ]
    timers = desk.database.execute("SELECT count(*) FROM timers").fetchone()[0]
    behind = sum(int(row["lag"]) for row in desk.query("SELECT lag FROM v1_positions"))
    return {
        "data": str(desk.folder),
        "engine": "embedded",
        "position": desk.position(),
        "records": sum(ends.values()),
        "waiting": sum(one["waiting"] for one in inboxes),
        "timers": int(timers),
        "tables_behind": behind,
        "inboxes": inboxes,
    }
