"""The encoder tier of understanding: the light tier's models, each beside the sentence encoder."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from streams.understanding import artefacts, light
from streams.understanding.encoder import Encoder
from streams.understanding.tier import Tier


def load(folder: Traversable | None = None) -> Tier:
    """The encoder tier of a folder, by default of the files that came with the package.

    Raises:
        ModelUnavailable: A file is missing or is not the one in the manifest.
    """
    place = folder or artefacts.shipped()
    graph, tokenizer, version = artefacts.read_encoder(place)
    arrays, versions = artefacts.read(place)
    encoder = Encoder(graph, tokenizer)
    return Tier(light.parts(arrays, encoder), {**versions, "encoder": version})
