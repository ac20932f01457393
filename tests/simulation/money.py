"""The promises about money, on DashScope's ledger: caps at every submit, and what is shown at the end.

In a part of all seeds caps and ``TRAININGS`` are drawn, with a price that nobody expects, and around the
midnight in Beijing that ends a month. Somebody approves sets there, and now and then a set that has opened
again. The dice are their own, so that all other stories stay as they are.

The caps are counted here from DashScope's side: by the fine-tunes that it has made, by the day on which it
has made them, and a fine-tune that goes on counts as billed. :mod:`tests.simulation.invariants` tells of the
submits.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from aliyun_local.dashscope.account.models import LedgerEntry, ModelStudio
from shared.clients.job_rows import from_columns
from shared.domain.failed_trainings import is_worth_another_training
from shared.domain.job import Job
from shared.domain.money import DAYS, beijing_day, newest
from shared.domain.object_keys import job_id, parse_job_id
from shared.domain.rules import Rules, Trainings
from shared.domain.states import JobState
from tests.simulation.kernel import Kernel, Violation

if TYPE_CHECKING:
    from tests.simulation.cloud import SimulatedCloud

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
LAST_MINUTES_OF_JANUARY = 1_769_874_840_000
"""2026-01-31 23:54 in Beijing: a month and a day end while everything goes wrong."""
ONE_IN = 6
UNCLEAR = "submit_unclear"
LIFTED: dict[str, Any] = {
    "trainings": Trainings.ON,
    "max_fen_per_day": 0,
    "max_fen_per_month": 0,
    "max_fen_per_person": 0,
    "max_fen_in_all": 0,
}
"""Settings with which nothing waits for money."""


def check_sums(days: dict[str, int], months: dict[str, int], billed: Counter[str] | None) -> None:
    """Hold the ledger's sums against what was billed by day; None: no clock can tell the days.

    Raises:
        Violation: they differ. Of days the ledger remembers the newest, of months more.
    """
    if billed is not None and Counter(days) != Counter(newest(billed, DAYS)):
        raise Violation(f"shown by day are {days}, DashScope has billed {dict(billed)}")
    sums: Counter[str] = Counter()
    for day, fen in (days if billed is None else billed).items():
        sums[day[:7]] += fen
    if Counter(months) != sums:
        raise Violation(f"shown by month are {months}, by day {days}")


def has_caps(seed: int) -> bool:
    """Whether caps and a mode are drawn in the seed."""
    return seed % ONE_IN == ONE_IN - 1


def start_of(seed: int) -> int | None:
    """Return when the seed's story begins, if that is drawn here."""
    chance = random.Random(f"midnight {seed}")
    return LAST_MINUTES_OF_JANUARY + chance.randint(0, 4) * MINUTE_MS if has_caps(seed) else None


def drawn_settings(seed: int) -> dict[str, Any]:
    """Return the seed's settings about money: caps of some trainings, and sometimes a fen more or less."""
    if not has_caps(seed):
        return {}
    chance = random.Random(f"money {seed}")
    price = chance.choice((250, 250, 333, 1))

    def cap(*trainings: int) -> int:
        return max(0, price * chance.choice(trainings) + chance.choice((0, 0, price - 1)))

    return {
        "trainings": chance.choice((Trainings.ON, Trainings.ON, Trainings.APPROVE, Trainings.OFF)),
        "training_price_fen": price,
        "max_fen_per_day": cap(0, 0, 1, 2, 3),
        "max_fen_per_month": cap(0, 0, 2, 3),
        "max_fen_per_person": cap(0, 0, 1, 1, 2),
        "max_fen_in_all": cap(0, 0, 2, 3, 4),
    }


