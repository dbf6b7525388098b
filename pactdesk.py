"""pactdesk from the outside: the command, and the Python module of the same name.

The rooms (schemas, projections, agents, streams) are plain folders in a clone, and lie in the
private folder `_pactdesk` beside this file once installed. Either way their folder is put first
on the path here, so that another distribution's `agents` cannot take their place. Nothing of them
is imported before it is used.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streams import errors as errors  # noqa: PLC0414  # so that it counts as public
    from streams import testing as testing  # noqa: PLC0414  # so that it counts as public
    from streams.cli.main import main
    from streams.clock import ManualClock
    from streams.desk import open_desk as open  # noqa: A004 - the outside says pactdesk.open
    from streams.own import projection as projections
    from streams.pact import execute_pact_action

__all__ = [
    "ManualClock",
    "__version__",
    "errors",
    "execute_pact_action",
    "main",
    "open",
    "projections",
]

__version__ = "0.1.0"

ROOMS = ("schemas", "projections", "agents", "streams")

_BESIDE = Path(__file__).resolve().parent
_HOME = _BESIDE / "_pactdesk" if (_BESIDE / "_pactdesk").is_dir() else _BESIDE

_PUBLIC = {
    "ManualClock": ("streams.clock", "ManualClock"),
    "execute_pact_action": ("streams.pact", "execute_pact_action"),
    "main": ("streams.cli.main", "main"),
    "open": ("streams.desk", "open_desk"),
}

sys.path.insert(0, str(_HOME))


def _from_room(module: str, name: str) -> Any:
    """Import one name of a room, and say it plainly when a room's name is taken already."""
    for room in ROOMS:
        taken = getattr(sys.modules.get(room), "__file__", None)
        if taken is not None and Path(taken).resolve().parent.parent != _HOME:
            raise ImportError(
                f"another package named {room!r} was imported before ({taken}); pactdesk brings"
                f" its own {room!r}: use the two in separate processes"
            )
    return getattr(importlib.import_module(module), name)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'pactdesk' has no attribute {name!r}")
    return _from_room(*_PUBLIC[name])


def __dir__() -> list[str]:
    return [*__all__, "testing"]


def _stand_in(name: str, room: str, says: str) -> ModuleType:
    """A module that asks one of a room when it is used: what `import pactdesk.NAME` finds."""
    module = ModuleType(f"pactdesk.{name}", says)
    vars(module)["__getattr__"] = lambda wanted: _from_room(room, wanted)
    sys.modules[module.__name__] = module
    return module


if not TYPE_CHECKING:
    errors = _stand_in("errors", "streams.errors", "What a desk raises: one class a family.")
    testing = _stand_in(
        "testing", "streams.testing", "given, when, then for a deployment's own rules."
    )
    projections = _stand_in(
        "projections", "streams.own.projection", "What a projection of your own is made of."
    )


if __name__ == "__main__":
    sys.exit(_from_room("streams.cli.main", "main")())
