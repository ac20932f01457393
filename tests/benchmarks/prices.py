"""Prices of calls and function time, in CNY: list prices of the mainland, pay as you go, without free quotas.

Used by ``strategies.figures``. The fee of a training (2.5 CNY) is the same for all strategies and is left
out, as are traffic, storage and logs. Numbers without a page are marked.
"""

from __future__ import annotations

from dataclasses import dataclass

CNY_A_DOLLAR = 7.1
"""An assumption: the stored page of Function Compute quotes US dollars."""
CNY_A_FUNCTION_UNIT = 0.000_020 * CNY_A_DOLLAR
"""Function Compute, "Pay-as-you-go": the first tier of its capacity units."""
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


@dataclass(frozen=True, kw_only=True)
class Use:
    """The use of services in one workload.

    Attributes:
        invocations: runs of functions.
        seconds: their running time in all.
        read_units: Tablestore capacity units.
        write_units: the same of writes.
        oss_requests: calls of OSS.
    """

    invocations: int = 0
    seconds: float = 0.0
    read_units: int = 0
    write_units: int = 0
    oss_requests: int = 0

    @property
    def cny(self) -> float:
        """The price of it."""
        a_second = (
            UNITS_A_VCPU_SECOND * VCPU + UNITS_A_GB_SECOND * MEMORY_GB + UNITS_A_DISK_GB_SECOND * DISK_GB
        )
        function_units = self.invocations * UNITS_AN_INVOCATION + self.seconds * a_second
        return (
            function_units * CNY_A_FUNCTION_UNIT
            + self.read_units * CNY_A_READ_UNIT
            + self.write_units * CNY_A_WRITE_UNIT
            + self.oss_requests * CNY_AN_OSS_REQUEST
        )
