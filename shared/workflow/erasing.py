"""Removes everything of a person: the order of the steps, and why nothing comes back.

The theory. An erasure takes many runs, and each may die between any two calls. Others go on meanwhile:
uploads and late events come in, a training runs, and runs that began before it act on what they have read.
So:

1. Bury. The tombstone is written first (:mod:`shared.domain.erasure`): from then on nothing is recorded under
   this name for anybody without a row.
2. Mark. The newest row is marked, and every job that has not ended is stopped. Whoever reads a marked row
   leaves the person alone (:mod:`shared.workflow.forgotten`). The outbox goes, and with it what nobody was
   told yet: a try is written into it before it is made, so that none begins any more. What was sent to
   DashScope, or may have been, goes on its usual way, with a cancel asked for: an attempt without an answer
   is resolved first, so that no fine-tune is left that nobody knows of. The erasure waits for that.
3. Remove. Objects, files, fine-tunes, traces in the rows that all share, and the person's own rows last, the
   newest behind all others: until then it says that the person is going, and afterwards the tombstone does.
   The ids of fine-tunes are kept with the erasure before the rows go that tell them.
4. Outlive. A run that read the rows before they were marked does not know of the erasure. It may write a
   snapshot, a result or the next revision, but it is dead ``RUNS_ARE_DEAD_MS`` after the last mark. A pass
   that begins later than that and finds nothing any more is the proof. A row without a mark that is found
   meanwhile was made by such a run: it is marked, and the time begins anew.
5. Close. The tombstone says that it is done; the request keeps the certificate, and no name.

What was stored up to ``erased_before`` goes. What came later is the next person's of this name: it stays, and
is recorded once all is done. OSS deletes whatever is there, so each upload is asked for its time right
before; one that is replaced within that moment goes too. In every pass all steps are made again, and a step
that finds nothing costs its reads alone. A run may be at its pass when another has closed the erasure: so
each step goes by moments and revisions, and does no harm to the next person.

A refusal of DashScope or OSS holds up nothing else: it is tried again, then listed in the certificate with
its reason, and tried again each day for as long as the certificate can be fetched. Called by
:mod:`shared.workflow.requests`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from shared.domain.erasure import (
    CLOCKS_DIFFER_MS,
    RUNS,
    RUNS_ARE_DEAD_MS,
    TRAINING,
    TRIED_AGAIN_MS,
    TROUBLE,
    Erasure,
    Tombstone,
    erasure_from,
    row_of,
    stopped,
    tombstone_from,
)
from shared.domain.object_keys import person_of
from shared.domain.person_hash import hash_of
from shared.domain.portrait_work import is_going
from shared.domain.requests import ERASURE_KEPT_MS, Request
from shared.domain.states import JobState
from shared.errors import Conflict, Trouble, unforeseen
from shared.logs import log, warn
from shared.workflow.counting import count
from shared.workflow.erase_key import check_key
from shared.workflow.erasing_person import Person, find_person
from shared.workflow.erasing_rows import delete_rows, forget_outboxes, leave_to_sweep, remove_traces
from shared.workflow.erasing_stores import remove_at_dashscope, remove_objects
from shared.workflow.ports import World
from shared.workflow.removal import Removal
from shared.workflow.training import release_unused

TIME_FOR_A_PASS_MS = 60_000
SOON_MS = 20_000
LONGEST_PAUSE_MS = 3_600_000
TRIES = 6
"""After so many passes in which a service refused something it is listed as what remains."""


@dataclass
class _Work:
    """An erasure in the hands of a run: the request as it is stored, and what has been done."""

    world: World
    request: Request
    erasure: Erasure

    @property
    def person_id(self) -> str:
        """The name, for as long as the request has it."""
        return person_of(self.request.subject)

    @property
    def row(self) -> str:
        """The name of the tombstone's row."""
        return row_of(hash_of(self.world.erase_key, self.person_id))

    def note(self, due_at: int, **changes: Any) -> int:
        """Write down how far it has come; returns ``due_at``, when it goes on."""
        self.erasure = replace(self.erasure, **changes)
        noted = replace(self.request, record=self.erasure.as_json(), due_at=due_at)
        self.request = self.world.requests.note_progress(noted)
        return due_at

    def forget_name(self) -> None:
        """Put the keyed hash in the place of the name, with the next that is written down."""
        person = hash_of(self.world.erase_key, self.person_id)
        self.request = replace(self.request, subject=person, person=person, reason="", photo="")

    def settle(self, outcome: str) -> int:
        """Write down that nothing is left to be done."""
        done = replace(self.request, record=self.erasure.as_json(), due_at=0)
        self.world.requests.settle(done, outcome, self.world.clock.now())
        log("request_settled", request=done.request_id, kind=done.kind, outcome=outcome)
        return 0


