"""Reading the files that the settings name: each is imported and gives its projections."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from streams.errors import Misconfigured
from streams.own.checking import TAKEN, Unfit, own_of
from streams.own.projection import Projection
from streams.own.table import Own

_SETTING = "projections.own"

_HOW = "see docs/how-to/your-own-projection.md"


def load(files: Sequence[str]) -> tuple[Own, ...]:
    """The projections of some files, in their order.

    Args:
        files: Paths as the settings have them, from the working directory.

    Raises:
        Misconfigured: A file is not there or cannot be imported, has no projection or a wrong one,
            or one has a name that another has.
    """
    found: dict[str, Own] = {}
    for path in files:
        for one in _of_file(Path(path)):
            if one.name in TAKEN:
                raise Misconfigured(
                    f"{path} names a projection {one.name}, as one of pactdesk's own is called",
                    "give it another name",
                )
            if one.name in found:
                raise Misconfigured(
                    f"{path} names a projection {one.name}, and so does {found[one.name].file}",
                    "give one of them another name",
                )
            found[one.name] = one
    return tuple(found.values())


def _of_file(path: Path) -> list[Own]:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"{path} ({_SETTING}) cannot be read: {error.strerror}",
            "name a Python file, from the working directory or whole",
        ) from error
    digest = sha256(text).hexdigest()[:16]
    module = _imported(path, text, digest)
    written = {id(one): one for one in vars(module).values() if isinstance(one, Projection)}
    if not written:
        raise Misconfigured(f"{path} ({_SETTING}) has no pactdesk.projections.Projection", _HOW)
    found = []
    for one in written.values():
        try:
            found.append(own_of(one, path, digest))
        except Unfit as error:
            raise Misconfigured(f"{path}, projection {one.name!r}: {error}", _HOW) from error
    return found


def _imported(path: Path, text: bytes, digest: str) -> ModuleType:
    """The module of a file, run once for each text of it in a process."""
    name = f"pactdesk_own_{sha256(str(path.resolve()).encode()).hexdigest()[:8]}_{digest}"
    known = sys.modules.get(name)
    if known is not None:
        return known
    spec = spec_from_file_location(name, path)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # where the types of its rows are looked up
    try:
        code = compile(text, str(path), "exec")
        exec(code, vars(module))  # noqa: S102  # what the settings name is to run
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Misconfigured(
            f"{path} ({_SETTING}) cannot be imported: {_where(error, path)}", "mend the file"
        ) from error
    return module


def _where(error: BaseException, path: Path) -> str:
    """What went wrong, with the line of the file."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else next(iter(lines[::-1]), None)
    told = " ".join(str(error).split())
    at = "" if line is None else f" (line {line})"
    return f"{type(error).__name__}: {told}{at}"
