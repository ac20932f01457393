"""A fine-tune and the moves it can make: pure, without storage, clock or wire.

``PENDING → (QUEUING) → RUNNING → SUCCEEDED | FAILED``, and ``CANCELING → CANCELED`` out of any of the
first three. Source: "Fine-tuning API", the table of statuses.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.pictures.inspection import Problem

PENDING = "PENDING"
QUEUING = "QUEUING"
RUNNING = "RUNNING"
CANCELING = "CANCELING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
CANCELED = "CANCELED"
CANCELABLE = frozenset({PENDING, QUEUING, RUNNING})
TERMINAL = frozenset({SUCCEEDED, FAILED, CANCELED})


@dataclass(frozen=True, kw_only=True)
class FineTune:
    """One fine-tune; times are seconds since the epoch.

    Attributes:
        sequence: Position in the order of creation.
        job_id: ``ft-yyyyMMddHHmm-xxxx``.
        job_name: As kept, usually the job id.
        model_name: As kept, usually the job id.
        model: ``facechain-finetune``.
        training_file_ids: URLs and file ids, as they came.
        hyper_parameters: As they came.
        status: One of the constants of this module.
        created: When it was submitted.
        since: When it got its status.
        granted: When it was given a training slot; it holds the slot until it is terminal or deleted.
        started: When its training started.
        ended: When it became terminal.
        deleted: When it was deleted; it is then kept for the ledger only.
        pending_seconds: From submission to start, when a slot is free.
        run_seconds: From start to end.
        failure: Why it fails at its end; None when it succeeds.
        usage: Trainings billed.
        reads: How often its status has been shown.
        hurried: When enough reads had been made to move it on.
    """

    sequence: int
    job_id: str
    job_name: str
    model_name: str
    model: str
    training_file_ids: tuple[str, ...]
    hyper_parameters: dict[str, Any] = field(default_factory=dict)
    status: str = PENDING
    created: float
    since: float
    granted: float | None = None
    started: float | None = None
    ended: float | None = None
    deleted: float | None = None
    pending_seconds: float
    run_seconds: float
    failure: Problem | None = None
    usage: int = 0
    reads: int = 0
    hurried: float | None = None

    @property
    def finetuned_output(self) -> str:
        """The name of the trained resource."""
        return f"{self.model}-{self.job_id}"

    @property
    def is_active(self) -> bool:
        """Whether it is still going."""
        return self.status not in TERMINAL and self.deleted is None

    @property
    def holds_slot(self) -> bool:
        """Whether it keeps others from training."""
        return self.is_active and self.granted is not None

    @property
    def awaits_slot(self) -> bool:
        """Whether it stands in the queue."""
        return self.is_active and self.status == QUEUING and self.granted is None


def next_move(job: FineTune, behaviour: Behaviour) -> float | None:
    """Return when ``job`` leaves its status; None when only something else can move it."""
    if not job.is_active or job.awaits_slot:
        return None
    if behaviour.progression == "immediate":
        return job.since if job.granted is None else max(job.since, job.granted)
    if behaviour.progression == "reads":
        return None if job.hurried is None else max(job.hurried, job.granted or 0)
    if job.status == QUEUING:
        return job.granted
    if job.status == RUNNING:
        return job.since + job.run_seconds
    if job.status == CANCELING:
        return job.since + behaviour.canceling_seconds
    return job.since + job.pending_seconds


def entered(job: FineTune, status: str, at: float) -> FineTune:
    """Return ``job`` with another status from ``at`` on."""
    # The read that moves a fine-tune on is the first that is shown the new status.
    return replace(job, status=status, since=at, reads=int(job.hurried is not None), hurried=None)


def started(job: FineTune, at: float, problem: Problem | None, behaviour: Behaviour) -> FineTune:
    """Return ``job`` in training; with a ``problem`` of its files it will fail early."""
    job = replace(entered(job, RUNNING, at), started=at)
    return job if problem is None else replace(job, failure=problem, run_seconds=behaviour.rejection_seconds)


def finished(job: FineTune, at: float, behaviour: Behaviour) -> FineTune:
    """Return ``job`` at the end of its training or of its cancelation."""
    if job.status == CANCELING:
        return replace(entered(job, CANCELED, at), ended=at, failure=None)
    if job.failure is not None:
        return replace(entered(job, FAILED, at), ended=at, usage=behaviour.failed_usage)
    return replace(entered(job, SUCCEEDED, at), ended=at, usage=1)


def seen(job: FineTune, at: float, behaviour: Behaviour) -> FineTune:
    """Return ``job`` after its status has been asked for once more."""
    if behaviour.progression != "reads" or not job.is_active:
        return job
    reads = job.reads + 1
    return replace(job, reads=reads, hurried=at if reads > behaviour.reads_per_status else job.hurried)
