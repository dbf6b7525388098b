"""Small weeks, made by hand."""

from __future__ import annotations

from streams.simulating.week.assumptions import Assumptions
from streams.simulating.week.issues import Issue, Person, Said, Week

HOUR = 3600.0
NINE = 9 * HOUR
"""Nine o'clock on the first morning."""

SURE = Assumptions(accepts=1.0, solves=1.0, solves_lacking=1.0, handling_sigma=0.0)
"""Nothing is left to chance but patience and wrong ways; each issue takes 384 seconds."""

HANDLES = {"email": "ann@example.org", "chat_widget": "visitor-ann", "phone": "+15550001"}


def person(name: str = "ann", *channels: str) -> Person:
    """Somebody with some channels, all of them listed."""
    handles = {one: f"{one}-{name}" for one in channels or ("email",)}
    return Person(name, f"{name}@example.org", handles, frozenset(handles))


def issue(
    name: str,
    at: float = NINE,
    *,
    who: str = "ann",
    channel: str = "email",
    texts: tuple[str, ...] = ("where is my parcel",),
    **fields: object,
) -> Issue:
    """An issue; by default an article answers it, and it is not pressing."""
    said = tuple(
        Said(at + n, at + n, channel, f"{channel}-{who}", text, f"{name}-{n}")
        for n, text in enumerate(texts)
    )
    usual: dict[str, object] = {
        "kind": "kb",
        "language": "en",
        "article": "reset",
        "topic": "the parcel",
        "priority": "medium",
        "team": None,
        "facts": (),
        "escalate": False,
    }
    return Issue(id=name, person=who, said=said, **{**usual, **fields})  # type: ignore[arg-type]  # by name


def week(*issues: Issue, people: tuple[Person, ...] = ()) -> Week:
    """A week of some issues; nothing is taught."""
    there = {one.person: person(one.person) for one in issues} | {one.id: one for one in people}
    return Week("by hand", issues, there, (), ())
