"""What all trainings so far have come to: how they ended, what they cost, and how busy the slot was.

One row of the control table holds it, so that no page has to read every job. A job is counted once, when its
outcome is delivered, however often that is repeated: the row remembers the latest jobs that it has counted.
Days and months are Beijing's, in which Alibaba Cloud bills. ``now`` and names that end in ``_at`` or ``_ms``
are milliseconds; moments are counted since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.domain.job_record import JobRecord
from shared.domain.money import DAYS, MONTHS, beijing_day, newest
from shared.domain.photos import Verdict
from shared.domain.spending import Spending

ROW = "totals"
"""The row's name."""
HOURS = 25
"""So many are remembered."""
HOUR_MS = 3_600_000
RECENT = 20
"""Results that are shown, the newest first."""
REMEMBERED_JOBS = 100
"""The latest jobs that have been counted. Between a count and the save that ends the delivery lies no other
call, so a hundred other jobs do not come in between."""
MAX_MESSAGE_CHARACTERS = 200
FACE_VERDICTS = (
    Verdict.USABLE,
    Verdict.SIMILAR,
    Verdict.OVER_LIMIT,
    Verdict.NO_FACE,
    Verdict.SEVERAL_FACES,
    Verdict.UNFIT,
)
"""Verdicts that the face check has given, or that were given after it."""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The row.

    Attributes:
        counted: ids of the latest jobs that are in these numbers, oldest first.
        results: jobs by the state in which they ended.
        faces: their new photos by verdict, as far as the face check was asked.
        billed: trainings that DashScope has billed.
        days: the same by day (``2026-01-31``), oldest first.
        months: the same by month (``2026-01``).
        busy_ms: for how long trainings ran, by hours since the epoch, oldest first.
        busy_total_ms: the same altogether.
        recent: the latest results, newest first, as :func:`_result` makes them.
    """

    counted: tuple[str, ...] = ()
    results: Mapping[str, int] = field(default_factory=dict)
    faces: Mapping[str, int] = field(default_factory=dict)
    billed: int = 0
    days: Mapping[str, int] = field(default_factory=dict)
    months: Mapping[str, int] = field(default_factory=dict)
    busy_ms: Mapping[str, int] = field(default_factory=dict)
    busy_total_ms: int = 0
    recent: tuple[Mapping[str, Any], ...] = ()

    def with_job(self, job: JobRecord) -> Totals:
        """Count a job that has ended; the very totals when it is in them already."""
        if job.job_id in self.counted:
            return self
        day = beijing_day(job.ended_at)
        took_ms = max(0, job.ended_at - job.submitted_at) if job.submitted_at else 0
        faces = dict(self.faces)
        for photo in job.photo_set.photos:
            if photo.is_new and photo.verdict in FACE_VERDICTS:
                _add(faces, photo.verdict.value, 1)
        return Totals(
            counted=(*self.counted, job.job_id)[-REMEMBERED_JOBS:],
            results=_added(self.results, job.state.value, 1),
            faces=faces,
            billed=self.billed + job.usage,
            days=newest(_added(self.days, day, job.usage), DAYS),
            months=newest(_added(self.months, day[:7], job.usage), MONTHS),
            busy_ms=self._busy_with(job, took_ms),
            busy_total_ms=self.busy_total_ms + took_ms,
            recent=_recent(self.recent, _result(job, took_ms)),
        )

    def _busy_with(self, job: JobRecord, took_ms: int) -> dict[str, int]:
        busy = dict(self.busy_ms)
        last = job.ended_at // HOUR_MS
        first = max((job.ended_at - took_ms) // HOUR_MS, last - HOURS + 1)
        for hour in range(first, last + 1) if took_ms else ():
            begin = max(job.ended_at - took_ms, hour * HOUR_MS)
            _add(busy, str(hour), min(job.ended_at, (hour + 1) * HOUR_MS) - begin)
        return dict(sorted(busy.items(), key=lambda entry: int(entry[0]))[-HOURS:])

    def busy_since(self, moment: int, now: int) -> int:
        """Return for how many milliseconds trainings ran that have ended, from ``moment`` to ``now``.

        Of the hour in which ``moment`` lies, the part after it is taken to be as busy as the whole.
        """
        total = 0
        for hour, busy_ms in self.busy_ms.items():
            begin = int(hour) * HOUR_MS
            if begin <= now:
                total += busy_ms * min(HOUR_MS, max(0, begin + HOUR_MS - moment)) // HOUR_MS
        return total

    def as_value(self) -> dict[str, Any]:
        """Return the JSON value of the row."""
        return {**vars(self), "counted": list(self.counted), "recent": list(self.recent)}

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Totals:
        """Return the totals of a row's value; a part that makes no sense begins anew."""
        numbers = {name: _number(value.get(name)) for name in ("billed", "busy_total_ms")}
        counts = {name: _counts(value.get(name)) for name in ("results", "faces", "days", "months")}
        busy = {hour: ms for hour, ms in _counts(value.get("busy_ms")).items() if hour.isdecimal()}
        recent = tuple(one for one in _list(value.get("recent")) if isinstance(one, dict))
        counted = tuple(one for one in _list(value.get("counted")) if isinstance(one, str))
        return cls(**numbers, **counts, busy_ms=busy, recent=recent, counted=counted)  # type: ignore[arg-type]  # names and types are those above


def spending_by(before: Spending | None, totals: Totals, price_fen: int) -> Spending:
    """Return the ledger by the totals, for want of one that is complete; ``before`` is never lowered.

    The totals count by the day on which a training ended.
    """
    ledger = before or Spending()

    def raised(sums: Mapping[str, int], counts: Mapping[str, int]) -> dict[str, int]:
        names = sorted({*sums, *counts})
        return {name: max(sums.get(name, 0), counts.get(name, 0) * price_fen) for name in names}

    return replace(
        ledger,
        trainings=max(ledger.trainings, totals.billed),
        fen=max(ledger.fen, totals.billed * price_fen),
        days=raised(ledger.days, totals.days),
        months=raised(ledger.months, totals.months),
    )


def _result(job: JobRecord, took_ms: int) -> dict[str, Any]:
    reason = job.reason
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "state": job.state.value,
        "ended_at": job.ended_at,
        "took_ms": took_ms,
        "reason": [reason.code, reason.message[:MAX_MESSAGE_CHARACTERS]] if reason else None,
    }


def _recent(
    before: tuple[Mapping[str, Any], ...], result: Mapping[str, Any]
) -> tuple[Mapping[str, Any], ...]:
    ordered = sorted((result, *before), key=lambda one: _number(one.get("ended_at")), reverse=True)
    return tuple(ordered[:RECENT])


def _added(counts: Mapping[str, int], name: str, count: int) -> dict[str, int]:
    added = dict(counts)
    _add(added, name, count)
    return added


def _add(counts: dict[str, int], name: str, count: int) -> None:
    counts[name] = counts.get(name, 0) + count


def _number(value: object) -> int:
    return value if type(value) is int and value >= 0 else 0


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _counts(value: object) -> dict[str, int]:
    return {name: _number(count) for name, count in value.items()} if isinstance(value, dict) else {}
