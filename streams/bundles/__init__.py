"""Incident bundles: what one ticket's history rests on, in a file that can be run elsewhere."""
