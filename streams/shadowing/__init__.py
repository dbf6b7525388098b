"""A candidate beside the live agents: what it would say of live traffic, kept apart."""
