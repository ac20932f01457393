"""Removes what a run has made, newest first, by its journal; used at the end of a run and by ``--clean``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import requests

from tests.live.dashscope_account import CANCELED, RUNNING
from tests.live.journal import Made
from tests.live.oss_account import NoSuchBucket, OssError, keys_of
from tests.live.run import Run

_CANCEL_POLLS = 30
_TRIES = 3


def remove_all(run: Run) -> list[str]:
    """Remove everything in the journal of ``run``; return what is left, in words.

    What a service refuses to remove for good (a finished fine-tune) is told once and then forgotten; anything
    else that is left stays in the journal for the next ``--clean``.
    """
    left = []
    for made in reversed(list(run.journal.made)):
        try:
            trouble = _REMOVERS[made.kind](run, made)
        except Exception as problem:
            left.append(
                f"{made.kind} {made.name}: {type(problem).__name__}; make test-live CLEAN=1 tries again"
            )
            continue
        if trouble:
            left.append(trouble)
        run.journal.forget(made)
    return left


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
    token = run.settings["ADMIN_TOKEN"]
    url = f"{run.settings['STATUS_URL'].rstrip('/')}/people/{quote(made.name, safe='')}"
    for _ in range(_TRIES):
        answer = requests.delete(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        if answer.status_code < 300 or answer.status_code == 404:
            return ""
        run.wait(5)
    raise RuntimeError(f"refused with {answer.status_code}")


_REMOVERS: dict[str, Callable[[Run, Made], str]] = {
    "bucket": _bucket,
    "object": _object,
    "file": _file,
    "fine_tune": _fine_tune,
    "training_file": _training_file,
    "person": _person,
}
