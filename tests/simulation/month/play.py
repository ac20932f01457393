"""Plays a month, holds the promises, and returns what it came to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

from local.prices.table import CalledHour
from tests.simulation.cloud import simulated
from tests.simulation.kernel import Violation
from tests.simulation.month.account import MonthCloud
from tests.simulation.month.arrivals import DAY_MS, DAYS, MONTH_MS, moments
from tests.simulation.month.deliveries import delivery_of
from tests.simulation.seeds import check_everything_ended
from tests.simulation.silence import Silence
from tests.simulation.stores import BUCKET

STEP_MS = 300_000
"""Between two looks whether anybody waits in silence."""
BETWEEN_TICKS_MS = 50_000
"""After a tick has begun: by then most have ended."""
SETTLES_WITHIN_MS = 2 * DAY_MS
"""After the month: late photos, pauses of tries, and the queue."""
OVERTAKEN_AFTER_MS = 120_000
"""Sets that close within a tick or two of one another may be sent in either order by two runs."""


@dataclass(frozen=True, kw_only=True)
class Month:
    """What a month came to.

    Attributes:
        people: who came; ``trained`` have a model, ``rejected`` have sent no usable photo.
        trainings: fine-tunes that DashScope has made; ``billed`` were paid for.
        states: jobs by the state in which they ended.
        waits_ms: from the close of each set to its first submit, in order.
        slot_use: the share of the slots' time in which a fine-tune went.
        overtaken: sets before which one that had closed later was sent.
        calls: by function, service and operation.
        read_units: of Tablestore, by function; ``write_units`` those of writes.
        hours: the hours of each function in which it was called.
        odd: what was odd, by its name; ``faults`` those that struck, by their kind.
        wall_seconds: how long it took here.
    """

    people: int
    slots: int
    trained: int
    rejected: int
    trainings: int
    billed: int
    states: dict[str, int]
    waits_ms: list[int]
    slot_use: float
    overtaken: int
    calls: Counter[tuple[str, str, str]]
    read_units: Counter[str]
    write_units: Counter[str]
    table_bytes: int
    hours: dict[str, list[CalledHour]]
    log_bytes: int
    uploads: int
    fetched_photos: int
    odd: Counter[str]
    faults: Counter[str]
    days: float
    wall_seconds: float

    def calls_of(self, service: str) -> int:
        """How many calls of a service there were."""
        return sum(count for (_, of, _), count in self.calls.items() if of == service)


def play(
    people: int, slots: int, seed: int = 1, *, days_ms: int = MONTH_MS, told: Callable[[str], Any] = str
) -> Month:
    """Play the month of ``people`` with so many slots; ``told`` hears of each day.

    Args:
        people: how many come.
        slots: trainings at once.
        seed: another one is another month.
        days_ms: a shorter time than a month: then so many people come within it, and come again sooner.
        told: called with a line for each day.

    Raises:
        Violation: a promise was broken.
    """
    began = time.monotonic()
    cloud, odd, uploads = MonthCloud(slots=slots, seed=seed), Counter[str](), 0
    for number, moment in enumerate(moments(people, seed)):
        arrives = moment * days_ms // MONTH_MS
        delivery = delivery_of(number, arrives, seed, day_ms=days_ms // DAYS)
        odd.update(delivery.odd)
        uploads += sum(sent.content is not None for sent in delivery.sent)
        cloud.plan(delivery)
    silence = Silence()
    with simulated(cloud), mock.patch("shared.clients.dashscope.PAGE_SIZE", 100):
        cloud.begin_ticks()
        cloud.advance(BETWEEN_TICKS_MS)
        while not _is_over(cloud, days_ms):
            cloud.advance(STEP_MS)
            silence.check(cloud)
            if (cloud.kernel.now - cloud.kernel.start) % DAY_MS == BETWEEN_TICKS_MS:
                cloud.invariants.check_ledger()
                told(_line(cloud, time.monotonic() - began))
        _check_end(cloud)
        return _month(cloud, people, odd, uploads, time.monotonic() - began)


def _is_over(cloud: MonthCloud, days_ms: int) -> bool:
    passed = cloud.kernel.now - cloud.kernel.start
    if passed < days_ms:
        return False
    if passed > days_ms + SETTLES_WITHIN_MS + 6 * DAY_MS:
        left = [f"{job.job_id} {job.state.value}" for job in cloud.unfinished()]
        raise Violation(f"not settled two days after the last upload: {left[:5]}")
    return not cloud.is_expecting and cloud.is_at_rest()


def _check_end(cloud: MonthCloud) -> None:
    cloud.objects.check_list(BUCKET)
    check_everything_ended(cloud)
    if cloud.abandoned:
        # Function Compute gives an event up after its tries; the sweep has found the upload.
        cloud.rare.struck["events given up"] = cloud.abandoned


def _line(cloud: MonthCloud, seconds: float) -> str:
    day = (cloud.kernel.now - cloud.kernel.start) // DAY_MS
    return (
        f"day {day:2}: {cloud.invariants.accepted} trainings, {len(cloud.gate.trace)} calls, "
        f"{len(cloud.unfinished())} in hand, {seconds:.0f} s"
    )


def _month(cloud: MonthCloud, people: int, odd: Counter[str], uploads: int, wall_seconds: float) -> Month:
    watch, jobs, ledger = cloud.invariants, cloud.jobs(), cloud.studio.ledger()
    went = sum((one.ended_at or 0) - one.created_at for one in ledger)
    passed_ms = cloud.kernel.now - cloud.kernel.start
    latest = {job.person_id: job for job in jobs}
    trained = {job.person_id for job in jobs if job.state.value == "SUCCEEDED"}
    return Month(
        people=people,
        slots=cloud.rules.concurrent_trainings,
        trained=len(trained),
        rejected=sum(job.state.value == "REJECTED" for name, job in latest.items() if name not in trained),
        trainings=len(ledger),
        billed=sum(one.billed_trainings for one in ledger),
        states=dict(Counter(job.state.value for job in jobs)),
        waits_ms=sorted(sent - watch.closed_at[name] for name, sent in watch.sent_at.items()),
        slot_use=went * 1000 / (passed_ms * cloud.rules.concurrent_trainings),
        overtaken=len(watch.overtaken(OVERTAKEN_AFTER_MS)),
        calls=cloud.counted.calls,
        read_units=cloud.meter.read_units,
        write_units=cloud.meter.write_units,
        table_bytes=cloud.meter.table_bytes,
        hours=cloud.meter.called_hours(),
        log_bytes=watch.log_bytes,
        uploads=uploads,
        fetched_photos=watch.photos_sent * 2 + cloud.counted.calls["collect", "dashscope", "DetectFaces"],
        odd=odd,
        faults=cloud.rare.struck,
        days=passed_ms / DAY_MS,
        wall_seconds=wall_seconds,
    )
