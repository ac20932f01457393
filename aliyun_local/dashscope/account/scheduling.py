"""Who trains when: the due moves of all fine-tunes in the order of their times, and the account's slots."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace

from aliyun_local.dashscope.account import ledger
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.fine_tunes import (
    PENDING,
    QUEUING,
    FineTune,
    entered,
    finished,
    next_move,
    started,
)


def make_due_moves(
    connection: sqlite3.Connection, now: float, behaviour: Behaviour, inspecting: set[str]
) -> tuple[FineTune, float] | None:
    """Make all moves that are due by ``now``, earliest first.

    Stops at a training whose files have to be looked at first, adds its id to ``inspecting`` and returns it
    with the time of its start: downloads must not happen inside of a transaction, where they would hold up
    everybody else. Those in ``inspecting`` are left alone until their caller has started them.
    """
    jobs = grant_slots(connection, now, behaviour)
    while True:
        moves = [
            (at, job.sequence, job)
            for job in jobs
            if job.job_id not in inspecting and (at := next_move(job, behaviour)) is not None and at <= now
        ]
        if not moves:
            return None
        at, _, job = min(moves)
        if job.status not in (PENDING, QUEUING):
            ledger.save(connection, finished(job, at, behaviour), before=job)
            jobs = grant_slots(connection, at, behaviour)
            continue
        if job.granted is None and _free_slots(jobs, behaviour) < 1:
            ledger.save(connection, entered(job, QUEUING, at), before=job)
        else:
            granted = replace(job, granted=at if job.granted is None else job.granted)
            ledger.save(connection, granted, before=job)
            if behaviour.fetch != "submit":
                inspecting.add(job.job_id)
                return granted, at
            ledger.save(connection, started(granted, at, None, behaviour), before=granted)
        jobs = ledger.active(connection)


def grant_slots(connection: sqlite3.Connection, at: float, behaviour: Behaviour) -> list[FineTune]:
    """Give free slots to those that wait, first come, first served; returns all that are going then."""
    jobs = ledger.active(connection)
    waiting = [job for job in jobs if job.awaits_slot]
    for job in waiting[: max(0, _free_slots(jobs, behaviour))]:
        granted = replace(job, granted=at)
        ledger.save(connection, granted, before=job)
        jobs[jobs.index(job)] = granted
    return jobs


def _free_slots(jobs: Collection[FineTune], behaviour: Behaviour) -> int:
    return behaviour.concurrent_jobs - sum(job.holds_slot for job in jobs)
