"""The embedded engine: one process at work, one SQLite file, the same topics and bytes."""
