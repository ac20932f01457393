"""The states of a job and the one table of legal moves between them; nothing else changes a state."""

from __future__ import annotations

from enum import Enum


class JobState(str, Enum):
    """The state of a job. The values are what the API shows and the table stores."""

    COLLECTING = "COLLECTING"
    REJECTED = "REJECTED"
    QUEUED = "QUEUED"
    SUBMITTING = "SUBMITTING"
    TRAINING = "TRAINING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def is_terminal(self) -> bool:
        """Whether the job can never move again."""
        return not LEGAL_MOVES[self]

    @property
    def is_open(self) -> bool:
        """Whether the photo set can still take photos."""
        return self in (JobState.COLLECTING, JobState.REJECTED)


_S = JobState

LEGAL_MOVES: dict[JobState, frozenset[JobState]] = {
    # CANCELED: an administrator cancels a set before anything of it has been sent.
    _S.COLLECTING: frozenset({_S.QUEUED, _S.REJECTED, _S.CANCELED}),
    _S.REJECTED: frozenset({_S.COLLECTING}),
    # Back to COLLECTING: photos join a set for which nothing was ever sent. FAILED: its snapshots are gone.
    _S.QUEUED: frozenset({_S.SUBMITTING, _S.COLLECTING, _S.FAILED, _S.CANCELED}),
    # Back to QUEUED: the submit is known to have created nothing.
    _S.SUBMITTING: frozenset({_S.TRAINING, _S.QUEUED, _S.FAILED}),
    # Back to QUEUED: DashScope reported a failure of its own and a try is left.
    _S.TRAINING: frozenset({_S.SUCCEEDED, _S.FAILED, _S.CANCELED, _S.QUEUED}),
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELED: frozenset(),
}


class IllegalMove(ValueError):
    """A move that is not in the table: a fault in the program, never in the data."""


def check_move(before: JobState, after: JobState) -> None:
    """Raise :class:`IllegalMove` unless ``before`` may become ``after`` (staying is no move)."""
    if before is not after and after not in LEGAL_MOVES[before]:
        raise IllegalMove(f"a job cannot go from {before.value} to {after.value}")
