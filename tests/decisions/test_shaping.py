"""A text becomes the messages of a platform: nothing is lost, and every part fits."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.shaping import shape, shape_blank, units
from schemas.platforms import PLATFORMS
from schemas.vocabulary import CHANNELS

NUMBERED = re.compile(r"^\((\d+)/(\d+)\) ")

_texts = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(
            [
                "word",
                "Ünïcode",
                "😀",
                "👩‍👩‍👧",
                "e\u0301",
                "a.",
                "\n",
                "\n\n",
                "  ",
                "x" * 70,
                "**b**",
                "[a link](https://example.org/a)",
                "<&>",
                "https://example.org/abc",
            ]
        ),
        max_size=60,
    ).map(" ".join),
)
_long = st.tuples(_texts, st.integers(1, 40)).map(lambda pair: pair[0] * pair[1])


def bare(text: str) -> str:
    """What is left of a text without white space and without markup."""
    return re.sub(r"[\s*<>|\[\]():]", "", text.replace("&amp;", "&"))


@given(text=_long, channel=st.sampled_from(CHANNELS))
def test_every_part_has_room_as_the_platform_counts(text: str, channel: str) -> None:
    limit = PLATFORMS[channel].characters
    for part in shape(text, channel):
        assert units(part) <= limit
        assert len(part) <= limit
        assert units(part) == len(part.encode("utf-16-le", "surrogatepass")) // 2


@given(text=_long, channel=st.sampled_from(["chat_widget", "discord"]))
def test_nothing_is_lost_but_white_space_at_cuts(text: str, channel: str) -> None:
    """On platforms that take Markdown as it is."""
    parts = shape(text, channel)
    joined = "".join(NUMBERED.sub("", part) if len(parts) > 1 else part for part in parts)
    assert "".join(joined.split()) == "".join(text.split())


@given(text=_long, channel=st.sampled_from(["email", "phone", "twitter", "facebook", "whatsapp"]))
def test_nothing_is_lost_but_markup_on_the_others(text: str, channel: str) -> None:
    parts = shape(text, channel)
    joined = "".join(NUMBERED.sub("", part) if len(parts) > 1 else part for part in parts)
    assert bare(joined) == bare(text)


@given(text=_long)
def test_the_blank_of_a_template_takes_one_line_without_runs_of_spaces(text: str) -> None:
    for part in shape_blank(text, "whatsapp"):
        assert not set(part) & set("\n\r\t\v\f")
        assert "  " not in part
        assert part == part.strip()
        assert units(part) <= 1_024


@given(text=_long)
def test_nothing_but_white_space_and_markup_is_lost_in_a_template(text: str) -> None:
    parts = shape_blank(text, "whatsapp")
    joined = "".join(NUMBERED.sub("", part) if len(parts) > 1 else part for part in parts)
    assert bare(joined) == bare(text)


@given(text=_long, channel=st.sampled_from(CHANNELS))
def test_parts_are_numbered_from_one_and_none_is_empty(text: str, channel: str) -> None:
    parts = shape(text, channel)
    if len(parts) == 1:
        return
    for place, part in enumerate(parts, 1):
        found = NUMBERED.match(part)
        assert found is not None
        assert (int(found[1]), int(found[2])) == (place, len(parts))
        assert NUMBERED.sub("", part).strip()


@given(text=_texts, channel=st.sampled_from(CHANNELS))
def test_a_short_text_is_one_message(text: str, channel: str) -> None:
    assert len(shape(text, channel)) == 1


def test_a_text_of_just_the_limit_is_one_message_and_one_more_is_two() -> None:
    limit = PLATFORMS["phone"].characters
    assert shape("x" * limit, "phone") == ["x" * limit]
    assert len(shape("x" * (limit + 1), "phone")) == 2
    assert shape("😀" * (limit // 2), "phone") == ["😀" * (limit // 2)]
    assert len(shape("😀" * (limit // 2 + 1), "phone")) == 2


@pytest.mark.parametrize("letter", ["x", "😀"])
def test_a_run_that_must_be_cut_fills_its_parts(letter: str) -> None:
    limit = PLATFORMS["phone"].characters
    *full, _ = shape(letter * 2 * limit, "phone")
    assert {units(part) in {limit - 1, limit} for part in full} == {True}


def test_more_than_nine_parts_still_fit() -> None:
    limit = PLATFORMS["phone"].characters
    for count in (9, 10, 99, 101):
        parts = shape("x" * (limit - 12) * count, "phone")
        assert all(units(part) <= limit for part in parts)
        assert len(parts) >= count


@pytest.mark.parametrize(
    ("joint", "begins"),
    [("\n\n", "Second"), ("\n", "Second"), (". ", "Second"), (" ", "Second")],
)
def test_a_cut_falls_where_it_reads_best(joint: str, begins: str) -> None:
    limit = PLATFORMS["discord"].characters
    first = ("word " * limit)[: limit - 200].strip()
    one, two = shape(first + joint + begins + "x" * 300, "discord")
    assert one.endswith(first[-4:] + joint.rstrip())
    assert two.startswith(f"(2/2) {begins}")


def test_a_paragraph_is_better_than_a_later_sentence() -> None:
    text = "a" * 1200 + "\n\n" + "b" * 300 + ". " + "c" * 900
    one, two = shape(text, "discord")
    assert one == "(1/2) " + "a" * 1200
    assert two.startswith("(2/2) b")


def test_a_link_is_not_cut_through() -> None:
    text = "word " * 390 + "[the page about it](https://example.org/" + "a" * 60 + ") and on " * 9
    one, two = shape(text, "discord")
    assert "[" not in one
    assert two.startswith("(2/2) [the page about it](https://example.org/aaa")


def test_a_link_that_ends_at_the_cut_stays_before_it() -> None:
    text = "word " * 300 + "https://example.org/a\n\n" + "b" * 1500
    one, two = shape(text, "discord")
    assert one.endswith("https://example.org/a")
    assert two.startswith("(2/2) b")


def test_a_link_of_a_plain_text_is_not_cut_through_either() -> None:
    limit = PLATFORMS["facebook"].characters
    said = ("word " * limit)[: limit // 3].strip()
    one, two = shape(f"{said} https://example.org/{'a' * (limit * 3 // 4)}", "facebook")
    assert one == f"(1/2) {said}"
    assert two.startswith("(2/2) https://example.org/aaa")


def test_a_run_without_white_space_is_cut_between_letters_with_their_marks() -> None:
    limit = PLATFORMS["discord"].characters
    parts = shape("e\u0301" * limit, "discord")
    assert len(parts) > 1
    for part in parts:
        assert not unicodedata.category(NUMBERED.sub("", part)[0]).startswith("M")
    family = "👩\u200d👩\u200d👧"
    for part in shape(family * 600, "discord"):
        assert set(NUMBERED.sub("", part).split(family)) == {""}


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("email", "Go to settings: https://example.org/s now & <here>"),
        ("phone", "Go to settings: https://example.org/s now & <here>"),
        ("whatsapp", "*Go* to settings: https://example.org/s now & <here>"),
        ("slack", "*Go* to <https://example.org/s|settings> now &amp; &lt;here&gt;"),
        ("discord", "**Go** to [settings](https://example.org/s) now & <here>"),
        ("chat_widget", "**Go** to [settings](https://example.org/s) now & <here>"),
        ("twitter", "Go to settings: https://example.org/s now & <here>"),
        ("facebook", "Go to settings: https://example.org/s now & <here>"),
    ],
)
def test_markup_is_the_platforms_own(channel: str, expected: str) -> None:
    text = "**Go** to [settings](https://example.org/s) now & <here>"
    assert shape(text, channel) == [expected]


def test_stars_and_brackets_that_mean_nothing_stay() -> None:
    for text in ("2 * 3 * 4", "** **", "[a] (b)", "[x](javascript:alert)"):
        for channel in ("email", "whatsapp", "discord"):
            assert shape(text, channel) == [text]


def test_every_channel_has_its_limits() -> None:
    assert set(PLATFORMS) == set(CHANNELS)
    for platform in PLATFORMS.values():
        assert platform.characters >= 1000
        assert platform.button_text is None or platform.button_text <= platform.characters


CODE = "\n".join(f"    if step == {nth}:\n        go({nth})" for nth in range(150))
ADDRESS = f"https://example.org/{'a' * 2_500}"
RICH = ["discord", "slack", "whatsapp"]


@pytest.mark.parametrize("channel", RICH)
def test_code_that_is_cut_is_code_in_each_part(channel: str) -> None:
    parts = shape(f"Run this:\n```\n{CODE}\n```\nThen tell us.", channel)
    assert len(parts) > 1
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert all(units(part) <= PLATFORMS[channel].characters for part in parts)
    lines = [line for part in parts for line in part.split("\n") if "```" not in line]
    assert lines[1:-1] == CODE.split("\n")


@pytest.mark.parametrize("length", range(1_900, 2_020, 7))
def test_no_code_is_empty_for_a_cut(length: int) -> None:
    text = f"{'a ' * (length // 2)}\n```\nx = 1\n```\n{'b ' * 300}"
    parts = shape(text, "discord")
    assert all(units(part) <= 2_000 for part in parts)
    assert [part for part in parts if "x = 1" in part and part.count("```") == 2]
    assert sum(part.count("```") for part in parts) == 2


@given(
    words=st.lists(
        st.sampled_from(["word", "```", "```\n", "\n```py\n", "x" * 90, "\n\n", ADDRESS])
    ),
    many=st.integers(1, 60),
    channel=st.sampled_from(RICH),
)
def test_whatever_is_written_as_code_every_part_has_room(
    words: list[str], many: int, channel: str
) -> None:
    text = " ".join(words * many)
    parts = shape(text, channel)
    assert all(units(part) <= PLATFORMS[channel].characters for part in parts)
    joined = "".join(NUMBERED.sub("", part) if len(parts) > 1 else part for part in parts)
    assert bare(joined.replace("```", "")) == bare(text.replace("```", ""))


@pytest.mark.parametrize(
    "text", ["x**2 + y**2", "call `f(**a, b**)` first", "```\n**not bold** [a](https://x.y)\n```"]
)
@pytest.mark.parametrize("channel", ["slack", "phone", "whatsapp"])
def test_what_is_no_markup_stays(text: str, channel: str) -> None:
    assert shape(text, channel) == [text]
