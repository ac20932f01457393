"""Why nobody, or not this person, may be trained now: the caps on what is spent, and ``TRAININGS``.

The theory. A training goes only if its price fits under every cap beside what is spent and what is reserved
(:mod:`shared.domain.spending`). It is looked at with the row of the slot that the submit then writes on top
of: a run that has reserved meanwhile makes that write fail. Nothing is stored for a cap that is reached. The
queue waits in its order, and whoever asks is told why by the same functions; another setting counts at once.

The cap of a person concerns that person's jobs alone, which step aside. Moments are milliseconds since the
epoch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.approval import waits_for_approval
from shared.domain.job import Job
from shared.domain.money import in_yuan, next_day, next_month
from shared.domain.retry_state import Cause
from shared.domain.rules import Rules, Trainings
from shared.domain.slot import Slot
from shared.domain.spending import Reserved, Spending
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Kind

if TYPE_CHECKING:
    from shared.domain.portraits import PortraitOrder

TRAININGS_OFF, PORTRAITS_OFF = "trainings_off", "portraits_off"
TRAINING, PICTURES = "a training costs", "the portraits cost"
DAY, MONTH, PERSON, IN_ALL = "day_cap", "month_cap", "person_cap", "total_cap"
"""The codes of the caps."""
SETTING_OF = {
    DAY: "MAX_CNY_PER_DAY",
    MONTH: "MAX_CNY_PER_MONTH",
    PERSON: "MAX_CNY_PER_PERSON",
    IN_ALL: "MAX_CNY_IN_ALL",
}


class Held(NamedTuple):
    """Why nobody may be submitted, since when and until when.

    ``since`` is 0 when nobody knows, ``until`` when nothing but another setting helps.
    """

    cause: Cause
    since: int = 0
    until: int = 0


class Cap(NamedTuple):
    """A cap, and how it stands.

    Attributes:
        code: which one.
        most_fen: the most that may be spent.
        committed_fen: what is spent or reserved under it.
        until: when it counts anew; 0: never.
    """

    code: str
    most_fen: int
    committed_fen: int
    until: int = 0

    @property
    def left_fen(self) -> int:
        """What is left under it."""
        return max(0, self.most_fen - self.committed_fen)

    def is_reached(self, price_fen: int) -> bool:
        """Whether another training would go beyond it."""
        return self.committed_fen + price_fen > self.most_fen


def caps_of_all(spending: Spending, rules: Rules, now: int, *, without: str = "") -> list[Cap]:
    """Return the caps that are set, but for the persons'; the one that lasts longest comes first.

    ``without``: the job that is about to reserve, whose earlier reservation ends with that.
    """
    coming = Reserved(at=now, fen=0).days
    caps = [
        (IN_ALL, rules.max_fen_in_all, {""}, 0),
        (MONTH, rules.max_fen_per_month, {day[:7] for day in coming}, next_month(now)),
        (DAY, rules.max_fen_per_day, coming, next_day(now)),
    ]
    # Around midnight there has to be room on both days.
    return [
        Cap(code, most_fen, max(spending.committed(one, without=without) for one in periods), until)
        for code, most_fen, periods, until in caps
        if most_fen
    ]


def what_holds_all(slot: Slot, rules: Rules, now: int, job: Job | None = None) -> Held | None:
    """Return why nobody may be submitted, whatever DashScope says; None when nothing of ours is in the way.

    ``job``: the one that is about to be submitted; None: anybody.
    """
    if rules.trainings is Trainings.OFF:
        return Held(Cause(TRAININGS_OFF, "TRAININGS=off", Kind.ACCOUNT))
    price, without = price_of(job, rules), job.job_id if job is not None else ""
    for cap in caps_of_all(slot.spending or Spending(), rules, now, without=without):
        if cap.is_reached(price):
            # What is larger than its cap fits under no other day.
            until = cap.until if price <= cap.most_fen else 0
            cause = Cause(cap.code, in_words(cap, price), Kind.ACCOUNT)
            return Held(cause, slot.taken_at, until)
    return None


def what_holds_portraits(order: PortraitOrder, slot: Slot, rules: Rules, now: int) -> Held | None:
    """Return why the portraits of ``order`` may not be asked for, by the settings; None when they may.

    The person's cap is not looked at here.
    """
    if not rules.portraits_allowed:
        return Held(Cause(PORTRAITS_OFF, "PORTRAITS=off", Kind.ACCOUNT))
    price = rules.portrait_price_fen * order.wanted.pictures
    # What an earlier run has reserved for this very order, and did not send, ends with the next reservation.
    spending = replace(slot.spending or Spending(), portraits=None)
    for cap in caps_of_all(spending, rules, now):
        if cap.is_reached(price):
            until = cap.until if price <= cap.most_fen else 0
            cause = Cause(cap.code, in_words(cap, price, PICTURES), Kind.ACCOUNT)
            return Held(cause, slot.taken_at, until)
    return None


def what_holds(job: Job, slot: Slot, rules: Rules, now: int) -> Held | None:
    """Return why the queued ``job`` may not be submitted, by the settings; None for any other job."""
    if job.state is not JobState.QUEUED:
        return None
    return what_holds_all(slot, rules, now, job)


def may_go(job: Job, slot: Slot, rules: Rules, now: int) -> bool:
    """Whether the settings let the queued ``job`` be submitted; its person's cap is not looked at here."""
    return not waits_for_approval(job, rules) and what_holds(job, slot, rules, now) is None


def price_of(job: Job | None, rules: Rules) -> int:
    """Return the price of another training: all of a job have the price of its first submit."""
    return (job.price_fen if job is not None else 0) or rules.training_price_fen


def cap_of_person(spent_fen: int, rules: Rules, job: Job) -> Cap | None:
    """Return the cap of a person of whom so much is spent or reserved, if another training is beyond it."""
    return cap_of_person_for(price_of(job, rules), spent_fen, rules)


def cap_of_person_for(price_fen: int, spent_fen: int, rules: Rules) -> Cap | None:
    """Return the cap of a person of whom so much is spent or reserved, if ``price_fen`` more is beyond it."""
    cap = Cap(PERSON, rules.max_fen_per_person, spent_fen)
    return cap if cap.most_fen and cap.is_reached(price_fen) else None


def in_words(cap: Cap, price_fen: int, what: str = TRAINING) -> str:
    """Say how a cap stands, for whoever looks for the reason."""
    return (
        f"{SETTING_OF[cap.code]} is {in_yuan(cap.most_fen)} CNY, {in_yuan(cap.committed_fen)} CNY are spent "
        f"or reserved, and {what} {in_yuan(price_fen)} CNY."
    )
