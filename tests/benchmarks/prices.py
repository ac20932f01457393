"""Prices of calls and function time, in CNY: list prices of the mainland, pay as you go, without free quotas.

Used by ``strategies.figures``. The fee of a training (2.5 CNY) is the same for all strategies and is left
out, as are traffic, storage and logs. Numbers without a page are marked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

CNY_A_FUNCTION_UNIT = 0.000_11
"""Function Compute, "Pay-as-you-go" (2025-12): the first tier of its capacity units."""
CNY_A_CALLED_HOUR = 0.01
"""The same page: a function that is called at all in an hour is billed at least this for it."""
UNITS_AN_INVOCATION = 75 / 10_000
UNITS_A_VCPU_SECOND, UNITS_A_GB_SECOND, UNITS_A_DISK_GB_SECOND = 1, 0.15, 0.05
"""The same page: an instance's resources are billed while it runs."""
VCPU, MEMORY_GB, DISK_GB = 0.35, 0.5, 0.5
"""The functions' size in ``template.yml``; the peers' are as large."""

CNY_A_READ_UNIT = 0.01 / 10_000
"""Tablestore, "Billing examples": a high-performance instance in CU mode."""
CNY_A_WRITE_UNIT = 0.02 / 10_000
"""From no page; an assumption: writes cost twice as much as reads."""
UNITS_AN_INDEX = 1
"""Tablestore, "Billing of secondary indexes": reading and writing an index row, at most this much each."""

CNY_AN_OSS_REQUEST = 0.01 / 10_000
"""OSS, "Request fees": PUT and GET requests of the Standard class; the number is from a reseller."""


HOUR_MS = 3_600_000


@dataclass(frozen=True, kw_only=True)
class CalledHour:
    """One function in one hour in which it is called: its runs, and their running time in all."""

    invocations: int = 1
    seconds: float = 0.0

    @property
    def cny(self) -> float:
        """The price of it."""
        a_second = (
            UNITS_A_VCPU_SECOND * VCPU + UNITS_A_GB_SECOND * MEMORY_GB + UNITS_A_DISK_GB_SECOND * DISK_GB
        )
        units = self.invocations * UNITS_AN_INVOCATION + self.seconds * a_second
        return max(CNY_A_CALLED_HOUR, units * CNY_A_FUNCTION_UNIT)


def called_hours(runs: Iterable[tuple[str, int, int]], *, overhead_ms: int) -> tuple[CalledHour, ...]:
    """Return the hours that ``runs`` are billed for.

    A run is a function's name and the milliseconds at which it began and ended; it counts in the hour in
    which it began, and is billed for ``overhead_ms`` more.
    """
    by_hour: dict[tuple[str, int], list[int]] = defaultdict(list)
    for function, began, ended in runs:
        by_hour[function, began // HOUR_MS].append(ended - began + overhead_ms)
    return tuple(
        CalledHour(invocations=len(lengths), seconds=sum(lengths) / 1000) for lengths in by_hour.values()
    )


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
            + self.read_units * CNY_A_READ_UNIT
            + self.write_units * CNY_A_WRITE_UNIT
            + self.oss_requests * CNY_AN_OSS_REQUEST
        )
