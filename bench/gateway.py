"""How fast HTTP is: `python bench/gateway.py [TICKETS…]`, by default 1000 20000 100000.

Contacts that are durable when they are acknowledged, from one client and from eight, beside a bare
aiohttp handler that does nothing but append them to the same kind of store, one by one. Then lists
and search on desks with ever more tickets: their cost should not grow with them.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec
from aiohttp import web

from bench.workload import ROOT, SECRET, START, questions, table
from schemas.events.contacts import ContactReceived
from schemas.events.tickets import MessageAdded, TicketOpened
from schemas.record import Record, derived_id
from schemas.vocabulary import STATUSES, rfc3339
from streams.clock import WallClock
from streams.desk import Desk
from streams.embedded.projector import Fold
from streams.gateway.cursors import cursor_of

SIZES = (1_000, 20_000, 100_000)
CONTACTS = 1_500
"""Contacts that one client, or all together, send."""

ASKED = 300
"""How often each list is asked for."""

PORT, BARE = 8791, 8792


class Figures(NamedTuple):
    """What requests took, in milliseconds, and how many there were a second."""

    rate: float
    p50: float
    p99: float


def figures(taken: Sequence[float], wall: float) -> Figures:
    """The figures of some requests that took so many seconds each."""
    ordered = sorted(taken)
    at = [1000 * ordered[int(len(ordered) * part)] for part in (0.5, 0.99)]
    return Figures(len(ordered) / wall, *at)


@contextmanager
def serving(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """A gateway on a store, in a process of its own; agents would take processor time."""
    program = [sys.executable, str(ROOT / "pactdesk.py"), "--data", str(folder), "up"]
    program += ["--roles", "gateway", "--port", str(PORT), "--admin-port", "0"]
    with subprocess.Popen(
        program,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    ) as up:
        assert up.stderr is not None
        while b"pactdesk is up" not in (line := up.stderr.readline()):
            if not line:
                raise SystemExit("the gateway ended before it was up")
        drain = threading.Thread(target=up.stderr.read, daemon=True)
        drain.start()
        try:
            yield
        finally:
            up.terminate()
            up.wait(30)


def bare(folder: str) -> None:
    """A handler that appends each contact by itself, durably, and answers."""
    desk = Desk(Path(folder), WallClock(), secret=SECRET)

    async def take(request: web.Request) -> web.Response:
        (taken,) = desk.intake.lines([await request.read()])
        return web.json_response({"id": taken.id}, status=202)

    app = web.Application()
    app.router.add_post("/api/v1/contacts", take)
    web.run_app(app, host="127.0.0.1", port=BARE, print=lambda _: None)


@contextmanager
def serving_bare(folder: Path, program: Callable[[str], None] = bare) -> Iterator[None]:
    """A bare handler, in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=program, args=(str(folder),))
    process.start()
    until = time.monotonic() + 60
    while True:
        try:
            HTTPConnection("127.0.0.1", BARE, timeout=5).connect()
            break
        except OSError:
            if time.monotonic() > until:
                raise SystemExit("the bare handler does not listen") from None
            time.sleep(0.05)
    try:
        yield
    finally:
        process.terminate()
        process.join()


