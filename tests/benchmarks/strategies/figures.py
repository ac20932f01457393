"""What living through a workload comes to: slot use, waits, calls, function time and money."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from tests.benchmarks.prices import Use
from tests.benchmarks.strategies.account import OVERHEAD, Account

Span = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One strategy in one workload. Waits are in seconds; None where there is nothing to tell.

    Attributes:
        slot_use: percent of the time from the first submit to the last end in which a fine-tune goes.
        settled_slot_use: the same from the workload's ``settles_at`` on.
        closed_free: from the close of a set to its submit, of those that found the slot free and no queue.
        seen_lingering: from a fine-tune's end to its being visible, of those that a run stayed for.
        gets: questions to DashScope about fine-tunes, for each of them.
        function_seconds: how long functions ran, for each fine-tune, and ``upload_seconds`` for uploads.
        upload_units: Tablestore capacity units for each upload; ``job_units`` of all, for each fine-tune.
        cny: for 1,000 people, without the trainings.
    """

    strategy: str
    workload: str
    people: int
    fine_tunes: int
    succeeded: int
    slot_use: float
    settled_slot_use: float
    jobs_an_hour: float
    closed_p50: float
    closed_p99: float
    closed_free_p50: float | None
    closed_free_p99: float | None
    closed_free_count: int
    seen_p50: float
    seen_p99: float
    seen_lingering_p50: float | None
    seen_lingering_p99: float | None
    seen_lingering_count: int
    gets: float
    settled_gets: float
    function_seconds: float
    settled_function_seconds: float
    upload_seconds: float
    upload_units: float
    job_units: float
    cny: float

    def as_json(self) -> dict[str, object]:
        """Return the entry in the file."""
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def slot_use(spans: Iterable[Span]) -> float:
    """Return the percent of the time from the first begin to the last end in which at least one is going."""
    ordered = sorted(spans)
    busy, reached = 0.0, ordered[0][0]
    for begin, end in ordered:
        busy += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    whole = reached - ordered[0][0]
    return 100 * busy / whole if whole else 0.0


def quantile(values: Iterable[float], share: float) -> float | None:
    """Return the smallest value that at least ``share`` of all do not exceed, or None of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def found_free(closed: float, spans: Iterable[Span], submits: Iterable[tuple[float, float]]) -> bool:
    """Whether a set that closed then found no fine-tune going and nobody who waited.

    ``submits`` are the times at which the others' sets closed and at which they were submitted.
    """
    going = any(begin <= closed < end for begin, end in spans)
    waiting = any(other < closed < submitted for other, submitted in submits)
    return not going and not waiting


def figures(account: Account, strategy: str) -> Figures:
    """Measure what ``account`` has lived through."""
    entries = account.fine_tunes()
    spans = [(entry.created, entry.ended or 0.0) for entry in entries]
    settled = spans[account.workload.settles_at :]
    made = {entry.job_id: entry for entry in entries}
    records = account.records
    first = {person: made[records.fine_tunes[person]].created for person in records.fine_tunes}
    closes = [(records.closed[person] / 1000, created) for person, created in first.items()]
    waits = [submitted - closed for closed, submitted in closes]
    free = [submitted - closed for closed, submitted in closes if found_free(closed, spans, closes)]
    seen = {name: records.visible[name] / 1000 - (made[name].ended or 0.0) for name in made}
    stays = [
        (run.began / 1000, run.ended / 1000) for run in account.invocations if run.function == "reconcile"
    ]
    lingering = [
        seen[entry.job_id]
        for entry in entries
        if any(began + 1 < (entry.ended or 0.0) < ended for began, ended in stays)
    ]
    seconds = _seconds(account, 0.0)
    since = settled[0][0]
    gets = account.asked
    count = len(entries)
    uploads = sum(run.function == "collect" for run in account.invocations)
    upload_meter = account.meters["collect"]
    succeeded = sum(entry.status == "SUCCEEDED" for entry in entries)
    meter = account.meter
    use = Use(
        invocations=len(account.invocations),
        seconds=seconds,
        read_units=meter.read_units,
        write_units=meter.write_units,
        oss_requests=sum(call.service == "oss" for call in account.gate.trace),
    )
    people = len(account.workload.arrivals)
    return Figures(
        strategy=strategy,
        workload=account.workload.name,
        people=people,
        fine_tunes=count,
        succeeded=succeeded,
        slot_use=slot_use(spans),
        settled_slot_use=slot_use(settled),
        jobs_an_hour=3600 * succeeded / (max(end for _, end in spans) - spans[0][0]),
        closed_p50=quantile(waits, 0.5) or 0.0,
        closed_p99=quantile(waits, 0.99) or 0.0,
        closed_free_p50=quantile(free, 0.5),
        closed_free_p99=quantile(free, 0.99),
        closed_free_count=len(free),
        seen_p50=quantile(seen.values(), 0.5) or 0.0,
        seen_p99=quantile(seen.values(), 0.99) or 0.0,
        seen_lingering_p50=quantile(lingering, 0.5),
        seen_lingering_p99=quantile(lingering, 0.99),
        seen_lingering_count=len(lingering),
        gets=len(gets) / count,
        settled_gets=sum(moment >= since for moment in gets) / len(settled),
        function_seconds=seconds / count,
        settled_function_seconds=_seconds(account, since) / len(settled),
        upload_seconds=_seconds(account, 0.0, "collect") / count,
        upload_units=upload_meter.units / uploads,
        job_units=meter.units / count,
        cny=1000 * use.cny / people,
    )


def _seconds(account: Account, since: float, function: str = "") -> float:
    """Return how long functions ran after ``since``, or one of them."""
    runs: Sequence[float] = [
        run.ended - max(run.began, since * 1000) + OVERHEAD
        for run in account.invocations
        if run.ended / 1000 > since and function in ("", run.function)
    ]
    return sum(runs) / 1000
