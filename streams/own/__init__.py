"""Projections of a user of the library: a file of their own with a table and a view."""
