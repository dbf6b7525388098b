"""Asking a cluster from outside: SQL, and our own commands as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg

from tests.commands import LAUNCHER
from tests.real.cluster import Cluster

Rows = list[tuple[Any, ...]]


def rows(url: str, sql: str) -> Rows:
    """What a statement gives."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        return connection.execute(sql).fetchall()


def command(cluster: Cluster, *arguments: str, **environment: str) -> None:
    """A command of ours ends well."""
    done = subprocess.run(
        [sys.executable, str(LAUNCHER), *arguments],
        cwd=Path(cluster.broker.folder),
        env={**os.environ, **cluster.environment, **environment},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, f"{arguments}: {done.returncode} {done.stdout}{done.stderr}"


def digests(url: str, tables: Iterable[str]) -> dict[str, str]:
    """A digest of each table's or view's rows, whatever their order."""
    return {
        table: sha256(
            "\n".join(sorted(map(repr, rows(url, f"SELECT * FROM {table}")))).encode()
        ).hexdigest()
        for table in tables
    }


def views(url: str) -> list[str]:
    """The public views, but the one about reading itself."""
    found = rows(
        url,
        "SELECT relname FROM pg_class WHERE relkind = 'v' AND relname LIKE 'v1\\_%'"
        " AND pg_table_is_visible(oid) ORDER BY relname",
    )
    return [name for (name,) in found if name != "v1_positions"]
