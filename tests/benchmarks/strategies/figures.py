"""The figures of a strategy in a workload: slot use, waits, calls, function time and money."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from local.prices.table import TRAINING
from tests.benchmarks.prices import Use, called_hours
from tests.benchmarks.strategies.account import OVERHEAD, Account

Span = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One strategy in one workload. Waits are in seconds; None without a case.

    Attributes:
        slot_use: percent of the time from the first submit to the last end in which a fine-tune is going.
        settled_slot_use: the same from the workload's ``settles_at`` on.
        closed_free: from the close of a set to its submit, of sets that found the slot free and no queue.
        seen_lingering: from a fine-tune's end to its being visible, of those for which a run lingered.
        gets: queries of fine-tunes at DashScope, for each fine-tune.
        most_gets: the most queries of one fine-tune.
        get_spacing: the shortest time between two queries of one fine-tune, over all runs.
        function_seconds: running time of functions for each fine-tune; ``upload_seconds`` that of uploads.
        function_share: percent of a training's price that Function Compute bills for each fine-tune, the
            least that it bills for an hour with it.
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
    most_gets: int
    get_spacing: float | None
    function_seconds: float
    settled_function_seconds: float
    function_share: float
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
    """Return the smallest value that at least ``share`` of all do not exceed, or None of no values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def found_free(closed: float, spans: Iterable[Span], submits: Iterable[tuple[float, float]]) -> bool:
    """Whether a set that closed at that time found no fine-tune going and no queue.

    ``submits`` are the times of the close and of the submit of the other sets.
    """
    going = any(begin <= closed < end for begin, end in spans)
    waiting = any(other < closed < submitted for other, submitted in submits)
    return not going and not waiting


def figures(account: Account, strategy: str) -> Figures:
    """Measure ``account`` at the end of its workload."""
    entries = account.fine_tunes()
    spans = [(entry.created_at, entry.ended_at or 0.0) for entry in entries]
    settled = spans[account.workload.settles_at :]
    settled_at = settled[0][0]
    closed, free = _waits(account, spans)
    seen, lingering = _sights(account)
    seconds = _seconds(account, 0.0)
    count, people = len(entries), len(account.workload.arrivals)
    succeeded = sum(entry.status == "SUCCEEDED" for entry in entries)
    asked_at, use = _asked_of_each(account), _use(account)
    uploads = sum(run.function == "collect" for run in account.invocations)
    return Figures(
        strategy=strategy,
        workload=account.workload.name,
        people=people,
        fine_tunes=count,
        succeeded=succeeded,
        slot_use=slot_use(spans),
        settled_slot_use=slot_use(settled),
        jobs_an_hour=3600 * succeeded / (max(end for _, end in spans) - spans[0][0]),
        closed_p50=quantile(closed, 0.5) or 0.0,
        closed_p99=quantile(closed, 0.99) or 0.0,
        closed_free_p50=quantile(free, 0.5),
        closed_free_p99=quantile(free, 0.99),
        closed_free_count=len(free),
        seen_p50=quantile(seen, 0.5) or 0.0,
        seen_p99=quantile(seen, 0.99) or 0.0,
        seen_lingering_p50=quantile(lingering, 0.5),
        seen_lingering_p99=quantile(lingering, 0.99),
        seen_lingering_count=len(lingering),
        gets=len(account.asked) / count,
        settled_gets=sum(asked.asked_at >= settled_at for asked in account.asked) / len(settled),
        most_gets=max(map(len, asked_at.values()), default=0),
        get_spacing=min(
            (after - before for times in asked_at.values() for before, after in pairwise(times)), default=None
        ),
        function_seconds=seconds / count,
        settled_function_seconds=_seconds(account, settled_at) / len(settled),
        function_share=100 * sum(hour.cny for hour in use.functions) / count / TRAINING.cny,
        upload_seconds=_seconds(account, 0.0, "collect") / count,
        upload_units=account.meters["collect"].units / uploads,
        job_units=account.meter.units / count,
        cny=1000 * use.cny / people,
    )


def _waits(account: Account, spans: Sequence[Span]) -> tuple[list[float], list[float]]:
    """Return the seconds from the close of each set to its submit: of all, and of those with a free slot."""
    records = account.records
    made_at = {entry.job_id: entry.created_at for entry in account.fine_tunes()}
    closes = [
        (records.closed[person] / 1000, made_at[fine_tune_id])
        for person, fine_tune_id in records.fine_tunes.items()
    ]
    free = [submitted - closed for closed, submitted in closes if found_free(closed, spans, closes)]
    return [submitted - closed for closed, submitted in closes], free


def _sights(account: Account) -> tuple[list[float], list[float]]:
    """Return the seconds from each fine-tune's end until it was visible: of all, and of lingering runs."""
    stays = [
        (run.began / 1000, run.ended / 1000) for run in account.invocations if run.function == "reconcile"
    ]
    seen, lingering = [], []
    for entry in account.fine_tunes():
        ended_at = entry.ended_at or 0.0
        seen.append(account.records.visible[entry.job_id] / 1000 - ended_at)
        if any(began + 1 < ended_at < ended for began, ended in stays):
            lingering.append(seen[-1])
    return seen, lingering


def _asked_of_each(account: Account) -> dict[str, list[float]]:
    """Return the times of the queries of each fine-tune by itself."""
    times: dict[str, list[float]] = defaultdict(list)
    for asked_at, fine_tune_id in account.asked:
        if fine_tune_id:
            times[fine_tune_id].append(asked_at)
    return times


def _use(account: Account) -> Use:
    meter = account.meter
    return Use(
        functions=called_hours(account.invocations, overhead_ms=OVERHEAD),
        read_units=meter.read_units,
        write_units=meter.write_units,
        oss_requests=sum(call.service == "oss" for call in account.gate.trace),
    )


def _seconds(account: Account, since: float, function: str = "") -> float:
    """Return the running time of functions after ``since``, or of one of them."""
    runs: Sequence[float] = [
        run.ended - max(run.began, since * 1000) + OVERHEAD
        for run in account.invocations
        if run.ended / 1000 > since and function in ("", run.function)
    ]
    return sum(runs) / 1000
