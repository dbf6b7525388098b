"""Work that one process of a cluster does at a time: by a lock in the database."""

from __future__ import annotations

import psycopg
import pytest

from streams.cluster.alone import Alone
from streams.cluster.postgres import connect
from streams.engines import meaning
from streams.errors import Unavailable
from tests.real import until


def test_one_does_the_work_until_its_connection_ends(database: str) -> None:
    first, second = connect(database), connect(database)
    try:
        one, other = Alone(first), Alone(second)
        assert one.does("discord")
        assert one.does("discord")
        assert not other.does("discord")
        assert other.does("something else")
        first.close()
        until(lambda: other.does("discord"), 60, "the server notices")
    finally:
        second.close()


def test_who_lost_the_connection_does_not_think_to_do_it_still(database: str) -> None:
    first, second = connect(database), connect(database)
    try:
        one = Alone(first)
        assert one.does("discord")
        second.execute("SELECT pg_terminate_backend(?)", (first.connection.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError) as raised:
            one.does("discord")
        assert isinstance(meaning(raised.value), Unavailable)
        until(lambda: Alone(second).does("discord"), 60, "the server notices")
    finally:
        first.close()
        second.close()
