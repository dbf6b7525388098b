"""What happened: the events, the record they travel in, and the words they use.

The leftmost room. It imports the standard library and pydantic, nothing of ours to its right,
and touches neither files, clocks nor networks.
"""
