"""One mail, handed over by SMTP.

Contract: RFC 5321, RFC 6409. Until the last line of a mail is sent, the server has taken nothing;
from then on only its answer says whether it did.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from streams.channels.channel import Accepted, Rejected
from streams.delivery.errand import Came, NoAnswer, Unsent

PORTS = {"smtp": 587, "smtps": 465}

_DONE = range(200, 300)
_LATER, _NEVER = 400, 500
_NO_SUCH_LETTERS = 553, b"our mail server takes no address with letters beyond ASCII"
"""The answer of a server without SMTPUTF8 (RFC 6531), which is not even asked."""


class Mail:
    """A mail as it is handed over.

    Attributes:
        senders: Whom the servers tell when it does not arrive, empty for nobody: each is used where
            the server refuses the one before.
        to: Whom it is for.
        content: The whole of it, but for the date.
        number: Its Message-ID.
    """

    def __init__(self, senders: Sequence[str], to: str, content: bytes, number: str) -> None:
        self.senders = senders
        self.to = to
        self.content = content
        self.number = number


def handed_over(url: str, mail: Mail, at: datetime, seconds: float) -> Came:
    """Hand a mail to the server.

    The connection is encrypted where the server offers it; without that no password is sent but to
    this machine itself.

    Args:
        url: The server, `smtps://user:password@host` or `smtp://…`.
        mail: The mail.
        at: When it is sent.
        seconds: How long each answer is waited for.
    """
    try:
        server = _server(url, seconds)
    except (OSError, smtplib.SMTPException) as error:
        return _refused(error)
    try:
        return _sent(server, mail, at)
    finally:
        server.close()


def _server(url: str, seconds: float) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    trusted = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=seconds, context=trusted)
    else:
        server = smtplib.SMTP(host, port, timeout=seconds)
    try:
        server.ehlo_or_helo_if_needed()
        private = parts.scheme == "smtps" or _this_machine(host)
        if not private and server.has_extn("starttls"):
            server.starttls(context=trusted)
            server.ehlo()
            private = True
        if parts.username is not None:
            _let_in(server, unquote(parts.username), unquote(parts.password or ""), private=private)
    except BaseException:
        server.close()
        raise
    return server


def _let_in(server: smtplib.SMTP, user: str, password: str, *, private: bool) -> None:
    if not private:
        raise smtplib.SMTPNotSupportedError(
            "it offers no encryption, and the password is not sent without"
        )
    server.login(user, password)


def _this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sent(server: smtplib.SMTP, mail: Mail, at: datetime) -> Came:
    content = b"Date: " + format_datetime(at).encode() + b"\r\n" + mail.content
    try:
        code, text = _announced(server, mail)
    except (OSError, smtplib.SMTPException) as error:
        return _refused(error)
    if code >= _LATER:
        return Rejected(f"{_words(text)} ({code})", final=code >= _NEVER)
    try:
        code, text = server.data(content)
    except smtplib.SMTPDataError as error:  # it did not even want to hear it
        return Rejected(
            f"{_words(error.smtp_error)} ({error.smtp_code})", final=error.smtp_code >= _NEVER
        )
    except (OSError, smtplib.SMTPException) as error:
        return NoAnswer(_said(error))
    if code in _DONE:
        return Accepted(mail.number)
    if code < _LATER:  # the whole of it was heard, and this is neither yes nor no
        return NoAnswer(f"the mail server's answer cannot be read: {_words(text)} ({code})")
    return Rejected(f"{_words(text)} ({code})", final=code >= _NEVER)


def _announced(server: smtplib.SMTP, mail: Mail) -> tuple[int, bytes]:
    """Say whom a mail is from and for; the answer that counts."""
    options = [] if mail.to.isascii() else ["SMTPUTF8"]
    if options and not server.has_extn("smtputf8"):
        return _NO_SUCH_LETTERS
    code, text = _NEVER, b"it has no sender"
    for sender in mail.senders:
        server.rset()
        code, text = server.mail(sender, options)
        if code < _LATER:
            code, text = server.rcpt(mail.to)
        if code < _NEVER:
            break
    return code, text


def _refused(error: Exception) -> Came:
    """What an error means before the mail was sent."""
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPNotSupportedError):
        return Unsent(f"the mail server does not let us in: {_said(error)}")
    return Unsent(_said(error))


def _words(text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(words.split())


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
