"""What the real servers have in common: started for a test, stopped, killed, started again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from tests.real.process import Process


class Server(ABC):
    """A server of the tests' own, with its folder and port, which stay the same over restarts.

    Use it as a context manager, or `start` and `stop` it. A second object over the same folder
    finds the running one.
    """

    @property
    @abstractmethod
    def process(self) -> Process:
        """Its process."""

    @abstractmethod
    def start(self) -> None:
        """Start it, and return when it answers."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it as an operator does; what it keeps stays."""

    def kill(self) -> None:
        """Kill it and all its children (SIGKILL); what it keeps stays as it lies."""
        self.process.kill()

    def restart(self) -> None:
        """Start it again on the same folder and port; a running one is stopped first."""
        if self.process.alive():
            self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
