"""Writes every reference page into `docs/reference` of the clone in which it runs."""

from __future__ import annotations

from pathlib import Path

import click

from streams.reference.pages import pages

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


def main() -> None:
    """Write the pages, and take away those that are no more."""
    wanted = pages()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    click.echo(f"{len(wanted)} pages in docs/reference")


if __name__ == "__main__":
    main()
