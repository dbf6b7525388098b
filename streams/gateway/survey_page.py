"""The page of a survey as HTML: it works without script, on a phone, and with a screen reader."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from http import HTTPStatus
from importlib import resources

from aiohttp import web

LONGEST = 2000
"""Characters that a comment may have."""

SCORES = range(1, 6)


def form(
    ticket_id: str, score: int | None = None, comment: str = "", wrong: str = ""
) -> web.Response:
    """The questions.

    Args:
        ticket_id: What it is about.
        score: What is marked already.
        comment: What is written already.
        wrong: What is missing in what was sent.
    """
    scores = "".join(
        f'<label><input type="radio" name="score" value="{one}"{_marked(one, score)}>'
        f"<span>{one}</span></label>"
        for one in SCORES
    )
    told = f'<p class="wrong" role="alert" id="wrong">{escape(wrong)}</p>' if wrong else ""
    about = ' aria-describedby="wrong"' if wrong else ""
    body = f"""<h1>How did we do?</h1>
<p class="about">Your request {escape(ticket_id)}</p>
{told}<form method="post">
<fieldset{about}><legend>From 1 (bad) to 5 (good)</legend>
<div class="scores">{scores}</div>
<div class="ends" aria-hidden="true"><span>bad</span><span>good</span></div></fieldset>
<label class="label" for="comment">Anything to add? <span class="light">(if you like)</span></label>
<textarea id="comment" name="comment" maxlength="{LONGEST}">{escape(comment)}</textarea>
<label class="more"><input type="checkbox" name="more" value="yes"><span>I need more help</span>\
</label>
<button>Send</button></form>"""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return _page("How did we do?", body, status)


def _marked(one: int, score: int | None) -> str:
    return " checked" if one == score else ""


def thanks(*, more: bool) -> web.Response:
    """What is said once the answer is kept."""
    told = (
        "A colleague will look at it again and write to you."
        if more
        else "Your answer helps us to do better. You can close this page."
    )
    return _page("Thank you", f"<h1>Thank you</h1>\n<p>{told}</p>", HTTPStatus.OK)


def gone() -> web.Response:
    """What is said where a link holds no longer, or never did."""
    body = (
        "<h1>This link does not work any more</h1>\n<p>Links to our questions hold for a month."
        " If you need help, simply answer our last message.</p>"
    )
    return _page("This link does not work any more", body, HTTPStatus.NOT_FOUND)


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and by what a browser knows that it is ours."""
    text = resources.files("streams.gateway").joinpath("survey.css").read_text("utf-8")
    return text, f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _page(title: str, body: str, status: HTTPStatus) -> web.Response:
    style, known = _style()
    policy = (
        f"default-src 'none'; style-src {known}; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return web.Response(
        text=f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
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
