"""The tiers of understanding by name, each loaded only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.resources.abc import Traversable

from agents.world import Understanding
from streams.settings import TierName
from streams.understanding.index import KnowledgeIndex
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


def in_the_stead_of(known: Tier, name: TierName) -> Tier:
    """The models of a tier for whoever has others; the same ones where they are of that tier.

    Whoever has some that are loaded when they are first asked gets others of that kind.

    Raises:
        ModelUnavailable: A file is missing or is not the one in the manifest.
    """
    if isinstance(known, Later):
        return known if known.name == name else Later(name)
    found = load(name)
    return known if found.versions == known.versions else found


class Later(Tier):
    """A tier that is loaded when it is first asked: only the customers' domain asks its own.

    Args:
        name: The tier.

    Attributes:
        name: The same.
    """

    def __init__(self, name: TierName) -> None:
        self.name: TierName = name

    @cached_property
    def _loaded(self) -> Tier:
        return load(self.name)

    @cached_property
    def versions(self) -> Mapping[str, str]:  # type: ignore[override]  # loaded first, then fixed
        """The versions of the tier's artefacts."""
        return self._loaded.versions

    def prepare(self, index: KnowledgeIndex) -> Iterator[int]:
        """Fit what was taught, step by step; loads the tier."""
        return self._loaded.prepare(index)

    def understand(
        self,
        message: str,
        *,
        subject: str = "",
        known_language: str | None = None,
        index: KnowledgeIndex,
    ) -> Understanding:
        """What the tier makes of a message."""
        return self._loaded.understand(
            message, subject=subject, known_language=known_language, index=index
        )

    def raw_tone(self, message: str) -> float:
        """The tone of a message as the tier has it."""
        return self._loaded.raw_tone(message)
