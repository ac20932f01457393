"""What a month of so many people costs, item by item.

Used by the command ``cost``. The theory: nearly everything is in proportion to people, by the figures of
``PER_PERSON``, which hundredths of the simulated month of 10,000 people have measured
(``tests/simulation/month``; a test holds another one against them). The rest is there without anybody,
``IDLE_MONTH``: the timer's ticks and the sweep's listings. A function that is called at all in an hour is
billed 0.01 CNY for it, so few people cost by the hours in which they come, and many by what they use.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from local.prices import table
from local.prices.table import (
    AS_OF,
    CALLED_HOUR,
    HOURS_A_MONTH,
    PLATFORM_LOG_BYTES,
    CalledHour,
    Price,
)

GB = 1e9
TRAINING_SECONDS = 306
"""With its wait at DashScope: the sample of the facechain-finetune page, and four seconds."""
BUSIEST_LOAD = 0.75
"""Of the slots' time, with a daily rhythm; beyond that the evening's queue lasts into the night."""
UPLOAD_MB, SNAPSHOT_MB = 3.0, 0.6
"""A photo as a phone sends it, and as it is trained on: at most 2048 px, JPEG. Assumptions."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of an estimate: so much of something, and what it costs in CNY.

    ``is_assumed``: no page of the vendor's has the price.
    """

    name: str
    quantity: float
    unit: str
    cny: float
    is_assumed: bool = False


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a month costs, in CNY.

    Attributes:
        people: who come in the month.
        slots: how many trainings at once (``CONCURRENT_TRAININGS``) so many people need.
        items: what it is made of; the first is what DashScope bills.
        as_of: when the prices were last held against their sources.
    """

    people: int
    slots: int
    items: tuple[Item, ...]
    as_of: str = AS_OF

    @property
    def cny(self) -> float:
        """The whole month."""
        return sum(item.cny for item in self.items)

    @property
    def cny_a_person(self) -> float | None:
        """The share of one person; None of nobody."""
        return self.cny / self.people if self.people else None


@dataclass(frozen=True, kw_only=True)
class Use:
    """What one person takes, or a month of nobody.

    Attributes:
        trainings: that DashScope bills.
        collects: runs of the function that takes uploads, and their seconds.
        ticks: runs of the timer's function, and their seconds.
        read_units: of Tablestore, in capacity units; ``write_units`` those of writes.
        table_bytes: what stays in the tables, with their indexes.
        oss_requests: calls of OSS by the functions.
        photos: uploads.
        fetched_photos: how often DashScope fetches a photo.
        log_bytes: lines of the functions' own.
    """

    trainings: float = 0.0
    collects: float = 0.0
    collect_seconds: float = 0.0
    ticks: float = 0.0
    tick_seconds: float = 0.0
    read_units: float = 0.0
    write_units: float = 0.0
    table_bytes: float = 0.0
    oss_requests: float = 0.0
    photos: float = 0.0
    fetched_photos: float = 0.0
    log_bytes: float = 0.0

    def and_people(self, people: int, each: Use) -> Use:
        """Return this use and that of so many people."""
        return Use(**{name: value + people * getattr(each, name) for name, value in vars(self).items()})


IDLE_MONTH = Use(
    ticks=43_200,
    tick_seconds=12_320,
    read_units=391_000,
    write_units=23_800,
    oss_requests=14_400,
    log_bytes=7_780_000,
)
PER_PERSON = Use(
    trainings=1.07,
    collects=9.3,
    collect_seconds=5.1,
    tick_seconds=46.1,
    read_units=150,
    write_units=76,
    table_bytes=8_840,
    oss_requests=37.7,
    photos=9.1,
    fetched_photos=25.5,
    log_bytes=3_510,
)
"""Measured: a month of nobody, and what each of many people adds, with two slots and photos by URL.

``python -m tests.simulation.month`` with ``--people 0 --days 5``; and with ``--people 100 --days 0.3``, the
mean of the seeds 1, 3, 4, 5 and 6, less what nobody takes in that time. The test plays seed 2.
"""


def slots_for(people: int) -> int:
    """Return how many trainings at once so many people a month need, at least one."""
    seconds = people * PER_PERSON.trainings * TRAINING_SECONDS
    return max(1, math.ceil(seconds / (HOURS_A_MONTH * 3600 * BUSIEST_LOAD)))


def estimate(people_a_month: int, *, upload_mb: float = UPLOAD_MB) -> Estimate:
    """Estimate a month.

    Args:
        people_a_month: how many are trained.
        upload_mb: the size of a photo as it is uploaded.

    Raises:
        ValueError: fewer than no people.
    """
    if people_a_month < 0:
        raise ValueError("the number of people a month must be 0 or more")
    use = IDLE_MONTH.and_people(people_a_month, PER_PERSON)
    return Estimate(
        people=people_a_month,
        slots=slots_for(people_a_month),
        items=(
            _item("trainings", use.trainings, table.TRAINING),
            _functions(people_a_month, use),
            _item("Tablestore reads", use.read_units, table.READ_UNIT),
            _item("Tablestore writes", use.write_units, table.WRITE_UNIT),
            _item("Tablestore storage", use.table_bytes / GB, table.TABLE_STORAGE),
            _item("OSS requests", use.oss_requests + use.photos + use.fetched_photos, table.OSS_REQUEST),
            _item("OSS storage", use.photos * (upload_mb + SNAPSHOT_MB) / 1000, table.OSS_STORAGE),
            _item("photos prepared", use.photos * upload_mb / 1000, table.IMAGE_PROCESSING),
            _item("photos fetched by DashScope", use.fetched_photos * SNAPSHOT_MB / 1000, table.OSS_TRAFFIC),
            _item("logs", _logged(use) / GB, table.LOG),
        ),
    )


def _item(name: str, quantity: float, price: Price) -> Item:
    return Item(
        name=name,
        quantity=quantity,
        unit=price.unit,
        cny=quantity * price.cny,
        is_assumed=price.is_assumed,
    )


def _functions(people: int, use: Use) -> Item:
    """Function time: of each function its use, or the least for the hours in which it is called."""
    called = HOURS_A_MONTH * -math.expm1(-people / HOURS_A_MONTH)
    collect = CalledHour(invocations=use.collects, seconds=use.collect_seconds).used_cny
    reconcile = CalledHour(invocations=use.ticks, seconds=use.tick_seconds).used_cny
    cny = max(called * CALLED_HOUR.cny, collect) + max(HOURS_A_MONTH * CALLED_HOUR.cny, reconcile)
    return Item(
        name="Function Compute",
        quantity=use.collect_seconds + use.tick_seconds,
        unit="second of running time, or 0.01 CNY for an hour in which a function is called",
        cny=cny,
    )


def _logged(use: Use) -> float:
    return use.log_bytes + (use.collects + use.ticks) * PLATFORM_LOG_BYTES
