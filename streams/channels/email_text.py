"""What somebody wrote in a mail: HTML as text, and the new text apart from what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt",
    "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr",
    "ul",
})  # fmt: skip
_UNREAD = frozenset({"script", "style", "title"})
_MARK = {"li": "- ", "td": " ", "th": " "}
_TAG = re.compile(r"<[^<>]*>")
_NO_LETTER = re.compile(r"&#\d{8,};?")
"""The number of a letter that is none, or has zeros before it that nobody writes. The standard
library makes a number of it, however long, and refuses one of some thousand digits."""

_TRIES = 20
"""How many tags without an end are got over in a mail; one that has more is no work of a program
for mail, and of what is behind them only the words are read."""

_WEB = re.compile(r"https?://\S{1,500}$", re.IGNORECASE)
_SCHEME = re.compile(r"^https?://(?:www\.)?|^www\.", re.IGNORECASE)

_INDENTED = re.compile(r"(?!.*border-left).*border:\s*none", re.IGNORECASE | re.DOTALL)
"""The style of what somebody indented by a button of Gmail; a quotation has a line at its left."""


class _Reader(HTMLParser):
    """Collects text; what stands in a `blockquote` gets the marks that plain quotations have."""

    def __init__(self, *, links: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[str]] = [[]]  # in pieces: a line may be as long as the mail
        self._links = links
        self._target = ""
        self._label: list[str] = []
        self._unread = 0
        self._quotes: list[bool] = []
        self._quoted = 0
        self._kept = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins a line; a picture says what stands for it."""
        if tag in _UNREAD:
            self._unread += 1
        if tag == "body":
            self._unread = 0  # whatever the head left open, here the text begins
        if tag in _BLOCKS:
            self._break()
        if tag == "blockquote":
            quotes = not _INDENTED.match(dict(attrs).get("style") or "")
            self._quotes.append(quotes)
            self._quoted += quotes
        if tag == "pre":
            self._kept += 1
        if tag in _MARK:
            self.lines[-1].append(_MARK[tag])
        if tag == "a":
            self._target, self._label = (dict(attrs).get("href") or "").strip(), []
        if tag == "img" and (said := dict(attrs).get("alt")):
            self.handle_data(f"[{said}]")

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line."""
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        if tag == "a":
            self._linked()
        if tag in _BLOCKS:
            self._break()
        if tag == "blockquote" and self._quotes:
            self._quoted -= self._quotes.pop()
        if tag == "pre":
            self._kept = max(0, self._kept - 1)
        if tag == "p":
            self.lines.append([])

    def handle_data(self, data: str) -> None:
        """Text; spaces and line ends count as one space, but where they are laid out."""
        if self._unread:
            return
        if self._kept:
            first, *more = data.split("\n")
            self._say(first)
            for one in more:
                self.lines.append([])
                self._say(one)
            return
        self._say(re.sub(r"\s+", " ", data))

    def _linked(self) -> None:
        """A link's address stands behind its words, unless they are the address themselves."""
        target, label = self._target, "".join(self._label).strip()
        self._target, self._label = "", []
        bare, said = (_SCHEME.sub("", one).rstrip("/").lower() for one in (target, label))
        if self._links and not self._unread and _WEB.match(target) and said and said != bare:
            self._say(f" ({target})")

    def _say(self, text: str) -> None:
        self._label.append(text)
        line = self.lines[-1]
        if self._quoted and not line:
            line.append("> " * min(self._quoted, 9))
        if not self._kept and (not line or line[-1].endswith(" ")):
            text = text.removeprefix(" ")
        if text:
            line.append(text)

    def _break(self) -> None:
        if any(one.strip("> ") for one in self.lines[-1]):
            self.lines.append([])
        else:
            self.lines[-1].clear()


def of_html(html: str, *, links: bool = True) -> str:
    """The text of HTML, line by line as it is shown; never fails, and never takes long.

    The parser is not told that the HTML has ended: it would look through all that is left for the
    end of each tag that has none, and one mail full of those would keep the others waiting.

    Args:
        html: The HTML.
        links: Whether addresses stand behind the words that lead to them.
    """
    html = _NO_LETTER.sub("\ufffd", html)
    reader, rest = _Reader(links=links), html
    try:
        for _ in range(_TRIES):
            reader.feed(rest)
            rest, reader.rawdata = reader.rawdata, ""
            shown = rest.find(">") + 1 if rest.startswith("<") else 0
            if not shown:
                break
            reader.handle_data(unescape(rest[:shown]))
            rest = rest[shown:]
    except AssertionError:  # what the parser of the standard library says of a broken `<![`
        return tidied(unescape(_TAG.sub(" ", html)))
    reader.handle_data(unescape(_TAG.sub(" ", rest)))
    return tidied("\n".join(map("".join, reader.lines)))