def carry_on(world: World, request: Request) -> int:
    """Carry an erasure on; returns when it is to be carried on next, 0: nothing is left to be done.

    Raises nothing: the trouble of an erasure keeps no other request waiting.
    """
    work = _Work(world.for_at_most(TIME_FOR_A_PASS_MS), request, erasure_from(request.record))
    try:
        return _carried_on(work) if not work.erasure.done_at else _try_remains_again(work)
    except Conflict as conflict:
        log("overtaken", action="Erase", request=request.request_id, message=conflict.message)
        return world.clock.now() + 1
    except Trouble as problem:
        trouble = problem
    except Exception as surprise:
        warn("unforeseen", action="Erase", error=repr(surprise)[:1000])
        trouble = unforeseen(surprise)
    cause = world.health.failed(trouble.cause)
    warn("erasure_held_up", request=request.request_id, code=cause.code)
    held_up = erasure_from(request.record).held_up + 1
    due_at = world.clock.now() + _pause_ms(held_up)
    try:
        return work.note(due_at, waits_for=TROUBLE, code=cause.code, held_up=held_up)
    except Trouble as other:
        warn("erasure_not_noted", request=request.request_id, code=other.code)
        return due_at


def _pause_ms(tries: int) -> int:
    """How long to wait after so many passes in a row that have met trouble: each time twice as long."""
    return min(SOON_MS << min(tries, 10), LONGEST_PAUSE_MS)


def _carried_on(work: _Work) -> int:
    began = work.world.clock.now()
    # A clock that ran ahead when it was asked for must not take what is uploaded until then.
    before = work.erasure.erased_before or min(work.request.asked_at, began) + CLOCKS_DIFFER_MS
    work.erasure = replace(work.erasure, erased_before=before, code="", held_up=0)
    check_key(work.world)
    tombstone = _bury(work)
    if tombstone.erasure != work.request.request_id:
        return _follow(work, tombstone)
    work.erasure = work.erasure.coming_after(tombstone.revision)
    person = find_person(work.world, work.person_id, work.erasure.erased_before)
    work.erasure = _stop(work.world, person, work.erasure)
    if work.erasure.waits_for == TRAINING:
        return work.note(began + SOON_MS)
    _note_revision(work)
    # Kept before the rows go that tell them.
    met = tuple(name for name in dict.fromkeys(person.fine_tunes) if name not in work.erasure.made)
    if met:
        fine_tunes, made = (*work.erasure.fine_tunes, *met), (*work.erasure.made, *met)
        work.note(began, fine_tunes=fine_tunes, made=made)
    removal = Removal(began)
    work.erasure = _remove(work.world, person, work.erasure, removal)
    work.erasure = work.erasure.with_removed(removal.removed)
    if removal.is_cut_short:
        return work.note(began)
    if removal.troubles and work.erasure.tries < TRIES:
        tries = work.erasure.tries + 1
        due_at = began + _pause_ms(tries)
        return work.note(due_at, waits_for=TROUBLE, code=removal.troubles[0].code, tries=tries)
    if not work.erasure.may_finish(began):
        return work.note(max(work.erasure.quiet_since + RUNS_ARE_DEAD_MS, began) + 1, waits_for=RUNS)
    if removal.removed.total():
        return work.note(began, waits_for=RUNS)
    return _close(work, removal)


# -- the steps -------------------------------------------------------------------------------------------


def _bury(work: _Work) -> Tombstone:
    """Write the tombstone, unless a later erasure of the person has; returns the one that holds."""
    stored = work.world.control.read_json(work.row)
    before = tombstone_from(stored.value) if stored.version else None
    own = (work.erasure.erased_before, work.request.request_id)
    if before is not None and (before.erased_before, before.erasure) >= own:
        return before
    written = Tombstone(own[0], before.revision if before else 0, False, own[1])
    work.world.control.save_json(work.row, stored, written.as_value())
    log("erasure_begun", request=work.request.request_id, by=work.request.asked_by)
    return written


def _note_revision(work: _Work) -> None:
    """Have the tombstone know the last revision before the rows go that tell it.

    A later erasure that takes over finds none: the next person's would begin with one that was used before.

    Raises:
        Conflict: a later erasure has taken over.
    """
    stored = work.world.control.read_json(work.row)
    tombstone = tombstone_from(stored.value)
    if tombstone.erasure != work.request.request_id:
        raise Conflict("a later erasure of the person has taken over")
    if tombstone.revision < work.erasure.last_revision:
        noted = tombstone._replace(revision=work.erasure.last_revision)
        work.world.control.save_json(work.row, stored, noted.as_value())


