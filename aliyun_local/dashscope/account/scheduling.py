"""The order of trainings: the due moves of all fine-tunes, earliest first, and the account's slots.

:class:`~aliyun_local.dashscope.account.models.ModelStudio` begins every call with :meth:`Scheduler.tick` and
changes fine-tunes by :meth:`Scheduler.update`. A training whose files are downloaded at its start is the hard
part. A download inside of a transaction would hold up all other calls, so the moves stop there: the fine-tune
is marked as being inspected, its files are downloaded without a lock, and a second transaction starts it,
unless it has been canceled or deleted meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import replace

from aliyun_local.clock import Clock
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account import fine_tune_ledger
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.fine_tunes import (
    QUEUING,
    FineTune,
    finished,
    next_move,
    started,
)
from aliyun_local.dashscope.account.kept_photos import KeptPhotos
from aliyun_local.dashscope.account.training_files import TrainingFiles
from aliyun_local.dashscope.account.work import PENDING, SUCCEEDED, entered
from aliyun_local.database import Database


class Scheduler:
    """Moves the account's fine-tunes on."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        behaviour: Behaviour,
        training_files: TrainingFiles,
        photos: KeptPhotos,
    ) -> None:
        """Move the fine-tunes in ``database``.

        Args:
            database: Where the fine-tunes are kept.
            clock: The time.
            behaviour: Limits and switches.
            training_files: Are inspected when a training starts.
            photos: Keeps those of a training from its start on.
        """
        self._database = database
        self._clock = clock
        self._behaviour = behaviour
        self._training_files = training_files
        self._photos = photos
        # Fine-tunes whose files a thread is inspecting; guarded by the database's lock.
        self._inspecting: set[str] = set()

    def tick(self) -> None:
        """Make all moves that are due by now."""
        while True:
            with self._database.transaction() as connection:
                starting = _make_due_moves(
                    connection, self._clock.now(), self._behaviour, self._inspecting, self._photos
                )
            if starting is None:
                return
            fine_tune, at = starting
            try:
                judgement = self._training_files.inspect_at_start(fine_tune.training_file_ids)
            except BaseException:
                self._inspecting.discard(fine_tune.job_id)
                raise
            with self._database.transaction() as connection:
                self._inspecting.discard(fine_tune.job_id)
                current = fine_tune_ledger.find(connection, fine_tune.job_id)
                if current is not None and current.status in (PENDING, QUEUING):
                    after = started(current, at, judgement.problem, self._behaviour)
                    fine_tune_ledger.save(connection, after, before=current)
                    self._photos.keep(current.sequence, judgement.photos)

    def update(self, job_id: str, change: Callable[[FineTune], FineTune]) -> FineTune:
        """Change a fine-tune in one transaction and return it.

        Raises:
            ServiceError: it does not exist.
        """
        with self._database.transaction() as connection:
            fine_tune = fine_tune_ledger.find(connection, job_id)
            if fine_tune is None:
                raise errors.fine_tune_not_found(job_id)
            changed = change(fine_tune)
            if changed != fine_tune:
                fine_tune_ledger.save(connection, changed, before=fine_tune)
            if changed.deleted_at is not None:
                self._photos.remove(changed.sequence)
            if fine_tune.holds_slot and not changed.holds_slot:
                _grant_slots(connection, self._clock.now(), self._behaviour)
            return changed


def _make_due_moves(
    connection: sqlite3.Connection,
    now: float,
    behaviour: Behaviour,
    inspecting: set[str],
    photos: KeptPhotos,
) -> tuple[FineTune, float] | None:
    """Make all moves that are due by ``now``, earliest first.

    Stops at a training whose files have to be inspected first, adds its id to ``inspecting`` and returns it
    with the time of its start. Fine-tunes in ``inspecting`` stay as they are until their thread starts them.
    One that ends without success loses its ``photos``.
    """
    active = _grant_slots(connection, now, behaviour)
    while True:
        moves = [
            (at, fine_tune.sequence, fine_tune)
            for fine_tune in active
            if fine_tune.job_id not in inspecting
            and (at := next_move(fine_tune, behaviour)) is not None
            and at <= now
        ]
        if not moves:
            return None
        at, _, fine_tune = min(moves)
        if fine_tune.status not in (PENDING, QUEUING):
            ended = finished(fine_tune, at, behaviour)
            fine_tune_ledger.save(connection, ended, before=fine_tune)
            if ended.status != SUCCEEDED:
                photos.remove(ended.sequence)
            active = _grant_slots(connection, at, behaviour)
            continue
        if fine_tune.granted_at is None and _free_slots(active, behaviour) < 1:
            fine_tune_ledger.save(connection, entered(fine_tune, QUEUING, at), before=fine_tune)
        else:
            granted = replace(
                fine_tune, granted_at=at if fine_tune.granted_at is None else fine_tune.granted_at
            )
            fine_tune_ledger.save(connection, granted, before=fine_tune)
            if behaviour.fetch != "submit":
                inspecting.add(fine_tune.job_id)
                return granted, at
            fine_tune_ledger.save(connection, started(granted, at, None, behaviour), before=granted)
        active = fine_tune_ledger.active(connection)


def _grant_slots(connection: sqlite3.Connection, at: float, behaviour: Behaviour) -> list[FineTune]:
    """Give free slots to waiting fine-tunes, oldest first; return all that are still going."""
    active = fine_tune_ledger.active(connection)
    waiting = [fine_tune for fine_tune in active if fine_tune.awaits_slot]
    for fine_tune in waiting[: max(0, _free_slots(active, behaviour))]:
        granted = replace(fine_tune, granted_at=at)
        fine_tune_ledger.save(connection, granted, before=fine_tune)
        active[active.index(fine_tune)] = granted
    return active


def _free_slots(active: Collection[FineTune], behaviour: Behaviour) -> int:
    return behaviour.concurrent_fine_tunes - sum(fine_tune.holds_slot for fine_tune in active)
