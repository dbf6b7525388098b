"""How much a case keeps: every text and collection of it has a bound."""

from __future__ import annotations

TICKETS = 16
"""How many tickets a case holds at most between two turns; older ones are parked."""

BYTES = 56_000
"""How large an encoded case may be between two turns; tickets beyond it are parked as well."""

MESSAGES = 30
"""How many interaction ids a ticket remembers, for splitting."""

FEATURE_ROWS = 3
"""Of how many messages a ticket keeps the linking features."""

MEANINGS = 4
"""Of how many messages a ticket keeps the meaning: of the first, which say what it is about."""

MEANING = 96
"""Hexadecimal digits of a meaning."""

FACTS = 24
"""How many of the customer's facts a ticket keeps for hand-over."""

STATEMENTS = 24
"""How many of their statements it keeps beside these."""

TIMELINE = 16
"""How many entries the hand-over timeline keeps."""

TERMS = 48
"""How many terms a row of linking features has at most."""

CRASHES = 10
"""How many crashes a case remembers."""

RATINGS = 10
HANDLES = 8
THREADS = 16
REFERENCES = 8
OFFERS = 8
"""How many articles that were offered a ticket remembers."""

TAGS = 16
"""How many tags a ticket has at most."""

LONGEST_TAG = 80
"""Bytes of the longest tag."""

ABSORBED = 32
RECENT = 20
"""How many confirmations of the last hour a case remembers."""

KEPT = 4
"""How many replies a ticket keeps that may have to go another way."""

KEPT_BYTES = 8_000
"""How many bytes of text these have together; a longer one is not kept."""

UNREAD = 20
"""How many replies a ticket keeps that were said in a chat and not read."""

UNREAD_BYTES = 8_000
"""How many bytes of text these have together; a longer one is not kept."""

MAILED = 10
"""How many of these one mail says."""

MAIL_SECONDS = 900.0
"""How long after a mail about a chat the next one may go."""

WINDOW = 240
"""How many contact times the flood window remembers."""
