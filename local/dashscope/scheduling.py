"""Who trains when: the due moves of all fine-tunes in the order of their times, and the account's slots."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace

from local.dashscope import ledger
from local.dashscope.behaviour import Behaviour
from local.dashscope.fine_tunes import PENDING, QUEUING, FineTune, entered, finished, next_move, started


def make_due_moves(
    connection: sqlite3.Connection, now: float, behaviour: Behaviour, inspecting: set[str]
) -> tuple[FineTune, float] | None:
    """Make all moves that are due by ``now``, earliest first.

    Stops at a training whose files have to be looked at first, adds its id to ``inspecting`` and returns it
    with the time of its start: downloads must not happen inside of a transaction, where they would hold up
    everybody else. Those in ``inspecting`` are left alone until their caller has started them.
    """
    grant_slots(connection, now, behaviour)
    while True:
        jobs = ledger.active(connection)
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
            grant_slots(connection, at, behaviour)
        elif job.granted is None and _free_slots(jobs, behaviour) < 1:
            ledger.save(connection, entered(job, QUEUING, at), before=job)
        else:
            granted = replace(job, granted=at if job.granted is None else job.granted)
            ledger.save(connection, granted, before=job)
            if behaviour.fetch != "submit":
                inspecting.add(job.job_id)
                return granted, at
            ledger.save(connection, started(granted, at, None, behaviour), before=granted)


def grant_slots(connection: sqlite3.Connection, at: float, behaviour: Behaviour) -> None:
    """Give free slots to those that wait, first come, first served."""
    jobs = ledger.active(connection)
    waiting = [job for job in jobs if job.awaits_slot]
    for job in waiting[: max(0, _free_slots(jobs, behaviour))]:
        ledger.save(connection, replace(job, granted=at), before=job)


def _free_slots(jobs: Collection[FineTune], behaviour: Behaviour) -> int:
    return behaviour.concurrent_jobs - sum(job.holds_slot for job in jobs)
