"""The spellings of a person's name in which uploads were met: a few, kept with each job.

Called by :mod:`shared.workflow.opening`, ``restoring`` and ``consenting``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from shared.domain.job_record import JobRecord

MAX_FOLDERS = 8
"""People are met in one spelling or two. What lies in others is recorded by its events and the sweep."""

_Job = TypeVar("_Job", bound=JobRecord)


def having_met(job: _Job, *folders: str) -> _Job:
    """Return ``job`` with the spellings of ``folders`` kept, while there is room for them."""
    met = dict.fromkeys(one for one in (*job.folders, *folders) if one != job.person_id)
    kept = tuple(met)[:MAX_FOLDERS]
    return job if kept == job.folders else replace(job, folders=kept)
