"""A real mail server, GreenMail: SMTP and IMAP, with whatever users are asked for."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import smtplib
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imap_tools import MailBoxUnencrypted

from tests.real.jars import CACHE, java
from tests.real.process import Missing, Process
from tests.real.server import Server
from tests.real.waiting import free_port, until

_ARTIFACT = "com.icegreen:greenmail-standalone:2.1.13"
_SHA256 = "21b361e46e8ffe83afe7915a2b01231c4a163c8d0fa5de607e32ed19732d908d"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy"
_START_SECONDS = 60

PASSWORD = "secret"  # noqa: S105  # of a server that lives as long as a test
USERS = ("help@desk.example", "sales@desk.example")


def jar() -> Path:
    """GreenMail's jar; fetched by the first who asks, others wait for it.

    Raises:
        Missing: It is not here and cannot be fetched.
        AssertionError: What was fetched is another jar than the one of this recipe.
    """
    CACHE.mkdir(exist_ok=True)
    found = CACHE / "greenmail.jar"
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            _fetch(found)
    return found


def _fetch(to: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("GreenMail is fetched by Maven: install it, e.g. apt-get install maven")
    with tempfile.TemporaryDirectory(dir=CACHE) as unfinished:
        done = subprocess.run(
            [
                maven,
                "--quiet",
                "--batch-mode",
                f"-Dmaven.repo.local={CACHE / 'maven'}",
                _COPY,
                f"-Dartifact={_ARTIFACT}",
                f"-DoutputDirectory={unfinished}",
            ],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            raise Missing(f"GreenMail cannot be fetched by Maven: {done.stdout[-2000:]}")
        (fetched,) = Path(unfinished).iterdir()
        digest = hashlib.sha256(fetched.read_bytes()).hexdigest()
        assert digest == _SHA256, "the jar of GreenMail is not that of the recipe"
        fetched.replace(to)


class GreenMail(Server):
    """A mail server without a disk: what it holds is gone when it stops.

    Args:
        folder: Where its log lies; made if it is not there.

    Attributes:
        smtp_port: Where it takes mail.
        imap_port: Where mail is fetched.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.smtp_port, self.imap_port = free_port(), free_port()
        users = ",".join(f"{name.replace('@', ':' + PASSWORD + '@')}" for name in USERS)
        self._process = Process(
            "greenmail",
            folder,
            [
                java(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                f"-Dgreenmail.folder={folder}",
                f"-Dgreenmail.smtp.port={self.smtp_port}",
                f"-Dgreenmail.imap.port={self.imap_port}",
                "-Dgreenmail.hostname=127.0.0.1",
                f"-Dgreenmail.users={users}",
                "-Dgreenmail.users.login=email",
                "-jar",
                str(jar()),
            ],
            bound=True,
        )

    @property
    def process(self) -> Process:
        """Its process."""
        return self._process

    def start(self) -> None:
        """Start it, and return when it answers."""
        self.process.start()
        until(self._answers, _START_SECONDS, lambda: f"GreenMail starts: {self.process.tail()}")

    def _answers(self) -> bool:
        try:
            for port in (self.smtp_port, self.imap_port):
                with socket.create_connection(("127.0.0.1", port)) as one:
                    one.settimeout(5)
                    if not one.recv(1):
                        return False
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Stop it."""
        self.process.stop()

    def url(self, user: str = USERS[0], port: int | None = None) -> str:
        """The address of a user's mailbox, as our settings have it."""
        name = user.replace("@", "%40")
        return f"imap://{name}:{PASSWORD}@127.0.0.1:{port or self.imap_port}/INBOX"

    def send(self, raw: bytes, *to: str) -> None:
        """Send a mail to some users; to the first one by default."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as smtp:
            smtp.sendmail("ann@example.org", list(to or USERS[:1]), raw)

    def emptied(self) -> None:
        """Take everything out of the mailboxes; the numbers of mails go on."""
        for user in USERS:
            with self.opened(user) as box:
                box.delete(box.uids())

    @contextmanager
    def opened(self, user: str = USERS[0]) -> Iterator[MailBoxUnencrypted]:
        """A user's mailbox, as the user's own mail program sees it."""
        box = MailBoxUnencrypted("127.0.0.1", self.imap_port)
        box.login(user, PASSWORD)
        try:
            yield box
        finally:
            box.logout()
