"""Chance: every draw follows from seed, issue, what is drawn and the how manieth time it is.

So all arms face the same customers, whatever happens in which order: the third time that somebody
takes up an issue takes as long in each of them.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from statistics import NormalDist

_NORMAL = NormalDist()


class Draws:
    """The draws of one seed.

    Args:
        seed: Another seed is another week of the same people.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def share(self, issue: str, what: str, number: int = 0) -> float:
        """A number between 0 and 1, neither included, all as likely."""
        name = f"{self._seed}|{issue}|{what}|{number}".encode()
        return (int.from_bytes(blake2b(name, digest_size=6).digest()) + 0.5) / 2**48

    def exponential(self, issue: str, what: str, number: int, mean: float) -> float:
        """A waiting time without memory, in the unit of its mean."""
        return -mean * math.log(self.share(issue, what, number))

    def lognormal(self, issue: str, what: str, number: int, median: float, sigma: float) -> float:
        """A duration of which half are shorter than the median, in its unit."""
        return median * math.exp(sigma * _NORMAL.inv_cdf(self.share(issue, what, number)))
