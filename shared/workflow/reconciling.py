"""One run of the reconciler: observe, decide, act, until nothing is left that can be done now.

Called by ``functions/reconcile.py``. It remembers nothing between runs. The trouble of one job does not keep
the others waiting; a failed action is logged, and the next run decides on the same state again. The decisions
are in :mod:`shared.domain.decide`, the actions in :mod:`shared.workflow.actions`.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from shared.domain.blocks import blocks_of_all
from shared.domain.caps import what_holds_all
from shared.domain.decide import Action, Observed, Poll, Reclaim, Release, Submit, decide
from shared.domain.health import Health
from shared.domain.retention import keeps_all, kept_by
from shared.domain.retry_state import DEATHS_ALLOWED
from shared.domain.sweeping import SweepProgress
from shared.domain.trouble_kinds import Api
from shared.logs import log, warn
from shared.workflow.actions import Effect, Report, attempt, carry_out, piece_of
from shared.workflow.linger import Lingerer
from shared.workflow.looks import Looks
from shared.workflow.observing import observe
from shared.workflow.ports import World
from shared.workflow.probing import probe
from shared.workflow.requests import answer_requests
from shared.workflow.retiming import retime, set_clocks_right
from shared.workflow.sweep import sweep

if TYPE_CHECKING:
    from shared.workflow.portrait_run import PortraitRun

KEPT_A_RUN = 20
"""Of so many jobs a run removes what has been kept long enough."""
MAX_ROUNDS = 6
TIME_FOR_AN_ACTION_MS = 15_000


def reconcile(world: World, next_tick_at: int = 0) -> Report:
    """Do everything that can be done now, and stay for a training that is likely to end before the next tick.

    Args:
        world: the services.
        next_tick_at: milliseconds since the epoch; 0 when it is not known, and then the run does not stay.
    """
    report = Report()
    try:
        seen = _work(world, report, next_tick_at)
    except Exception:
        # A run that ends with an error has ended: the piece of work in its hand has not killed it.
        world.health.end(is_good=False)
        raise
    world.health.end()
    _tell(world, seen, report)
    return report


def _tell(world: World, seen: Observed, report: Report) -> None:
    """Write the line of a good tick, idle or not: alarms of ``template.yml`` watch for it and read it.

    It costs no call: of the queue its head is known, which has waited longest where nobody was moved first.
    """
    blocks = blocks_of_all(seen.slot, world.health.known or seen.health, seen.now)
    held = what_holds_all(seen.slot, world.rules, seen.now)
    log(
        "tick",
        # First what alarms read: Simple Log Service analyses the beginning of a long text alone.
        blocked_by=blocks[0].cause.code if blocks else "",
        scope=blocks[0].scope.value if blocks else "",
        oldest_wait_seconds=max([0, *(seen.now - job.closed_at for job in seen.queue)]) // 1000,
        held_by=held.cause.code if held else "",
        rounds=report.rounds,
        actions=report.actions,
        troubles=report.troubles,
    )


def _work(world: World, report: Report, next_tick_at: int) -> Observed:
    """Do everything; returns what was observed last."""
    looks = Looks(world.clock, next_tick_at)
    lingerer = Lingerer(world, next_tick_at, looks)
    seen = _run_rounds(world, report, looks)
    if _set_right(world, seen, report):
        seen = _run_rounds(world, report, looks)
    # What this run has learnt since it observed last counts as well.
    probe(world, world.health.known or seen.health)
    _tell_receivers(world, seen, report)
    lingerer.portraits = _begin_portraits(world, seen, report)
    while lingerer.stay(seen):
        seen = _run_rounds(world, report, looks)
        _tell_receivers(world, seen, report)
        lingerer.portraits = _begin_portraits(world, seen, report)
    # The sweep is last: it may take long, and neither a free slot nor a training about to end waits for it.
    if _sweep(world, seen, report) is not Effect.NONE:
        seen = _run_rounds(world, report, looks)
    lingerer.stay_for_portraits()
    return seen


def _begin_portraits(world: World, seen: Observed, report: Report) -> PortraitRun | None:
    """Do what can be done at once for portraits; None where nobody has ever asked for any."""
    if not world.rules.portraits_allowed and not seen.slot.portraits.taken_at:
        return None
    # Imported here: most deployments make none.
    from shared.workflow.portrait_run import PortraitRun

    run = PortraitRun(world, report)
    attempt(world, "Portraits", partial(run.begin, seen.slot), report)
    return run


def _tell_receivers(world: World, seen: Observed, report: Report) -> None:
    """Send what is due to whoever wants to be told: after all paid work, and never for long."""
    if world.messages is None:
        if seen.health.gone_receivers:
            # Their settings are gone as well.
            world.health.note(lambda health: replace(health, gone_receivers={}))
        return
    # Imported here: most deployments tell nobody.
    from shared.workflow.messaging import remind_and_tell

    attempt(world, "Tell", partial(remind_and_tell, world, world.messages, seen), report)


def _run_rounds(world: World, report: Report, looks: Looks) -> Observed:
    """Observe and act until no action changes anything; returns the state that was observed last."""
    done: set[Hashable] = set()
    for _ in range(MAX_ROUNDS):
        seen = observe(world)
        report.rounds += 1
        actions = [action for action in decide(seen, world.rules) if _key(action) not in done]
        if not _run_round(world, _without_killers(world, actions), done, report, looks):
            break
    return seen


def _without_killers(world: World, actions: list[Action]) -> list[Action]:
    """Leave out what has killed too many runs; what has killed some comes last, after all other help."""
    left: list[Action] = []
    for action in actions:
        if world.health.left_alone_until(_piece(action), allowed=_deaths_allowed(action)):
            warn("job_left_alone", job=_piece(action), code="function_died")
        else:
            left.append(action)
    return sorted(left, key=lambda action: world.health.killed_for(_key(action)[1].partition("-")[0]))


def _run_round(
    world: World, actions: list[Action], done: set[Hashable], report: Report, looks: Looks
) -> bool:
    """Carry out ``actions`` and add them to ``done``; returns whether another round is worth it."""
    is_changed = False
    for action in actions:
        if not world.has_time_for(TIME_FOR_AN_ACTION_MS):
            warn("run_cut_short", left=len(actions))
            report.count_trouble("no_time")
            return False
        if isinstance(action, Poll) and not looks.may_look(action.job):
            done.add(_key(action))
            continue
        world.health.take_in_hand(_piece(action))
        effect = attempt(world, action, partial(carry_out, world, action), report)
        if isinstance(action, Poll):
            looks.note(action.job, is_missed=effect is Effect.OVERTAKEN)
        is_changed |= effect is not Effect.NONE
        if effect is not Effect.OVERTAKEN:
            done.add(_key(action))
            if isinstance(action, Submit):
                # DashScope has just answered about it.
                done.add(_key(Poll(action.job)))
    world.health.put_down()
    return is_changed


def _deaths_allowed(action: Action) -> int:
    """A fine-tune whose own answer has killed runs is asked for in the list, before it is left alone."""
    return 2 * DEATHS_ALLOWED if isinstance(action, Poll) else DEATHS_ALLOWED


def _piece(action: Action) -> str:
    """The name of an action's piece of work, for the record of what kills runs."""
    return piece_of(*_key(action))


