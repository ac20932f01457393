"""Why nobody is trained, and since when: trouble of everybody, or nothing may be paid for by the settings.

For whoever is to be reminded of it (:mod:`shared.workflow.reminding`). A cap that is reached, or
``TRAININGS=off``, is meant as long as nobody waits: it blocks since somebody has waited for it. Times are
milliseconds since the epoch.
"""

from __future__ import annotations

from shared.domain.approval import is_set_aside, waits_for_approval
from shared.domain.blocks import Block, blocks_of_all
from shared.domain.caps import what_holds
from shared.domain.decide import Observed
from shared.domain.health import Health
from shared.domain.held_back import is_held_back
from shared.domain.job import Job
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Kind


def blocks_of_queue(seen: Observed, health: Health, rules: Rules) -> list[Block]:
    """Return what keeps everybody from going on, the oldest first; a pause is meant, and no such thing."""
    found = [*blocks_of_all(seen.slot, health, seen.now), *_blocks_of_money(seen, rules)]
    return sorted(found, key=lambda block: block.since)


def _blocks_of_money(seen: Observed, rules: Rules) -> list[Block]:
    """Since the last training began, or since the first of those who wait has waited, if that is later."""
    waiting = [job for job in (*seen.queue, *seen.aside) if _waits(job, rules, seen.now)]
    if seen.slot.paused is not None or not waiting:
        return []
    held = [what_holds(job, seen.slot, rules, seen.now) for job in waiting]
    if held[0] is None or None in held:
        return []
    since = max(seen.slot.taken_at, min(job.closed_at for job in waiting))
    return [Block(held[0].cause, Kind.ACCOUNT, since, held[0].until)]


def _waits(job: Job, rules: Rules, now: int) -> bool:
    """Whether nothing of its own keeps ``job`` from being submitted."""
    is_ready = job.state is JobState.QUEUED and job.is_due(now) and not job.cancel_asked_at
    is_withheld = waits_for_approval(job, rules) or is_set_aside(job) or is_held_back(job.person_id)
    return is_ready and not is_withheld
