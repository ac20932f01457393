"""The names of the files that we store with DashScope, and which of those found there nobody needs.

DashScope's file service keeps 100 files for the whole account ("File management", limits), and forgets none.
Other programs, and other deployments of this one, store theirs beside ours. So a name says whose a file is:
the deployment's mark, the job, and the snapshot. :mod:`shared.workflow.stored_files` stores and deletes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.job import Job
from shared.domain.object_keys import parse_job_id
from shared.domain.states import JobState
from shared.domain.unread import Unread

OF_A_CHECK = "check"
OF_A_TRAINING = "train"
MAY_BE_IN_USE_MS = 900_000
"""No run lives so long, so whoever has stored an older file for a check is gone."""


class StoredFile(NamedTuple):
    """A file as DashScope lists it. ``created_at``: milliseconds since the epoch, None if it is not said."""

    file_id: str
    name: str
    created_at: int | None = None


class FileName(NamedTuple):
    """What a name of ours says."""

    purpose: str
    job_id: str
    snapshot: str


def mark_of(bucket: str) -> str:
    """Return what the names of a deployment's files begin with; its bucket's name is nobody else's."""
    return f"fat{hashlib.sha256(bucket.encode('utf-8')).hexdigest()[:10]}"


def name_for_check(mark: str, snapshot: str) -> str:
    """Return the name of a file for the face check of the picture under the key ``snapshot``."""
    return _name(mark, OF_A_CHECK, snapshot)


def name_for_training(mark: str, snapshot: str) -> str:
    """Return the name of a file for a training on the picture under the key ``snapshot``."""
    return _name(mark, OF_A_TRAINING, snapshot)


def parse_name(mark: str, name: str) -> FileName | None:
    """Return what ``name`` says, or None when the file is not this deployment's."""
    parts = name.split("_")
    return FileName(*parts[1:]) if len(parts) == 4 and parts[0] == mark else None


def is_needed(
    file: StoredFile,
    named: FileName,
    jobs: Mapping[str, Job | Unread | None],
    now: int,
    *,
    is_full: bool = False,
) -> bool:
    """Whether somebody may need ``file``: a run that checks a photo, or a job that is to be trained.

    ``is_full``: the store has no room. Then a job that waits in the queue gives its own up and stores them
    again when its turn comes: else those whose submits are refused for days would keep everybody's room. So
    does one that waits for consent: nobody may keep its photos there.
    """
    is_young = file.created_at is not None and now < file.created_at + MAY_BE_IN_USE_MS
    if is_young or named.purpose != OF_A_TRAINING or parse_job_id(named.job_id) is None:
        return is_young
    job = jobs.get(named.job_id)
    if job is None or isinstance(job, Unread):
        return job is not None
    if job.state is JobState.QUEUED and (is_full or _waits_for_consent(job)):
        return False
    is_over = job.delivered or job.state in (JobState.COLLECTING, JobState.REJECTED)
    # A fine-tune of an earlier attempt may yet show up and be adopted.
    snapshots = (*job.files, *job.earlier_files)
    is_its_own = file.file_id in job.all_file_ids or any(_last(key) == named.snapshot for key in snapshots)
    return not is_over and is_its_own


def _waits_for_consent(job: Job) -> bool:
    if job.retry is None:
        return False
    # Imported here: few runs look at the files of a job that is held up.
    from shared.domain.consent import waits_for_consent

    return waits_for_consent(job.retry)


def _name(mark: str, purpose: str, snapshot: str) -> str:
    folder, _, last = snapshot.rpartition("/")
    return f"{mark}_{purpose}_{_last(folder)}_{last}"


def _last(key: str) -> str:
    return key.rpartition("/")[2]
