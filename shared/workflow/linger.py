"""Stays for a training that is about to end, so that the slot is not idle until the next tick.

Called by :mod:`shared.workflow.reconciling` at the end of a tick. The theory of when to stay and when to look
is in :mod:`shared.domain.lingering`; here are the limits of a run (its own end, the next tick, the budget of
each training), the row that keeps two runs from staying at once, and the polls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from shared.domain.caps import price_of
from shared.domain.decide import Observed, Poll, is_awaited
from shared.domain.job import Job
from shared.domain.lingering import LONGEST_WAIT_MS, LOOK_SPACING_MS, Lingering, Plan, plan
from shared.domain.money import cny
from shared.domain.slot import DOCUMENTED_DURATION_MS
from shared.domain.states import JobState
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow import training
from shared.workflow.actions import piece_of
from shared.workflow.looks import BEFORE_THE_TICK_MS, Looks
from shared.workflow.ports import World

if TYPE_CHECKING:
    from shared.workflow.portrait_run import PortraitRun

A_STEP_MS = 1_000
"""A look at a training comes first where less is left than a step for portraits usually takes."""
TIME_TO_FOLLOW_UP_MS = 45_000
"""A run keeps so much for submitting the next job and delivering the one that has ended."""


class Lingerer:
    """One run's stays until the next tick, one after the other.

    A stay is planned for each training by itself: ``plans`` and the moments to leave are keyed by the id of
    its fine-tune. While a run is there, it polls all trainings, each at its own time.
    """

    def __init__(self, world: World, next_tick_at: int, looks: Looks) -> None:
        self._world = world
        self._looks = looks
        self._next_tick_at = next_tick_at
        self._noted: Lingering | None = None
        self._leave_at: Mapping[str, int] = {}
        self.portraits: PortraitRun | None = None

    def stay(self, seen: Observed) -> bool:
        """Stay as long as it is worth it and poll the trainings; returns whether something has changed.

        Raises nothing: a run that cannot stay leaves, and the next tick reads the same state.
        """
        if self._another_run_stays(seen.lingering):
            return False
        jobs = [job for job in seen.running if job.state is JobState.TRAINING and self._may_be_polled(job)]
        stayed_ms = self._stayed_ms(seen.lingering, jobs)
        plans = self._plans(seen, jobs, self._latest(stayed_ms))
        if not plans:
            return False
        try:
            self._note(seen.lingering, stayed_ms, plans)
            return self._watch(jobs, plans)
        except Conflict as conflict:
            log("overtaken", action="Linger", message=conflict.message)
        except Trouble as trouble:
            warn("linger_failed", code=trouble.code, message=trouble.message)
        except Exception as surprise:
            warn("unforeseen", action="Linger", error=repr(surprise)[:1000])
        return False

    def stay_for_portraits(self) -> None:
        """Stay until the next tick while portraits are made: its end is seen within two seconds."""
        portraits, clock = self.portraits, self._world.clock
        latest = self._ends_at()
        while portraits is not None and portraits.stays_for_a_task():
            due_in_ms = portraits.due_in_ms()
            if due_in_ms is None or clock.now() + due_in_ms > latest:
                return
            clock.sleep(due_in_ms)
            portraits.step()

    def _ends_at(self) -> int:
        """When every stay of this run ends."""
        return min(self._next_tick_at - BEFORE_THE_TICK_MS, self._world.dead_at - TIME_TO_FOLLOW_UP_MS)

    def _rest(self, until: int) -> None:
        """Wait until a moment of the monotonic clock, and work for portraits meanwhile."""
        clock = self._world.clock
        while (left_ms := until - clock.monotonic()) > 0:
            due_in_ms = self.portraits.due_in_ms() if self.portraits is not None else None
            if due_in_ms is None or self.portraits is None or due_in_ms + A_STEP_MS > left_ms:
                clock.sleep(left_ms)
                return
            clock.sleep(due_in_ms)
            self.portraits.step()

    def _may_be_polled(self, job: Job) -> bool:
        """Whether no run has died of polling ``job``: a tick does it again, after everything else."""
        return not self._world.health.has_killed(piece_of(Poll, job.job_id))

    def _another_run_stays(self, lingering: Lingering) -> bool:
        now = self._world.clock.now()
        # A stay that reaches further than a tick was written by a clock that runs ahead.
        is_going_on = now < lingering.until <= now + 2 * self._world.rules.linger_ms
        is_ours = self._noted is not None and lingering.version == self._noted.version
        return is_going_on and not is_ours

    def _stayed_ms(self, lingering: Lingering, jobs: Iterable[Job]) -> dict[str, int]:
        """How long runs have stayed for each training, without the time that this run did not use."""
        now = self._world.clock.now()
        return {
            job.fine_tune_id: lingering.stayed_ms.get(job.fine_tune_id, 0)
            - max(0, self._leave_at.get(job.fine_tune_id, 0) - now)
            for job in jobs
        }

    def _latest(self, stayed_ms: Mapping[str, int]) -> dict[str, int]:
        """When to leave at the latest, for each training: by its budget, the next tick and the run's end."""
        now = self._world.clock.now()
        latest = self._ends_at()
        budget_ms = self._world.rules.linger_ms
        return {name: min(latest, now + budget_ms - spent_ms) for name, spent_ms in stayed_ms.items()}

    def _plans(self, seen: Observed, jobs: Iterable[Job], latest: Mapping[str, int]) -> dict[str, Plan]:
        """Plan for each training that is worth a stay, until its moment in ``latest`` at most."""
        now = self._world.clock.now()
        durations_ms = seen.slot.durations_ms or (DOCUMENTED_DURATION_MS,)
        horizon_ms = self._next_tick_at - BEFORE_THE_TICK_MS - now
        somebody_waits = is_awaited(seen, self._world.rules)
        plans = {
            job.fine_tune_id: plan(
                durations_ms,
                now - job.submitted_at,
                horizon_ms,
                latest[job.fine_tune_id] - now,
                training_cny=cny(price_of(job, self._world.rules)),
                is_awaited=somebody_waits,
            )
            for job in jobs
        }
        return {name: found for name, found in plans.items() if found}

    def _note(self, before: Lingering, stayed_ms: Mapping[str, int], plans: Mapping[str, Plan]) -> None:
        """Write down until when this run stays, and what each training will have cost by then."""
        now = self._world.clock.now()
        self._leave_at = {name: now + found.leave_in_ms for name, found in plans.items()}
        spent_ms = {name: stayed_ms[name] + found.leave_in_ms for name, found in plans.items()}
        after = before.begun(max(self._leave_at.values()), {**stayed_ms, **spent_ms})
        self._noted = self._world.control.save_lingering(before, after)
        log("lingering", fine_tunes=sorted(plans), seconds=(after.until - now) / 1000)

    def _watch(self, jobs: Sequence[Job], plans: Mapping[str, Plan]) -> bool:
        """Poll each training when it is due, until a job has moved on or it is time to leave."""
        clock = self._world.clock
        began, stays_ms = clock.monotonic(), max(self._leave_at.values()) - clock.now()
        due_ms = {job.job_id: _next_look_ms(plans.get(job.fine_tune_id), 0, stays_ms) for job in jobs}
        while any(due_ms.values()):
            next_ms = min(filter(None, due_ms.values()))
            self._rest(began + next_ms)
            gone_ms = clock.monotonic() - began
            due = {job_id for job_id, at_ms in due_ms.items() if 0 < at_ms <= gone_ms}
            polled = [self._poll(job) if job.job_id in due else job for job in jobs]
            if any(job is None or job.state is not JobState.TRAINING for job in polled):
                return True
            jobs = [job for job in polled if job is not None]
            gone_ms = clock.monotonic() - began
            for job in jobs:
                if job.job_id in due:
                    due_ms[job.job_id] = _next_look_ms(plans.get(job.fine_tune_id), gone_ms, stays_ms)
        return False

    def _poll(self, job: Job) -> Job | None:
        """Poll one training; returns its job as it is now, or None: another run has moved it."""
        self._world.health.take_in_hand(piece_of(Poll, job.job_id))
        is_missed = True
        try:
            polled = training.poll(self._world, job)
            is_missed = False
            return polled
        except Conflict:
            return None
        finally:
            self._looks.note(job, is_missed=is_missed)


def _next_look_ms(found: Plan | None, gone_ms: int, stays_ms: int) -> int:
    """When to look next, as the time since the stay began; 0: the next tick does.

    A run that is there for another training sees an end that nobody expects within ten seconds, too. It never
    sleeps beyond its stay: the steps before may have taken long. A last look that would be too close to the
    one before is left to the next tick.

    Args:
        found: the plan for the training; None: the run is there for another one.
        gone_ms: the time since the stay began, which the looks before have taken.
        stays_ms: how long the run stays.
    """
    earliest_ms = gone_ms + LOOK_SPACING_MS
    if earliest_ms > stays_ms:
        return 0
    planned = (at_ms for at_ms in (found.looks_in_ms if found else ()) if at_ms > gone_ms)
    return min(stays_ms, max(earliest_ms, next(planned, gone_ms + LONGEST_WAIT_MS)))
