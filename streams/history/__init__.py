"""The history: the log as Parquet, one table an event type, without what is personal."""
