"""The price of what a workload uses of Function Compute, Tablestore and OSS, by the operators' table.

Used by ``strategies.figures``. The fee of a training (2.5 CNY) is the same for all strategies and is left
out, as are traffic, storage and logs. :mod:`local.prices` has the prices with their sources.
"""

from __future__ import annotations

from dataclasses import dataclass

from local.prices.table import OSS_REQUEST, READ_UNIT, UNITS_AN_INDEX, WRITE_UNIT, CalledHour, called_hours

__all__ = ["UNITS_AN_INDEX", "CalledHour", "Use", "called_hours"]


@dataclass(frozen=True, kw_only=True)
class Use:
    """The use of services in one workload.

    Attributes:
        functions: every hour of each function in which it is called.
        read_units: Tablestore capacity units.
        write_units: the same of writes.
        oss_requests: calls of OSS.
    """

    functions: tuple[CalledHour, ...] = ()
    read_units: int = 0
    write_units: int = 0
    oss_requests: int = 0

    @property
    def cny(self) -> float:
        """The price of it."""
        return (
            sum(hour.cny for hour in self.functions)
            + self.read_units * READ_UNIT.cny
            + self.write_units * WRITE_UNIT.cny
            + self.oss_requests * OSS_REQUEST.cny
        )
