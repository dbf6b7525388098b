"""How the user called this program, so that a printed command can be called as it stands."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path


def called(flags: dict[str, str]) -> str:
    """The command that leads to this program and this store: name or path, and `--data` if given.

    Args:
        flags: The global options of this call; those from the environment are there anyway.
    """
    words = [*_program(Path(sys.argv[0]))]
    if "data" in flags:
        words += ["--data", flags["data"]]
    return shlex.join(words)


def _program(path: Path) -> list[str]:
    """The installed command by its name where the shell finds this very one, else by its path."""
    if path.suffix == ".py":
        return [_found(Path(sys.executable)), _near(path)]
    return [_found(path)]


def _found(path: Path) -> str:
    on_path = shutil.which(path.name)
    same = on_path is not None and Path(on_path).absolute() == path.absolute()
    return path.name if same else _near(path)


def _near(path: Path) -> str:
    """A path from here, if it lies below."""
    whole = path.absolute()
    here = Path.cwd()
    return os.path.relpath(whole, here) if whole.is_relative_to(here) else str(whole)
