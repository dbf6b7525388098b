"""Outbound webhooks: the log's records sent to who subscribed, at least once, in their order."""