def tidied(text: str) -> str:
    """Text without spaces at the ends of lines and without more than one empty line in a row."""
    lines = "\n".join(line.rstrip() for line in text.replace("\xa0", " ").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


class Split(NamedTuple):
    """A mail's text.

    Attributes:
        new: What is new in it; the whole where no quotation is recognised.
        quotes: Whether one is.
    """

    new: str
    quotes: bool


_WROTE = (
    r"wrote|writes|schrieb|a écrit|a ecrit|escribió|escribio|ha scritto|escreveu|schreef|skrev"
    r"|kirjoitti|napisał\(a\)|napisał|pisze|napsal|írta|yazdı|написал"
)
_BEGINS = re.compile(rf"^(?!>).{{0,400}}\b(?:{_WROTE})\b.{{0,80}}:$", re.IGNORECASE)
"""The line above a quotation, in the words of the mail programs of several languages."""

_OPENS = re.compile(r"(?:on|am|le|el|il|em|op|den|på|w dniu|dne)\b|\d", re.IGNORECASE)
"""With which words such a line begins; it may go over two lines."""

_DATED = re.compile(r"\d{4}|\d{1,2}[:.]\d{2}|\S@\S")

_BELOW = re.compile(
    r"^-{2,} ?(?:original message|ursprüngliche nachricht|originalnachricht|message d['’]origine"
    r"|message original|mensaje original|messaggio originale|mensagem original"
    r"|oorspronkelijk bericht|mail original|ursprungligt meddelande|originalmeddelande"
    r"|opprinnelig melding|alkuperäinen viesti|oryginalna wiadomość|wiadomość oryginalna"
    r"|původní (?:zpráva|e-mail)|eredeti üzenet|orijinal (?:ileti|mesaj)"
    r"|原始邮件|原始郵件|元のメッセージ|원본 (?:메시지|메일|이메일)"
    r"|oprindelig meddelelse|исходное сообщение) ?-{2,}$",
    re.IGNORECASE,
)
"""A line below which everything is the mail that is answered."""

_PASSED_ON = re.compile(
    r"^(?:-{2,} ?(?:forwarded message|weitergeleitete nachricht|message transféré"
    r"|mensaje reenviado|messaggio inoltrato|mensagem encaminhada|doorgestuurd bericht"
    r"|vidarebefordrat meddelande|videresendt (?:besked|melding)|przekazana wiadomość"
    r"|пересылаемое сообщение) ?-{2,}"
    r"|(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado"
    r"|inizio messaggio inoltrato|início da mensagem (?:re)?encaminhada"
    r"|begin doorgestuurd bericht) ?:)$",
    re.IGNORECASE,
)
"""A line below which a mail stands that is passed on: it is what its sender has to say."""

_CLOCK = re.compile(r"\d{1,2}:\d{2}|\bkl\.? ?\d{1,2}[.:]\d{2}|\S@\S", re.IGNORECASE)
"""What a mail program says of when or by whom; a person who tells of a letter says it seldom."""

_ADDRESSED = re.compile(
    r"^(?!>)(?=.*(?:\d{4}|\d{1,2}[:.]\d{2})).{0,400}\S@\S.{0,80}[:：][\u200e\u200f\u202c]*$"
)
"""The line above a quotation in any language: a time, an address, and a colon at its end."""


def _head(*words: str) -> re.Pattern[str]:
    """A line of a mail's head, by the words with which mail programs begin it."""
    return re.compile(rf"^\*?(?:{'|'.join(words)})\s?\*?\s?[:：]", re.IGNORECASE)


_FROM = _head(
    "from|von|de|da|van|fra|från|lähettäjä|od|de la|feladó|kimden|от|від|από",
    "差出人|发件人|寄件者|보낸 사람|보낸사람",
)
_ABOUT = _head(
    "subject|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|předmět",
    "predmet|subiect|tárgy|konu|тема|θέμα|件名|主题|主旨|제목",
)
_BESIDE = _head(
    "sent|date|to|cc|gesendet|datum|an|envoyé(?: le)?|à|enviado(?: el| em)?|enviada(?: em)?",
    "fecha|data|para|inviato|a|verzonden|aan|skickat|till|sendt|dato|til|lähetetty|päiväys",
    "vastaanottaja|wysłano|do|kopia|odesláno|komu|trimis|către|elküldve|küldve|címzett",
    "gönderildi|tarih|kime|отправлено|дата|кому|копия|надіслано|送信日時|日付|宛先",
    "发送时间|日期|收件人|抄送|寄件日期|收件者|보낸 날짜|날짜|받는 사람|받는사람",
)
_BROKEN_OVER = 3
"""On how many lines it may stand what is above a quotation, where a name or an address is long."""

_HEADS = 2
"""Lines of a quoted mail's head that must follow on its first one."""

_HEAD_LINES = 8
"""Within how many lines: to whom a mail went may be told on several of them."""


def split(text: str, *, answers: bool = True, alone: bool = True) -> Split:
    """The new text of a mail apart from the mail that it answers.

    Args:
        text: The text.
        answers: Whether it answers one. What looks like a mail in one that does not was put there
            by whoever wrote it, and lines that are marked as quotations may be a program's output:
            it is new with them, unless a mail program says above marked lines whose they are.
        alone: Whether it is all that the mail has. Where there is nothing but a quotation, that is
            then taken for what is said; beside a file it is nobody's word.
    """
    lines = text.split("\n")
    ends = (at for at in range(len(lines)) if answers and _ends(lines, at))
    end = next(ends, len(lines))
    for at in range(end):
        if _PASSED_ON.match(lines[at].strip()):
            above, below = split("\n".join(lines[:at])), "\n".join(lines[at:])
            return Split(tidied(f"{above.new}\n\n{below}") if above.quotes else text, above.quotes)
    while 0 < end < len(lines) and _BESIDE.match(lines[end - 1].strip()):
        end -= 1  # some programs name the time before the sender
    quoted = {at for at in range(end) if lines[at].startswith(">")}
    if not answers:
        quoted = {at for run in _runs(quoted) if _attributed(lines, run, quoted) for at in run}
    quoted |= {above for at in quoted for above in _attribution(lines, at, quoted)}
    if end == len(lines) and not quoted:
        return Split(text, quotes=False)
    new = tidied("\n".join(lines[at] for at in range(end) if at not in quoted).rstrip("_ \n"))
    return Split(new, quotes=True) if new or not alone else Split(text, quotes=False)


def _ends(lines: list[str], at: int) -> bool:
    """Whether everything from a line on is the mail that is answered."""
    line = lines[at].strip()
    if _BELOW.match(line):
        return True
    if _FROM.match(line):
        return _is_head(line, [one.strip() for one in lines[at + 1 : at + 1 + _HEAD_LINES]])
    if not (_BEGINS.match(line) and _DATED.search(line) and _CLOCK.search(line)):
        return False
    below = next((one for one in lines[at + 1 :] if one.strip()), ">")
    return not below.startswith(">")


def _is_head(first: str, below: list[str]) -> bool:
    """Whether the head of a mail begins here.

    Whoever writes where something goes from and to has lines like these, but neither an address nor
    a subject among them.
    """
    subjects = [one for one in below if _ABOUT.match(one)]
    others = [one for one in below if _BESIDE.match(one)]
    return len(subjects) + len(others) >= _HEADS and bool(subjects or "@" in first)


def _runs(quoted: set[int]) -> Iterator[list[int]]:
    """The lines of quotations, together where they follow each other."""
    run: list[int] = []
    for at in sorted(quoted):
        if run and at > run[-1] + 1:
            yield run
            run = []
        run.append(at)
    if run:
        yield run


def _attributed(lines: list[str], run: list[int], quoted: set[int]) -> bool:
    """Whether a mail program says whose a quotation is: above it, or in its first line."""
    first = lines[run[0]].lstrip("> ")
    return bool(_attribution(lines, run[0], quoted) or _says_whose(first))


def _says_whose(line: str) -> bool:
    return bool(_BEGINS.match(line) or _ADDRESSED.match(line))


def _attribution(lines: list[str], at: int, quoted: set[int]) -> list[int]:
    """The lines right above a quotation that say whose it is; a long one may go over three."""
    above = at - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    if above < 0 or above in quoted:
        return []
    for first in range(above - 1, max(above - _BROKEN_OVER, -1), -1):
        if first in quoted or not lines[first].strip() or _OPENS.match(lines[first + 1].strip()):
            break
        told = " ".join(line.strip() for line in lines[first : above + 1])
        dated = _BEGINS.match(told) and _DATED.search(told)
        if _OPENS.match(told) and (dated or _ADDRESSED.match(told)):
            return [*range(first, above + 1)]
    return [above] if _says_whose(lines[above].strip()) else []
