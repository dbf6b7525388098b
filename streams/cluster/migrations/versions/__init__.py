"""One module a version, named and numbered by it."""
