"""Which reference pages there are."""

from __future__ import annotations

from streams.reference import agents, commands, events, history, models, topics, views

WRITTEN = "<!-- Written from the code by `make docs`; changes belong there. -->\n\n"


def pages() -> dict[str, str]:
    """Every page by its file name."""
    texts = {
        "README.md": _contents(),
        "actions.md": agents.actions_page(),
        "agents.md": agents.agents_page(),
        "channels.md": topics.channels_page(),
        "commands.md": commands.page(),
        "events.md": events.page(),
        "history.md": history.page(),
        "input.md": models.input_page(),
        "metrics.md": views.metrics_page(),
        "policy.md": models.policy_page(),
        "settings.md": models.settings_page(),
        "topics.md": topics.page(),
        "views.md": views.page(),
    }
    return {name: WRITTEN + text.rstrip("\n") + "\n" for name, text in texts.items()}


def _contents() -> str:
    return """# Reference

| page | what |
|---|---|
| [commands](commands.md) | every command with its options, and the exit statuses |
| [input](input.md) | the lines that `pactdesk produce` takes |
| [views](views.md) | the views and their columns: what queries may rely on |
| [metrics](metrics.md) | what each metric counts |
| [events](events.md) | every event: when it happens, who writes it, its fields |
| [history](history.md) | the columns of each event type in Parquet |
| [topics](topics.md) | the topics of the log |
| [channels](channels.md) | the eight channels |
| [agents](agents.md) | which agent reads and writes what, and in which order |
| [actions](actions.md) | the 28 actions, and the decisions in which they are recorded |
| [policy](policy.md) | the thresholds, tables and targets of the policy file |
| [settings](settings.md) | the settings of a deployment |

[The contract](contract/README.md) is what users may hold on to: tables that people write, and that
tests compare with the program.
"""
