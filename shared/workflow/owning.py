"""Finds the fine-tune that a job has made, and makes it the job's.

Called by :mod:`shared.workflow.submitting`, ``resolving``, ``training`` and ``reclaiming``.
"""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.fine_tunes import FineTune, find_ours
from shared.domain.job import Job
from shared.domain.slot import Slot
from shared.errors import Conflict
from shared.logs import log
from shared.workflow.ports import World

SHORTEST_LIST_MS = 20_000
"""A list of usual length is read to its end in this, so it is begun in no less."""
TIME_FOR_A_PAGE_MS = 35_000
"""The last page that is asked for, at worst, and what is saved then."""
TIME_FOR_THE_LIST_MS = SHORTEST_LIST_MS + TIME_FOR_A_PAGE_MS


def read_whole_list(world: World) -> list[FineTune]:
    """Return the complete list of fine-tunes, read in as much time as this run has.

    Raises:
        RetryLater: it could not be completed.
    """
    left_ms = world.dead_at - world.clock.now() - TIME_FOR_A_PAGE_MS
    return list(world.dashscope.fine_tunes(within_seconds=max(left_ms, SHORTEST_LIST_MS) / 1000))


def find_own(job: Job, fine_tunes: Iterable[FineTune]) -> FineTune | None:
    """Return the fine-tune that was made from the job's files, of whatever attempt, or None."""
    files = (*job.files, *job.earlier_files, *job.file_ids)
    return find_ours(fine_tunes, files, not_these=job.earlier_fine_tunes)


def own(world: World, job: Job, fine_tune: FineTune, slot: Slot | None) -> Job:
    """Record that ``fine_tune`` is the job's; ``slot``, if given, forgets its trouble."""
    now = world.clock.now()
    owned = world.jobs.save(job, job.submitted(fine_tune, now))
    log("submitted", job=owned.job_id, fine_tune=owned.fine_tune_id)
    if slot is not None and slot.has_news(fine_tune.account):
        try:
            world.control.save_slot(slot, slot.accepted(now, fine_tune.account))
        except Conflict:
            log("slot_changed_meanwhile", job=owned.job_id)
    return owned


def adopt(world: World, job: Job, fine_tune: FineTune) -> Job:
    """Record that ``fine_tune``, found in the list, is the outcome of the job's own lost submit."""
    owned = own(world, job, fine_tune, None)
    log("fine_tune_adopted", job=job.job_id, fine_tune=fine_tune.fine_tune_id)
    return owned
