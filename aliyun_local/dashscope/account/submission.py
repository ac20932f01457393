"""Submitting a fine-tune: the checks of the request, the account's limits, the new record.

Called by :class:`~aliyun_local.dashscope.account.models.ModelStudio`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from sqlite3 import Connection
from typing import Any

from aliyun_local.clock import Clock, utc
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account import fine_tune_ledger
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.fine_tunes import FINE_TUNE_MODEL, FineTune
from aliyun_local.dashscope.account.kept_photos import KeptPhotos
from aliyun_local.dashscope.account.rate_limiter import RateLimiter
from aliyun_local.dashscope.account.training_files import TrainingFiles
from aliyun_local.dashscope.errors import Problem
from aliyun_local.database import Database


@dataclass(frozen=True, kw_only=True)
class FineTuneOrder:
    """A fine-tune as a client asks for it; the names are the service's."""

    model: str
    training_file_ids: tuple[str, ...]
    hyper_parameters: Mapping[str, Any] = field(default_factory=dict)
    job_name: str | None = None
    model_name: str | None = None


class Submission:
    """Takes orders of fine-tunes."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        behaviour: Behaviour,
        training_files: TrainingFiles,
        photos: KeptPhotos,
        generator: random.Random,
    ) -> None:
        """Keep fine-tunes in ``database``, and their photos in ``photos``; ``generator`` makes their ids."""
        self._database = database
        self._clock = clock
        self._behaviour = behaviour
        self._training_files = training_files
        self._photos = photos
        self._random = generator
        self._submits = RateLimiter(clock)
        self._failures: list[tuple[Problem, float | None]] = []

    def check(self, order: FineTuneOrder) -> None:
        """Count a submit against the rate limit, and check the fields of ``order``.

        Raises:
            ServiceError: too many submits, an unknown model, or no files or too many.
        """
        self._submits.take(self._behaviour.submits_per_second)
        if order.model != FINE_TUNE_MODEL:
            raise errors.error_of("ModelNotFound")
        if not order.training_file_ids:
            raise errors.missing_training_files()
        if len(order.training_file_ids) > self._behaviour.max_training_files:
            raise errors.missing_or_invalid("training_file_ids")

    def submit(self, order: FineTuneOrder) -> FineTune:
        """Submit ``order``; the fine-tune is durable when this returns.

        Raises:
            ServiceError: a limit of the account, an unknown file, or a URL that cannot be downloaded.
        """
        with self._database.reading() as connection:
            self._check_account(connection)
        judgement = self._training_files.check_at_submit(order.training_file_ids)
        names = self._training_files.names_of(order.training_file_ids)
        with self._database.transaction() as connection:
            # The downloads took their time: another submit may have taken the slot meanwhile.
            self._check_account(connection)
            problem, run_seconds = self._outcome(judgement.problem)
            while True:
                stored = fine_tune_ledger.insert(connection, self._new(order, names, problem, run_seconds))
                if stored is not None:
                    self._photos.keep(stored.sequence, judgement.photos)
                    return stored

    def fail_next(self, problem: Problem, after_seconds: float | None, times: int) -> None:
        """Let the next ``times`` fine-tunes fail of ``problem``."""
        self._failures += [(problem, after_seconds)] * times

    def _check_account(self, connection: Connection) -> None:
        """Refuse a submit that the account's limits do not allow."""
        active = len(fine_tune_ledger.active(connection))
        if active + fine_tune_ledger.count_succeeded(connection) >= self._behaviour.kept_fine_tunes:
            raise errors.too_many_kept(self._behaviour.kept_fine_tunes)
        if self._behaviour.second_fine_tune == "reject" and active >= self._behaviour.concurrent_fine_tunes:
            raise errors.too_many_running()

    def _outcome(self, problem: Problem | None) -> tuple[Problem | None, float]:
        """Return the failure of a training with this ``problem`` of its files, and its duration."""
        if problem is not None:
            return problem, self._behaviour.rejection_seconds
        if not self._failures:
            return None, self._behaviour.training_seconds
        problem, after_seconds = self._failures.pop(0)
        return problem, self._behaviour.training_seconds if after_seconds is None else after_seconds

    def _new(
        self, order: FineTuneOrder, names: tuple[str, ...], problem: Problem | None, run_seconds: float
    ) -> FineTune:
        """Return the record of ``order`` with a new id."""
        now = self._clock.now()
        minute = f"{utc(now) + timedelta(hours=8):%Y%m%d%H%M}"
        job_id = f"ft-{minute}-{self._random.getrandbits(16):04x}"
        keep = self._behaviour.keep_job_name
        return FineTune(
            job_id=job_id,
            job_name=order.job_name if keep and order.job_name else job_id,
            model_name=order.model_name if keep and order.model_name else job_id,
            model=order.model,
            training_file_ids=order.training_file_ids,
            training_file_names=names,
            hyper_parameters=dict(order.hyper_parameters),
            created_at=now,
            entered_at=now,
            pending_seconds=self._behaviour.pending_seconds,
            run_seconds=run_seconds,
            failure=problem,
        )
