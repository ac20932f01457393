"""The account's cap on running and succeeded fine-tunes, and how room is made under it.

Called by :mod:`shared.workflow.submitting` before every submit.

The theory. A queued set has no fine-tune: the intent is saved before a POST leaves, and an attempt goes back
to the queue only when it is known to have made none (:mod:`shared.workflow.resolving`). So the list is needed
to count what the account keeps, and that the slot's row knows: it is counted anew each day, whenever it says
that the cap is reached, and by every list that is short enough to be read whole in passing. All the same the
newest part of the list is looked through, down to the time at which the set closed: an answer that was taken
for a refusal may have made a fine-tune, and a table that was restored from a backup may have forgotten an
attempt. Where that part is too long for its bounds, a set that was tried before is looked for in the whole
list; and where that is too long as well, the newest part has to do.

DashScope, "Error codes": "Only 20 fine-tune job in running or succeeded allowed per user." Its documents
contradict one another on whether succeeded fine-tunes can be deleted at all, so deleting is a policy that is
off unless wanted, and a refusal is no more than a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from shared.domain.fine_tunes import SUCCEEDED, FineTune, job_of
from shared.domain.job import Job
from shared.domain.money import BEIJING_MS, DAY_MS
from shared.domain.object_keys import parse_job_id
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Trouble
from shared.logs import log, warn
from shared.workflow.ports import World

TOO_LONG = "list_too_long"
OWNERS = "fine_tunes"
"""The partition of the table of what was seen that is no person's: jobs by their fine-tunes' ids."""


def counted(world: World, job: Job, slot: Slot) -> tuple[Slot, list[FineTune]]:
    """Return the slot with the number of fine-tunes that the account keeps, and the list as far as read.

    Raises:
        Trouble: the list could not be read, and is needed.
    """
    if _is_to_be_counted(world, slot):
        account = _all_of_it(world)
        if account is not None:
            return _with_count(slot, account), account
    newest = world.dashscope.newest_fine_tunes(job.closed_at)
    account = _all_of_it(world) if job.attempt and not newest.is_reached else None
    if account is not None:
        return _with_count(slot, account), account
    return _with_count(slot, newest.fine_tunes) if newest.is_whole else slot, newest.fine_tunes


def count_one_less(world: World) -> None:
    """Note that the account keeps one fine-tune less; the next submit counts them anew."""
    slot = world.control.slot()
    if slot.kept:
        world.control.save_slot(slot, replace(slot, kept=slot.kept - 1))


def _all_of_it(world: World) -> list[FineTune] | None:
    """Return the whole list, or None where it is too long for that."""
    try:
        return list(world.dashscope.fine_tunes())
    except Trouble as trouble:
        if trouble.code != TOO_LONG:
            raise
        warn("fine_tunes_not_counted", code=trouble.code, message=trouble.message)
        return None


def _is_to_be_counted(world: World, slot: Slot) -> bool:
    """Whether the slot knows no number, or says that the cap is reached, or has it of an earlier day."""
    today, counted_on = ((at + BEIJING_MS) // DAY_MS for at in (world.clock.now(), slot.taken_at))
    return slot.kept is None or slot.kept >= world.rules.kept_fine_tunes or counted_on != today


def _with_count(slot: Slot, account: Sequence[FineTune]) -> Slot:
    return replace(slot, kept=sum(fine_tune.counts_against_the_cap for fine_tune in account))


def account_is_full(kept: int, rules: Rules) -> AccountTrouble:
    """Say that the account is full, and what a person can do about it."""
    return AccountTrouble(
        "fine_tunes_full",
        f"The account keeps {kept} running or succeeded fine-tunes and may keep {rules.kept_fine_tunes}: "
        "delete models that are no longer needed, or have the cap raised and set KEPT_FINE_TUNES.",
        delay_seconds=120,
        kind=Kind.ACCOUNT,
        api=Api.TRAINING,
    )


def make_room(world: World, fine_tunes: Sequence[FineTune]) -> bool:
    """Delete one fine-tune that is not needed, if that is wanted and DashScope allows it.

    The oldest fine-tune of a superseded revision goes first. A person's newest model is never deleted, nor a
    fine-tune that is not ours or of a person without a row: its row may be in other tables.

    Returns:
        Whether there is room now.
    """
    if not world.rules.delete_superseded:
        return False
    for fine_tune in _superseded(world, fine_tunes):
        try:
            world.dashscope.delete_fine_tune(fine_tune.fine_tune_id)
        except Trouble as trouble:
            warn(
                "delete_refused", fine_tune=fine_tune.fine_tune_id, code=trouble.code, message=trouble.message
            )
            return False
        log("fine_tune_deleted", fine_tune=fine_tune.fine_tune_id)
        return True
    return False


def remember_owner(world: World, job: Job) -> None:
    """Remember whose a model is that was made from stored files: once these are deleted, nothing tells.

    Raises:
        Trouble: it is not remembered.
    """
    if job.state is JobState.SUCCEEDED and job.all_file_ids:
        world.seen.remember(OWNERS, {job.fine_tune_id: job.job_id}, world.clock.now())


def _superseded(world: World, fine_tunes: Sequence[FineTune]) -> Iterator[FineTune]:
    """Yield our succeeded fine-tunes whose person has a newer model, oldest first."""
    made = [one for one in fine_tunes if one.status == SUCCEEDED]
    owners = world.seen.etags(OWNERS, [one.fine_tune_id for one in made])
    for fine_tune in sorted(made, key=lambda one: one.created_at or 0):
        by_url = job_of(fine_tune, world.bucket.name, world.access.settings.door)
        parsed = parse_job_id(owners.get(fine_tune.fine_tune_id) or by_url or "")
        if parsed is None:
            continue
        person, revision = parsed
        jobs = world.jobs.revisions_of(person)
        if any(job.revision > revision and job.state is JobState.SUCCEEDED for job in jobs):
            yield fine_tune
