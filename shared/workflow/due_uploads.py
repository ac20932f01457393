"""Which uploads go with a set whose photos have been kept long enough.

Called by :mod:`shared.workflow.retaining`; :mod:`shared.domain.retention` has the moments.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.erasure import CLOCKS_DIFFER_MS
from shared.domain.job import Job
from shared.domain.object_keys import Ignored, Kind, name_of, parse_upload
from shared.domain.retention import due_records, is_it, kept_by_later
from shared.domain.upload_memory import is_remembered
from shared.workflow.ports import Listed, World
from shared.workflow.removing import IsTheirs


def photos_of(world: World, job: Job, later: Sequence[Job], now: int) -> IsTheirs:
    """Return what tells whether an upload is one of the set's, is due, and is needed by no later set."""
    kept = kept_by_later(later, world.rules, now)
    lay_there_until = (job.closed_at or job.ended_at) - CLOCKS_DIFFER_MS

    def is_known(name: str, entry: Listed) -> bool:
        """A copy that came in parts has another ETag, which is remembered where it was news to nobody."""
        return is_remembered(world.seen.etags(job.person_key, [name]).get(name), entry.stored)

    def is_theirs(entry: Listed) -> bool:
        upload = parse_upload(entry.key, world.rules.ready_marker)
        name = name_of(entry.key)
        if isinstance(upload, Ignored) or upload.kind is Kind.CONSENT or name in kept:
            return False
        due = due_records(job, name, world.rules, now)
        if due is not None:
            return bool(due) and (any(is_it(entry.stored, photo) for photo in due) or is_known(name, entry))
        if entry.stored.modified_at > lay_there_until:
            return False
        if upload.kind is Kind.MARKER:
            return True
        # A set closes with all that it has recorded: what had no room in its row is remembered.
        return job.photo_set.has_history and name in world.seen.etags(job.person_key, [name])

    return is_theirs
