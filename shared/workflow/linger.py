"""Stays for a training that is about to end, so that the slot does not idle until the next tick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.domain.decide import Observed
from shared.domain.job import Job
from shared.domain.lingering import Lingering, Plan, plan
from shared.domain.slot import DOCUMENTED_DURATION
from shared.domain.states import JobState
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow import training
from shared.workflow.ports import World

TIME_FOR_WHAT_FOLLOWS = 45_000
"""Milliseconds that a run keeps for submitting the next job and delivering the one that has ended."""
BEFORE_THE_TICK = 1_500
"""Milliseconds. A run that is still there when the next tick is due would keep it from starting."""


class Lingerer:
    """One run's stays until the next tick, one after the other."""

    def __init__(self, world: World, next_tick: int) -> None:
        self._world = world
        self._next_tick = next_tick
        self._noted: Lingering | None = None
        self._leaves: Mapping[str, int] = {}

    def stay(self, seen: Observed) -> bool:
        """Stay while it is worth it and look at all trainings; returns whether something has changed.

        Raises nothing: a run that cannot stay leaves, and the next tick sees the same world.
        """
        if self._another_stays(seen.lingering):
            return False
        now = self._world.clock.now()
        jobs = [job for job in seen.running if job.state is JobState.TRAINING]
        latest = min(self._next_tick - BEFORE_THE_TICK, self._world.dead_at - TIME_FOR_WHAT_FOLLOWS)
        stayed = {
            job.fine_tune_id: seen.lingering.stayed.get(job.fine_tune_id, 0) - self._unused(job, now)
            for job in jobs
        }
        budget = self._world.rules.linger
        plans = self._plans(seen, jobs, {name: min(latest, now + budget - stayed[name]) for name in stayed})
        if not plans:
            return False
        self._leaves = {name: now + found.leave_in for name, found in plans.items()}
        noted = seen.lingering.begun(
            max(self._leaves.values()),
            {**stayed, **{name: stayed[name] + found.leave_in for name, found in plans.items()}},
        )
        try:
            self._noted = self._world.control.save_lingering(seen.lingering, noted)
            log("lingering", fine_tunes=sorted(plans), seconds=(noted.until - now) / 1000)
            return self._watch(seen, jobs, plans)
        except Conflict as conflict:
            log("overtaken", action="Linger", message=conflict.message)
        except Trouble as trouble:
            warn("linger_failed", code=trouble.code, message=trouble.message)
        return False

    def _another_stays(self, lingering: Lingering) -> bool:
        now = self._world.clock.now()
        # A stay that reaches further than a tick was written by a clock that runs ahead.
        is_going_on = now < lingering.until <= now + 2 * self._world.rules.linger
        is_ours = self._noted is not None and lingering.version == self._noted.version
        return is_going_on and not is_ours

    def _unused(self, job: Job, now: int) -> int:
        """How much of what this run has noted to stay for ``job`` it has not stayed."""
        return max(0, self._leaves.get(job.fine_tune_id, 0) - now)

    def _plans(self, seen: Observed, jobs: Iterable[Job], leaves: Mapping[str, int]) -> dict[str, Plan]:
        """Plan for each fine-tune that is worth staying for, until its time in ``leaves`` at most."""
        now = self._world.clock.now()
        durations = seen.slot.durations or (DOCUMENTED_DURATION,)
        horizon = self._next_tick - BEFORE_THE_TICK - now
        return {
            job.fine_tune_id: found
            for job in jobs
            if job.fine_tune_id in leaves
            and (found := plan(durations, now - job.submitted_at, horizon, leaves[job.fine_tune_id] - now))
        }

    def _watch(self, seen: Observed, jobs: list[Job], plans: Mapping[str, Plan]) -> bool:
        """Look again and again until a job has moved on or it is time to leave."""
        while plans:
            # What came before may have taken long: nobody sleeps beyond the stay.
            left = max(self._leaves.values()) - self._world.clock.now()
            self._world.clock.sleep(max(0, min(left, *(found.look_in for found in plans.values()))))
            looked = [self._look(job) for job in jobs]
            if any(after is None or after.state is not JobState.TRAINING for after in looked):
                return True
            jobs = [after for after in looked if after is not None]
            plans = self._plans(seen, jobs, self._leaves)
        return False

    def _look(self, job: Job) -> Job | None:
        """Look at one training; returns its job as it is now, or None: another run has moved it."""
        try:
            return training.poll(self._world, job)
        except Conflict:
            return None
