"""What the services cost: the one table of prices for operators.

List prices of the mainland in CNY, pay as you go, without free quotas, packages and discounts. Used by
:mod:`local.prices.estimating`, by the benchmarks and by the simulated month. What a training costs stands
with the product (:data:`shared.domain.money.LIST_PRICE_FEN`), whose pages show it, and what function time
costs with the decision that weighs it (:mod:`shared.domain.function_time`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.function_time import CNY_A_UNIT, UNITS_A_SECOND
from shared.domain.money import LIST_PRICE_FEN, cny

AS_OF = "2026-11-29"
"""When the table was last held against its sources."""
HOURS_A_MONTH = 720
HOUR_MS = 3_600_000


@dataclass(frozen=True, kw_only=True)
class Price:
    """A price in CNY.

    Attributes:
        cny: for one ``unit``.
        unit: what is paid for.
        source: the page, with the month in which it was read; or why the number is an assumption.
        is_assumed: whether no page of the vendor's has the number.
    """

    cny: float
    unit: str
    source: str
    is_assumed: bool = False


TRAINING = Price(
    cny=cny(LIST_PRICE_FEN),
    unit="training",
    source="Model Studio, model prices, facechain-finetune (2026-02)",
)
FREE_TRAININGS = 50
"""Within 90 days of the account's approval (the same page); not taken off here."""
FUNCTION_UNIT = Price(
    cny=CNY_A_UNIT, unit="capacity unit", source="Function Compute, billing overview, first tier (2025-12)"
)
CALLED_HOUR = Price(
    cny=0.01,
    unit="hour in which a function is called, at least",
    source="Function Compute, billing overview (2025-12)",
)
READ_UNIT = Price(
    cny=0.01 / 10_000,
    unit="read capacity unit",
    source="Tablestore, billing examples, high-performance instance in CU mode (2026-08)",
)
WRITE_UNIT = Price(
    cny=0.02 / 10_000,
    unit="write capacity unit",
    source="assumed at twice a read; the page of examples has no price of a write",
    is_assumed=True,
)
TABLE_STORAGE = Price(
    cny=0.0014 * HOURS_A_MONTH,
    unit="GB in tables for a month",
    source="assumed at 0.0014 an hour, as a competitor of the same kind lists it",
    is_assumed=True,
)
OSS_REQUEST = Price(
    cny=0.01 / 10_000,
    unit="request",
    source="OSS, request fees; the number is from a reseller",
    is_assumed=True,
)
OSS_STORAGE = Price(
    cny=0.12,
    unit="GB stored for a month",
    source="OSS, Standard with local redundancy; the number is from a reseller",
    is_assumed=True,
)
OSS_TRAFFIC = Price(
    cny=0.50,
    unit="GB out to the Internet, at the busy hours' price",
    source="OSS, outbound traffic; the number is from a reseller",
    is_assumed=True,
)
IMAGE_PROCESSING = Price(
    cny=0.025,
    unit="GB of photos processed",
    source="OSS, image processing; the number is from a reseller, and ten terabytes a month may be free",
    is_assumed=True,
)
LOG = Price(
    cny=0.40,
    unit="GB of log lines, with 30 days of storage and their index",
    source="assumed: pay by ingested data, the default of new logstores",
    is_assumed=True,
)
FACE_CHECK = Price(
    cny=0.0, unit="face check", source="facechain-facedetect: free for a limited time (2026-02)"
)

UNITS_AN_INVOCATION = 75 / 10_000
UNITS_AN_INDEX = 1
"""Tablestore, "Billing of secondary indexes": reading and writing an index row, at most this much each."""
PLATFORM_LOG_BYTES = 900
"""Lines of Function Compute's own for each invocation: its start, its end, and its request metrics, which the
template switches on. An assumption."""


@dataclass(frozen=True, kw_only=True)
class CalledHour:
    """One function in one hour in which it is called: its runs, and their running time in all."""

    invocations: float = 1
    seconds: float = 0.0

    @property
    def used_cny(self) -> float:
        """The price of what is used, without the least that is billed."""
        units = self.invocations * UNITS_AN_INVOCATION + self.seconds * UNITS_A_SECOND
        return units * FUNCTION_UNIT.cny

    @property
    def cny(self) -> float:
        """The price of it."""
        return max(CALLED_HOUR.cny, self.used_cny)


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
