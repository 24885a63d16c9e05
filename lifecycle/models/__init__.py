"""The database tables."""

from lifecycle.models.connections import ClientReport, Connection
from lifecycle.models.processes import Lease, ServerProcess
from lifecycle.models.rollups import (
    ChangedMinute,
    EndpointEnds,
    EndpointRollup,
    Ends,
    ProcessRollup,
    Rollup,
    RollupProgress,
    UnstoredRefusals,
)

__all__ = (
    "ChangedMinute",
    "ClientReport",
    "Connection",
    "EndpointEnds",
    "EndpointRollup",
    "Ends",
    "Lease",
    "ProcessRollup",
    "Rollup",
    "RollupProgress",
    "ServerProcess",
    "UnstoredRefusals",
)
