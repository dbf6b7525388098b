"""Files that go with a reply: with it, as links, or not at all; known before it is sent."""

from __future__ import annotations

from hashlib import sha256

import pytest

from agents.enclosing import linked
from schemas.event import Attachment
from schemas.events.decisions import IntentRefused, ReplyRequested
from schemas.platforms import MIB, PLATFORMS
from tests.elsewhere import TEMPLATED, falling, on, written


def file(size: int = 7, name: str = "a.pdf") -> Attachment:
    """A file in the store."""
    number = sha256(f"{name} {size}".encode()).hexdigest()
    return Attachment(name=name, media_type="application/pdf", size=size, sha256=number)


@pytest.mark.parametrize("channel", [*PLATFORMS])
def test_each_file_goes_with_the_message_or_as_a_link(channel: str) -> None:
    scene = written(on(channel), attachments=[file()], links=True)
    request = scene.one(ReplyRequested)
    assert request.attachments == [file()]
    takes = channel in {"email", "chat_widget", "discord"}
    assert request.linked == ([] if takes else [file().sha256])


@pytest.mark.parametrize("channel", [*PLATFORMS])
def test_without_links_only_what_a_platform_takes_is_sent(channel: str) -> None:
    scene = written(on(channel), attachments=[file()], links=False)
    if PLATFORMS[channel].files is not None:
        assert scene.one(ReplyRequested).linked == []
    else:
        refused = scene.one(IntentRefused)
        assert (refused.intent, refused.reason) == ("ReplyWritten", "file_not_taken")
        assert refused.remedy == (
            f"{channel} does not take it; set gateway.public_url, so that it goes as a link, or "
            "use another channel"
        )
        assert scene.all(ReplyRequested) == []


@pytest.mark.parametrize(
    ("sizes", "links"),
    [
        ([18 * MIB], []),
        ([18 * MIB + 1], [0]),
        ([10 * MIB, 9 * MIB, 8 * MIB], [1]),
        ([1] * 10, []),
        ([1] * 11, [10]),
    ],
)
def test_what_does_not_fit_into_a_mail_goes_as_a_link(sizes: list[int], links: list[int]) -> None:
    files = [file(size, f"{nth}.pdf") for nth, size in enumerate(sizes)]
    assert linked(files, "email") == [files[nth].sha256 for nth in links]


def test_a_template_has_no_files() -> None:
    late = on("whatsapp", TEMPLATED).later(hours=24.1)
    scene = written(late, attachments=[file()], links=True)
    refused = scene.one(IntentRefused)
    assert refused.reason == "file_in_template"
    assert refused.remedy == (
        "whatsapp takes only a template now, which has no files; use another channel, or wait "
        "until the customer writes"
    )
    assert scene.all(ReplyRequested) == []
    assert written(late).one(ReplyRequested).template is not None


def test_files_go_where_their_message_goes_and_are_kept_for_no_other_way() -> None:
    policy = falling(whatsapp="email")
    late = written(on("whatsapp", policy).later(hours=24.1), attachments=[file()])
    request = late.one(ReplyRequested)
    assert (request.channel, request.attachments, request.linked) == ("email", [file()], [])
    in_time = written(on("whatsapp", policy), attachments=[file()], links=True)
    assert in_time.one(ReplyRequested).fall_back is None
    assert written(on("whatsapp", policy)).one(ReplyRequested).fall_back == "email"
