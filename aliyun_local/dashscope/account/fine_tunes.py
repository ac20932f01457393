"""A fine-tune and the moves it can make: pure, without storage, clock or wire.

``PENDING → (QUEUING) → RUNNING → SUCCEEDED | FAILED``, and ``CANCELING → CANCELED`` out of any of the
first three. Source: "Fine-tuning API", the table of statuses. Used by ``scheduling``, which makes the moves,
and by ``models``, where clients cancel and delete. The service's word for a fine-tune is "job".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.work import (
    CANCELED,
    FAILED,
    PENDING,
    RUNNING,
    SUCCEEDED,
    TERMINAL,
    Work,
    entered,
)
from aliyun_local.dashscope.errors import Problem

FINE_TUNE_MODEL = "facechain-finetune"
QUEUING = "QUEUING"
CANCELING = "CANCELING"
CANCELABLE = frozenset({PENDING, QUEUING, RUNNING})


@dataclass(frozen=True, kw_only=True)
class FineTune(Work):
    """One fine-tune; times are seconds since the epoch.

    Attributes:
        job_id: ``ft-yyyyMMddHHmm-xxxx``.
        job_name: As kept, usually the job id.
        model_name: As kept, usually the job id.
        model: ``facechain-finetune``.
        training_file_ids: URLs and file ids, as they came.
        training_file_names: the names of the stored files, in the order of the ids; "" for a URL.
        hyper_parameters: As they came.
        created_at: When it was submitted.
        granted_at: When it was given a training slot; it holds the slot until it is terminal or deleted.
        started_at: When its training started.
        deleted_at: When it was deleted; it is then kept for the ledger only.
        pending_seconds: From submission to start, when a slot is free.
        usage: Trainings billed.
    """

    job_id: str
    job_name: str
    model_name: str
    model: str
    training_file_ids: tuple[str, ...]
    training_file_names: tuple[str, ...] = ()
    hyper_parameters: dict[str, Any] = field(default_factory=dict)
    created_at: float
    granted_at: float | None = None
    started_at: float | None = None
    deleted_at: float | None = None
    pending_seconds: float
    usage: int = 0

    @property
    def finetuned_output(self) -> str:
        """The name of the trained resource."""
        return f"{self.model}-{self.job_id}"

    @property
    def is_active(self) -> bool:
        """Whether it is still going."""
        return self.status not in TERMINAL and self.deleted_at is None

    @property
    def holds_slot(self) -> bool:
        """Whether it keeps others from training."""
        return self.is_active and self.granted_at is not None

    @property
    def awaits_slot(self) -> bool:
        """Whether it stands in the queue."""
        return self.is_active and self.status == QUEUING and self.granted_at is None


def next_move(fine_tune: FineTune, behaviour: Behaviour) -> float | None:
    """Return when ``fine_tune`` leaves its status; None when time alone does not move it."""
    if not fine_tune.is_active or fine_tune.awaits_slot:
        return None
    entered_at, granted_at = fine_tune.entered_at, fine_tune.granted_at
    if behaviour.progression == "immediate":
        return entered_at if granted_at is None else max(entered_at, granted_at)
    if behaviour.progression == "reads":
        return None if fine_tune.hurried_at is None else max(fine_tune.hurried_at, granted_at or 0)
    if fine_tune.status == QUEUING:
        return granted_at
    if fine_tune.status == RUNNING:
        return entered_at + fine_tune.run_seconds
    if fine_tune.status == CANCELING:
        return entered_at + behaviour.canceling_seconds
    return entered_at + fine_tune.pending_seconds


def started(fine_tune: FineTune, at: float, problem: Problem | None, behaviour: Behaviour) -> FineTune:
    """Return ``fine_tune`` in training; with a ``problem`` of its files it will fail early."""
    fine_tune = replace(entered(fine_tune, RUNNING, at), started_at=at)
    if problem is None:
        return fine_tune
    return replace(fine_tune, failure=problem, run_seconds=behaviour.rejection_seconds)


def finished(fine_tune: FineTune, at: float, behaviour: Behaviour) -> FineTune:
    """Return ``fine_tune`` at the end of its training or of its cancelation."""
    if fine_tune.status == CANCELING:
        return replace(entered(fine_tune, CANCELED, at), failure=None)
    if fine_tune.failure is not None:
        return replace(entered(fine_tune, FAILED, at), usage=behaviour.failed_usage)
    return replace(entered(fine_tune, SUCCEEDED, at), usage=1)
