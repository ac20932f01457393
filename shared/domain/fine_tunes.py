"""A fine-tune as DashScope describes it, and the search for the one that our own lost submit made.

DashScope, "Model customization API": the seven statuses; an id that is gone answers 404, never a status;
``finetuned_output`` is there from the start and means nothing before ``SUCCEEDED``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from shared.domain.object_keys import SUBMISSIONS_PREFIX

MODEL = "facechain-finetune"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
CANCELED = "CANCELED"


@dataclass(frozen=True, kw_only=True)
class FineTune:
    """One fine-tune. Times are milliseconds since the epoch, None when absent.

    ``files`` are the submitted URLs without their query strings, so that no signature is kept, or file
    ids. An unknown ``status`` means "still going".
    """

    fine_tune_id: str
    status: str
    files: tuple[str, ...] = ()
    finetuned_output: str = ""
    created_at: int | None = None
    ended_at: int | None = None
    account: str = ""
    usage: int = 0
    code: str = ""
    message: str = ""

    @property
    def counts_against_the_cap(self) -> bool:
        """Whether DashScope counts it: "running or succeeded"."""
        return self.status not in (FAILED, CANCELED)


def derived_output(fine_tune: FineTune) -> FineTune:
    """Return ``fine_tune`` with the model's name as its id gives it.

    DashScope, "facechain-finetune": in every documented answer the name is the base model and the id.
    """
    return replace(fine_tune, finetuned_output=f"{MODEL}-{fine_tune.fine_tune_id}")


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


def job_of(fine_tune: FineTune, bucket: str) -> str | None:
    """Return the id of the job that a fine-tune was made for, or None for a foreign one.

    Another deployment's snapshots look like ours but for the bucket, which stands in the host or, in path
    style, in front of the key.
    """
    for file in fine_tune.files:
        path = path_of(file)
        host = file.partition("://")[2].partition("/")[0]
        key = path if host.startswith(f"{bucket}.") else path.removeprefix(f"{bucket}/")
        in_bucket = host.startswith(f"{bucket}.") or key != path
        if in_bucket and key.startswith(SUBMISSIONS_PREFIX) and key.count("/") == 2:
            return key.split("/")[1]
    return None


def find_ours(
    fine_tunes: Iterable[FineTune], files: Collection[str], *, not_these: Collection[str]
) -> FineTune | None:
    """Return the fine-tune that was made from ``files``, or None.

    ``files`` are snapshot keys or file ids, which are made for one job and never used again, so one shared
    file proves the origin. Path-style URLs carry the bucket in front of the key, hence the suffix match.
    ``not_these`` are the ids that earlier attempts of the same job already own.
    """
    wanted = set(files) - {""}
    for fine_tune in fine_tunes:
        if fine_tune.fine_tune_id in not_these:
            continue
        for file in fine_tune.files:
            path = path_of(file)
            if path in wanted or path.partition("/")[2] in wanted:
                return fine_tune
    return None
