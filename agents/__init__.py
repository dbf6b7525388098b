"""What to do about it: pure decisions, `decide(record, state, world) -> events`.

This room imports the schemas and the projections; it touches no files, clocks or networks. Which
agents speak on which line is the roster (`agents.roster`).
"""
