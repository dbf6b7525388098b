"""The reference pages, written from the code: `python -m streams.reference` puts them into docs."""