def _stop(world: World, person: Person, erasure: Erasure) -> Erasure:
    """Mark the person's rows and stop what goes on; says in ``waits_for`` whether something still does."""
    # A moment that has not come yet was written by a clock that ran ahead: the time begins anew.
    quiet_since, waits_for = min(erasure.quiet_since, world.clock.now()), ""
    revision = max([erasure.revision, *(job.revision for job in person.jobs)])
    for number, job in enumerate(person.jobs):
        marked = stopped(job, world.clock.now())
        is_over = job.state.is_terminal and job.delivered
        if marked != job and (not is_over or number in person.newest or is_going(job)):
            if marked.state.is_terminal and not job.delivered:
                count(world, marked)
            person.jobs[number] = marked = world.jobs.save(job, marked)
            if not job.erasing_since:
                quiet_since = world.clock.now()
        if marked.state in (JobState.SUBMITTING, JobState.TRAINING):
            waits_for = TRAINING
        else:
            release_unused(world, marked.job_id)
        if marked.portraits:
            from shared.workflow.portrait_following import are_going  # most people have none

            waits_for = TRAINING if are_going(world, marked) else waits_for
    erasure = replace(erasure, revision=revision, waits_for=waits_for)
    outboxes = forget_outboxes(world, person, erasure)
    if outboxes or not quiet_since:
        # A run that has read one may have a message on its way.
        quiet_since = world.clock.now()
    return replace(erasure, quiet_since=quiet_since).with_removed({"outboxes": outboxes})


def _remove(world: World, person: Person, erasure: Erasure, removal: Removal) -> Erasure:
    """Remove everything, the person's own rows last."""
    is_versioned = remove_objects(world, person, erasure, removal)
    left = remove_at_dashscope(world, person, erasure, removal)
    if not removal.is_cut_short:
        remove_traces(world, person, erasure, removal)
        removal.removed["rows"] += delete_rows(world, person)
    return replace(erasure, fine_tunes=left, is_versioned=is_versioned)


def _close(work: _Work, removal: Removal) -> int:
    """Say that it is done, and keep no name but where it is needed to try again."""
    stored = work.world.control.read_json(work.row)
    tombstone = tombstone_from(stored.value)
    if tombstone.erasure != work.request.request_id:
        return _follow(work, tombstone)
    leave_to_sweep(work.world, removal.kept_in)
    work.world.control.save_json(work.row, stored, tombstone._replace(is_done=True).as_value())
    now = work.world.clock.now()
    remains = removal.remains(work.erasure.fine_tunes)
    log("erasure_done", request=work.request.request_id, remains=len(remains))
    if all(one.name for one in remains):
        work.forget_name()
    work.erasure = replace(work.erasure, waits_for="", code="", made=(), remains=remains, done_at=now)
    work.erasure = replace(work.erasure, tries=0)
    return work.note(now + TRIED_AGAIN_MS) if remains else work.settle("erased")


def _follow(work: _Work, later: Tombstone) -> int:
    """A later erasure of the person removes all that this one would, and more."""
    now = work.world.clock.now()
    if not later.is_done:
        return work.note(now + SOON_MS, waits_for=RUNS)
    work.forget_name()
    work.erasure = replace(work.erasure, waits_for="", code="", made=(), fine_tunes=(), done_at=now)
    return work.settle("erased")


def _try_remains_again(work: _Work) -> int:
    """Try again what could not be removed; the person has been forgotten everywhere else."""
    world, now = work.world, work.world.clock.now()
    removal = Removal(now)
    has_name = any(not one.name for one in work.erasure.remains)
    person = Person(work.person_id, []) if has_name else None
    if person is not None:
        remove_objects(world, person, work.erasure, removal)
    fine_tunes = remove_at_dashscope(world, person, work.erasure, removal)
    remains = removal.remains(fine_tunes)
    tried = replace(work.erasure.with_removed(removal.removed), fine_tunes=fine_tunes, remains=remains)
    work.erasure = replace(tried, tries=work.erasure.tries + 1)
    goes_on = bool(remains) and now < work.request.asked_at + ERASURE_KEPT_MS - 2 * TRIED_AGAIN_MS
    if has_name and (not goes_on or all(one.name for one in remains)):
        work.forget_name()
    if goes_on:
        return work.note(now + TRIED_AGAIN_MS)
    return work.settle("erased_in_part" if remains else "erased")
