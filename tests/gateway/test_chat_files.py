"""A reply's files in the chat: with links that a page can open, now and when it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chatting import FLAGS, PATIENCE, Page, asked, listening
from tests.fileservers import PNG
from tests.gateway.test_replies_with_files import sent
from tests.gateways import Client, gateway, worker
from tests.real import until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway with the chat on, and a worker."""
    data = tmp_path_factory.mktemp("desk")
    with gateway(data, **FLAGS) as client, worker(data):
        yield client


def by_people(messages: list[Any]) -> list[Any]:
    return [one for one in messages if one.get("by") == "person"]


def test_a_page_is_told_of_files_with_their_links(served: Client) -> None:
    page = Page(served)
    page.begin()
    with listening(page) as tab:
        ticket = asked(page)
        assert sent(served, ticket, [("../photo.png", PNG), ("b.txt", b"b")]).status == 200
        heard = tab.said()
        while heard.get("by") != "person":
            assert heard.get("files", []) == []
            heard = tab.said()
    about = [(one["name"], one["media_type"], one["size"]) for one in heard["files"]]
    assert about == [("photo.png", "image/png", len(PNG)), ("b.txt", "text/plain", 1)]
    url = heard["files"][0]["url"]
    assert url.startswith("/f/")
    until(lambda: served.get(url).status == 200, PATIENCE, "the file")
    assert served.get(url).body == PNG
    (before,) = by_people(page.begin()["messages"])
    assert before["text"] == heard["text"] == "Here it is"
    again = before["files"][0]
    assert {**again, "url": url} == heard["files"][0]
    assert served.get(again["url"]).body == PNG
