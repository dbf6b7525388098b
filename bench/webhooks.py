"""How soon webhooks are acknowledged that come all at once: `python bench/webhooks.py [HOW MANY]`.

10,000 signed messages of WhatsApp, begun together, over a hundred connections. Beside it, by turns,
a bare aiohttp handler that does nothing but check the signature and append the body to the same
log, durably, one by one. That nothing is lost is not measured but counted: the bench fails where a
message is missing.
"""

from __future__ import annotations

import asyncio
import hmac
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from aiohttp import ClientSession, TCPConnector, web

from bench.gateway import BARE, PORT, Figures, figures, serving, serving_bare
from bench.workload import SECRET, table
from schemas.topics import CONTACTS
from streams.channels.settings import WhatsApp
from streams.clock import WallClock
from streams.desk import Desk
from streams.simulating.platforms.meta import WhatsAppPlatform
from streams.simulating.platforms.platform import Post
from streams.simulating.talk import talk

MANY = 10_000
PEOPLE = 500
WARM = 500
CONNECTIONS = 100
"""Half of what the gateway lets one address have, so that those of the turn before may be open."""

TURNS = 3
"""How often each has its turn; the middle one counts."""

PATH = "/channels/whatsapp"
SETTINGS = WhatsApp.model_validate(
    dict.fromkeys(("app_secret", "verify_token", "access_token", "phone_number_id"), "bench")
)
ENVIRONMENT = {
    f"PACTDESK_CHANNELS__WHATSAPP__{name.upper()}": value
    for name, value in SETTINGS.model_dump(exclude_unset=True).items()
}


def bare(folder: str) -> None:
    """A handler that checks the signature, appends the body by itself, durably, and answers."""
    desk = Desk(Path(folder), WallClock(), secret=SECRET)
    secret = str(SETTINGS.app_secret).encode()

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        right = "sha256=" + hmac.new(secret, body, sha256).hexdigest()
        if not hmac.compare_digest(request.headers.get("X-Hub-Signature-256", ""), right):
            return web.Response(status=401)
        with desk.database.durably():
            desk.log.append_raw(CONTACTS.name, 0, None, "{}", body, right)
        return web.Response()

    app = web.Application()
    app.router.add_post(PATH, take)
    web.run_app(app, host="127.0.0.1", port=BARE, print=lambda _: None)


def posts(count: int, began: datetime) -> list[Post]:
    """Messages, no two alike."""
    platform, dice = WhatsAppPlatform(SETTINGS), random.Random(count)
    apart = timedelta(milliseconds=1)
    told = talk(count, PEOPLE, dice, text=None, began=began, apart=apart)
    return [post for one in told for post in platform.posts(one)]


async def at_once(port: int, some: Sequence[Post]) -> Figures:
    """Send all of them, begun together; each is timed from when it goes out."""
    platform, taken = WhatsAppPlatform(SETTINGS), list[float]()
    free = asyncio.Semaphore(CONNECTIONS)

    async def one(session: ClientSession, post: Post) -> None:
        headers = {"Content-Type": post.media, **platform.signed(post, datetime.now(UTC))}
        async with free:
            began = time.perf_counter()
            url = f"http://127.0.0.1:{port}{PATH}"
            async with session.post(url, data=post.body, headers=headers) as answer:
                await answer.read()
                assert answer.status == 200, await answer.read()
            taken.append(time.perf_counter() - began)

    async with ClientSession(connector=TCPConnector(limit=CONNECTIONS)) as session:
        began = time.perf_counter()
        await asyncio.gather(*(one(session, post) for post in some))
        return figures(taken, time.perf_counter() - began)


def kept(folder: Path) -> int:
    """How many different messages a store holds."""
    with closing(sqlite3.connect(folder / "pactdesk.db")) as store:
        found = store.execute("SELECT count(DISTINCT id) FROM log").fetchone()
    return int(found[0])


def turn(many: int, *, ours: bool) -> Figures:
    """Take so many in on a fresh store, and see that they are there."""
    folder = Path(tempfile.mkdtemp(prefix="pactdesk-bench-"))
    start = serving(folder, ENVIRONMENT) if ours else serving_bare(folder, bare)
    try:
        with start:
            port = PORT if ours else BARE
            asyncio.run(at_once(port, posts(WARM, datetime(2026, 3, 1, tzinfo=UTC))))
            found = asyncio.run(at_once(port, posts(many, datetime(2026, 3, 2, tzinfo=UTC))))
        assert kept(folder) == many + WARM, f"{many + WARM - kept(folder)} messages were lost"
        return found
    finally:
        shutil.rmtree(folder)


def main(many: int) -> None:
    """Print the figures of both."""
    both = [(turn(many, ours=True), turn(many, ours=False)) for _ in range(TURNS)]
    ours, beside = (
        Figures(*(statistics.median(values) for values in zip(*some, strict=True)))
        for some in zip(*both, strict=True)
    )
    table(
        f"{many:,} webhooks at once over {CONNECTIONS} connections, all of them kept",
        [
            (
                "acknowledged",
                f"{ours.rate:,.0f}/s",
                f"bare handler {beside.rate:,.0f}/s: {ours.rate / beside.rate:.2f} times it",
            ),
            ("  p50", f"{ours.p50:.1f} ms", f"{beside.p50:.1f} ms"),
            ("  p99", f"{ours.p99:.1f} ms", f"{beside.p99:.1f} ms"),
        ],
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MANY)
