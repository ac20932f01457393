"""One run's work for portraits: observe, decide, take a step, and stay while a task goes on.

The theory. A task takes about a minute, as long as a tick is away. So a run that has nothing else to do stays
until the next tick and looks every two seconds: a look costs nothing, and function time for a task of a
minute costs 0.003 CNY, where four pictures cost 0.72 CNY. Trainings come first: a tick works for portraits
after all trainings are seen to, and for a while only, and a run that stays for a training works for them
between its looks alone, in steps that are bounded.

Called by :mod:`shared.workflow.reconciling` and ``linger``. It remembers nothing between runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from shared.domain.job import Job
from shared.domain.portrait_decide import LOOK_SPACING_MS, Kind, Step, steps
from shared.domain.portrait_work import PortraitsSeen, is_going
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Api
from shared.domain.unread import Unread
from shared.errors import Conflict, Trouble, unforeseen
from shared.logs import warn
from shared.workflow import portrait_following, portrait_storing, portrait_submitting
from shared.workflow.actions import Report, attempt
from shared.workflow.portrait_saving import hold_up
from shared.workflow.ports import World

JOBS_OF_A_LANE = 20
STEPS_AT_ONCE = 60
AT_ONCE_MS = 10_000
"""Then the run looks at its trainings; what is left is done between these looks, or by the next tick."""
TIME_FOR_A_STEP_MS = 45_000
SAME_STEP_AGAIN_MS = 5_000
LOOKS_AROUND_MS = 15_000
"""A run that stays reads the rows so often, for orders that have come meanwhile."""
STAYS_FOR_MS = 600_000
"""A task that takes longer is left to the ticks."""
RECORD_PAUSE_MS = 300_000


class PortraitRun:
    """The work of one run; :meth:`due_in_ms` says when something is to be done, :meth:`step` does it."""

    def __init__(self, world: World, report: Report) -> None:
        self._world = world
        self._report = report
        self._seen: PortraitsSeen | None = None
        self._slot = Slot()
        self._seen_at = 0
        self._is_news = True
        self._not_before: dict[tuple[object, ...], int] = {}

    def begin(self, slot: Slot) -> bool:
        """Begin with the slot as a tick has just read it, and do what can be done at once.

        Returns whether there was anything to be done.
        """
        clock = self._world.clock
        self._observe(slot)
        began, taken = clock.monotonic(), 0
        while taken < STEPS_AT_ONCE and clock.monotonic() - began < AT_ONCE_MS and self.due_in_ms() == 0:
            self.step()
            taken += 1
        return bool(taken)

    def due_in_ms(self) -> int | None:
        """Return in how many milliseconds something is to be done; None: nothing that a run stays for."""
        world = self._world
        if self._seen is None or not world.has_time_for(TIME_FOR_A_STEP_MS):
            return None
        pairs = [(self._ready_in_ms(step), step) for step in self._steps()]
        moments = [in_ms for in_ms, step in pairs if step.kind is not Kind.RECORD or not in_ms]
        if not moments:
            return None
        # Others may ask for portraits, or another run may move on, while this one waits.
        again_ms = max(0, self._seen_at + LOOKS_AROUND_MS - world.clock.monotonic())
        return min(*moments, again_ms)

    def stays_for_a_task(self) -> bool:
        """Whether a task goes on that is worth a stay, or the next one is about to be sent."""
        if self._seen is None or not self._world.rules.linger_ms:
            return False
        now = self._world.clock.now()
        orders = [order for job in self._seen.jobs if is_going(job) for order in job.portraits]
        is_followed = any(
            order.state is OrderState.GENERATING and now - order.submitted_at < STAYS_FOR_MS
            for order in orders
        )
        return is_followed or any(not self._ready_in_ms(step) for step in self._steps())

    def step(self) -> None:
        """Do one thing that is due; its trouble stays with its order."""
        world = self._world
        if world.clock.monotonic() - self._seen_at >= LOOKS_AROUND_MS:
            self._observe()
        step = next((one for one in self._steps() if not self._ready_in_ms(one)), None)
        if step is None:
            return
        spacing = LOOK_SPACING_MS if step.kind is Kind.POLL else SAME_STEP_AGAIN_MS
        self._not_before[step.key] = world.clock.monotonic() + spacing
        piece = _piece(step.kind, step.job, step.order) if step.job is not None else ""
        is_of_slot = step.order is not None and step.order.state.is_at_dashscope
        is_given_up = bool(piece) and is_of_slot and world.health.is_given_up(piece)
        if piece and not is_given_up and world.health.left_alone_until(piece):
            warn("job_left_alone", job=piece, code="function_died")
            return
        world.health.take_in_hand(piece)
        name = f"Portrait{step.kind.name.title()}"
        self._is_news = True
        take = self._give_up if is_given_up else self._take
        attempt(world, name, partial(take, step), self._report)
        world.health.put_down()
        if self._is_news:
            self._observe()

    def _give_up(self, step: Step) -> bool:
        """End an order that kills the runs that ask about it: the slot is everybody's."""
        if step.job is not None and step.order is not None:
            portrait_following.give_up(self._world, step.job, step.order)
        return True

    def _take(self, step: Step) -> bool:
        try:
            self._is_news = self._carry_out(step) or step.job is None
            return self._is_news
        except Conflict:
            raise
        except Trouble as problem:
            trouble = problem
        except Exception as surprise:
            warn("unforeseen", action=step.kind.name, error=repr(surprise)[:1000])
            trouble = unforeseen(surprise)
        if step.job is None:
            raise trouble
        self._report.count_trouble(trouble.code)
        self._note(step, step.job, trouble)
        return False

    def _carry_out(self, step: Step) -> bool:
        world, job, order = self._world, step.job, step.order
        if step.kind is Kind.RELEASE:
            return portrait_following.release(world)
        if job is None:
            # The wait after a refusal is over: the rows are read again.
            return False
        if order is None:
            portrait_storing.record(world, job)
            return True
        if step.kind is Kind.POLL:
            return portrait_following.follow(world, job, order)
        doing = {
            Kind.RESOLVE: portrait_submitting.resolve,
            Kind.DROP: portrait_submitting.drop,
            Kind.SUBMIT: portrait_submitting.submit,
            Kind.STORE: portrait_storing.store,
        }
        doing[step.kind](world, job, order)
        return True

    def _note(self, step: Step, job: Job, trouble: Trouble) -> None:
        """Note the trouble of a step with its order, so that the next try is later."""
        warn(
            "action_failed", action=step.kind.name, job=job.job_id, code=trouble.code, message=trouble.message
        )
        if trouble.code == "no_time":
            return
        try:
            if step.order is None:
                portrait_storing.put_off_record(self._world, job, trouble, RECORD_PAUSE_MS)
            else:
                hold_up(self._world, job, step.order, trouble)
        except Trouble as other:
            warn("trouble_not_noted", job=job.job_id, code=other.code, message=other.message)

    def _steps(self) -> list[Step]:
        seen, world = self._seen, self._world
        if seen is None:
            return []
        found = steps(seen, self._slot, world.rules)
        if world.is_refused(Api.WRITING):
            # What could not be stored is not paid for.
            found = [one for one in found if one.kind not in (Kind.SUBMIT, Kind.STORE, Kind.RECORD)]
        return found

    def _ready_in_ms(self, step: Step) -> int:
        clock = self._world.clock
        rests_ms = self._not_before.get(step.key, 0) - clock.monotonic()
        return max(0, step.due_at - clock.now(), rests_ms)

    def _observe(self, slot: Slot | None = None) -> None:
        """Read the rows; a trouble of the tables ends the work of this run."""
        world = self._world
        self._seen_at, self._seen = world.clock.monotonic(), None
        try:
            self._slot = slot if slot is not None else world.control.slot()
            now = world.clock.now()
            names = world.jobs.portraits_in_hand(now, JOBS_OF_A_LANE)
            attempt_at = self._slot.portraits.attempt
            wanted = dict.fromkeys([*names, *([attempt_at.job_id] if attempt_at else [])])
            found = world.jobs.find_each(wanted) if wanted else {}
        except Trouble as trouble:
            warn("portraits_not_read", code=trouble.code, message=trouble.message)
            return
        holder = found.get(attempt_at.job_id) if attempt_at is not None else None
        self._seen = PortraitsSeen(
            now=now,
            slot=self._slot.portraits,
            jobs=tuple(job for job in found.values() if isinstance(job, Job) and job.delivered),
            holder=holder if isinstance(holder, Job) else None,
            is_holder_unread=isinstance(holder, Unread),
            left_alone=self._left_alone(found.values()),
        )

    def _left_alone(self, jobs: Iterable[Job | Unread | None]) -> frozenset[tuple[str, int]]:
        """Return the orders whose sending has killed runs: they go behind the others for a while."""
        health = self._world.health
        return frozenset(
            (job.job_id, order.number)
            for job in jobs
            if isinstance(job, Job)
            for order in job.portraits
            if order.state is OrderState.QUEUED and health.left_alone_until(_piece(Kind.SUBMIT, job, order))
        )


def _piece(kind: Kind, job: Job, order: PortraitOrder | None) -> str:
    """Name what a run has in hand: what kills runs is left alone, and nothing else of the person."""
    return f"{job.job_id} Portrait{kind.name.title()} {order.number if order is not None else ''}".rstrip()
