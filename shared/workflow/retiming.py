"""Sets right the moments of looks that other settings, or a clock that ran ahead, have written.

When a set is to be looked at next is stored, so that a tick reads only what is due. That moment was computed
with the settings and the clock of the run that wrote it. After a change of a setting all open sets, and all
that stand aside, are gone through once, and once more a while later, since instances with the old settings
may have been at work. Moments that no right clock would have named are looked for before each round of the
sweep.

Called by :mod:`shared.workflow.reconciling`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace

from shared.domain.approval import NOT_APPROVED, waits_for_approval
from shared.domain.caps import PERSON
from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.job_record import REOPENS_FOR_MS
from shared.domain.rebasing import rebased
from shared.domain.retention import kept_by
from shared.domain.retry_state import LONGEST_PAUSE_MS
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.ports import World

PAGE = 100
PAGES_A_RUN = 10
TIME_FOR_A_PAGE_MS = 30_000
ASIDE = "aside "
"""Before the place that a run has come to, once it is among the jobs that stand aside."""
OF_SETTINGS = ("daily_limit", PERSON)
"""Why jobs stand aside for a setting's sake."""
OLD_INSTANCES_LIVE_MS = 600_000
"""By then no instance runs with the old settings any more; its last writes are gone through as well."""


def settings_id(rules: Rules) -> str:
    """Return a word that stands for the settings, and changes with each of them."""
    return hashlib.sha256(repr(sorted(asdict(rules).items())).encode()).hexdigest()[:12]


def retime(world: World, health: Health) -> bool:
    """Apply changed settings to the open sets and the halted queue; returns whether anything has changed."""
    wanted, now = settings_id(world.rules), world.clock.now()
    is_new = health.settings_id != wanted
    is_second_time = not health.is_retimed and now >= health.settings_seen_at + OLD_INSTANCES_LIVE_MS
    if not (is_new or is_second_time):
        return False
    if not health.settings_id:
        # The first settings ever: every moment was computed with them.
        world.health.note(
            lambda health: replace(
                health,
                settings_id=wanted,
                settings_seen_at=now,
                is_retimed=True,
                kept_by=kept_by(world.rules),
            )
        )
        return False
    if is_new and not health.retimed_up_to:
        _halt_no_longer(world)
    changed, following = _go_through(world, health.retimed_up_to)
    world.health.note(lambda health: replace(health, retimed_up_to=following or ""))
    if following is None:
        world.health.note(
            lambda health: replace(
                health,
                settings_id=wanted,
                settings_seen_at=now if is_new else health.settings_seen_at,
                is_retimed=not is_new,
            )
        )
    if changed:
        log("looks_retimed", jobs=changed)
    return changed > 0


def set_clocks_right(world: World) -> bool:
    """Find moments that lie further ahead than any right clock puts one; returns whether there were some."""
    now = world.clock.now()
    longest_ms = max(world.rules.quiet_ms, REOPENS_FOR_MS, LONGEST_PAUSE_MS)
    # Most deployments make no portraits, and read no row for them.
    ids = world.jobs.due_beyond(
        now + longest_ms + CLOCKS_DIFFER_MS, PAGE, with_portraits=world.rules.portraits_allowed
    )
    found = world.jobs.find_each(ids) if ids else {}
    return _save_each(world, (job for job in found.values() if isinstance(job, Job))) > 0


def _go_through(world: World, after: str) -> tuple[int, str | None]:
    """Compute anew when the open sets behind ``after``, and then those that stand aside, are due.

    Returns:
        How many have changed, and where the next run goes on; None at the end.
    """
    changed = 0
    for _ in range(PAGES_A_RUN):
        if not world.has_time_for(TIME_FOR_A_PAGE_MS):
            break
        is_aside, place = after.startswith(ASIDE), after.removeprefix(ASIDE)
        page = world.jobs.set_aside if is_aside else world.jobs.collecting
        ids, place = page(place, PAGE)
        found = world.jobs.find_each(ids) if ids else {}
        jobs = (job for job in found.values() if isinstance(job, Job))
        changed += _save_each(world, jobs, put_back if is_aside else rebased)
        if is_aside and not place:
            return changed, None
        after = f"{ASIDE}{place}" if is_aside or not place else place
    return changed, after


def put_back(job: Job, rules: Rules, now: int) -> Job:
    """Return a queued job at its place that stands aside for the sake of a setting, which has changed.

    Whether it may go now is asked at its turn. What waits for consent goes on where that counts now.
    """
    trouble = job.trouble
    if trouble is not None and trouble.cause.code == "waits_for_consent":
        # Imported here: few settings have to do with consent.
        from shared.domain.consenting import released

        is_given = job.consent is not None and not job.consent.why_not(rules, now)
        return released(job, rules, now) if is_given or not rules.consent_required else job
    code = job.retry.cause.code if job.retry is not None and job.state is JobState.QUEUED else ""
    is_over = code in OF_SETTINGS or (code == NOT_APPROVED.code and not waits_for_approval(job, rules))
    return job.cleared(rules, now) if is_over else job


def _save_each(
    world: World, jobs: Iterable[Job], changing: Callable[[Job, Rules, int], Job] = rebased
) -> int:
    """Save those of ``jobs`` that ``changing`` changes, each for itself."""
    changed = 0
    for job in jobs:
        after = changing(job, world.rules, world.clock.now())
        if after == job:
            continue
        try:
            world.jobs.save(job, after)
            changed += 1
        except Conflict:
            log("overtaken", action="Retime", job=job.job_id)
        except Trouble as trouble:
            warn("not_retimed", job=job.job_id, code=trouble.code, message=trouble.message)
    return changed


def _halt_no_longer(world: World) -> None:
    """Let the queue try at once: the setting may have been what it waited for."""
    try:
        slot = world.control.slot()
        if slot.halted_until or slot.portraits.halted_until:
            world.control.save_slot(slot, slot.tried_at_once())
    except Trouble as trouble:
        warn("halt_not_ended", code=trouble.code, message=trouble.message)
