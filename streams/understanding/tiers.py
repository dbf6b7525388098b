"""The tiers of understanding by name, each loaded only when it is asked for."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from streams.settings import TierName
from streams.understanding.tier import Tier


def load(name: TierName, folder: Traversable | None = None) -> Tier:
    """A tier of a folder, by default of the files that came with the package.

    Raises:
        ModelUnavailable: A file is missing or is not the one in the manifest.
    """
    # one imports what the other must do without
    if name == "light":
        from streams.understanding import light

        return light.load(folder)
    from streams.understanding import encoded

    return encoded.load(folder)
