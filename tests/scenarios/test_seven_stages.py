"""The seed's workflow in full, on a whole desk with the real models."""

from __future__ import annotations

from pathlib import Path

from schemas.events.decisions import ContactLinked, SurveyRequested
from tests.desks import Story, story

BILLING = {
    "type": "category",
    "name": "billing",
    "priority": "high",
    "team": "money",
    "examples": [
        "I was charged twice for my order",
        "there is a wrong amount on my invoice",
        "please refund the double payment",
        "my card was billed two times",
        "the invoice shows a charge that I do not know",
    ],
}
PARCELS = {
    "type": "category",
    "name": "parcels",
    "team": "post",
    "examples": [
        "my parcel has not arrived",
        "where is my package",
        "the tracking number does not work",
        "the delivery is late",
        "my order was never delivered",
    ],
}
BO = {"type": "specialist", "specialist_id": "bo", "name": "Bo", "team": "money"}
CY = {"type": "specialist", "specialist_id": "cy", "name": "Cy", "team": "post"}
ANN = {
    "type": "customer",
    "customer_id": "ann",
    "name": "Ann",
    "handles": {"email": ["ann@example.org"], "slack": ["U1"], "phone": ["+4477009"]},
}


def taught(here: Story) -> Story:
    """The desk knows its team, its categories and its customer."""
    here.give(BILLING, PARCELS, BO, CY, ANN)
    here.told()
    return here


def test_a_message_goes_through_all_seven_agents_to_a_person_and_to_its_survey(
    tmp_path: Path,
) -> None:
    with story(tmp_path) as here:
        taught(here)
        here.write("I was charged twice for my order 4711, please refund the double payment")
        told = here.told()
        stages = [
            "ContactReceived",  # Channel: it came in, it was understood and accepted
            "MessageUnderstood",
            "ContactAccepted",
            "ContactLinked",  # the Lifecycle: a new issue
            "TicketOpened",
            "IssueClassified",  # Triage
            "PriorityChosen",
            "RouteChosen",
            "TicketTriaged",
            "SolutionsFound",  # Knowledge
            "SpecialistRequested",
            "ConfirmationRequested",  # Notification
            "SpecialistChosen",  # Escalation
            "SpecialistAssigned",
            "InteractionTracked",  # Analytics
        ]
        assert set(stages) <= set(told)
        assert here.row("status, priority, category, team, assigned_agent, contacts") == (
            "in_progress",
            "high",
            "billing",
            "money",
            "bo",
            1,
        )
        (handed,) = here.rows("SELECT outcome FROM v1_decisions WHERE action LIKE '%context'")
        assert handed["outcome"] == "bo"

        here.later(minutes=12)
        here.asks("reply", ticket_id=here.ticket, text="The second charge is on its way back.")
        assert here.row("status, replies") == ("waiting_customer", 1)
        assert here.told("SlaMet", "TicketAwaitsCustomer") == ["SlaMet", "TicketAwaitsCustomer"]

        here.later(hours=2)
        here.write("Great, the money is back, that solved it. Thank you!")
        assert here.row("status, contacts, resolution_time_minutes") == ("resolved", 2, 132.0)
        (survey,) = here.events(SurveyRequested)
        assert survey.ticket_id == here.ticket

        here.give({"type": "survey", "ticket_id": here.ticket, "score": 5})
        assert here.row("satisfaction_score") == (5,)
        here.later(days=15)
        assert here.row("status") == ("closed",)
        assert "TicketClosed" in here.told()


def test_one_issue_over_three_channels_is_one_ticket(tmp_path: Path) -> None:
    with story(tmp_path) as here:
        taught(here)
        here.write("My parcel 99812 has not arrived, it was due last Monday", thread="m1")
        here.later(minutes=9)
        here.write("My parcel 99812 still has not arrived, any news?", channel="slack", handle="U1")
        here.later(minutes=7)
        here.write(
            "I am calling about my parcel 99812 that has not arrived",
            channel="phone",
            handle="+4477009",
        )
        assert here.row("channel, channels, contacts, customer_id") == (
            "email",
            ["email", "slack", "phone"],
            3,
            "ann",
        )
        links = [(link.outcome, link.ticket_id) for link in here.events(ContactLinked)]
        assert links == [
            ("new", here.ticket),
            ("existing", here.ticket),
            ("existing", here.ticket),
        ]
        rows = here.rows("SELECT channel FROM v1_interactions WHERE direction = 'in'")
        assert sorted(row["channel"] for row in rows) == ["email", "phone", "slack"]


def test_another_issue_of_the_same_customer_is_another_ticket(tmp_path: Path) -> None:
    with story(tmp_path) as here:
        taught(here)
        here.write("My parcel 99812 has not arrived, it was due last Monday")
        here.later(days=3)
        here.write("I was charged twice on my last invoice, please refund it")
        assert len(here.tickets) == 2
        (link,) = here.events(ContactLinked)[1:]
        assert (link.outcome, link.rule) == ("new", "new")
        assert link.candidates[0].name == here.tickets[0]
