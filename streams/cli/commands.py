"""Every command of `pactdesk`: the module that holds it, and what it does in a few words.

Modules load when a command is called, so that `pactdesk --help` needs none of them.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """One line of the table.

    Attributes:
        module: Its module in `streams.cli`, which names it `<command>_command`.
        says: What it does, as the list of commands prints it.
    """

    module: str
    says: str


COMMANDS: dict[str, Command] = {
    "demo": Command("working", "a real support week through all agents, then what to try"),
    "up": Command("working", "run the roles until told to stop"),
    "run": Command("working", "work off everything that waits, and return"),
    "produce": Command("working", "append input events (NDJSON) to the log"),
    "events": Command("asking", "read the log"),
    "tickets": Command("looking", "tickets, newest first"),
    "ticket": Command("looking", "one ticket with its interactions"),
    "customers": Command("looking", "customers, the most recently seen first"),
    "customer": Command("looking", "one customer with their tickets"),
    "decisions": Command("looking", "what the agents decided"),
    "metrics": Command("looking", "the metrics, with their definitions"),
    "search": Command("asking", "full-text search, the best first"),
    "query": Command("asking", "read-only SQL over the views"),
    "replay": Command("history", "the log into Parquet, and SQL over it"),
    "why": Command("asking", "every cause of a record, ticket, reply or metric"),
    "bundle": Command("bundling", "one ticket's history as a file that runs elsewhere"),
    "evaluate": Command("evaluating", "how well the models understand, over labelled data"),
    "understand": Command("asking", "what the models make of messages"),
    "pact": Command("asking", "one of the 28 PACT actions"),
    "mcp": Command("assisting", "the 28 actions as tools of an assistant (MCP)"),
    "reply": Command("verbs", "reply to the customer of a ticket"),
    "note": Command("verbs", "write a note that only the desk sees"),
    "start": Command("verbs", "begin a conversation with a customer"),
    "resolve": Command("verbs", "say that a ticket is solved"),
    "close": Command("verbs", "close a ticket"),
    "reopen": Command("verbs", "open a resolved or closed ticket again"),
    "escalate": Command("verbs", "escalate a ticket"),
    "assign": Command("verbs", "give a ticket to a person"),
    "transfer": Command("verbs", "pass a ticket to another team"),
    "priority": Command("verbs", "set a ticket's priority"),
    "categorise": Command("verbs", "correct a ticket's category"),
    "tag": Command("verbs", "add and remove tags: +this -that"),
    "snooze": Command(
        "verbs", "put a ticket out of sight until a moment, such as 2026-03-03T09:00:00Z"
    ),
    "merge": Command("verbs", "say that a ticket is the same issue as another"),
    "unmerge": Command("verbs", "take a merge back"),
    "split": Command("verbs", "make messages a ticket of their own"),
    "link": Command("verbs", "say that a handle on a channel is a customer's"),
    "unlink": Command("verbs", "take a link back"),
    "articles": Command("knowing", "the knowledge base"),
    "teach": Command("knowing", "categories with example texts"),
    "team": Command("knowing", "who works at the desk"),
    "policy": Command("knowing", "thresholds, routing and targets"),
    "backtest": Command("whatif", "decide what came again, by another policy or other models"),
    "shadow": Command("whatif", "a candidate beside the live agents: start, report, promote"),
    "rebuild": Command("keeping", "fold the tables anew from the log and swap them in"),
    "verify": Command(
        "keeping", "prove that the log is as it was sealed, and the tables what it says"
    ),
    "audit": Command("auditing", "one ticket's records, so that a stranger can check them"),
    "seal": Command("keeping", "seal the log, so that later changes of it show"),
    "recover": Command("keeping", "fold the case store anew from the log"),
    "deadletters": Command("keeping", "what could not be read: list, show, redrive, discard"),
    "log": Command("copying", "the embedded log as a whole: copy it to Kafka"),
    "simulate": Command("simulating", "the world outside, played offline: channel, provider, week"),
    "keys": Command("keys", "API keys: create, list, revoke"),
    "subscriptions": Command("subscriptions", "outbound webhooks: who is sent what happens"),
    "topology": Command("operating", "which agent reads and writes what, from the code"),
    "topics": Command("operating", "the topics"),
    "schemas": Command("operating", "the Avro schemas"),
    "migrate": Command("operating", "bring the store to this version"),
    "config": Command("operating", "the settings, and where each comes from"),
    "doctor": Command("operating", "what is wrong, and how to mend it"),
    "status": Command("operating", "how much waits, and where"),
}
"""In the order in which help lists them."""
