"""What a file may be called: its name is a stranger's, and may lead nowhere."""

from __future__ import annotations

LONGEST_NAME = 150


def plain_name(name: str) -> str:
    """A file's name without folders and what nobody can see; `file` where nothing is left.

    Args:
        name: What its sender calls it.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable()).strip(" .")[:LONGEST_NAME] or "file"
