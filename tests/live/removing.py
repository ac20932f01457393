"""Removes what a run has made, newest first, by its journal; used at the end of a run and by ``--clean``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shared.domain.object_keys import PEOPLE_PREFIX, SUBMISSIONS_PREFIX, person_key
from tests.live.dashscope_account import CANCELED, RUNNING
from tests.live.journal import Made
from tests.live.oss_account import NoSuchBucket, OssError, keys_of
from tests.live.tables import remove_rows

if TYPE_CHECKING:
    from tests.live.run import Run

_CANCEL_POLLS = 30


def remove_all(run: Run) -> list[str]:
    """Remove everything in the journal of ``run``; return what is left, in words.

    What a service refuses to remove for good (a finished fine-tune) is told once and then forgotten; anything
    else that is left stays in the journal for the next ``--clean``.
    """
    return [text for made in reversed(list(run.journal.made)) if (text := remove(run, made))]


def remove(run: Run, made: Made) -> str:
    """Remove one thing; return why it is left, empty if it is not."""
    try:
        trouble = _REMOVERS[made.kind](run, made)
    except Exception as problem:
        return f"{made.kind} {made.name}: {type(problem).__name__}; make test-live CLEAN=1 tries again"
    run.journal.forget(made)
    return trouble


def _bucket(run: Run, made: Made) -> str:
    """Remove a bucket that a run has made, with whatever is in it."""
    for bucket in _clients(run, made.name):
        try:
            for key in list(keys_of(bucket)):
                bucket.delete_object(key)
        except NoSuchBucket:
            return ""
        except OssError:
            continue  # an account of today cannot list through the public door; its bucket is empty then
        break
    with suppress(NoSuchBucket):
        run.oss.bucket(run.oss.public_way, made.name).delete_bucket()
    return ""


def _object(run: Run, made: Made) -> str:
    refused: Exception | None = None
    for bucket in _clients(run, made.place):
        try:
            bucket.delete_object(made.name)
        except NoSuchBucket:
            return ""
        except OssError as problem:
            refused = problem
        else:
            return ""
    if getattr(refused, "code", "") == "PublicEndpointForbidden":
        return ""  # no way leads to this account's data from here, so nothing has been stored either
    raise refused or RuntimeError("no way to the bucket")


def _clients(run: Run, name: str) -> list[Any]:
    return [run.oss.bucket(way, name) for way in run.oss.ways(name)]


def _file(run: Run, made: Made) -> str:
    for file in run.dashscope.files():
        if file.get("name") == made.name and file.get("file_id"):
            run.dashscope.delete_file(str(file["file_id"]))
    return ""


def _fine_tune(run: Run, made: Made) -> str:
    return _without(run, made.name)


def _training_file(run: Run, made: Made) -> str:
    """Remove fine-tunes of a submit that had no answer: those with this file, without queries of URLs."""
    known = {entry.name for entry in run.journal.made if entry.kind == "fine_tune"}
    left = []
    for job in list(run.dashscope.fine_tunes()):
        files = [str(name).partition("?")[0] for name in job.get("training_file_ids") or []]
        if made.name in files and job.get("job_id") and job["job_id"] not in known:
            left.append(_without(run, str(job["job_id"])))
    return "; ".join(text for text in left if text)


def _without(run: Run, job_id: str) -> str:
    """Cancel a fine-tune that still goes on, then delete it; return why it is left."""
    status = run.dashscope.fine_tune(job_id).output.get("status")
    if status in RUNNING:
        run.dashscope.cancel(job_id)
    for _ in range(_CANCEL_POLLS):
        if status not in RUNNING:
            break
        run.wait(2)
        status = run.dashscope.fine_tune(job_id).output.get("status")
    reply = run.dashscope.delete(job_id)
    if reply.ok or reply.status == 404:
        return ""
    if reply.code == "UnsupportedOperation" and status not in RUNNING:
        return "" if status == CANCELED else f"fine-tune {job_id}: DashScope refuses to delete finished ones"
    raise RuntimeError(f"refused with {reply}")


def _person(run: Run, made: Made) -> str:
    """Remove a person of the stack: its rows, and what was made of its photos."""
    key = person_key(made.name)
    remove_rows(run.settings, key)
    bucket = run.oss.data(made.place)
    for prefix in (f"{PEOPLE_PREFIX}{made.name}/", f"{SUBMISSIONS_PREFIX}{key}-"):
        for name in list(keys_of(bucket, prefix)):
            bucket.delete_object(name)
    return ""


_REMOVERS: dict[str, Callable[[Run, Made], str]] = {
    "bucket": _bucket,
    "object": _object,
    "file": _file,
    "fine_tune": _fine_tune,
    "training_file": _training_file,
    "person": _person,
}
