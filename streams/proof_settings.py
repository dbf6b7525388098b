"""The settings of what proves the log: seals and signed audits."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from streams.marks import Secret


class SealSettings(BaseModel):
    """How `up` seals the log's partitions, where it has the role projections.

    Attributes:
        on: Whether it does.
        records: After how many records of a partition it is sealed.
        seconds: After how long something that lies unsealed is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: bool = True
    records: Annotated[int, Field(ge=1, le=10000)] = 1000
    seconds: Annotated[float, Field(gt=0.0)] = 300.0


class AuditSettings(BaseModel):
    """What audits are signed with.

    Attributes:
        signing_key: The private key (Ed25519), 64 hexadecimal digits; an embedded store makes its
            own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    signing_key: Annotated[Secret, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
