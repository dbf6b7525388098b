"""Files that a call gives to a reply: in the store before the intent, which names them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from streams.files.enclosed import Enclosing, named
from streams.files.store import Files
from streams.inputs import Name
from streams.pact.action import Call


def _in_base64(text: str) -> str:
    b64decode(text, validate=True)  # raises a ValueError
    return text


class Given(BaseModel):
    """A file that comes along: what it is called, and its bytes in base64."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Name
    content: Annotated[str, AfterValidator(_in_base64)]


def enclosed(call: Call, files: Sequence[str | Given]) -> list[dict[str, Any]]:
    """Files as an intent names them.

    Args:
        call: The call.
        files: Those that are here already, by id or SHA-256, and those that come along.

    Raises:
        NotFound: One that is named is not here.
        Unfit: One that comes along is too large, or of a kind that is not kept.
    """
    settings = call.desk.settings
    enclosing = Enclosing(Files(settings.data), settings.attachments)
    return [
        named(call.desk, one)
        if isinstance(one, str)
        else enclosing.of_bytes(b64decode(one.content), one.name)
        for one in files
    ]
