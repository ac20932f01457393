"""A request of an operator: something that a tick is to do because somebody has asked for it.

The status function writes it down and may do nothing else; a tick does it and writes down what became of it.
:mod:`shared.clients.request_table` reads and writes the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

PROBE = "probe"
"""Try at once what waits: the halted queue, and the APIs that are refused."""
TRAIN = "train"
"""Close a person's set now."""
RETRY = "retry"
"""Train the photos of a job that has ended without a model once more."""
CANCEL = "cancel"
FIRST = "first"
"""Put a queued job at the head of the queue."""
APPROVE = "approve"
"""Let a closed set be trained, where each has to wait for that."""
PHOTO_DELETE = "photo_delete"
PHOTO_USE = "photo_use"
"""Overrule the face check's verdict on a photo."""
PAUSE = "pause"
RESUME = "resume"
LINK_MADE = "link_made"
"""Note a person's share link, which works already."""
LINK_REVOKED = "link_revoked"
RELEASE = "release"
"""Delete the fine-tune of a job at DashScope, so that the account keeps one fewer."""
DONE = "done"
"""Nothing: somebody sends word that a person's photos are all. It is settled from the beginning, and there
for the audit alone."""
CONSENT_GIVEN = "consent_given"
CONSENT_WITHDRAWN = "consent_withdrawn"
"""A person's consent was taken over HTTP, or its withdrawal; for the audit alone as well."""
ERASE = "erase"
"""Remove everything of a person. It takes many runs: :mod:`shared.domain.erasure`."""
ERASURE_KEPT_MS = 30 * 86_400_000
"""For so long its certificate can be fetched, and what could not be removed is tried again."""
EXPORT = "export"
"""Make a copy of everything that is held about a person. It takes many runs: :mod:`shared.domain.exports`."""
EXPORT_ROW_KEPT_MS = 4 * 86_400_000
"""For so long its row is there, so that a run finds what is to be deleted again."""
PORTRAITS = "portraits"
"""Order portraits of a job's model; the reason is what is wanted, as the setting writes it."""
PORTRAITS_CANCEL = "portraits_cancel"
"""End an order that waits; the reason is its number."""
TRY_RECEIVERS = "try_receivers"
"""Send a message that says nothing to everybody who is told of what happens."""
REDELIVER = "redeliver"
"""Send a message to the webhook once more; the subject is its id."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request. Names that end in ``_at`` are milliseconds since the epoch.

    Attributes:
        request_id: :func:`request_id` of the moment and a new token; sorts by time.
        kind: what is asked for.
        subject: the job or person that it is about; empty: none.
        photo: the name of the photo that it is about; empty: none.
        reason: why, in the words of whoever asked; may be empty.
        traceparent: the trace of the call that it came with; :mod:`shared.tracing`.
        asked_by: the name of the token that it was asked with.
        outcome: what became of it; empty: nothing yet.
        settled_at: when it was done or refused; 0: not yet.
        audited_at: when the audit's log store has taken its record (:mod:`shared.domain.audit`); 0: not yet.
        due_at: before then no run carries it on; 0: the next one does.
        record: what runs have done so far of a request that takes many, as JSON; empty: nothing.
        person: the keyed hash of whom it was about, once the name is erased; empty: the subject tells.
        unknown: what newer code has added, which stays (:mod:`shared.domain.formats`).
    """

    request_id: str
    kind: str
    asked_at: int
    asked_by: str
    subject: str = ""
    photo: str = ""
    reason: str = ""
    traceparent: str = ""
    outcome: str = ""
    settled_at: int = 0
    audited_at: int = 0
    due_at: int = 0
    record: str = ""
    person: str = ""
    version: int = 0
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to be done."""
        return bool(self.settled_at)

    @property
    def awaits_audit(self) -> bool:
        """Whether it is settled and the audit's log store does not have its record yet."""
        return self.is_settled and not self.audited_at

    def settled(self, outcome: str, now: int) -> Request:
        """Note what became of it."""
        return replace(self, outcome=outcome, settled_at=now)


class Pending(NamedTuple):
    """Requests that are not settled, oldest first.

    Attributes:
        requests: the first of them.
        is_whole: whether there are no others, and none that only newer code can read.
        next_at: when the first of those is due that wait for their time; 0: none does.
        to_audit: those that are settled and await the audit.
    """

    requests: tuple[Request, ...]
    is_whole: bool
    next_at: int = 0
    to_audit: tuple[Request, ...] = ()


class Claim(NamedTuple):
    """What an ``Idempotency-Key`` stands for: a request, and the print of what was asked for."""

    request_id: str
    fingerprint: str


def request_id(now: int, token: str) -> str:
    """Return the id of a request that is made now: 13 digits of time, and a token never used before."""
    return f"{now:013}-{token}"
