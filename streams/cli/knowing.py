"""Commands about what the desk knows: articles, categories, the team, the policy."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import BinaryIO, Literal

import click
import msgspec

from streams.cli.context import Context, give
from streams.cli.output import described
from streams.cli.working import lines_of
from streams.clock import parse_time
from streams.errors import Malformed, NotFound, Refused

ARTICLES = ("article",)
TEACHINGS = ("category", "tag", "tone")
SPECIALISTS = ("specialist",)

SKEW = timedelta(minutes=1)
"""How far ahead the clock of whoever wrote a line may be."""


def _take(context: Context, lines: Iterable[bytes], kinds: tuple[str, ...]) -> int:
    """Append lines of certain types and work them off; prints what became of them.

    Args:
        context: The call's context.
        lines: NDJSON.
        kinds: The types that the command takes; the first is that of a line which names none.
    """
    counts = {"accepted": 0, "repeat": 0, "unreadable": 0}
    others: list[tuple[int, str, str]] = []
    with context.desk() as desk:
        for taken in desk.intake.lines(_typed(lines, kinds, others, desk.clock.now())):
            counts[taken.status] += 1
            if taken.error is not None:
                context.complain(f"line {taken.line}", taken.error, taken.remedy)
        try:
            desk.run()
        except Refused:
            context.remark("a worker that is up will take them in")
    for number, what, remedy in others:
        counts["unreadable"] += 1
        context.complain(f"line {number}", what, remedy)
    context.show(counts, lambda: ", ".join(f"{n} {name}" for name, n in counts.items()))
    return 65 if counts["unreadable"] else 0


def _typed(
    lines: Iterable[bytes],
    kinds: tuple[str, ...],
    others: list[tuple[int, str, str]],
    now: datetime,
) -> Iterator[bytes]:
    """Lines with the type that the command implies.

    Left out and noted are other types, and what is said of a time to come: it would count from then
    on, and hold back until then whatever is taught or retired after it on the same partition.
    """
    for number, line in enumerate(lines, 1):
        try:
            document = msgspec.json.decode(line.removeprefix(BOM_UTF8))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield line
            continue
        if not isinstance(document, dict):
            yield line
            continue
        what = _not_here(document, kinds, now)
        if what is None:
            yield msgspec.json.encode({"type": kinds[0], **document})
        else:
            others.append((number, *what))
            yield b""  # an empty line is passed over, and keeps the numbers right


def _not_here(
    document: dict[str, object], kinds: tuple[str, ...], now: datetime
) -> tuple[str, str] | None:
    """Why a line is not for a command, and what would be right; None for one that is."""
    kind, at = document.get("type", kinds[0]), document.get("at")
    if kind not in kinds:
        return (
            f"{kind} is not taken here, only {', '.join(kinds)}",
            "put it in with `pactdesk produce`",
        )
    if kinds != SPECIALISTS and _ahead(at, now):
        return f"{kind}: at: {at} lies ahead", "leave it out, or come back when it is time"
    return None


def _ahead(at: object, now: datetime) -> bool:
    """Whether a time lies ahead of the clock, by more than clocks differ."""
    try:
        return isinstance(at, str) and parse_time(at) > now + SKEW
    except Malformed:
        return False  # that it is no time is told of the line


def _source(
    file: BinaryIO | None, starter: bool, what: Literal["articles", "categories"]
) -> Iterable[bytes]:
    if starter == (file is not None):
        raise click.UsageError("give a FILE (or - for standard input), or --starter")
    if file is not None:
        return lines_of(file)
    from streams.starter import lines as starter_lines

    return starter_lines(what)


@click.group("articles")
def articles_command() -> None:
    """The knowledge base."""


@articles_command.command("import")
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--starter", is_flag=True, help="The articles that ship.")
@give
def articles_import(context: Context, file: BinaryIO | None, starter: bool) -> int:
    """Import articles (NDJSON, or the shipped ones)."""
    return _take(context, _source(file, starter, "articles"), ARTICLES)


@articles_command.command("list")
@give
def articles_list(context: Context) -> None:
    """List the articles with how they serve."""
    with context.reading() as desk:
        context.rows(desk.query("SELECT * FROM v1_articles ORDER BY article_id"))


@articles_command.command("show")
@click.argument("article_id", metavar="ID")
@give
def articles_show(context: Context, article_id: str) -> None:
    """Show one article with its text."""
    with context.desk() as desk:
        rows = desk.query("SELECT * FROM v1_articles WHERE article_id = ?", (article_id,))
        if not rows:
            raise NotFound(f"there is no article {article_id}", "see `pactdesk articles list`")
        text = desk.models_now().article(article_id)
    if text is None:  # `produce` takes any time, for whoever runs the desk by simulated time
        context.remark("its time lies ahead: until then it answers nothing")
    found = {**rows[0], "body": None if text is None else text.body}
    context.show(found, lambda: "\n".join(described(found)))


@articles_command.command("retire")
@click.argument("article_id", metavar="ID")
@click.option("--as", "person", default="desk", show_default=True, help="Who does it.")
@give
def articles_retire(context: Context, article_id: str, person: str) -> None:
    """Offer an article no longer."""
    from streams.people import retire_article
    from streams.rulings import put

    with context.desk() as desk:
        if not desk.query("SELECT 1 AS one FROM v1_articles WHERE article_id = ?", (article_id,)):
            raise NotFound(f"there is no article {article_id}", "see `pactdesk articles list`")
        ruling = put(desk, retire_article(article_id, person, desk.clock.now()))
    context.show(msgspec.to_builtins(ruling), lambda: f"{article_id}: retired")


@click.command("teach")
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--starter", is_flag=True, help="The categories that ship.")
@give
def teach_command(context: Context, file: BinaryIO | None, starter: bool) -> int:
    """Teach categories, tags and tones with example texts (NDJSON, or the shipped ones).

    A line without a type is a category.
    """
    return _take(context, _source(file, starter, "categories"), TEACHINGS)


@click.group("team")
def team_command() -> None:
    """Who works at the desk."""


@team_command.command("import")
@click.argument("file", type=click.File("rb"), default="-")
@give
def team_import(context: Context, file: BinaryIO) -> int:
    """Import specialists (NDJSON)."""
    return _take(context, lines_of(file), SPECIALISTS)


@team_command.command("list")
@give
def team_list(context: Context) -> None:
    """List the specialists with their load."""
    with context.reading() as desk:
        context.rows(desk.query("SELECT * FROM v1_specialists ORDER BY specialist_id"))


def _duty(word: str, summary: str, *, available: bool) -> click.Command:
    @team_command.command(word, help=summary)
    @click.argument("specialist", metavar="PERSON")
    @click.option("--as", "person", default="desk", show_default=True, help="Who says it.")
    @give
    def command(context: Context, specialist: str, person: str) -> None:
        from streams.people import report_duty

        with context.desk() as desk:
            ruling = report_duty(desk, specialist, person, available=available)
        context.show(msgspec.to_builtins(ruling), lambda: f"{specialist}: {word}")

    return command


_duty("away", "Somebody goes off duty: new tickets go to others.", available=False)
_duty("back", "Somebody is on duty again: what waits may be theirs.", available=True)


@click.group("policy")
def policy_command() -> None:
    """Thresholds, routing, targets: one versioned file."""


@policy_command.command("show")
@click.option("--default", "default", is_flag=True, help="The shipped one, whatever is in force.")
@give
def policy_show(context: Context, default: bool) -> None:
    """Print the policy in force, as TOML."""
    from agents.policy import default_policy
    from agents.policy_toml import to_toml

    if default:
        policy = default_policy()
        text = resources.files("agents").joinpath("policy.toml").read_text("utf-8")
    else:
        with context.desk() as desk:
            policy = desk.policy()
        text = to_toml(policy)
    document = {"version": policy.version, **policy.model_dump(mode="json")}
    context.show(document, lambda: text.rstrip("\n"))


def policy_text(path: Path) -> str:
    """The text of a policy file, or of standard input for `-`."""
    try:
        # an editor's mark of UTF-8 before the text is none of the text
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path} cannot be read ({error}); give a TOML file") from error


@policy_command.command("check")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@give
def policy_check(context: Context, file: Path) -> int:
    """Say what is wrong with a policy file; exit 3 when something is."""
    from agents.policy_toml import check

    problems = [msgspec.to_builtins(one) for one in check(policy_text(file))]
    context.show(
        {"problems": problems},
        lambda: (
            "\n".join(f"{p['where']}: {p['what']}\n  -> {p['remedy']}" for p in problems)
            or f"{file}: nothing is wrong"
        ),
    )
    return 3 if problems else 0


@policy_command.command("activate")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--as", "person", default="operator", show_default=True, help="Who does it.")
@give
def policy_activate(context: Context, file: Path, person: str) -> None:
    """Put a policy in force from now on."""
    from streams.people import activate_policy

    with context.desk() as desk:
        version = activate_policy(desk, policy_text(file), person)
    context.show({"version": version}, lambda: f"{version} is in force")
