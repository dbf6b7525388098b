"""Model files are those of the manifest, or the desk does not start and says what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from streams.errors import Misconfigured
from streams.understanding import encoded, light, tiers
from streams.understanding.artefacts import (
    ENCODED,
    FIGURES,
    GRAPH,
    MANIFEST,
    NAMES,
    TOKENIZER,
    ModelUnavailable,
    read,
    shipped,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped files."""
    copy = tmp_path / "artefacts"
    shutil.copytree(str(shipped()), copy)
    return copy


def test_every_shipped_file_is_in_the_manifest_and_as_it_says() -> None:
    arrays, versions = read(shipped(), (*NAMES, *ENCODED))
    files = {one.name for one in Path(str(shipped())).iterdir()} - {MANIFEST}
    assert files == {f"{name}.npz" for name in arrays} | {GRAPH, TOKENIZER, FIGURES}
    assert set(versions) == set(arrays)
    assert all(len(version.split("+")[1]) == 12 for version in versions.values())


def test_a_copy_of_the_files_loads(folder: Path) -> None:
    assert light.load(folder).versions == light.load().versions


@pytest.mark.parametrize(
    "file", ["categories.npz", "idf.npz", "language.npz", "linking_idf.npz", "retrieval.npz"]
)
def test_an_altered_file_is_refused_by_name(folder: Path, file: str) -> None:
    content = bytearray((folder / file).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / file).write_bytes(content)
    with pytest.raises(ModelUnavailable, match=file) as raised:
        light.load(folder)
    assert isinstance(raised.value, Misconfigured)
    assert "training/train.py" in str(raised.value.remedy)


@pytest.mark.parametrize("file", [f"{name}.npz" for name in ENCODED])
def test_an_altered_file_of_the_encoder_tier_is_refused_by_name(folder: Path, file: str) -> None:
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[: len(content) // 2])
    assert light.load(folder).versions
    with pytest.raises(ModelUnavailable, match=file):
        encoded.load(folder)


def test_a_missing_file_is_refused_by_name(folder: Path) -> None:
    (folder / "tone.npz").unlink()
    with pytest.raises(ModelUnavailable, match=r"tone\.npz") as raised:
        light.load(folder)
    assert "install the package again" in str(raised.value.remedy)


@pytest.mark.parametrize("file", [GRAPH, TOKENIZER])
@pytest.mark.parametrize("keep", [0, 1000, -1])
def test_an_encoder_s_file_that_was_cut_short_is_refused_by_name(
    folder: Path, file: str, keep: int
) -> None:
    (folder / file).write_bytes((folder / file).read_bytes()[:keep])
    with pytest.raises(ModelUnavailable, match=file.replace(".", r"\.")) as raised:
        tiers.load("encoder", folder)
    assert "install the package again" in str(raised.value.remedy)


@pytest.mark.parametrize("file", [GRAPH, TOKENIZER])
def test_an_encoder_s_file_that_is_no_model_is_refused(folder: Path, file: str) -> None:
    (folder / file).write_bytes(b"{}")
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest[file]["sha256"] = sha256(b"{}").hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelUnavailable, match="the sentence encoder"):
        tiers.load("encoder", folder)


def test_the_light_tier_needs_no_encoder(folder: Path) -> None:
    (folder / GRAPH).unlink()
    (folder / TOKENIZER).unlink()
    asked = (
        "import sys; from pathlib import Path; from streams.understanding import tiers;"
        "tiers.load('light', Path(sys.argv[1]));"
        "print(*{'onnxruntime', 'tokenizers'} & sys.modules.keys())"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked, str(folder)],
        capture_output=True, check=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert said.stdout.strip() == ""


def test_a_missing_manifest_is_refused_by_name(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    with pytest.raises(ModelUnavailable, match=MANIFEST):
        light.load(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"tone.npz": 1}'])
def test_an_unreadable_manifest_is_refused(folder: Path, content: str) -> None:
    (folder / MANIFEST).write_text(content)
    with pytest.raises(ModelUnavailable, match=MANIFEST):
        light.load(folder)


def test_a_manifest_that_lacks_a_model_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["tone.npz"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelUnavailable, match="tone"):
        light.load(folder)
