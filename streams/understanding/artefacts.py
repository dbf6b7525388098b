"""The model files: read, checked against the manifest, and refused when altered."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.errors import Misconfigured

MANIFEST = "manifest.json"

NAMES = ("categories", "idf", "language", "linking_idf", "retrieval", "tone")
"""The artefacts of the light tier; each is a file of its own."""

FIGURES = "figures.json"
"""What was measured when the models were made."""

ENCODED = ("categories_encoded", "meanings", "priority", "retrieval_encoded", "tone_encoded")
"""What the encoder tier has beside them."""

GRAPH, TOKENIZER = "minilm-l6-v2.int8.onnx", "tokenizer.json"
"""The sentence encoder's files."""

REMEDY = "install the package again, or train the models again with training/train.py"

Arrays = Mapping[str, NDArray[Any]]


class ModelUnavailable(Misconfigured):
    """A model file is missing or is not the one that was trained.

    Args:
        what: Which file.
        why: What is wrong with it.
        remedy: What to do.
    """

    def __init__(self, what: str, why: str, remedy: str) -> None:
        super().__init__(f"{what}: {why}", remedy)
        self.why = why


class Entry(msgspec.Struct, frozen=True):
    """One line of the manifest: a file's version and SHA-256 in hexadecimal."""

    version: str
    sha256: str


def shipped() -> Traversable:
    """The folder of the model files that came with the package."""
    return resources.files("streams.understanding").joinpath("artefacts")


def read(
    folder: Traversable, names: Sequence[str] = NAMES
) -> tuple[dict[str, Arrays], dict[str, str]]:
    """The arrays of some files of a folder, and the files' versions.

    Returns:
        Arrays by name, by artefact; and "version+first twelve digits of SHA-256" by artefact.

    Raises:
        ModelUnavailable: The manifest or a file is missing or unreadable, or a file was altered.
    """
    manifest = _manifest(folder)
    found: dict[str, Arrays] = {}
    versions: dict[str, str] = {}
    for name in names:
        content, versions[name] = _checked(folder, manifest, f"{name}.npz")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found[name] = {key: arrays[key] for key in arrays.files}
    return found, versions


def read_encoder(folder: Traversable) -> tuple[bytes, bytes, str]:
    """The encoder's graph and tokenizer, and the version of both together.

    Raises:
        ModelUnavailable: The manifest or a file is missing or unreadable, or a file was altered.
    """
    manifest = _manifest(folder)
    graph, version = _checked(folder, manifest, GRAPH)
    tokenizer, _ = _checked(folder, manifest, TOKENIZER)
    return graph, tokenizer, version


def read_figures(folder: Traversable) -> bytes:
    """What was measured when the models were made, as JSON.

    Raises:
        ModelUnavailable: The manifest or the file is missing or unreadable, or was altered.
    """
    content, _ = _checked(folder, _manifest(folder), FIGURES)
    return content


def _checked(folder: Traversable, manifest: Mapping[str, Entry], file: str) -> tuple[bytes, str]:
    if file not in manifest:
        raise ModelUnavailable(f"the model file {file}", f"{MANIFEST} lacks it", REMEDY)
    entry, content = manifest[file], _bytes(folder, file)
    digest = hashlib.sha256(content).hexdigest()
    if digest != entry.sha256:
        raise ModelUnavailable(
            f"the model file {file}",
            f"its SHA-256 is {digest[:12]}, the manifest says {entry.sha256[:12]}",
            REMEDY,
        )
    return content, f"{entry.version}+{digest[:12]}"


def _manifest(folder: Traversable) -> dict[str, Entry]:
    try:
        return msgspec.json.decode(_bytes(folder, MANIFEST), type=dict[str, Entry])
    except msgspec.DecodeError as error:
        raise ModelUnavailable(f"the model file {MANIFEST}", str(error), REMEDY) from error


def _bytes(folder: Traversable, file: str) -> bytes:
    try:
        return folder.joinpath(file).read_bytes()
    except OSError as error:
        raise ModelUnavailable(
            f"the model file {file}",
            error.strerror or "it cannot be read",
            REMEDY,
        ) from error
