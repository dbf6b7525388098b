"""The gateway: HTTP in front of a desk, whichever engine it has.

A request is authorised and bounded here, turned into the same inputs, intents and queries that the
command line uses, and answered. Nothing is decided here.
"""
