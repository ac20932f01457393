"""A task of portrait generation as DashScope describes it, and the search for one that our lost submit made.

DashScope, "facechain-generation" and "Asynchronous tasks": six statuses; a task, and the URLs of what it has
made, are known for a day; an id that is not known answers with the status UNKNOWN; a task that runs for more
than three hours fails. Of a task that succeeds some pictures may be missing.

The theory of the search. The list of tasks says of a task which model made it, when, and with which API key;
not what it was asked for. To take another program's task for ours would put a stranger's face into a person's
folder; to ask once more costs 0.72 CNY at most. So a task is taken for ours only when it was made with our
key, by the tasks that are known to be ours, when it is the only unknown one in the time in which our POST may
have arrived, when that time is over, and when it has as many pictures as were asked for. A deployment whose
API key nobody else uses is safe.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from shared.domain.portraits import PortraitOrder
from shared.domain.spending import LANDS_WITHIN_MS

SUCCEEDED, FAILED, CANCELED, UNKNOWN = "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"
PORTRAIT_GONE = "portrait_gone"
"""DashScope no longer serves a picture."""
ENDED = (SUCCEEDED, FAILED, CANCELED)
DASHSCOPES_CLOCK_DIFFERS_MS = 10_000
"""In the search for a task: its times are of milliseconds, and an hour's tolerance would find others'."""


@dataclass(frozen=True, kw_only=True)
class PortraitTask:
    """A task.

    Attributes:
        status: one of DashScope's; an unknown word means "still going".
        total: pictures that it is asked for; 0: it does not say.
        urls: signed URLs of the pictures; None in the place of one that could not be made. Never log, store
            or show them.
        billed: pictures that are billed.
        made_at: when it was submitted, by DashScope's clock; None: it does not say.
        key: stands for the API key that it was submitted with; empty: it does not say.
        why: codes of the pictures that could not be made.
    """

    task_id: str
    status: str
    total: int = 0
    urls: tuple[str | None, ...] = field(default=(), repr=False)
    billed: int = 0
    made_at: int | None = None
    code: str = ""
    message: str = ""
    why: tuple[str, ...] = ()
    key: str = ""


def keys_of(tasks: Iterable[PortraitTask], known: Collection[str]) -> frozenset[str]:
    """Return what stands for our API keys: those of the tasks that are known to be ours."""
    return frozenset(task.key for task in tasks if task.key and task.task_id in known)


def window_of(order: PortraitOrder) -> tuple[int, int]:
    """Return from when to when, by DashScope's clock, the POST of an order's attempt may have arrived."""
    since, until = order.submitted_at, order.attempt_expires_at + LANDS_WITHIN_MS
    return since - DASHSCOPES_CLOCK_DIFFERS_MS, until + DASHSCOPES_CLOCK_DIFFERS_MS


def unknown_in_window(
    tasks: Iterable[PortraitTask], known: Collection[str], since: int, until: int
) -> list[PortraitTask]:
    """Return the tasks that nobody knows of the time from ``since`` to ``until``."""
    return [
        task
        for task in tasks
        if task.task_id not in known and (task.made_at is None or since <= task.made_at <= until)
    ]
