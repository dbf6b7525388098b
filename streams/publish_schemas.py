"""Write the Avro schemas of the current models to `schemas/avro`, keeping every past one.

A schema that changed leaves its former text under `schemas/avro/past`, so that bytes written
with it decode for ever. Run by `make schemas`; a test fails when it was forgotten.
"""

from __future__ import annotations

import json
from pathlib import Path

from schemas.avro import schema_of
from schemas.events import EVENTS
from streams.codec import fingerprint_of

FOLDER = Path(__file__).resolve().parent.parent / "schemas" / "avro"


def publish(folder: Path = FOLDER) -> list[str]:
    """Bring the folder up to date with the models; returns the names of what changed."""
    past = folder / "past"
    changed = []
    for name, kind in EVENTS.items():
        schema = schema_of(kind)
        text = json.dumps(schema, indent=1) + "\n"
        path = folder / f"{name}.avsc"
        if path.exists() and (before := path.read_text(encoding="utf-8")) != text:
            old = fingerprint_of(json.loads(before))
            if old != fingerprint_of(schema):
                past.mkdir(exist_ok=True)
                (past / f"{name}-{old}.avsc").write_text(before, encoding="utf-8")
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    (folder / "fingerprints.json").write_text(
        json.dumps(_index(folder), indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    return changed


def _index(folder: Path) -> dict[str, str]:
    files = [*sorted(folder.glob("past/*.avsc")), *sorted(folder.glob("*.avsc"))]
    return {
        fingerprint_of(json.loads(path.read_text(encoding="utf-8"))): str(
            path.relative_to(folder).as_posix()
        )
        for path in files
    }


if __name__ == "__main__":
    for one in publish():
        print(one)