def _key(action: Action) -> tuple[type[Action], str]:
    """The identity of an action within a run: its kind and its job."""
    return type(action), action.job_id if isinstance(action, (Release, Reclaim)) else action.job.job_id


def _set_right(world: World, seen: Observed, report: Report) -> bool:
    """Answer operators, apply changed settings, and find moments of clocks that ran ahead.

    Returns whether there is news.
    """
    begins_round = not seen.sweep.cursor and seen.sweep.is_due(world.rules.sweep_rest_ms, seen.now)
    effects = [
        attempt(world, "Requests", lambda: answer_requests(world, seen.doorbell), report),
        attempt(world, "Retime", lambda: retime(world, seen.health), report),
        attempt(world, "Clocks", lambda: begins_round and set_clocks_right(world), report),
        attempt(world, "Reschedule", lambda: _reschedule(world, world.health.known or seen.health), report),
        attempt(world, "Retain", lambda: begins_round and _retain(world), report),
        attempt(world, "Files", lambda: begins_round and _delete_unneeded_files(world, seen.sweep), report),
    ]
    return Effect.CHANGED in effects


def _reschedule(world: World, health: Health) -> bool:
    """Compute anew when something of the jobs that have ended is to go, if the settings have changed."""
    if health.kept_by != kept_by(world.rules):
        # Imported here: settings seldom change.
        from shared.workflow.rescheduling import reschedule

        reschedule(world, health)
    return False


def _retain(world: World) -> bool:
    """Remove what has been kept long enough; for the other actions that is no news."""
    if keeps_all(world.rules) or world.is_refused(Api.LISTING) or world.is_refused(Api.WRITING):
        return False
    names = world.jobs.kept_until(world.clock.now(), KEPT_A_RUN)
    names = [*names, *_with_portraits(world)]
    if names:
        # Imported here: most rounds find nothing.
        from shared.workflow.retaining import retain

        retain(world, names)
    return False


def _with_portraits(world: World) -> list[str]:
    """Return a page of jobs whose portraits wait, each round the next: what is kept of them ends as well."""
    known = world.health.known
    if known is None:
        return []
    names, following = world.jobs.portraits_waiting(known.portraits_up_to, KEPT_A_RUN)
    if following != known.portraits_up_to:
        world.health.note(lambda health: replace(health, portraits_up_to=following))
    return names


def _delete_unneeded_files(world: World, sweep_so_far: SweepProgress) -> bool:
    """Delete the files at DashScope that runs have left behind; for the other actions that is no news."""
    access = world.access
    learnt, now = access.learnt(), world.clock.now()
    if access.settings.may_leave_files(learnt, now, looked_at=sweep_so_far.round_began):
        # Imported here: where URLs work, there are none.
        from shared.workflow.stored_files import delete_unneeded

        delete_unneeded(world)
    return False


def _sweep(world: World, seen: Observed, report: Report) -> Effect:
    is_due = seen.sweep.is_due(world.rules.sweep_rest_ms, seen.now)
    if not is_due or world.is_refused(Api.LISTING) or not world.has_time_for(TIME_FOR_AN_ACTION_MS):
        return Effect.NONE
    return attempt(world, "Sweep", lambda: sweep(world, seen.sweep) > 0, report)
