"""What is spent on trainings, and what is reserved for those on their way: the ledger in the slot's row.

The theory. A submit writes the slot's row before its POST, on top of the version that was read. The same
write reserves the price of the training here. So of all runs of all functions each one that takes the slot
has seen what every other has reserved, and a cap is exact (:mod:`shared.domain.caps`).

A reservation stands as long as its job holds the slot, whatever becomes of the run that made it: an attempt
whose outcome is unknown counts as spent. The write that takes the slot back settles it, by what DashScope
says that it has billed; with nothing billed it is gone. Both happen in one write of one row, and a job that
has no reservation is not settled, so nothing is counted twice. A job whose training failed holds the slot for
the next one: then the write that reserves anew settles what was before. A run that was slow may reserve for a
job as it was before its training, and leave that to be settled once more. So the ledger remembers up to which
training the latest jobs are settled, and reserves behind that.

A training belongs to the day on which DashScope made it. Before that is known, a reservation around midnight
belongs to both days.

The release before this one knows no ledger and keeps it as it is. It takes the slot without a reservation,
which shows: ``taken_at`` here and of the slot differ. Then the ledger is written anew
(:mod:`shared.workflow.books`). Moments are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from shared.domain.money import DAYS, MONTHS, beijing_day, newest
from shared.domain.object_keys import parse_job_id

SETTLED_JOBS = 40
"""So many are remembered. No run lives for more than ten minutes, in which twenty slots end as many."""
CLOCKS_DIFFER_MS = 10_000
"""Those of two machines on which functions run."""
LANDS_WITHIN_MS = 70_000
"""By then a POST has reached DashScope: it leaves within a second, and nobody waits longer for its answer."""


class Billed(NamedTuple):
    """What DashScope has billed for a job so far.

    Attributes:
        trainings: the sum of its fine-tunes' ``usage``; None: nobody can tell, and one more is counted.
        made_at: when the latest of them was made, by DashScope's clock; 0: not known.
    """

    trainings: int | None
    made_at: int = 0


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """The price of a training on its way.

    Attributes:
        at: when its job took the slot.
        fen: the price.
        before: trainings of the job that had been billed before.
    """

    at: int
    fen: int
    before: int = 0

    @property
    def days(self) -> frozenset[str]:
        """The days on which DashScope may make the fine-tune."""
        moments = (self.at - CLOCKS_DIFFER_MS, self.at, self.at + LANDS_WITHIN_MS)
        return frozenset(map(beijing_day, moments))


@dataclass(frozen=True, kw_only=True)
class ReservedPictures:
    """The price of the portraits on their way: one order's at a time (:mod:`shared.domain.portrait_slot`).

    Attributes:
        at: when the order took the slot.
        price_fen: of a picture.
        count: how many are asked for.
        before: pictures of the order that had been billed before.
    """

    at: int
    price_fen: int
    count: int
    before: int = 0

    @property
    def fen(self) -> int:
        """What they cost if all are made."""
        return self.price_fen * self.count

    @property
    def days(self) -> frozenset[str]:
        """The days on which DashScope may bill them."""
        return Reserved(at=self.at, fen=self.fen).days


@dataclass(frozen=True, kw_only=True)
class Spending:
    """The ledger.

    Attributes:
        taken_at: when the slot was last taken by code that keeps the ledger.
        trainings: how many have been billed.
        fen: their cost altogether.
        days: their cost by day (``2026-01-31``), oldest first.
        months: their cost by month (``2026-01``), oldest first.
        reserved: what is on its way, by the ids of jobs.
        settled_jobs: how many trainings of the latest jobs are counted, by their ids, oldest first.
        pictures: how many portraits have been billed; their cost is in all sums above.
        portraits: what is on its way of portraits; None: nothing.
    """

    taken_at: int = 0
    trainings: int = 0
    fen: int = 0
    days: Mapping[str, int] = field(default_factory=dict, hash=False)
    months: Mapping[str, int] = field(default_factory=dict, hash=False)
    reserved: Mapping[str, Reserved] = field(default_factory=dict, hash=False)
    settled_jobs: Mapping[str, int] = field(default_factory=dict, hash=False)
    pictures: int = 0
    portraits: ReservedPictures | None = None

    def with_reserved(self, job_id: str, reserved: Reserved) -> Spending:
        """Reserve the price of a training of ``job_id``, in the place of what is reserved for it."""
        before = max(reserved.before, self.settled_jobs.get(job_id, 0))
        reserved = replace(reserved, before=before)
        return replace(self, reserved={**self.reserved, job_id: reserved})

    def settled(self, job_id: str, billed: Billed) -> Spending:
        """Count what was billed for ``job_id`` since its reservation, which ends; once."""
        reserved = self.reserved.get(job_id)
        if reserved is None:
            return self
        left = {name: one for name, one in self.reserved.items() if name != job_id}
        trainings = 1 if billed.trainings is None else max(0, billed.trainings - reserved.before)
        known = {name: count for name, count in self.settled_jobs.items() if name != job_id}
        if counted := reserved.before + trainings:
            known[job_id] = counted
        settled_jobs = dict([*known.items()][-SETTLED_JOBS:])
        return replace(self, reserved=left, settled_jobs=settled_jobs).with_billed(
            trainings, trainings * reserved.fen, beijing_day(billed.made_at or reserved.at)
        )

    def with_billed(self, trainings: int, fen: int, day: str) -> Spending:
        """Count trainings that were billed on a day."""
        if not trainings:
            return self
        return replace(self, trainings=self.trainings + trainings)._with_fen(fen, day)

    def with_pictures_settled(self, billed: int) -> Spending:
        """Count the portraits that were billed since their reservation, which ends; once.

        ``billed``: all of the order so far.
        """
        reserved = self.portraits
        if reserved is None:
            return self
        pictures = max(0, billed - reserved.before)
        settled = replace(self, portraits=None, pictures=self.pictures + pictures)
        return settled._with_fen(pictures * reserved.price_fen, beijing_day(reserved.at))

    def with_portraits_of(self, other: Spending) -> Spending:
        """Return it with what ``other`` says of portraits, and with its sums, in which these are."""
        sums = {"fen": other.fen, "days": other.days, "months": other.months}
        return replace(self, portraits=other.portraits, pictures=other.pictures, **sums)  # type: ignore[arg-type]  # types are those of the fields

    def _with_fen(self, fen: int, day: str) -> Spending:
        return replace(
            self,
            fen=self.fen + fen,
            days=newest({**self.days, day: self.days.get(day, 0) + fen}, DAYS),
            months=newest({**self.months, day[:7]: self.months.get(day[:7], 0) + fen}, MONTHS),
        )

    @property
    def reserved_fen(self) -> int:
        """What is on its way, altogether."""
        return sum(one.fen for one in self._on_their_way())

    def committed(self, period: str, *, without: str = "") -> int:
        """Return what is spent or reserved, in fen; nothing is taken off for the reservation of ``without``.

        ``period`` is a day (``2026-01-31``), a month (``2026-01``), or "" for all time.
        """
        spent = self.fen
        if period:
            spent = (self.days if len(period) > len("2026-01") else self.months).get(period, 0)
        others = self._on_their_way(without)
        return spent + sum(one.fen for one in others if any(day.startswith(period) for day in one.days))

    def _on_their_way(self, without: str = "") -> list[Reserved | ReservedPictures]:
        trainings = [one for name, one in self.reserved.items() if name != without]
        return [*trainings, self.portraits] if self.portraits is not None else [*trainings]

    def reserved_for(self, person_key: str) -> dict[int, Reserved]:
        """Return what is reserved for the person whose key that is, by revision."""
        parsed = ((parse_job_id(name), one) for name, one in self.reserved.items())
        return {parts[1]: one for parts, one in parsed if parts is not None and parts[0] == person_key}


_PICTURES = ("at", "price_fen", "count", "before")


def spending_from(value: Mapping[str, Any]) -> Spending:
    """Return the ledger that a row's value holds; a part that makes no sense begins anew."""
    reserved = {
        name: Reserved(**{key: _number(one.get(key)) for key in ("at", "fen", "before")})
        for name, one in _mapping(value.get("reserved")).items()
        if isinstance(one, dict)
    }
    sums = {name: _sums(value.get(name)) for name in ("days", "months", "settled_jobs")}
    numbers = {name: _number(value.get(name)) for name in ("taken_at", "trainings", "fen", "pictures")}
    stored = _mapping(value.get("portraits"))
    known = {name: _number(stored.get(name)) for name in _PICTURES}
    portraits = ReservedPictures(**known) if stored else None
    return Spending(**numbers, **sums, reserved=reserved, portraits=portraits)  # type: ignore[arg-type]  # names and types are those above


def _number(value: object) -> int:
    return value if type(value) is int and value >= 0 else 0


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _sums(value: object) -> dict[str, int]:
    return {name: _number(fen) for name, fen in _mapping(value).items()}
