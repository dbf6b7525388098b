"""How soon a mail is a ticket: `python bench/mail.py [MAILS]`; needs Java and Maven.

A real mail server, GreenMail, and a desk that is up with all its roles and the models that ship. A
mail counts from when the server has accepted it by SMTP until its ticket shows in the tables. First
mails one by one; then 300, or as many as asked for, at a hundred a second; then so many at once.
At last how fast a mailbox alone becomes durable contacts: it holds so many, and no worker is there.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.gateway import Figures, figures
from bench.workload import ROOT, SECRET, questions, table
from streams.clock import WallClock
from streams.desk import Desk
from streams.starter import lines as starter_lines
from tests.gateways import gateway
from tests.real.greenmail import USERS, GreenMail

BURST = 300
ALONE = 40
"""Mails that are sent one by one, each when the one before is a ticket."""

WARM = 100
"""Mails before; the first is in no clear language, so that what that needs is loaded."""

UNCLEAR = "Hola, alles normal"

RATE = 100.0
"""Mails a second, in a burst that has a pace."""

PORT = 8795
LOOK_SECONDS = 0.01
PATIENCE = 120.0


@contextmanager
def up(folder: Path, mails: GreenMail) -> Iterator[None]:
    """A desk that fetches from the mail server, in a process of its own."""
    with Desk(folder, WallClock(), secret=SECRET) as desk:
        desk.intake.lines(starter_lines("categories"))
        desk.run()
    program = [sys.executable, str(ROOT / "pactdesk.py"), "--data", str(folder), "up"]
    program += ["--port", str(PORT), "--admin-port", "0", "--quiet"]
    settings = {"imap_url": mails.url(), "address": USERS[0], "token_secret": SECRET}
    environment = {f"PACTDESK_CHANNELS__EMAIL__{k.upper()}": v for k, v in settings.items()}
    with subprocess.Popen(
        program,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


class Eyes:
    """Sees when tickets show in a store's tables, by their subjects.

    Args:
        store: The store.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.seen: dict[str, float] = {}
        self._thread.start()

    def _look(self) -> None:
        with closing(sqlite3.connect(self._store)) as store:
            while not self._stop.is_set():
                rows = store.execute("SELECT subject FROM p_tickets").fetchall()
                now = time.perf_counter()
                for (subject,) in rows:
                    self.seen.setdefault(str(subject), now)
                time.sleep(LOOK_SECONDS)

    def saw(self, subjects: Sequence[str]) -> None:
        """Return when all of these are there."""
        until = time.monotonic() + PATIENCE
        while not self.seen.keys() >= {*subjects}:
            if time.monotonic() > until:
                missing = len({*subjects} - self.seen.keys())
                raise SystemExit(f"{missing} mails of {len(subjects)} are no tickets")
            time.sleep(LOOK_SECONDS)

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()


def mail(subject: str, number: int) -> bytes:
    """A mail of somebody who never wrote before."""
    texts = questions()
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{subject.replace(' ', '-')}@example.org"
    message["To"] = USERS[0]
    message["Subject"] = subject
    message["Message-ID"] = f"<{subject.replace(' ', '.')}@example.org>"
    message.set_content(UNCLEAR if subject == "warm 0" else texts[number % len(texts)])
    return bytes(message)


def sent(
    smtp: smtplib.SMTP, run: str, count: int, *, pace: float | None, each: Callable[[str], None]
) -> dict[str, float]:
    """Send mails; returns when the server had accepted each.

    Args:
        smtp: The server.
        run: Names the run in subjects.
        count: How many.
        pace: How many a second; None is as fast as the server takes them.
        each: Is called with a subject when its mail is accepted.
    """
    accepted, began = {}, time.perf_counter()
    for number in range(count):
        if pace is not None:
            time.sleep(max(0.0, began + number / pace - time.perf_counter()))
        subject = f"{run} {number}"
        smtp.sendmail("bench@example.org", [USERS[0]], mail(subject, number))
        accepted[subject] = time.perf_counter()
        each(subject)
    return accepted


def run(mails: GreenMail, eyes: Eyes, name: str, count: int, pace: float | None) -> Figures:
    """Send a burst and wait until all of it is there; nothing of it may be lost."""

    def together(_subject: str) -> None:
        """Wait for none of them."""

    with smtplib.SMTP("127.0.0.1", mails.smtp_port) as smtp:
        each = together if name != "alone" else lambda subject: eyes.saw([subject])
        accepted = sent(smtp, name, count, pace=pace, each=each)
    eyes.saw([*accepted])
    took = [eyes.seen[subject] - moment for subject, moment in accepted.items()]
    wall = max(eyes.seen[one] for one in accepted) - min(accepted.values())
    return figures(took, wall)


def taken_in(folder: Path, mails: GreenMail, count: int) -> float:
    """How many mails a second that lie in a mailbox become durable contacts, without a worker."""
    ours = USERS[1]
    with smtplib.SMTP("127.0.0.1", mails.smtp_port) as smtp:
        for number in range(count):
            smtp.sendmail("bench@example.org", [ours], mail(f"lying {number}", number))
    email = {"imap_url": mails.url(ours), "address": ours, "token_secret": SECRET}
    flags = {f"channels__email__{name}": value for name, value in email.items()}
    with gateway(folder, **flags), closing(sqlite3.connect(folder / "pactdesk.db")) as store:
        began = time.perf_counter()
        while store.execute("SELECT count(*) FROM log").fetchone()[0] < count:
            if time.perf_counter() - began > PATIENCE:
                raise SystemExit("mails are no contacts")
            time.sleep(LOOK_SECONDS)
        return count / (time.perf_counter() - began)


def main(count: int) -> None:
    """Print the figures."""
    folder = Path(tempfile.mkdtemp(prefix="pactdesk-bench-"))
    mails = GreenMail(folder / "mail")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        mails.start()
        stack.callback(mails.stop)
        with up(folder / "desk", mails), closing(Eyes(folder / "desk" / "pactdesk.db")) as eyes:
            run(mails, eyes, "warm", WARM, None)
            found = {
                f"{ALONE} one by one": run(mails, eyes, "alone", ALONE, None),
                f"{count} at {RATE:.0f} a second": run(mails, eyes, "paced", count, RATE),
                f"{count} at once": run(mails, eyes, "burst", count, None),
            }
        durable = taken_in(folder / "lying", mails, count)
    table(
        "Mails, from accepted by SMTP to a ticket in the tables; all of them came",
        [
            (what, f"{one.rate:,.0f}/s", f"p50 {one.p50:.0f} ms, p99 {one.p99:.0f} ms")
            for what, one in found.items()
        ]
        + [(f"{count} in a mailbox", f"{durable:,.0f}/s", "to durable contacts, without a worker")],
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else BURST)
