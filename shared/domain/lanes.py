"""The lanes of the work in hand: in which order a tick meets it, and what it reads of each.

A job with something left to be done stands in one lane of the index ``jobs_in_hand``, sorted by ``due_at``; a
job without stands in none, so that no tick meets history. :class:`shared.domain.job.Job` says in which lane
it stands, and :mod:`shared.clients.work_in_hand` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.trouble_kinds import Api

RUNNING_LANE = 1
"""Jobs that are being submitted or trained."""
DELIVERY_LANE = 2
"""Jobs that have ended and whose outcome is not written out yet."""
QUEUE_LANE = 3
"""Queued jobs; ``due_at`` is the place in the queue."""
COLLECTING_LANE = 4
"""Open sets; ``due_at`` is the next look."""
WAITING_LANE_OF = {
    Api.FACE_CHECK: 5,
    Api.PROCESSING: 6,
    Api.READING: 7,
    Api.LISTING: 8,
    Api.WRITING: 9,
}
"""Jobs that wait until an API works again, whatever ``due_at``."""
WAITING_LANES = range(5, 10)
ASIDE_LANE = 10
"""Jobs that have had trouble of their own; ``due_at`` is the next try."""
MESSAGE_LANE = 11
"""Outboxes with something to tell; no jobs, and no part of the work in hand."""
KEPT_LANE = 12
"""Delivered jobs of which something is to go in the end; ``due_at`` is when. No tick reads it but one that
begins a round of the sweep."""
PORTRAIT_LANE = 13
"""Jobs of whose portraits something is to be done: asked for, fetched, or told of; ``due_at`` is when."""
PORTRAIT_QUEUE_LANE = 14
"""Jobs whose portraits wait their turn; ``due_at`` is the place."""
PORTRAIT_LANES = (PORTRAIT_LANE, PORTRAIT_QUEUE_LANE)
"""A tick reads both where portraits are made."""


class Work(NamedTuple):
    """What a tick finds to do: ids of jobs, in each lane those first that are due first.

    Attributes:
        running: jobs that are being submitted or trained.
        delivering: jobs whose outcome is to be written out.
        queue: the head of the queue.
        due: open sets whose look is due.
        waiting: jobs that wait for an API, by lane; a lane without one is not there.
        aside: jobs that stepped aside and whose next try is due.
    """

    running: list[str]
    delivering: list[str]
    queue: list[str]
    due: list[str]
    waiting: Mapping[int, list[str]]
    aside: list[str]