class Approver:
    """Somebody who lets closed sets be trained, by the route of ``status``, at any moment."""

    def __init__(self, cloud: SimulatedCloud, seed: int) -> None:
        self._cloud = cloud
        self._chance = random.Random(f"approver {seed}")

    def begin(self, lasts_ms: int) -> None:
        """Look at who waits now and then, where sets wait for that."""
        kernel = self._cloud.kernel
        if self._cloud.rules.trainings is not Trainings.APPROVE:
            return
        for _ in range(self._chance.choice((0, 2, 5, 9))):
            kernel.at(kernel.start + self._chance.randint(lasts_ms // 8, lasts_ms), self._approve_one)

    def _approve_one(self) -> None:
        waiting = [job for job in self._cloud.jobs() if job.state is JobState.QUEUED]
        if not waiting:
            return
        job, kernel = self._chance.choice(waiting), self._cloud.kernel
        self._cloud.status.call("POST", f"/jobs/{job.job_id}/approve", lambda _: None)
        if self._chance.random() < 0.4:
            # While it waits for the slot, or before anybody has carried that out.
            later = kernel.now + self._chance.choice((0, 10, 65)) * SECOND_MS
            kernel.at(
                later, lambda: self._cloud.upload(job.person_id, f"late {later}.jpg", b"FACE %d" % later)
            )


class Money:
    """Watches what is paid for.

    Attributes:
        rules: the settings that are deployed now.
        is_clear: whether DashScope has told of every submit what became of it.
        pictures: when portraits were asked for, for which job, and how many are or may be billed.
    """

    def __init__(self, studio: ModelStudio, kernel: Kernel, owner_of: Callable[[str], str]) -> None:
        self._studio = studio
        self._kernel = kernel
        self._owner_of = owner_of
        self.rules: Callable[[], Rules] = Rules
        self.pictures: Callable[[], Iterable[tuple[float, str, int]]] = tuple
        self._approved: dict[str, int] = {}
        self._erased: dict[str, Job] = {}

    def job_written(self, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        """Note which set somebody has approved: one that closes again is another."""
        if after.get("approved_at") and not (before or {}).get("approved_at"):
            self._approved[job_id(after["person_id"], after["revision"])] = after["closed_at"]

    def job_deleted(self, row: dict[str, Any]) -> None:
        """Keep what an erased job has cost: the sums stay, and the next person of the name begins anew."""
        job = from_columns(row)
        self._erased[job.job_id] = job

    def submit_leaves(self, name: str, row: dict[str, Any]) -> None:
        """Nothing leaves while trainings are off, or without the word of somebody where that is needed."""
        trainings = self.rules().trainings
        if trainings is Trainings.OFF:
            raise Violation(f"{name} is submitted though trainings are off")
        if trainings is Trainings.APPROVE and self._approved.get(name) != row["closed_at"]:
            raise Violation(f"{name} is submitted though nobody has approved it as it is")

    def check_caps(self) -> None:
        """Check what DashScope has billed, or may yet bill, against every cap; called after every submit."""
        rules, paid = self.rules(), Counter[tuple[str, str]]()
        price, of_a_picture = rules.training_price_fen, rules.portrait_price_fen
        billed = [(at, name, count * of_a_picture) for at, name, count in self.pictures()]
        for entry, name in self._ours():
            count = entry.billed_trainings
            may_be_billed = entry.status in ("PENDING", "QUEUING", "RUNNING", "CANCELING")
            if may_be_billed and entry.deleted_at is None:
                count = 1
            billed.append((entry.created_at, name, count * price))
        for at, name, fen in billed:
            day, parsed = beijing_day(int(at * 1000)), parse_job_id(name)
            paid["all", ""] += fen
            if name not in self._erased:
                paid["person", parsed[0] if parsed else ""] += fen
            if self._kernel.believes_times:
                paid["day", day] += fen
                paid["month", day[:7]] += fen
        most = {
            "all": rules.max_fen_in_all,
            "person": rules.max_fen_per_person,
            "day": rules.max_fen_per_day,
            "month": rules.max_fen_per_month,
        }
        for (kind, which), fen in paid.items():
            if most[kind] and fen > most[kind]:
                raise Violation(f"{fen} fen are paid beyond the cap of {kind} {which}")

    def check_end(self, jobs: Iterable[Job], slot: dict[str, Any]) -> None:
        """What is shown as spent is what DashScope has billed, by day, by month and by person."""
        ours, standing = list(self._ours()), list(jobs)
        known = [*standing, *self._erased.values()]
        self._check_retries(ours)
        price = self.rules().training_price_fen
        if any(job.reason is not None and job.reason.code == UNCLEAR for job in known):
            # Nobody can tell whether these were paid for: they count, and DashScope may not have billed them.
            return
        days: Counter[str] = Counter()
        for entry, _ in ours:
            days[beijing_day(int(entry.created_at * 1000))] += entry.billed_trainings * price
        ledger = slot.get("spending") or {}
        billed = sum(entry.billed_trainings for entry, _ in ours)
        of_pictures = self._check_pictures(known, ledger)
        said = (ledger.get("trainings", 0), ledger.get("fen", 0) - of_pictures, ledger.get("reserved", {}))
        if said != (billed, billed * price, {}):
            raise Violation(f"shown as spent are {said}, DashScope has billed {billed} at {price}")
        # Pictures belong to the day on which they were asked for, by our own clocks.
        is_told = self._kernel.believes_times and not of_pictures
        check_sums(ledger.get("days", {}), ledger.get("months", {}), +days if is_told else None)
        if (shown := sum(job.cost_fen for job in known)) != billed * price:
            raise Violation(f"the jobs have cost {shown}, DashScope has billed {billed} at {price}")
        self._check_people(standing)

    def _check_pictures(self, jobs: Sequence[Job], ledger: dict[str, Any]) -> int:
        """Portraits are never shown cheaper than they were, and exactly where nothing was lost; in fen."""
        orders = [order for job in jobs for order in job.portraits]
        shown = sum(order.billed for order in orders)
        if (ledger.get("pictures", 0), ledger.get("portraits")) != (shown, None):
            raise Violation(f"the ledger has {ledger.get('pictures')} pictures, the rows have {shown}")
        if (fen := sum(job.portrait_fen for job in jobs)) != sum(order.cost_fen for order in orders):
            raise Violation(f"the jobs' portraits have cost {fen} by their sums, and not by their orders")
        billed = sum(count for _, _, count in self.pictures())
        is_clear = not any(order.lost or (order.billed and not order.pictures) for order in orders)
        if shown < billed or (is_clear and shown != billed):
            raise Violation(f"shown are {shown} pictures, DashScope has billed {billed}")
        return fen

    def _check_retries(self, ours: list[tuple[LedgerEntry, str]]) -> None:
        """A training is made again for a fault that is not the photos', once that is known, and bounded."""
        made: dict[str, list[LedgerEntry]] = {}
        for entry, name in sorted(ours, key=lambda one: one[0].created_at):
            made.setdefault(name, []).append(entry)
        for name, entries in made.items():
            if len(entries) > self.rules().max_attempts:
                raise Violation(f"{name} was trained {len(entries)} times")
            for entry, following in pairwise(entries):
                is_known = entry.ended_at is not None and entry.ended_at <= following.created_at
                if (
                    not is_known
                    or entry.status != "FAILED"
                    or not is_worth_another_training(entry.code or "")
                ):
                    raise Violation(f"{name} was trained again after {entry.status} {entry.code}")

    def _check_people(self, jobs: list[Job]) -> None:
        of_person: dict[str, list[Job]] = defaultdict(list)
        for job in jobs:
            of_person[job.person_id].append(job)
        for job in jobs:
            earlier = (one for one in of_person[job.person_id] if one.revision <= job.spent_through)
            costs = sum(one.cost_fen for one in earlier)
            if costs != job.spent_before_fen:
                raise Violation(
                    f"{job.job_id} says that earlier revisions have cost {job.spent_before_fen}, not {costs}"
                )

    def _ours(self) -> Iterable[tuple[LedgerEntry, str]]:
        found = ((entry, self._owner_of(entry.training_file_ids[0])) for entry in self._studio.ledger())
        return ((entry, name) for entry, name in found if name)


def lift(cloud: SimulatedCloud) -> None:
    """Have nothing wait for money any more."""
    cloud.change_rules(**LIFTED)
