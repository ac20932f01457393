"""A fine-tune as DashScope describes it, and the search for the one that our own lost submit made.

DashScope, "Model customization API": the seven statuses; an id that is gone answers 404, never a status;
``finetuned_output`` is there from the start and means nothing before ``SUCCEEDED``.

The theory of the search. There is no idempotency key, so a fine-tune tells by its files whose it is. A
snapshot's key holds 16 random hex digits and is used for one job, a file id is DashScope's own and unique:
one of ours among a fine-tune's files, at whatever depth of a path, proves that the fine-tune is ours
(:func:`find_ours`). One that ends like the key of *another* snapshot proves that it is not: whatever
DashScope makes of our URLs, it does not make them name a stranger's. Nothing else is proof, as DashScope may
leave files out of its answers, or show copies on storage of its own under names of its choice; such a host
cannot be told from another program's bucket. So what is left over is in doubt when model, time and number of
files fit (:func:`unclear`), and whoever is about to pay again waits and says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from shared.domain.clocks import plausible_time
from shared.domain.object_keys import SUBMISSIONS_PREFIX, parse_job_id

SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
CANCELED = "CANCELED"
OUR_MODEL = "facechain-finetune"

UTC_FOR_BEIJING_MS = 8 * 3_600_000
"""A time that is UTC's and taken for Beijing's is so much too early."""


@dataclass(frozen=True, kw_only=True)
class FineTune:
    """One fine-tune. Times are milliseconds since the epoch, None when absent.

    ``files`` are the submitted URLs without their query strings, so that no signature is kept, or file
    ids. An unknown ``status`` means "still going". ``fine_tune_id`` is ``""`` for an entry of the list that
    has none. ``account`` and ``workspace`` stand for whom DashScope names as the owner: equal for one owner,
    ``""`` when it names none; hashes, so that no row or log holds who it is.
    """

    fine_tune_id: str
    status: str
    files: tuple[str, ...] = ()
    model: str = ""
    account: str = ""
    workspace: str = ""
    finetuned_output: str = ""
    created_at: int | None = None
    ended_at: int | None = None
    usage: int = 0
    code: str = ""
    message: str = ""

    @property
    def counts_against_the_cap(self) -> bool:
        """Whether DashScope is sure to count it: "running or succeeded", and of our model.

        "Error messages" says "per user" and of no model. Where those of other models count too, a submit is
        refused, which costs nothing and is told; were they counted here and not there, nobody would be
        trained in a workspace that is busy with other models.
        """
        is_ours = self.model == OUR_MODEL or self.finetuned_output.startswith(f"{OUR_MODEL}-")
        return is_ours and self.status not in (FAILED, CANCELED)


@dataclass(frozen=True, kw_only=True)
class NewestFineTunes:
    """Fine-tunes of the list, the newest part of it or all.

    Attributes:
        is_whole: these are proved to be all.
        is_reached: the list was read down to what is older than asked for, or to its end.
    """

    fine_tunes: list[FineTune]
    is_whole: bool
    is_reached: bool


def derived_output(fine_tune: FineTune) -> FineTune:
    """Return ``fine_tune`` with the model's name as its id gives it.

    DashScope, "facechain-finetune": in every documented answer the name is the base model and the id.
    """
    return replace(fine_tune, finetuned_output=f"{OUR_MODEL}-{fine_tune.fine_tune_id}")


# A tick reads the newest entries of the list again and again.
@lru_cache(maxsize=1024)
def path_of(file: str) -> str:
    """The decoded path of a URL; of a file id, the id itself. Host, scheme and query do not count.

    The account's list may hold files of other programs: a text that is no URL has the path ``""``.
    """
    if "://" not in file:
        return file
    try:
        return unquote(urlsplit(file).path).lstrip("/")
    except ValueError:
        return ""


def job_of(fine_tune: FineTune, bucket: str, door: str = "") -> str | None:
    """Return the id of the job that a fine-tune was made for, or None for a foreign one.

    Another deployment's snapshots look like ours but for the bucket, which stands in the host or, in path
    style, in front of the key. ``door`` is the host of a domain that is bound to the bucket.
    """
    for file in fine_tune.files:
        path = path_of(file)
        host = file.partition("://")[2].partition("/")[0]
        is_in_host = host.startswith(f"{bucket}.")
        key = path if is_in_host else path.removeprefix(f"{bucket}/")
        in_bucket = is_in_host or key != path or (bool(door) and host.lower() == door)
        if in_bucket and key.startswith(SUBMISSIONS_PREFIX) and key.count("/") == 2:
            return key.split("/")[1]
    return None


def find_ours(
    fine_tunes: Iterable[FineTune], files: Collection[str], *, not_these: Collection[str]
) -> FineTune | None:
    """Return the fine-tune that was made from ``files``, or None.

    ``files`` are snapshot keys or file ids. One shared file proves the origin: URLs may carry a bucket or
    other folders in front of a key, and a stored file's URL has its id as one of its folders.
    ``not_these`` are the ids that earlier attempts of the same job already own.
    """
    wanted = set(files) - {""}
    for fine_tune in fine_tunes:
        if fine_tune.fine_tune_id in ("", *not_these):
            continue
        for file in fine_tune.files:
            if _is_one_of(wanted, path_of(file)):
                return fine_tune
    return None


def unclear(
    fine_tunes: Iterable[FineTune],
    *,
    since: int,
    until: int,
    count: int,
    not_these: Collection[str],
    known: Collection[str],
) -> list[FineTune]:
    """Return the fine-tunes that might be ours and cannot be proved to be, once :func:`find_ours` found none.

    A fine-tune is plainly not ours when it is of another model, was made outside the window (by Beijing's
    time and by UTC), has another number of files, or names a stranger's snapshot. One that does not say its
    files or its model, or its time neither outright nor in its id, is not cleared by that.

    Args:
        fine_tunes: the complete list.
        since: when our request may have left at the earliest, in milliseconds.
        until: when it may have arrived at the latest.
        count: how many files it had; 0 when that is not known.
        not_these: ids that earlier attempts of the same job own.
        known: ids that other jobs of ours own.
    """
    settled = {*not_these, *known} - {""}
    return [
        fine_tune
        for fine_tune in fine_tunes
        if fine_tune.fine_tune_id not in settled
        and fine_tune.model in ("", OUR_MODEL)
        and _may_be_of(fine_tune.created_at or _minute_in(fine_tune.fine_tune_id), since, until)
        and not (count and fine_tune.files and len(fine_tune.files) != count)
        # Without an id it was no candidate of ``find_ours``, whatever it was made from.
        and not (fine_tune.fine_tune_id and any(map(_is_a_snapshot, fine_tune.files)))
    ]


def _may_be_of(created_at: int | None, since: int, until: int) -> bool:
    """Whether something may have been made in a window, if DashScope's time is Beijing's or UTC."""
    if created_at is None:
        return True
    return any(
        plausible_time(time, since, until) is not None
        for time in (created_at, created_at + UTC_FOR_BEIJING_MS)
    )


def _minute_in(fine_tune_id: str) -> int | None:
    """Return the minute that an id carries, read as Beijing's, in milliseconds since the epoch.

    DashScope, "facechain-finetune" and "Model customization API": in every documented answer an id is
    ``ft-``, the minute of ``create_time``, and four hex digits.
    """
    found = re.fullmatch(r"ft-([0-9]{12})-[0-9a-f]{4}", fine_tune_id)
    try:
        minute = datetime.strptime(f"{found[1]}+0800", "%Y%m%d%H%M%z") if found else None
    except ValueError:
        return None
    return None if minute is None else int(minute.timestamp() * 1000)


def _is_one_of(wanted: Collection[str], path: str) -> bool:
    """Whether ``path`` ends with a wanted key, or one of its segments is a wanted file id."""
    segments = path.split("/")
    return any(
        segment in wanted or "/".join(segments[start:]) in wanted for start, segment in enumerate(segments)
    )


def _is_a_snapshot(file: str) -> bool:
    """Whether a URL ends like a key that :func:`~shared.domain.object_keys.snapshot_key` makes."""
    *_, prefix, job, name = ("", "", *path_of(file).split("/"))
    return f"{prefix}/" == SUBMISSIONS_PREFIX and parse_job_id(job) is not None and name.endswith(".jpg")
