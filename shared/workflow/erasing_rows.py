"""Removes a person's rows, and every trace of theirs in the rows that all share.

Called by :mod:`shared.workflow.erasing`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from shared.domain.control_rows import DELIVERIES
from shared.domain.erasure import Erasure
from shared.domain.person_hash import hash_of
from shared.domain.share_links import links_in, row_of
from shared.domain.slot import Slot
from shared.domain.totals import ROW as TOTALS
from shared.domain.totals import Totals
from shared.domain.traces import (
    deliveries_without,
    health_without,
    is_named,
    lingering_without,
    slot_without,
    sweep_without,
    totals_without,
)
from shared.errors import RetryLater
from shared.workflow.account import OWNERS
from shared.workflow.erasing_person import Person
from shared.workflow.ports import World
from shared.workflow.removal import Removal
from shared.workflow.training import release_unused


def remove_traces(world: World, person: Person, erasure: Erasure, removal: Removal) -> None:
    """Remove every trace but the rows of the jobs.

    Raises:
        Conflict: another run has written one of the rows; the next pass goes on.
        Trouble: the tables do not answer.
    """
    removed = removal.removed
    for key in person.keys:
        removed["memory"] += world.seen.forget(key, until=removal.began)
    removed["memory"] += world.seen.forget(OWNERS, erasure.made, until=removal.began)
    removed["ignored"] += world.ignored.forget_keys(person.has_upload)
    removed["requests"] += _forget_requests(world, person, removal.began)
    for folder in person.folders:
        removed["links"] += _revoke_links(world, folder, erasure.erased_before)
    _clean_shared_rows(world, person, erasure, removal)


def _forget_requests(world: World, person: Person, asked_until: int) -> int:
    """Delete what was asked for about the person; what the audit has no record of yet loses the name."""
    if world.audit is None:
        return world.requests.forget_about(person.is_subject, asked_until)
    # Imported here: a deployment without an audit keeps no such rows.
    from shared.domain.audit import without_name

    person_hash = hash_of(world.erase_key, person.person_id)
    nameless = partial(without_name, person=person_hash, now=world.clock.now())
    return world.requests.forget_about(person.is_subject, asked_until, nameless)


def forget_outboxes(world: World, person: Person, erasure: Erasure) -> int:
    """Delete what receivers have been told of the person and were to be; returns how many rows that were.

    Raises:
        Conflict: a message is being sent; the next pass goes on.
        Trouble: the table does not answer, or a row cannot be read.
    """
    return sum(world.outboxes().forget(key, erasure.last_revision) for key in person.keys)


def _revoke_links(world: World, folder: str, made_until: int) -> int:
    """Revoke the person's links, which would open the next person's page, and forget them."""
    name = row_of(folder)
    stored = world.control.read_json(name)
    if not stored.version:
        return 0
    links = links_in(stored.value)
    theirs = {link_id: one for link_id, one in links.items() if one["made_at"] <= made_until}
    for link_id, one in theirs.items():
        if not one["revoked_at"]:
            world.requests.revoke_link(link_id, one["expires_at"])
    left = {link_id: one for link_id, one in links.items() if link_id not in theirs}
    if not left:
        world.control.delete_json(name, stored)
    elif theirs:
        world.control.save_json(name, stored, {"links": left})
    return len(theirs)


def _is_settled(world: World, slot: Slot, person: Person, erasure: Erasure) -> bool:
    """Whether nothing was reserved for the person: what is gets settled, also where a job has no row.

    So the sums stay, and no job's id. What nobody can tell counts as paid.
    """
    named = dict.fromkeys((*slot.holders, *slot.to_settle))
    theirs = [name for name in named if is_named(name, person.keys) and erasure.has_job(name)]
    for job_id in theirs:
        release_unused(world, job_id)
    return not theirs


def _settled_jobs(slot: Slot, person: Person, erasure: Erasure, removal: Removal) -> list[str]:
    """Return the person's settled jobs, which nobody needs any more.

    A run that does not know of the erasure may take the slot once more for one of them: for as long the
    ledger remembers it, so that its training is not counted twice.
    """
    if slot.spending is None or not erasure.may_finish(removal.began):
        return []
    named = slot.spending.settled_jobs
    return [name for name in named if is_named(name, person.keys) and erasure.has_job(name)]


def _clean_shared_rows(world: World, person: Person, erasure: Erasure, removal: Removal) -> None:
    keys, fine_tunes = person.keys, frozenset(erasure.made)
    rows = world.control.read_all()
    if not _is_settled(world, rows.slot, person, erasure):
        rows = world.control.read_all()
    settled = _settled_jobs(rows.slot, person, erasure, removal)
    slot = slot_without(rows.slot, keys, fine_tunes, settled)
    if slot != rows.slot:
        world.control.save_slot(rows.slot, slot)
    if rows.sweep is None or rows.lingering is None or rows.health is None:
        raise RetryLater("rows_not_read", "some of the shared rows cannot be read now", delay_seconds=5)
    sweep = sweep_without(rows.sweep, person.folders)
    if sweep != rows.sweep:
        world.control.save_sweep(rows.sweep, sweep)
    lingering = lingering_without(rows.lingering, fine_tunes)
    if lingering != rows.lingering:
        world.control.save_lingering(rows.lingering, lingering)
    if health_without(rows.health, keys) != rows.health:
        world.health.note(partial(health_without, keys=keys))
        after = world.control.health()
        if health_without(after, keys) != after:
            raise RetryLater("health_not_written", "the row of the health cannot be written", delay_seconds=5)
    stored = world.control.read_json(TOTALS)
    totals = Totals.from_value(stored.value)
    left = totals_without(totals, keys)
    if stored.version and left != totals:
        world.control.save_json(TOTALS, stored, left.as_value())
    _forget_deliveries(world, person, erasure)
    _forget_consents(world, person)


def _forget_deliveries(world: World, person: Person, erasure: Erasure) -> None:
    stored = world.control.read_json(DELIVERIES)
    left = deliveries_without(
        stored.value, lambda name: is_named(name, person.keys) and erasure.has_job(name)
    )
    if stored.version and left != stored.value:
        world.control.save_json(DELIVERIES, stored, left)


def _forget_consents(world: World, person: Person) -> None:
    """Take the person's consent out of the numbers; the document goes with the uploads."""
    consents = [person.jobs[number].consent for number in sorted(person.newest)]
    known = [one for one in consents if one is not None and one.counted]
    if not known:
        return
    # Imported here: most deployments ask for no consent.
    from shared.domain.consent_ledger import ROW, ConsentLedger

    stored = world.control.read_json(ROW)
    ledger = left = ConsentLedger.from_value(stored.value)
    for one in known:
        left = left.without(one, hash_of(world.erase_key, person.person_id))
    if left is not ledger:
        world.control.save_json(ROW, stored, left.as_value())


def delete_rows(world: World, person: Person) -> int:
    """Delete the rows of the jobs, the newest of each partition behind its others; returns how many."""
    for number in reversed(range(len(person.jobs))):
        world.jobs.delete_job(person.jobs[number])
    return len(person.jobs)


def leave_to_sweep(world: World, folders: Collection[str]) -> None:
    """Have the sweep look up ``folders``, in which later uploads lie, however long ago these came.

    Before the tombstone was written they may have been recorded in rows that are gone now, and a round of the
    sweep may have found them there.

    Raises:
        Conflict: the sweep goes on meanwhile.
        Trouble: its row cannot be read or written.
    """
    if not folders:
        return
    before = world.control.read_all().sweep
    if before is None:
        raise RetryLater("sweep_not_read", "the row of the sweep cannot be read now", delay_seconds=5)
    left_over = tuple(dict.fromkeys((*before.left_over, *sorted(folders))))
    if left_over != before.left_over:
        world.control.save_sweep(before, replace(before, left_over=left_over))
