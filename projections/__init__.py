"""What it means: pure folds over the events, `evolve(state, record) -> state`.

This room imports the schemas and nothing to its right; it touches no files, clocks or networks.
"""
