"""The channels: one file each, with the provider's contract in it; `known.py` lists them."""
