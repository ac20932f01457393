"""Reads the state that a tick decides on: the shared rows, the lanes of the work in hand, and their jobs.

A row that cannot be read, because this version does not understand it or because its partition is throttled,
is left alone, and so is a job whose submit has killed runs. They keep their places at the head of their
lanes. So a lane is read past such rows: however many there are, they hide nobody.

Called by :mod:`shared.workflow.reconciling`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.domain.decide import Observed, Submit
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.lanes import WAITING_LANE_OF, Work
from shared.domain.lingering import Lingering
from shared.domain.retry_state import FUNCTION_DIED
from shared.domain.rules import Trainings
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.domain.trouble_kinds import Api
from shared.domain.unread import Unread
from shared.logs import warn
from shared.workflow.actions import piece_of
from shared.workflow.ports import World

MAX_JOBS_OF_A_LANE = 50
DEEPER = 8
"""So many times more of each lane is read where rows that cannot be read fill the head of one."""
DEPTHS = 3
"""Three thousand rows that cannot be read are a deployment that cannot be helped by reading on."""

Row = Job | Unread | None
Found = Mapping[str, Row]


def observe(world: World) -> Observed:
    """Read the state as it is now."""
    rows = world.control.read_all()
    world.health.begin(rows.health or Health())
    world.access.begin(rows.access)
    world.health.passed(Api.TABLES)
    now = world.clock.now()
    work, found = _read_work(world, rows.slot, now)
    for job in found.values():
        if isinstance(job, Unread):
            warn("job_left_alone", job=job.job_id, code=job.code, message=job.message)
    # What waits for an API that is refused to everybody was not even read.
    waiting = [name for names in work.waiting.values() for name in names]
    lanes = (work.running, work.delivering, work.queue, work.due, [*waiting, *work.aside])
    running, delivering, queue, due, aside = (_jobs(names, found) for names in lanes)
    return Observed(
        now=now,
        slot=rows.slot,
        # A row that cannot be read is left alone: its work rests until it can.
        sweep=rows.sweep or SweepProgress(rests_until=now + world.rules.sweep_rest_ms),
        lingering=rows.lingering or Lingering(until=now + world.rules.linger_ms),
        health=world.health.known or Health(),
        doorbell=rows.doorbell,
        running=(*running, *delivering),
        due=due[:MAX_JOBS_OF_A_LANE],
        queue=queue,
        aside=aside,
        holders={name: found[name] for name in rows.slot.holders},
        unsettled={name: found[name] for name in rows.slot.to_settle},
    )


def _read_work(world: World, slot: Slot, now: int) -> tuple[Work, Found]:
    """Read the lanes and their jobs, deeper while what cannot be read fills the head of one."""
    found: dict[str, Row] = {}
    # Behind those that were refused is somebody who shows whether everybody is.
    queue_count = world.rules.concurrent_trainings + len(slot.refused_jobs)
    if world.rules.trainings is Trainings.APPROVE:
        # Those who closed before that was set hide those who need no word.
        queue_count = max(queue_count, MAX_JOBS_OF_A_LANE)
    count = MAX_JOBS_OF_A_LANE
    for _ in range(DEPTHS):
        work = _without_refused(world, world.jobs.work(now, queue_count, count))
        names = (
            *work.running,
            *work.delivering,
            *work.queue,
            *work.due,
            *work.aside,
            *slot.holders,
            *slot.to_settle,
        )
        wanted = dict.fromkeys((*names, *(name for lane in work.waiting.values() for name in lane)))
        missing = [name for name in wanted if name not in found]
        rows = world.jobs.find_each(missing) if missing else {}
        found |= {name: _unless_left_alone(world, row) for name, row in rows.items()}
        lanes = (work.delivering, work.due, work.aside, *work.waiting.values())
        is_deep_enough = not any(_is_filled_up(lane, count, found) for lane in lanes)
        if is_deep_enough and not _is_filled_up(work.queue, queue_count, found):
            break
        queue_count = count = count * DEEPER
    return work, found


def _without_refused(world: World, work: Work) -> Work:
    lanes = {
        lane: work.waiting[lane]
        for api, lane in WAITING_LANE_OF.items()
        if lane in work.waiting and not world.is_refused(api)
    }
    return work._replace(waiting=lanes)


def _unless_left_alone(world: World, row: Row) -> Row:
    """Return the row; of a queued job whose submit has killed too many runs, that it is left alone."""
    if not isinstance(row, Job) or row.state is not JobState.QUEUED:
        return row
    if not world.health.left_alone_until(piece_of(Submit, row.job_id)):
        return row
    return Unread(row.job_id, *FUNCTION_DIED[:2])


def _is_filled_up(names: Sequence[str], limit: int, found: Found) -> bool:
    """Whether rows that cannot be read may hide others of the lane."""
    return len(names) >= limit and any(isinstance(found[name], Unread) for name in names)


def _jobs(names: Sequence[str], found: Found) -> tuple[Job, ...]:
    return tuple(job for name in names if isinstance(job := found[name], Job))
