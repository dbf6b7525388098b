"""The page of a survey as HTML: it works without script, on a phone, and with a screen reader."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from http import HTTPStatus
from importlib import resources

from aiohttp import web

from streams.gateway.survey_words import PAGES

LONGEST = 2000
"""Characters that a comment may have."""

SCORES = range(1, 6)


def form(
    ticket_id: str, language: str, score: int | None = None, comment: str | None = None
) -> web.Response:
    """The questions.

    Args:
        ticket_id: What it is about.
        language: In which language, of those in which there is a page.
        score: What is marked already.
        comment: What is written already, where something is missing in what was sent.
    """
    words = PAGES[language]
    scores = "".join(
        f'<label><input type="radio" name="score" value="{one}"{_marked(one, score)}>'
        f"<span>{one}</span></label>"
        for one in SCORES
    )
    told = about = ""
    if comment is not None:
        told = f'<p class="wrong" role="alert" id="wrong">{words.nothing}</p>'
        about = ' aria-describedby="wrong"'
    body = f"""<h1>{words.question}</h1>
<p class="about">{words.about} {escape(ticket_id)}</p>
{told}<form method="post">
<fieldset{about}><legend>{words.scale}</legend>
<div class="scores">{scores}</div>
<div class="ends" aria-hidden="true"><span>{words.bad}</span><span>{words.good}</span></div>\
</fieldset>
<label class="label" for="comment">{words.add} <span class="light">{words.if_you_like}</span>\
</label>
<textarea id="comment" name="comment" maxlength="{LONGEST}">{escape(comment or "")}</textarea>
<label class="more"><input type="checkbox" name="more" value="yes"><span>{words.more}</span>\
</label>
<button>{words.send}</button></form>"""
    status = HTTPStatus.OK if comment is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return _page(words.question, body, status, language)


def _marked(one: int, score: int | None) -> str:
    return " checked" if one == score else ""


def thanks(language: str, *, more: bool) -> web.Response:
    """What is said once the answer is kept."""
    words = PAGES[language]
    told = words.again if more else words.better
    body = f"<h1>{words.thanks}</h1>\n<p>{told}</p>"
    return _page(words.thanks, body, HTTPStatus.OK, language)


def gone(language: str) -> web.Response:
    """What is said where a link holds no longer, or never did."""
    words = PAGES[language]
    body = f"<h1>{words.gone}</h1>\n<p>{words.instead}</p>"
    return _page(words.gone, body, HTTPStatus.NOT_FOUND, language)


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and by what a browser knows that it is ours."""
    text = resources.files("streams.gateway").joinpath("survey.css").read_text("utf-8")
    return text, f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _page(title: str, body: str, status: HTTPStatus, language: str) -> web.Response:
    style, known = _style()
    policy = (
        f"default-src 'none'; style-src {known}; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return web.Response(
        text=f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow"><meta name="referrer" content="no-referrer">
<title>{escape(title)}</title><style>{style}</style></head>
<body><main>{body}</main></body></html>
""",
        status=status,
        content_type="text/html",
        headers={
            "Content-Security-Policy": policy,
            "X-Robots-Tag": "noindex, nofollow",
            "Referrer-Policy": "no-referrer",
        },
    )
