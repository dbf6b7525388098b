"""The pages of the topics and the channels."""

from __future__ import annotations

from schemas.events import EVENTS
from schemas.platforms import PLATFORMS, Rate
from schemas.topics import PARTITIONS, TOPICS
from schemas.vocabulary import CHANNELS
from streams.reference.markdown import code, table


def page() -> str:
    """The topics, and the rule by which readers drop repeats."""
    return "\n\n".join(
        [
            "# Topics",
            (
                f"Each topic has {PARTITIONS} partitions; a record's partition follows from its"
                " key by murmur2 over the UTF-8 bytes, as Kafka's own clients do. An *inbox* has"
                " many writers and one deciding domain, and its partition is the total order of"
                " that domain's inputs; a *record* topic has one writing domain a line."
            ),
            table(
                ("topic", "kind", "key", "decided by", "kept", "events"),
                (
                    (
                        code(topic.name),
                        topic.kind,
                        topic.key,
                        topic.domain or "",
                        "for ever"
                        if topic.retention_days is None
                        else f"{topic.retention_days} days",
                        str(sum(topic.name == kind.TOPIC for kind in EVENTS.values())),
                    )
                    for topic in TOPICS.values()
                ),
            ),
            "## What a reader may rely on",
            (
                "Every output carries its source topic, partition and offset, its index in the"
                " turn and the turn's count. Repeats are possible and may follow newer records:"
                " drop what is not above the highest (offset, index) seen of its source"
                " partition. Each line numbers what it writes: `sequence`, and `previous`, the"
                " number that it last wrote to the same topic; a `previous` that is not the last"
                " one seen is a gap. Control and dead letters have many writers and carry"
                " neither."
            ),
        ]
    )


def channels_page() -> str:
    """The channels with their platforms' limits."""
    return "\n\n".join(
        [
            "# Channels",
            (
                "The channels that a contact may come on and a reply may go out on, with the"
                " limits that replies are shaped to. What customers write is taken in, and"
                " replies are sent, where a channel's settings are set, see docs/how-to. Without"
                " them replies are put into a mailbox folder below the data directory, and marked"
                " as local."
            ),
            table(
                (
                    "channel",
                    "characters",
                    "markup",
                    "window",
                    "buttons",
                    "threads",
                    "subject",
                    "rates",
                ),
                (_limits(name) for name in CHANNELS),
            ),
            (
                "A *window* is how long after the customer's last message free text may be sent;"
                " *threads* says whether a reply can name the message that it answers; *rates* are"
                " how fast the platform takes messages, from one account in all or in one"
                " conversation."
            ),
        ]
    )


def _limits(name: str) -> tuple[str, ...]:
    one = PLATFORMS[name]
    return (
        code(name),
        f"{one.characters:,}",
        one.markup,
        f"{one.window_hours} hours" if one.window_hours is not None else "",
        str(one.buttons or ""),
        "yes" if one.threads else "",
        "yes" if one.subject else "",
        "; ".join(_rate(rate) for rate in one.rates),
    )


def _rate(rate: Rate) -> str:
    burst = f", {rate.burst} at once" if rate.burst else ""
    seconds = f" in {rate.seconds:,} seconds" if rate.seconds > 1 else " a second"
    said = f"{rate.many:,}{seconds}{burst}"
    return said if rate.per == "account" else f"{said}, a conversation"
