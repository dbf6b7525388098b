"""What is wrong and how to mend it, and how much waits."""

from __future__ import annotations

import os
import shutil
import sqlite3
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


def _finding(what: str, ok: bool, remedy: str = "") -> Finding:
    return {"what": what, "ok": ok, "remedy": remedy}


def examine(settings: Settings) -> list[Finding]:
    """Every check of the embedded engine, in the order in which one would mend."""
    folder = settings.data
    findings = [_finding(f"SQLite {sqlite3.sqlite_version}", True)]
    writable = os.access(folder if folder.exists() else folder.absolute().parent, os.W_OK)
    findings.append(
        _finding(
            f"the data directory {folder} can be written",
            writable,
            "make it writable for this user, or name another one with --data",
        )
    )
    if not writable:
        return findings
    free = shutil.disk_usage(folder if folder.exists() else folder.absolute().parent).free
    findings.append(
        _finding(f"{free // 2**20} MiB of disk are free", free > ROOM, "free some space")
    )
    if not (folder / FILE).exists():
        findings.append(_finding("there is no store yet; the first command makes it", True))
        return [*findings, _models()]
    try:
        database = open_database(folder)
    except PactdeskError as error:
        return [*findings, _finding(error.what, False, error.remedy)]
    try:
        findings.append(_finding(f"the store has version {VERSION}", True))
        findings += [
            _finding(one, False, "recover the store from a backup") for one in _damage(database)
        ]
        findings += [
            _finding(one, False, "see `pactdesk topics list`") for one in topic_findings(database)
        ]
        letters = _count(database)
        findings.append(
            _finding(
                f"{letters} dead letters were ever written", True, "see `pactdesk deadletters list`"
            )
        )
    finally:
        database.close()
    return [*findings, _models()]


def _damage(database: Database) -> list[str]:
    rows = database.execute("PRAGMA quick_check(5)").fetchall()
    return [f"the file is damaged: {row[0]}" for row in rows if row[0] != "ok"]


def _count(database: Database) -> int:
    return int(
        database.execute(
            "SELECT count(*) FROM log WHERE topic = ?", (DEAD_LETTERS.name,)
        ).fetchone()[0]
    )


def _models() -> Finding:
    from streams.understanding.light import LightModels

    try:
        models = LightModels.load()
    except PactdeskError as error:
        return _finding(error.what, False, error.remedy)
    names = ", ".join(f"{name} {version}" for name, version in models.versions.items())
    return _finding(f"the models are whole: {names}", True)


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