def sent(port: int, clients: int, run: str) -> Figures:
    """Contacts from some clients at once, each over one connection; a run's are its own."""
    texts, taken = questions(), list[float]()

    def client(name: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for number in range(CONTACTS // clients):
            body = msgspec.json.encode(
                {
                    "channel": "email",
                    "handle": f"person-{name}-{number % 50}@example.org",
                    "message": texts[number % len(texts)],
                    "provider_id": f"{run}-{name}-{number}",
                }
            )
            began = time.perf_counter()
            connection.request("POST", "/api/v1/contacts", body)
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - began)
            assert answer.status == 202, answer.status
        connection.close()

    threads = [threading.Thread(target=client, args=(name,)) for name in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return figures(taken, time.perf_counter() - began)


def filled(folder: Path, tickets: int) -> None:
    """A store whose tables show so many tickets; only the tables, for the log is not asked."""
    dice, texts = random.Random(tickets), questions()
    with Desk(folder, WallClock(), secret=SECRET) as desk, desk.database.transaction():
        fold = Fold(desk.database, indexed=True)
        for number in range(tickets):
            for record in _ticket(number, dice, texts):
                fold.apply(record)
            if number % 2_000 == 0:
                fold.flush()
        fold.flush()


def _ticket(number: int, dice: random.Random, texts: Sequence[str]) -> Iterator[Record]:
    customer, text = f"customer-{number % 5_000}", dice.choice(texts)
    at = START + timedelta(seconds=number)
    contact, ticket = derived_id("contact", str(number)), f"TICK_{derived_id(str(number))[:16]}"
    about = {
        "ticket_id": ticket,
        "customer_id": customer,
        "status": dice.choice(STATUSES),
        "priority": "medium",
        "channel": "email",
        "opened_at": at,
    }
    said = f"{text} (order {number})"
    events = (
        ContactReceived(
            channel="email", customer_id=customer, message=said, provider_id=str(number)
        ),
        TicketOpened.model_validate(
            {**about, "revision": 1, "contact_id": contact, "subject": text, "description": said}
        ),
        MessageAdded.model_validate(
            {
                **about,
                "revision": 2,
                "interaction_id": contact,
                "direction": "in",
                "interaction_type": "customer_message",
                "message_channel": "email",
                "kind": "message",
            }
        ),
    )
    for place, event in enumerate(events):
        yield Record(
            id=contact if place == 0 else derived_id(contact, str(place)),
            key=customer,
            at=at,
            by="bench",
            event=event,
            correlation=contact,
        )


def asked(paths: Sequence[str]) -> Figures:
    """What a client waits for answers to some requests, one after the other."""
    connection, taken = HTTPConnection("127.0.0.1", PORT, timeout=60), list[float]()
    began = time.perf_counter()
    for path in paths:
        start = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        content = answer.read()
        taken.append(time.perf_counter() - start)
        assert answer.status == 200, content
    connection.close()
    return figures(taken, time.perf_counter() - began)


def reading(tickets: int) -> dict[str, Figures]:
    """Lists and search on a desk of so many tickets."""
    folder = Path(tempfile.mkdtemp(prefix="pactdesk-bench-"))
    dice = random.Random(7)
    words = sorted({word.strip("?.,!") for text in questions() for word in text.split()})
    try:
        filled(folder, tickets)
        with serving(folder):
            deep = _cursor(tickets)
            return {
                "first page of 50": asked(["/api/v1/tickets"] * ASKED),
                "a page in the middle": asked([f"/api/v1/tickets?cursor={deep}"] * ASKED),
                "one customer's": asked(
                    [f"/api/v1/tickets?customer_id=customer-{n}" for n in range(ASKED)]
                ),
                "one status": asked(["/api/v1/tickets?status=escalated"] * ASKED),
                "search, two words": asked(
                    [
                        f"/api/v1/search?q={quote(' '.join(dice.sample(words, 2)))}"
                        for _ in range(ASKED)
                    ]
                ),
                "search, an order number": asked(
                    [
                        f"/api/v1/search?q=%22order+{dice.randrange(tickets)}%22"
                        for _ in range(ASKED)
                    ]
                ),
            }
    finally:
        shutil.rmtree(folder)


def _cursor(tickets: int) -> str:
    """The cursor behind a row in the middle of the list."""
    return cursor_of("tickets", [rfc3339(START + timedelta(seconds=tickets // 2)), ""])


def taking() -> None:
    """Print how fast contacts are taken, ours beside the bare handler."""
    rows = []
    for clients in (1, 8):
        found = {}
        for name, start, port in (("gateway", serving, PORT), ("bare", serving_bare, BARE)):
            folder = Path(tempfile.mkdtemp(prefix="pactdesk-bench-"))
            try:
                with start(folder):
                    sent(port, clients, "warm")
                    found[name] = sent(port, clients, "timed")
            finally:
                shutil.rmtree(folder)
        ours, beside = found["gateway"], found["bare"]
        rows += [
            (f"from {clients}", f"{ours.rate:,.0f}/s", f"bare handler {beside.rate:,.0f}/s"),
            ("  p50", f"{ours.p50:.2f} ms", f"{beside.p50:.2f} ms"),
            ("  p99", f"{ours.p99:.2f} ms", f"{beside.p99:.2f} ms"),
        ]
    table("Contacts, durable when they are acknowledged", rows)


def main(sizes: Sequence[int]) -> None:
    """Print all figures."""
    taking()
    first: dict[str, Figures] = {}
    for tickets in sizes:
        found = reading(tickets)
        first = first or found
        table(
            f"{tickets:,} tickets",
            [
                (
                    name,
                    f"p50 {one.p50:.2f} ms",
                    f"p99 {one.p99:.2f} ms, {one.p50 / first[name].p50:.2f} times the first",
                )
                for name, one in found.items()
            ],
        )


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or SIZES)
