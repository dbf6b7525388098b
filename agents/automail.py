"""What is no message of a person: auto-replies, bounces, lists, loops; and what is wrong with one.

Rules after RFC 3834 (automatic responses) and RFC 3464 (delivery reports), and the headers that
vendors send instead. Such mail is recorded and inert: it opens, reopens and answers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from agents.deletions import DELETED, is_deletion

_BULK = {"bulk", "junk", "list", "auto_reply"}
_NOBODY = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+._=-][^@]*)?@"
)
_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder")
_SPAM_HEADERS = ("x-spam-flag", "x-spam-status", "x-spam")
_OUR_MARK = "x-pactdesk"
_READ = "disposition-notification"
"""How a report calls itself that says a mail was read (RFC 8098): that is no bounce."""
_AUTO_SUBJECTS = re.compile(
    r"(?:automatic reply|auto-reply|autoreply|out of office|abwesenheitsnotiz|automatische antwort"
    r"|réponse automatique|respuesta automática|risposta automatica|resposta automática"
    r"|automatisch antwoord|autosvar|automatiskt? svar|automaattinen vastaus"
    r"|odpowiedź automatyczna|automatická odpověď|automatická odpoveď|automatikus válasz"
    r"|răspuns automat|otomatik yanıt|αυτόματη απάντηση|автоматический ответ|автоответ"
    r"|автоматична відповідь|自動応答|自動返信|自动回复|自动答复|自動回覆|자동 회신|자동 응답"
    r"|תשובה אוטומטית|رد تلقائي)\s?[:：]"
)
"""How mail programs of several languages begin the subject of what they answer by themselves. The
colon is part of it: whoever writes about such an answer writes on."""

_BOUNCE_SUBJECTS = (
    "undelivered mail returned to sender",
    "undeliverable:",
    "returned mail:",
    "mail delivery failed",
    "delivery failure",
    "delivery status notification (failure)",
)


class Verdict(msgspec.Struct, frozen=True):
    """Whether a contact can be worked on.

    Attributes:
        issues: Why it cannot, as named rules; empty when it can.
        warnings: What is odd about it, though it can.
    """

    issues: list[str] = []
    warnings: list[str] = []

    @property
    def is_valid(self) -> bool:
        """Whether there is nothing against it."""
        return not self.issues


def validate(
    channel: str,
    message: str,
    *,
    subject: str = "",
    handle: str | None = None,
    attachments: int = 0,
    metadata: Mapping[str, object] | None = None,
    longest: int = 200_000,
) -> Verdict:
    """Whether a message can be worked on, before any model reads it.

    Args:
        channel: Where it came from.
        message: Its text.
        subject: Its subject.
        handle: Who sent it.
        attachments: How many files came with it.
        metadata: What came with it; `headers` holds a mail's headers, in any letter case, and
            `deleted` says that it tells of a deletion.
        longest: Most characters that are taken.
    """
    issues, warnings = [], []
    if not message.strip():
        if attachments:
            warnings.append("attachments_only")
        else:
            issues.append("empty")
    if len(message) > longest:
        issues.append("oversize")
    automatic = (
        automatic_reason(_headers(metadata), subject, handle) if channel == "email" else None
    )
    if automatic is not None:
        issues.append(automatic)
    if is_deletion(metadata or {}):
        issues.append(DELETED)
    if message.strip() and not any(letter.isalnum() for letter in message[:2000]):
        warnings.append("no_words")
    return Verdict(issues, warnings)


def automatic_reason(headers: Mapping[str, str], subject: str, handle: str | None) -> str | None:
    """Why a mail is not a customer's: loop, spam, bounce, auto_reply, bulk or no_reply; else None.

    Spam is what the mail server's own filter marked as such (the headers of SpamAssassin and
    Rspamd); it sees connections and reputations, which a text alone does not show.

    Args:
        headers: Header values by lower-case name.
        subject: The subject.
        handle: The sender's address.
    """
    title = subject.strip().lower()
    kind = headers.get("content-type", "").lower()
    if any(name.startswith(_OUR_MARK) for name in headers):
        return "loop"
    if any(_keyword(headers.get(name, "")).rstrip(",") == "yes" for name in _SPAM_HEADERS):
        return "spam"
    if "multipart/report" in kind and _READ in kind:
        return "auto_reply"
    if "multipart/report" in kind or title.startswith(_BOUNCE_SUBJECTS):
        return "bounce"
    if _keyword(headers.get("auto-submitted", "no")) not in {"no", ""}:
        return "auto_reply"
    if any(name in headers for name in _AUTO_HEADERS) or _AUTO_SUBJECTS.match(title):
        return "auto_reply"
    if headers.get("return-path", "?").strip() in {"", "<>"}:
        return "bounce"
    if headers.get("precedence", "").strip().lower() in _BULK:
        return "bulk"
    if "list-id" in headers or "list-unsubscribe" in headers:
        return "bulk"
    if nobody_reads(handle or ""):
        return "no_reply"
    return None


def nobody_reads(address: str) -> bool:
    """Whether an address says of itself that nobody reads what is sent to it."""
    return _NOBODY.match(address.strip().lower()) is not None


def _keyword(value: str) -> str:
    """A header's value without its parameters and comments."""
    return re.split(r"[;(\s]", value.strip().lower(), maxsplit=1)[0]


def _headers(metadata: Mapping[str, object] | None) -> dict[str, str]:
    raw = (metadata or {}).get("headers")
    if not isinstance(raw, Mapping):
        return {}
    return {str(name).lower(): _text(value) for name, value in raw.items()}


def _text(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return str(value[0]) if value else ""
    return str(value)
