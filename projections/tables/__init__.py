"""Every table projection, and the views that join them: the query contract."""

from projections.tables import contacts, decisions, desk, tickets
from projections.tables.table import Json, Table

TABLES: tuple[Table, ...] = (
    *tickets.TABLES,
    *contacts.TABLES,
    *decisions.TABLES,
    *desk.TABLES,
)

__all__ = ["TABLES", "Json", "Table"]
