"""The account as the service keeps it: its fine-tunes, its files, its limits.

Nothing here runs in the background. Whoever looks makes everything happen that was due by then, each event
at its own time and in order, so what is seen depends on the clock and never on when or how often one looks.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from aliyun_local.clock import Clock, utc
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account import files, ledger, task_ledger
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.downloads import Downloads
from aliyun_local.dashscope.account.files import FileStore
from aliyun_local.dashscope.account.fine_tunes import (
    CANCELABLE,
    CANCELED,
    CANCELING,
    PENDING,
    QUEUING,
    SUCCEEDED,
    TERMINAL,
    FineTune,
    entered,
    seen,
    started,
)
from aliyun_local.dashscope.account.generation import PortraitStudio
from aliyun_local.dashscope.account.ledger import LedgerEntry
from aliyun_local.dashscope.account.limits import RateLimiter
from aliyun_local.dashscope.account.scheduling import grant_slots, make_due_moves
from aliyun_local.dashscope.account.training_files import TrainingFiles
from aliyun_local.dashscope.account.training_log import log_lines
from aliyun_local.dashscope.errors import ServiceError
from aliyun_local.dashscope.pictures.fetching import Fetched, is_url
from aliyun_local.dashscope.pictures.inspection import Inspection, Problem, inspect
from aliyun_local.database import Database

__all__ = ["FINE_TUNE_MODEL", "Behaviour", "Fetched", "FineTune", "LedgerEntry", "ModelStudio"]

FINE_TUNE_MODEL = "facechain-finetune"
_SCHEMA = "CREATE TABLE IF NOT EXISTS account (secret TEXT NOT NULL);"


class ModelStudio:
    """One account: every limit counts over all of its keys, as the service's limits do."""

    def __init__(
        self,
        data: Path | None,
        clock: Clock,
        behaviour: Behaviour,
        fetch: Callable[[str], Fetched],
        *,
        random_seed: int | None = None,
    ) -> None:
        """Open the account.

        Args:
            data: The folder that keeps everything, made if it is missing; None keeps it in memory.
            clock: The time.
            behaviour: Limits and switches; may be changed later.
            fetch: Downloads a URL and raises on failure;
                :func:`aliyun_local.dashscope.pictures.fetching.fetch` is the real one.
            random_seed: Makes job ids and file ids repeatable.
        """
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        self.behaviour = behaviour
        self._clock = clock
        self._random = random.Random(random_seed)  # noqa: S311 (ids, not secrets)
        self._database = Database(
            data and data / "dashscope.sqlite3", ledger.SCHEMA + files.SCHEMA + task_ledger.SCHEMA + _SCHEMA
        )
        self.files = FileStore(self._database, data and data / "files", behaviour, self._random)
        self._training_files = TrainingFiles(self.files, behaviour, fetch)
        self.downloads = Downloads(self._secret(random_seed))
        self.portraits = PortraitStudio(
            self._database, clock, behaviour, self._training_files.download, self._is_trained, self._random
        )
        self._submits = RateLimiter(clock)
        self._detections = RateLimiter(clock)
        self._failures: list[tuple[Problem, float | None]] = []
        # Fine-tunes whose files some thread is looking at; guarded by the database's lock.
        self._inspecting: set[str] = set()

    def close(self) -> None:
        """Close the database; everything is on disk already."""
        self._database.close()

    # --- the calls of the service -------------------------------------------------------------------------

    def create_fine_tune(
        self,
        *,
        model: str,
        training_file_ids: Sequence[str],
        hyper_parameters: dict[str, Any] | None = None,
        job_name: str | None = None,
        model_name: str | None = None,
    ) -> FineTune:
        """Submit a fine-tune; it is durable when this returns.

        Raises:
            ServiceError: a limit, an unknown model or file, or a URL that cannot be downloaded.
        """
        self._submits.take(self.behaviour.submits_per_second)
        if model != FINE_TUNE_MODEL:
            raise errors.model_not_found()
        if not training_file_ids:
            raise errors.missing_training_files()
        if len(training_file_ids) > self.behaviour.max_training_files:
            raise errors.missing_or_invalid("training_file_ids")
        self.tick()
        with self._database.reading() as connection:
            self._check_account(connection)
        problem = self._training_files.check_at_submit(training_file_ids)
        with self._database.transaction() as connection:
            # The downloads took their time: another submit may have taken the slot meanwhile.
            self._check_account(connection)
            return self._insert(
                connection, model, training_file_ids, hyper_parameters, job_name, model_name, problem
            )

    def fine_tune(self, job_id: str) -> FineTune:
        """Return a fine-tune, as it is now.

        Raises:
            ServiceError: it does not exist, or not yet for readers.
        """
        self.tick()
        now = self._clock.now()
        job = self._update(job_id, lambda job: seen(job, now, self.behaviour))
        if now < job.created + self.behaviour.get_lag_seconds:
            raise errors.job_not_found(job_id)
        return job if job.hurried is None else self._refreshed(job)

    def fine_tunes(self, *, page_no: int, page_size: int, model: str | None) -> tuple[int, list[FineTune]]:
        """Return how many fine-tunes there are and one page of them, newest first; pages count from 1."""
        self.tick()
        now = self._clock.now()
        with self._database.transaction() as connection:
            total, jobs = ledger.page(
                connection,
                offset=(page_no - 1) * page_size,
                limit=page_size,
                model=model,
                created_until=now - self.behaviour.list_lag_seconds,
            )
            for job in jobs:
                after = seen(job, now, self.behaviour)
                if after != job:
                    ledger.save(connection, after, before=job)
        return total, [
            self._refreshed(job) for job in jobs
        ] if self.behaviour.progression == "reads" else jobs

    def cancel_fine_tune(self, job_id: str) -> None:
        """Ask a fine-tune to stop; asking again while it stops changes nothing.

        Raises:
            ServiceError: it does not exist, or it is finished.
        """
        self.tick()
        now = self._clock.now()

        def cancel(job: FineTune) -> FineTune:
            if job.status in TERMINAL:
                raise errors.cannot_be_deleted()
            return entered(job, CANCELING, now) if job.status in CANCELABLE else job

        self._update(job_id, cancel)

    def delete_fine_tune(self, job_id: str) -> None:
        """Remove a fine-tune from all answers; one that is still going ends with that.

        Raises:
            ServiceError: it does not exist, or it is finished and ``delete_terminal`` is "refuse".
        """
        self.tick()
        now = self._clock.now()

        def delete(job: FineTune) -> FineTune:
            if job.status not in TERMINAL:
                return replace(entered(job, CANCELED, now), ended=now, deleted=now, failure=None)
            if self.behaviour.delete_terminal == "refuse":
                raise errors.cannot_be_deleted()
            return replace(job, deleted=now)

        self._update(job_id, delete)

    def fine_tune_log(self, job_id: str) -> list[str]:
        """Return all log lines of a fine-tune.

        Raises:
            ServiceError: it does not exist.
        """
        self.tick()
        with self._database.reading() as connection:
            job = ledger.find(connection, job_id)
            if job is None:
                raise errors.job_not_found(job_id)
            return log_lines(job, ledger.statuses(connection, job.sequence))

    def detect_faces(self, urls: Sequence[str]) -> list[Inspection]:
        """Look for faces in the images at ``urls``; the results are in their order.

        Raises:
            ServiceError: too many calls, or any of the images cannot be had or is no proper image.
        """
        self._detections.take(self.behaviour.detections_per_second)
        inspections = []
        for url in urls:
            if not is_url(url):
                raise errors.invalid_url()
            inspection = inspect(self._training_files.download(url))
            if inspection.problem is not None:
                raise ServiceError(400, inspection.problem.code, inspection.problem.message)
            inspections.append(inspection)
        return inspections

    # --- for tests, demos and bills -----------------------------------------------------------------------

    def ledger(self) -> list[LedgerEntry]:
        """Return every fine-tune ever submitted, deleted ones included, oldest first."""
        self.tick()
        with self._database.reading() as connection:
            return ledger.entries(connection)

    def fail_next(
        self, code: str, message: str, *, after_seconds: float | None = None, times: int = 1
    ) -> None:
        """Let the next ``times`` fine-tunes that are submitted fail.

        ``after_seconds`` counts from the start of training; None means a training's usual time. Forgotten
        when the account is closed, as far as no fine-tune has taken it up.
        """
        self._failures += [(Problem(code=code, message=message), after_seconds)] * times

    def fail(self, job_id: str, code: str, message: str) -> None:
        """Let a fine-tune that is still going fail at its end.

        Raises:
            ServiceError: it does not exist.
        """
        self.tick()
        problem = Problem(code=code, message=message)
        self._update(job_id, lambda job: job if job.status in TERMINAL else replace(job, failure=problem))

    def set_training_seconds(self, job_id: str, seconds: float) -> None:
        """Let the training of a fine-tune take ``seconds`` from its start.

        Raises:
            ServiceError: it does not exist.
        """
        self.tick()
        self._update(job_id, lambda job: replace(job, run_seconds=seconds))

    def tick(self) -> None:
        """Make everything happen that is due by now.

        Needed only where URLs shall be downloaded at the time that a training starts even if nobody looks.
        """
        while True:
            with self._database.transaction() as connection:
                starting = make_due_moves(connection, self._clock.now(), self.behaviour, self._inspecting)
            if starting is None:
                return
            job, at = starting
            try:
                problem = self._training_files.inspect_at_start(job.training_file_ids)
            except BaseException:
                self._inspecting.discard(job.job_id)
                raise
            with self._database.transaction() as connection:
                self._inspecting.discard(job.job_id)
                current = ledger.find(connection, job.job_id)
                if current is not None and current.status in (PENDING, QUEUING):
                    ledger.save(connection, started(current, at, problem, self.behaviour), before=current)

    # --- inside -------------------------------------------------------------------------------------------

    def _secret(self, random_seed: int | None) -> str:
        """Return what the account signs downloads with: made once, so that URLs outlive a restart."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT secret FROM account").fetchone()
            if row is None:
                made = secrets.token_hex(16) if random_seed is None else f"secret {random_seed}"
                connection.execute("INSERT INTO account VALUES (?)", (made,))
                return made
            return str(row[0])

    def _is_trained(self, resource_id: str) -> bool:
        """Whether ``resource_id`` is the output of a fine-tune that succeeded and still exists."""
        self.tick()
        with self._database.reading() as connection:
            job = ledger.find(connection, resource_id.removeprefix(f"{FINE_TUNE_MODEL}-"))
        return job is not None and job.status == SUCCEEDED and job.finetuned_output == resource_id

    def _check_account(self, connection: Connection) -> None:
        """Refuse a submit that the account's limits do not allow."""
        going = len(ledger.active(connection))
        if going + ledger.count_succeeded(connection) >= self.behaviour.kept_jobs:
            raise errors.too_many_kept(self.behaviour.kept_jobs)
        if self.behaviour.second_job == "reject" and going >= self.behaviour.concurrent_jobs:
            raise errors.too_many_running()

    def _insert(
        self,
        connection: Connection,
        model: str,
        training_file_ids: Sequence[str],
        hyper_parameters: dict[str, Any] | None,
        job_name: str | None,
        model_name: str | None,
        problem: Problem | None,
    ) -> FineTune:
        now = self._clock.now()
        run_seconds = self.behaviour.training_seconds
        if problem is not None:
            run_seconds = self.behaviour.rejection_seconds
        elif self._failures:
            problem, after_seconds = self._failures.pop(0)
            run_seconds = run_seconds if after_seconds is None else after_seconds
        keep = self.behaviour.keep_job_name
        minute = f"{utc(now) + timedelta(hours=8):%Y%m%d%H%M}"
        while True:
            job_id = f"ft-{minute}-{self._random.getrandbits(16):04x}"
            job = FineTune(
                sequence=0,
                job_id=job_id,
                job_name=job_name if keep and job_name else job_id,
                model_name=model_name if keep and model_name else job_id,
                model=model,
                training_file_ids=tuple(training_file_ids),
                hyper_parameters=hyper_parameters or {},
                created=now,
                since=now,
                pending_seconds=self.behaviour.pending_seconds,
                run_seconds=run_seconds,
                failure=problem,
            )
            stored = ledger.insert(connection, job)
            if stored is not None:
                return stored

    def _update(self, job_id: str, change: Callable[[FineTune], FineTune]) -> FineTune:
        """Change a fine-tune in one transaction and return it."""
        with self._database.transaction() as connection:
            job = ledger.find(connection, job_id)
            if job is None:
                raise errors.job_not_found(job_id)
            changed = change(job)
            if changed != job:
                ledger.save(connection, changed, before=job)
            if job.holds_slot and not changed.holds_slot:
                grant_slots(connection, self._clock.now(), self.behaviour)
            return changed

    def _refreshed(self, job: FineTune) -> FineTune:
        """Return ``job`` after the moves that looking at it has set off."""
        self.tick()
        with self._database.reading() as connection:
            return ledger.find(connection, job.job_id) or job
