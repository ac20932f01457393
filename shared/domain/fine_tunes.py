"""A fine-tune as DashScope describes it, and how to find the one that our lost submit made.

DashScope, "Model customization API": the seven statuses; an id that is gone answers 404, never a
status; ``finetuned_output`` is there from the start and means nothing before ``SUCCEEDED``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from shared.domain.object_keys import SUBMISSIONS_PREFIX

SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
CANCELED = "CANCELED"
ENDED = frozenset({SUCCEEDED, FAILED, CANCELED})


@dataclass(frozen=True, kw_only=True)
class FineTune:
    """One fine-tune. Times are milliseconds since the epoch, None when absent.

    ``files`` are the submitted URLs without their query strings, so that no signature is kept, or file
    ids. A ``status`` nobody has heard of means "still going".
    """

    fine_tune_id: str
    status: str
    files: tuple[str, ...] = ()
    finetuned_output: str = ""
    created_at: int | None = None
    ended_at: int | None = None
    usage: int = 0
    code: str = ""
    message: str = ""

    @property
    def counts_against_the_cap(self) -> bool:
        """Whether DashScope counts it: "running or succeeded"."""
        return self.status not in (FAILED, CANCELED)

    @property
    def has_ended(self) -> bool:
        """Whether the status is one of the three final ones."""
        return self.status in ENDED


def path_of(file: str) -> str:
    """The decoded path of a URL; of a file id, the id itself. Host, scheme and query do not count."""
    return unquote(urlsplit(file).path).lstrip("/") if "://" in file else file


def job_of(fine_tune: FineTune) -> str | None:
    """Return the id of the job that a fine-tune was made for, by its files; None for a stranger's."""
    for file in fine_tune.files:
        _, found, rest = path_of(file).partition(SUBMISSIONS_PREFIX)
        if found and "/" in rest:
            return rest.partition("/")[0]
    return None


def find_ours(
    fine_tunes: Iterable[FineTune], files: Collection[str], *, not_these: Collection[str]
) -> FineTune | None:
    """Return the fine-tune that was made from ``files``, or None.

    ``files`` are snapshot keys or file ids, which are made for one job and never used again, so one shared
    file proves the origin. Path-style URLs carry the bucket in front of the key, hence the suffix match.
    ``not_these`` are the ids that earlier attempts of the same job already own.
    """
    wanted = set(files)
    for fine_tune in fine_tunes:
        if fine_tune.fine_tune_id in not_these:
            continue
        for file in fine_tune.files:
            path = path_of(file)
            if path in wanted or path.partition("/")[2] in wanted:
                return fine_tune
    return None
