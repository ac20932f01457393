"""Keeps what was erased from coming back: asked wherever a photo is recorded or a set is opened.

The theory. While an erasure goes on nothing is recorded under the name, and afterwards nothing that was
stored before it. Whoever is about to record has read the person's newest row, which tells both: the erasure
marks it (``erasing_since``), and later rows carry the moment up to which everything was erased
(``starts_after``). So an upload costs no call for it. Only where there is no row the tombstone is read, once
for each newcomer. Uploads that come while an erasure goes on are found by the sweep when it is done.

A run that has read a row before it was marked does not know of the erasure: :mod:`shared.workflow.erasing`
outlives it. Nothing here is asked where no key is set, since nobody was ever erased there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from shared.domain.job import Job, open_job
from shared.errors import RetryLater

if TYPE_CHECKING:
    from shared.domain.erasure import Tombstone
    from shared.workflow.ports import World
    from shared.workflow.recognizing import Found

ERASED = "erased"
"""The outcome of an upload that lay there before its person was erased."""
BEING_ERASED = "being_erased"


class BeingErased(RetryLater):
    """An erasure of the person goes on: nothing is recorded under this name before it is done."""

    def __init__(self) -> None:
        super().__init__(
            BEING_ERASED, "the person is being erased; later uploads are found then", delay_seconds=60
        )


def check_not_going(newest: Job | None) -> None:
    """Raise :class:`BeingErased` if the person's newest row is on its way out."""
    if newest is not None and newest.erasing_since:
        raise BeingErased


def is_erased(job: Job, stored_at: int) -> bool:
    """Whether an object of that time was an erased person's of this name, and is no upload any more."""
    return stored_at <= job.starts_after


def first_set(world: World, person_id: str, now: int) -> Job:
    """Return the set of a person without a row: a newcomer's, or that of the next of an erased name.

    Raises:
        BeingErased: an erasure of the person goes on.
        Trouble: the tables do not tell.
    """
    tombstone = tombstone_of(world, person_id)
    if tombstone is None:
        return open_job(person_id, 1, now)
    if not tombstone.is_done:
        raise BeingErased
    # No path, file or id of the earlier ones is ever used again.
    opened = open_job(person_id, tombstone.revision + 1, now)
    # Nor does what was paid for them count for this one.
    return replace(opened, starts_after=tombstone.erased_before, spent_through=tombstone.revision)


def without_erased(world: World, found: Sequence[Found]) -> list[Found]:
    """Return the uploads of a person without a row, without those of before an erasure."""
    tombstone = tombstone_of(world, found[0].upload.person_id)
    if tombstone is None:
        return list(found)
    if not tombstone.is_done:
        raise BeingErased
    return [one for one in found if one.stored.modified_at > tombstone.erased_before]


def tombstone_of(world: World, person_id: str) -> Tombstone | None:
    """Return what is kept of an erased person of this name, or None."""
    if not world.erase_key:
        return None
    # Imported here: most uploads are of people who have a row.
    from shared.domain.erasure import row_of, tombstone_from
    from shared.domain.person_hash import hash_of

    stored = world.control.read_json(row_of(hash_of(world.erase_key, person_id)))
    return tombstone_from(stored.value) if stored.version else None
