"""The way of a job as steps with a beginning, an end and a length. Called by ``rendering``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.domain.states import JobState
from shared.views import milliseconds

_MARKS = (
    ("opened_at", JobState.COLLECTING),
    ("closed_at", JobState.QUEUED),
    ("submitted_at", JobState.TRAINING),
)
_RESTING = frozenset({"SUCCEEDED", "FAILED", "CANCELED", "REJECTED"})
"""States in which no time runs: they have a moment and no length."""


class Step(NamedTuple):
    """One state of a job, with times in RFC 3339; ``ended_at`` is empty while it lasts; 0 ms: no length.

    ``behind``: how many trainings ended before it was over.
    """

    state: str
    began_at: str
    ended_at: str
    length_ms: int
    is_current: bool
    behind: int = 0


def steps(job: Mapping[str, object]) -> list[Step]:
    """Return the steps of a job document, oldest first; from its four times when it has no timeline."""
    entries = _entries(job)
    made = []
    for number, (state, began, _) in enumerate(entries):
        is_current = number == len(entries) - 1
        ended, behind = ("", 0) if is_current else entries[number + 1][1:]
        is_resting = state in _RESTING
        length = milliseconds(ended) - milliseconds(began) if ended and not is_resting else 0
        made.append(Step(state, began, ended, length, is_current and not is_resting, behind))
    return made


def _entries(job: Mapping[str, object]) -> list[tuple[str, str, int]]:
    told = job.get("timeline")
    if isinstance(told, Sequence) and told:
        return [(str(one["state"]), str(one["at"]), int(one["behind"])) for one in told if one["at"]]
    found = [(state.value, str(job[name]), 0) for name, state in _MARKS if job.get(name)]
    last, at = str(job.get("state") or ""), job.get("ended_at") or job.get("changed_at")
    if at and (not found or last != found[-1][0]):
        found.append((last, str(at), 0))
    return found
