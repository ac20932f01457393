"""What is kept of an erased person, and what an erasure has done so far. Pure.

A **tombstone** is the row of the control table that stays for ever: a keyed hash of the name, and the moment
up to which everything of that name was erased. Without the key nobody can tell whose it is, or whether a name
is among them. With it whoever comes first under a name finds out what lay there before. An **erasure** is the
work itself (:mod:`shared.workflow.erasing`), kept with the request, and its certificate in the end. Moments
are milliseconds since the epoch.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, NamedTuple

from shared.domain.job import Job, Reason
from shared.domain.object_keys import parse_job_id
from shared.domain.states import JobState

CLOCKS_DIFFER_MS = 10_000
"""OSS says in whole seconds, by its own clock, when an object was stored. What comes within this time after
the request counts as what lay there before: else an upload of the second before it might return."""
RUNS_ARE_DEAD_MS = 240_000
"""A run lives for two minutes at most and two clocks may differ; what it has sent arrives within another."""
REVISIONS_APART = 8
"""So many revisions a run may open that does not know of the erasure; the next person's come behind them."""
TRIED_AGAIN_MS = 86_400_000
MAX_REMAINS = 200
CHECK_ROW = "erased/key"
"""The row that tells whether the key is still the one that all tombstones were made with."""

TRAINING, RUNS, TROUBLE = "training", "runs", "trouble"
"""What an erasure waits for: the end of a training; of runs that may have begun before it; of a trouble."""


class Tombstone(NamedTuple):
    """What is kept of an erased person.

    Attributes:
        erased_before: everything that was stored up to this moment was to go.
        revision: no job of before had a higher one.
        is_done: whether everything has gone; until then nothing is recorded under this name.
        erasure: the id of the erasure that has written it last.
    """

    erased_before: int
    revision: int
    is_done: bool
    erasure: str

    def as_value(self) -> dict[str, Any]:
        """Return the JSON value of the row."""
        return dict(self._asdict())


def tombstone_from(value: Mapping[str, Any]) -> Tombstone:
    """Return the tombstone that a row's value is."""
    return Tombstone(
        int(value["erased_before"]), int(value["revision"]), bool(value["is_done"]), str(value["erasure"])
    )


def row_of(person_hash: str) -> str:
    """Return the name of a tombstone's row."""
    return f"erased/{person_hash}"


def print_of_key(key: str) -> str:
    """Return what tells two keys apart and tells neither."""
    return hmac.digest(key.encode("utf-8"), b"print of the erase key", hashlib.sha256).hex()[:32]


def stopped(job: Job, now: int) -> Job:
    """Mark a row as one that is going; what was not sent to DashScope yet ends here, undelivered."""
    marked = replace(job, erasing_since=job.erasing_since or now, leased_until=0)
    if job.portraits:
        # Imported here: most jobs have none.
        from shared.domain.portrait_work import listed, stopped_orders

        marked = listed(replace(marked, portraits=stopped_orders(job.portraits, now), result_due_at=0))
    if job.state in (JobState.COLLECTING, JobState.QUEUED):
        why = Reason("erased", "The person was erased.")
        return replace(marked.ended(JobState.CANCELED, why, now), delivered=True)
    if job.state in (JobState.SUBMITTING, JobState.TRAINING):
        return replace(marked, cancel_asked_at=job.cancel_asked_at or now)
    return replace(marked, delivered=job.delivered or job.state.is_terminal)


class Remains(NamedTuple):
    """What could not be removed: ``where``, which one (of no person's name), and the reason.

    ``name`` is the id of a fine-tune at DashScope, or empty.
    """

    where: str
    name: str
    code: str
    number: int = 1


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What an erasure has done so far.

    Attributes:
        erased_before: what was stored up to this moment goes.
        revision: the highest revision of the person that it has met.
        quiet_since: when the last row was marked; runs that began earlier may not know of the erasure.
        waits_for: ``TRAINING``, ``RUNS``, ``TROUBLE`` or nothing.
        code: the trouble that it has met last.
        removed: how many things have been removed, by where they were.
        remains: what could not be.
        fine_tunes: ids of the person's fine-tunes that are to be deleted yet.
        made: ids of all that were met, for as long as it goes on: a run that does not know of the erasure may
            remember one that is deleted.
        tries: how often what remains has been tried again.
        held_up: how many passes in a row a trouble has ended: the pauses between them grow.
        is_versioned: whether the bucket keeps versions, which have been removed as well; None: not known.
        done_at: when everything that can be removed had been.
    """

    erased_before: int = 0
    revision: int = 0
    quiet_since: int = 0
    waits_for: str = ""
    code: str = ""
    removed: Mapping[str, int] = field(default_factory=dict)
    remains: tuple[Remains, ...] = ()
    fine_tunes: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    tries: int = 0
    held_up: int = 0
    is_versioned: bool | None = None
    done_at: int = 0

    def with_removed(self, found: Mapping[str, int]) -> Erasure:
        """Add what has been removed."""
        removed = dict(self.removed)
        for where, count in found.items():
            if count:
                removed[where] = removed.get(where, 0) + count
        return replace(self, removed=removed)

    @property
    def last_revision(self) -> int:
        """No job of before has a higher one, not even one of a run that does not know of the erasure."""
        return self.revision + REVISIONS_APART

    def coming_after(self, revision: int) -> Erasure:
        """Return it with what an earlier erasure has met that it may have taken over: no row tells that."""
        return replace(self, revision=max(self.revision, revision - REVISIONS_APART))

    def has_job(self, job_id: str) -> bool:
        """Whether a job of the person's partitions is one of before."""
        parsed = parse_job_id(job_id)
        return parsed is None or parsed[1] <= self.last_revision

    def may_finish(self, began: int) -> bool:
        """Whether a pass that ``began`` then has met no run that did not know of the erasure."""
        return bool(self.quiet_since) and began >= self.quiet_since + RUNS_ARE_DEAD_MS

    def as_json(self) -> str:
        """Return it as it is kept in the request's row."""
        return json.dumps({**asdict(self), "remains": [list(one) for one in self.remains]})


def erasure_from(text: str) -> Erasure:
    """Return the erasure that a request keeps; a new one when it has not begun."""
    value = json.loads(text) if text else {}
    known = {one.name: value[one.name] for one in fields(Erasure) if one.name in value}
    known["remains"] = tuple(Remains(*one) for one in known.get("remains", ()))
    for name in ("fine_tunes", "made"):
        known[name] = tuple(known.get(name, ()))
    return Erasure(**known)
