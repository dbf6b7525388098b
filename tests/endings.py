"""How each command is brought to each status that it ends with: on the desk of `tests/contract`.

Words in capitals stand for ids of that desk: OPEN, OTHER, CLOSED and MERGED are Ann's tickets,
MESSAGE is one of OPEN's two, LETTER a dead letter.
"""

from __future__ import annotations

DONE: dict[str, tuple[str, ...]] = {
    "demo": ("--limit", "1"),
    "up": (),
    "run": (),
    "produce": (),
    "events": (),
    "tickets": (),
    "ticket": ("OPEN",),
    "customers": (),
    "customer": ("ann",),
    "decisions": (),
    "metrics": (),
    "query": ("SELECT 1 AS one",),
    "why": ("OPEN",),
    "understand": (),
    "pact": ("channel.validate_message", '{"message": "Hello"}'),
    "reply": ("OPEN", "We are on it."),
    "note": ("CLOSED", "She rang."),
    "start": ("ann", "email", "Good morning"),
    "resolve": ("OPEN",),
    "close": ("OPEN",),
    "reopen": ("CLOSED",),
    "escalate": ("OTHER",),
    "assign": ("OPEN", "sam"),
    "transfer": ("OPEN", "money"),
    "priority": ("OPEN", "critical"),
    "categorise": ("OPEN", "parcels"),
    "tag": ("OPEN", "+late"),
    "snooze": ("OPEN", "2199-01-01T00:00:00Z"),
    "merge": ("OTHER", "OPEN"),
    "unmerge": ("MERGED",),
    "split": ("OPEN", "MESSAGE"),
    "link": ("ann", "whatsapp", "+33600000002"),
    "unlink": ("ann", "whatsapp", "+33600000001"),
    "articles import": ("--starter",),
    "articles list": (),
    "articles show": ("reset",),
    "articles retire": ("reset",),
    "teach": ("--starter",),
    "team import": (),
    "team list": (),
    "policy show": (),
    "policy check": ("agents/policy.toml",),
    "policy activate": ("agents/policy.toml",),
    "rebuild": ("tickets",),
    "verify": (),
    "log copy": ("--to", "127.0.0.1:1"),
    "recover": (),
    "deadletters list": (),
    "deadletters show": ("LETTER",),
    "deadletters redrive": ("--all",),
    "deadletters discard": ("LETTER",),
    "topology": (),
    "topics create": (),
    "topics check": (),
    "topics list": (),
    "schemas list": (),
    "schemas show": ("TicketOpened",),
    "schemas check": (),
    "migrate": (),
    "config show": (),
    "doctor": (),
    "status": (),
}
"""Arguments with which a command does what it is for."""

_SINCE_NEVER = ("--as-of", "never")

REFUSED: dict[str, tuple[str, ...]] = {
    "events": ("--after", "nowhere"),
    "tickets": _SINCE_NEVER,
    "ticket": ("OPEN", *_SINCE_NEVER),
    "customers": _SINCE_NEVER,
    "customer": ("ann", *_SINCE_NEVER),
    "decisions": _SINCE_NEVER,
    "metrics": _SINCE_NEVER,
    "query": ("DELETE FROM v1_tickets",),
    "pact": ("channel.shout",),
    "reply": ("CLOSED", "Still there?"),
    "start": ("nobody", "email", "Good morning"),
    "resolve": ("CLOSED",),
    "close": ("CLOSED",),
    "reopen": ("OPEN",),
    "escalate": ("CLOSED",),
    "assign": ("CLOSED", "sam"),
    "transfer": ("CLOSED", "money"),
    "priority": ("CLOSED", "low"),
    "snooze": ("OPEN", "2020-01-01T00:00:00Z"),
    "merge": ("OPEN", "OPEN"),
    "unmerge": ("OPEN",),
    "split": ("OPEN", "no-message"),
    "unlink": ("ann", "whatsapp", "+1"),
    "policy check": ("-",),
    "policy activate": ("-",),
}
"""Arguments that a rule says no to."""

BESIDE_A_WORKER = ("demo", "up", "run", "recover")
"""Commands that are refused while a worker is at work."""

NOT_FOUND: dict[str, tuple[str, ...]] = {
    "ticket": ("TICK_NO",),
    "customer": ("nobody",),
    "why": ("nothing",),
    "reply": ("TICK_NO", "Hello"),
    "note": ("TICK_NO", "Hello"),
    "resolve": ("TICK_NO",),
    "close": ("TICK_NO",),
    "reopen": ("TICK_NO",),
    "escalate": ("TICK_NO",),
    "assign": ("TICK_NO", "sam"),
    "transfer": ("TICK_NO", "money"),
    "priority": ("TICK_NO", "low"),
    "categorise": ("TICK_NO", "parcels"),
    "tag": ("TICK_NO", "+late"),
    "snooze": ("TICK_NO", "2199-01-01T00:00:00Z"),
    "merge": ("TICK_NO", "OPEN"),
    "unmerge": ("TICK_NO",),
    "split": ("TICK_NO", "MESSAGE"),
    "articles show": ("none",),
    "articles retire": ("none",),
    "rebuild": ("shopping",),
    "deadletters show": ("none",),
    "deadletters redrive": ("none",),
    "deadletters discard": ("none",),
    "schemas show": ("TicketLost",),
    "log copy": ("--to", "127.0.0.1:1"),
}
"""Arguments that name what there is not."""

UNREADABLE: dict[str, tuple[str, ...]] = {
    "produce": (),
    "understand": (),
    "articles import": ("-",),
    "teach": ("-",),
    "team import": (),
    "deadletters redrive": ("LETTER",),
}
"""Arguments with which a command reads its standard input, or a line that was bad before."""

ELSEWHERE: dict[tuple[str, int], str] = {
    ("demo", 0): "tests/demo/test_demo_command.py",
    ("log copy", 0): "tests/cluster/test_log_copy_kafka.py",
    ("log copy", 3): "tests/cluster/test_log_copy_kafka.py",
    ("log copy", 5): "tests/cluster/test_log_copy_kafka.py",
    ("topics create", 3): "tests/cluster/test_topics_kafka.py",
}
"""Endings that take a real Kafka or long, and the tests that show them."""
