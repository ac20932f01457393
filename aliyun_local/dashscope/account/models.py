"""The account: its fine-tunes, its files, its portrait tasks and its limits.

"models" means state here, as in moto; machine-learning models are the business of
``http/inference_responses``. :mod:`aliyun_local.emulators` makes one :class:`ModelStudio`, and the ``http``
folder puts every operation to it. Files, portraits and face detection have classes of their own; fine-tunes
stand here, with ``submission``, ``scheduling`` and ``fine_tune_ledger`` behind them.

Nothing here runs in the background. Each call first makes every move that is due by then, at the move's own
time and in order. The state that a call sees therefore depends on the clock, and not on the calls before it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aliyun_local.clock import Clock
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account import downloads, files, fine_tune_ledger, task_ledger
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.downloads import Downloads
from aliyun_local.dashscope.account.face_detection import FaceDetection
from aliyun_local.dashscope.account.files import FileStore
from aliyun_local.dashscope.account.fine_tune_ledger import LedgerEntry
from aliyun_local.dashscope.account.fine_tunes import (
    CANCELABLE,
    CANCELING,
    FINE_TUNE_MODEL,
    FineTune,
)
from aliyun_local.dashscope.account.kept_photos import KeptPhotos
from aliyun_local.dashscope.account.portrait_studio import PortraitStudio
from aliyun_local.dashscope.account.scheduling import Scheduler
from aliyun_local.dashscope.account.submission import FineTuneOrder, Submission
from aliyun_local.dashscope.account.training_files import TrainingFiles
from aliyun_local.dashscope.account.training_log import log_lines
from aliyun_local.dashscope.account.work import CANCELED, SUCCEEDED, TERMINAL, entered, seen
from aliyun_local.dashscope.errors import Problem
from aliyun_local.dashscope.pictures.fetching import Fetched
from aliyun_local.dashscope.pictures.inspection import Inspection
from aliyun_local.database import Database
from aliyun_local.private_files import make_private_folder

__all__ = ["FINE_TUNE_MODEL", "Behaviour", "Fetched", "FineTune", "LedgerEntry", "ModelStudio"]

_SCHEMA = fine_tune_ledger.SCHEMA + files.SCHEMA + task_ledger.SCHEMA + downloads.SCHEMA


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

        Raises:
            OtherVersionError: another version has made the folder.
        """
        if data is not None:
            make_private_folder(data)
        self.behaviour = behaviour
        self._clock = clock
        generator = random.Random(random_seed)  # noqa: S311 (ids, not secrets)
        self._database = _opened(data)
        self.files = FileStore(self._database, data and data / "files", behaviour, generator)
        training_files = TrainingFiles(self.files, behaviour, fetch)
        self.downloads = Downloads(downloads.secret(self._database, random_seed))
        download = training_files.download
        self._face_detection = FaceDetection(clock, behaviour, download)
        self._photos = KeptPhotos(data and data / "photos", fine_tune_ledger.with_photos(self._database))
        self.portraits = PortraitStudio(
            *(self._database, clock, behaviour, download, self._is_trained, self._photos_of, generator)
        )
        self._submission = Submission(
            *(self._database, clock, behaviour, training_files, self._photos, generator)
        )
        self._scheduler = Scheduler(self._database, clock, behaviour, training_files, self._photos)

    def close(self) -> None:
        """Close the database; everything is on disk already."""
        self._database.close()

    # --- the operations of the service --------------------------------------------------------------------

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
        order = FineTuneOrder(
            model=model,
            training_file_ids=tuple(training_file_ids),
            hyper_parameters=hyper_parameters or {},
            job_name=job_name,
            model_name=model_name,
        )
        self._submission.check(order)
        self.tick()
        return self._submission.submit(order)

    def fine_tune(self, job_id: str) -> FineTune:
        """Return a fine-tune, as it is now.

        Raises:
            ServiceError: it does not exist, or not yet for readers.
        """
        self.tick()
        now = self._clock.now()
        fine_tune = self._scheduler.update(job_id, lambda fine_tune: seen(fine_tune, now, self.behaviour))
        if now < fine_tune.created_at + self.behaviour.get_lag_seconds:
            raise errors.fine_tune_not_found(job_id)
        return fine_tune if fine_tune.hurried_at is None else self._refreshed(fine_tune)

    def fine_tunes(self, *, page_no: int, page_size: int, model: str | None) -> tuple[int, list[FineTune]]:
        """Return how many fine-tunes there are and one page of them, newest first; pages count from 1."""
        self.tick()
        now = self._clock.now()
        with self._database.transaction() as connection:
            total, found = fine_tune_ledger.page(
                connection,
                offset=(page_no - 1) * page_size,
                limit=page_size,
                model=model,
                created_until=now - self.behaviour.list_lag_seconds,
            )
            for fine_tune in found:
                after = seen(fine_tune, now, self.behaviour)
                if after != fine_tune:
                    fine_tune_ledger.save(connection, after, before=fine_tune)
        return total, [
            self._refreshed(fine_tune) for fine_tune in found
        ] if self.behaviour.progression == "reads" else found

    def cancel_fine_tune(self, job_id: str) -> None:
        """Ask a fine-tune to stop; asking again while it stops changes nothing.

        Raises:
            ServiceError: it does not exist, or it is finished.
        """
        self.tick()
        now = self._clock.now()

        def cancel(fine_tune: FineTune) -> FineTune:
            if fine_tune.status in TERMINAL:
                raise errors.cannot_be_deleted()
            return entered(fine_tune, CANCELING, now) if fine_tune.status in CANCELABLE else fine_tune

        self._scheduler.update(job_id, cancel)

    def delete_fine_tune(self, job_id: str) -> None:
        """Remove a fine-tune from all answers; a fine-tune that is still going ends with it.

        Raises:
            ServiceError: it does not exist, or it is finished and ``delete_terminal`` is "refuse".
        """
        self.tick()
        now = self._clock.now()

        def delete(fine_tune: FineTune) -> FineTune:
            if fine_tune.status not in TERMINAL:
                return replace(entered(fine_tune, CANCELED, now), deleted_at=now, failure=None)
            if self.behaviour.delete_terminal == "refuse":
                raise errors.cannot_be_deleted()
            return replace(fine_tune, deleted_at=now)

        self._scheduler.update(job_id, delete)

    def fine_tune_log(self, job_id: str) -> list[str]:
        """Return all log lines of a fine-tune.

        Raises:
            ServiceError: it does not exist.
        """
        self.tick()
        with self._database.reading() as connection:
            fine_tune = fine_tune_ledger.find(connection, job_id)
            if fine_tune is None:
                raise errors.fine_tune_not_found(job_id)
            return log_lines(fine_tune, fine_tune_ledger.statuses(connection, fine_tune.sequence))

    def detect_faces(self, urls: Sequence[str]) -> list[Inspection]:
        """Detect faces in the images at ``urls``; the results are in their order.

        Raises:
            ServiceError: too many calls, or one of the images cannot be downloaded or is no proper image.
        """
        return self._face_detection.detect(urls)

    # --- for tests, demos and bills -----------------------------------------------------------------------

    def ledger(self) -> list[LedgerEntry]:
        """Return every fine-tune ever submitted, deleted ones included, oldest first."""
        self.tick()
        with self._database.reading() as connection:
            return fine_tune_ledger.entries(connection)

    def fail_next(
        self, code: str, message: str, *, after_seconds: float | None = None, times: int = 1
    ) -> None:
        """Let the next ``times`` fine-tunes that are submitted fail.

        ``after_seconds`` counts from the start of training; None means a training's usual time. Failures that
        no fine-tune has taken up are forgotten when the account is closed.
        """
        self._submission.fail_next(Problem(code=code, message=message), after_seconds, times)

    def fail(self, job_id: str, code: str, message: str) -> None:
        """Let a fine-tune that is still going fail at its end.

        Raises:
            ServiceError: it does not exist.
        """
        self.tick()
        problem = Problem(code=code, message=message)
        self._scheduler.update(
            job_id,
            lambda fine_tune: (
                fine_tune if fine_tune.status in TERMINAL else replace(fine_tune, failure=problem)
            ),
        )

    def set_training_seconds(self, job_id: str, seconds: float) -> None:
        """Let the training of a fine-tune take ``seconds`` from its start.

        Raises:
            ServiceError: it does not exist.
        """
        self.tick()
        self._scheduler.update(job_id, lambda fine_tune: replace(fine_tune, run_seconds=seconds))

    def tick(self) -> None:
        """Make all moves that are due by now.

        Needed only where a training's URLs must be downloaded at its start although no call comes in then.
        """
        self._scheduler.tick()

    # --- inside -------------------------------------------------------------------------------------------

    def _is_trained(self, resource_id: str) -> bool:
        """Whether ``resource_id`` is the output of a fine-tune that succeeded and still exists."""
        self.tick()
        return (fine_tune := self._fine_tune_of(resource_id)) is not None and fine_tune.status == SUCCEEDED

    def _photos_of(self, resource_id: str) -> list[bytes]:
        """Return the photos that the fine-tune with the output ``resource_id`` was trained on, if kept."""
        fine_tune = self._fine_tune_of(resource_id)
        return [] if fine_tune is None else self._photos.of(fine_tune.sequence)

    def _fine_tune_of(self, resource_id: str) -> FineTune | None:
        """Return the fine-tune with the output ``resource_id``, whether or not it has ended."""
        with self._database.reading() as connection:
            fine_tune = fine_tune_ledger.find(connection, resource_id.removeprefix(f"{FINE_TUNE_MODEL}-"))
        return fine_tune if fine_tune and fine_tune.finetuned_output == resource_id else None

    def _refreshed(self, fine_tune: FineTune) -> FineTune:
        """Return ``fine_tune`` after the moves that reading it has caused."""
        self.tick()
        with self._database.reading() as connection:
            return fine_tune_ledger.find(connection, fine_tune.job_id) or fine_tune


def _opened(data: Path | None) -> Database:
    database = Database(data and data / "dashscope.sqlite3", _SCHEMA)
    try:
        with database.reading() as connection:
            for table in (fine_tune_ledger.TABLE, files.TABLE, task_ledger.TABLE):
                table.check(connection)
    except BaseException:
        database.close()
        raise
    return database
