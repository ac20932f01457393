"""Breakages of what is removed in its time, as mutants: ``mutants.py`` has all others, and plays them.

Each takes something too early or from whoever needs it, leaves something, or says what is not so.
"""

from __future__ import annotations

from tests.simulation.mutants import one

_RETENTION, _RETAINING = "shared.domain.retention", "shared.workflow.retaining"

MUTANTS_OF_RETENTION = (
    one(
        "snapshots go before their time",
        _RETENTION,
        "found[Part.SNAPSHOTS] = job.ended_at + rules.keep_snapshots_ms",
        "found[Part.SNAPSHOTS] = job.ended_at + 1",
    ),
    one(
        "what is due goes though a later set is under way",
        _RETAINING,
        "    if goes_on(later) or any(one.erasing_since for one in later):\n",
        "    if any(one.erasing_since for one in later):\n",
    ),
    one(
        "photos of a later set go with the earlier one",
        "shared.workflow.due_uploads",
        "upload.kind is Kind.CONSENT or name in kept:\n",
        "upload.kind is Kind.CONSENT:\n",
    ),
    one(
        "a row says that snapshots have gone which are there",
        _RETAINING,
        "    if _remove(work, Part.SNAPSHOTS, SUBMISSIONS_PREFIX, [snapshot_folder(",
        "    if work.job or _remove(work, Part.SNAPSHOTS, SUBMISSIONS_PREFIX, [snapshot_folder(",
    ),
    one(
        "what could not be removed is never tried again",
        _RETAINING,
        "    return replace(job, retry=replace(retry, next_try_at=now + pause_ms), due_at=now + pause_ms)\n",
        "    return replace(job, retry=replace(retry, next_try_at=now + pause_ms), due_at=NEVER)\n",
    ),
    one(
        "a model that was kept long enough is said to be deleted and is not",
        _RETAINING,
        "        world.dashscope.delete_fine_tune(job.fine_tune_id)\n",
        "        pass\n",
    ),
    one(
        "a delivered job is not listed for what is to go",
        _RETENTION,
        "    return replace(job, due_at=min(moments(job, rules).values(), default=NEVER))\n",
        "    return replace(job, due_at=NEVER)\n",
    ),
)
