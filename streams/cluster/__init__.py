"""The cluster engine: Kafka holds the log, PostgreSQL the case store and the tables."""
