"""Every table projection, and the views that join them: the query contract."""

from projections.tables import (
    attachments,
    contacts,
    customers,
    decisions,
    desk,
    drafts,
    enclosed,
    learned,
    messages,
    notices,
    replies,
    sla,
    tickets,
)
from projections.tables.table import Json, Table

TABLES: tuple[Table, ...] = (
    *tickets.TABLES,
    *messages.TABLES,
    *sla.TABLES,
    *contacts.TABLES,
    *attachments.TABLES,
    *enclosed.TABLES,
    *replies.TABLES,
    *drafts.TABLES,
    *decisions.TABLES,
    *customers.TABLES,
    *notices.TABLES,
    *learned.TABLES,
    *desk.TABLES,
)

__all__ = ["TABLES", "Json", "Table"]
