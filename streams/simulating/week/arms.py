"""The desks that a week is played before, by name."""

from __future__ import annotations

from typing import Literal, get_args

ArmName = Literal["silo", "unified", "system"]
"""A queue for each channel; one queue for all, without automation; the product."""

ARMS: tuple[ArmName, ...] = get_args(ArmName)
