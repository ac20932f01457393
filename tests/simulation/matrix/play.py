"""Plays a cell of the matrix in virtual time, beside a healthy person, and holds it against the promises."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.job import Job
from shared.domain.object_keys import CONSENT_NAME
from shared.domain.photos import Verdict
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.states import JobState
from tests.simulation.kernel import Violation
from tests.simulation.matrix.cells import Cell, Duration, What
from tests.simulation.matrix.endings import OF_ALL, OF_THE_PIECE, Ending, expected
from tests.simulation.matrix.operations import OF_PORTRAITS, Step
from tests.simulation.matrix.stages import HEALTHY, LATER_HEALTHY, STRUCK
from tests.simulation.portraying import check_portraits
from tests.simulation.silence import Silence
from tests.simulation.standing import EVER
from tests.simulation.story import DAY_MS, HOUR_MS, MINUTE_MS, Story, story

HEALTHY_COMES_MS = 10 * MINUTE_MS
HEALTHY_WITHIN_MS = 8 * MINUTE_MS
"""The quiet time, a training, and the struck person's training before it."""
PORTRAYED_WITHIN_MS = 16 * MINUTE_MS
"""The same, and twice the time that an order without an answer holds the slot."""
REST_AFTER_DEATHS_MS = 45 * MINUTE_MS
"""What has killed three runs rests for half an hour, with the slot, and is given up if it kills a fourth."""
TOLD_OF_ALL_WITHIN_MS = 15 * MINUTE_MS
"""Where one submit is refused in the words of all, the queue waits until another job has shown otherwise."""
EVER_LASTS_MS = 26 * HOUR_MS
"""By then every pause has been as long as pauses become, and what killed runs has been forgotten once."""
KEPT_NO_LONGER_MS = 29 * HOUR_MS
"""By then DashScope has forgotten a task, and every pause is over."""
RECOVERS_WITHIN_MS = 3 * HOUR_MS
"""The longest pause and what comes after it; a day more where runs have died."""

TRIED_AGAIN_WITHIN_HOURS = 8 * 24
"""A model that DashScope does not delete is asked for each week."""
IDLE_CALLS_AN_HOUR = 260
"""Of 60 ticks: three reads each, a heartbeat in two minutes, a sweep in five."""
CALLS_WHILE_WAITING = 560
"""What waiting may add in an hour: 40 questions about what strikes one, or 60 probes of a halted queue."""
CALLS_WITHOUT_TABLES = 1_500
"""A tick whose rows cannot be written tries each of its writes three times, and looks for what is over."""
USED = (Verdict.USABLE, Verdict.UNPACKED, Verdict.SIMILAR, Verdict.OVER_LIMIT)
"""Verdicts of what can be trained on, also where enough others are."""


@dataclass(frozen=True)
class Played:
    """The figures of a cell."""

    ending: Ending
    calls: int
    struck: int
    asked: int
    healthy_ms: int = 0
    calls_an_hour: int = 0


class Play:
    """One cell in play."""

    def __init__(self, cell: Cell, told: Story) -> None:
        self.cell = cell
        self.told = told
        self.silence = Silence()
        self.healthy_ms = 0
        self.calls_an_hour = 0
        self.paid_before = 0

    def play(self) -> Played:
        """Play the cell to its end.

        Raises:
            Violation: a promise was broken.
        """
        told, cell = self.told, self.cell
        stage = cell.operation.stage
        told.cloud.photo_access = stage.photo_access
        stage.before(told)
        told.after_each_tick.append(lambda: self.silence.check(told.cloud))
        began, self.paid_before = told.cloud.kernel.now, told.paid()
        for name in cell.struck_operations:
            told.stand(
                f"{cell.operation.service}.{name}",
                cell.answer,
                about=cell.about,
                lasts_ms=cell.duration.lasts_ms,
                times=1 if cell.duration is Duration.ONCE else EVER,
            )
        stage.act(told)
        told.pass_time(HEALTHY_COMES_MS)
        self._somebody_healthy_comes(HEALTHY)
        if cell.duration.is_long:
            self._long_time_passes(began)
        if cell.duration is not Duration.EVER:
            self._comes_to_rest()
        ending = self._ending()
        self._check(ending)
        struck = sum(told.cloud.gate.standings.struck.values())
        return Played(ending, told.calls(), struck, self.silence.asked, self.healthy_ms, self.calls_an_hour)

    def _somebody_healthy_comes(self, name: str) -> None:
        """Somebody whom the trouble leaves alone is trained as if nothing were."""
        told = self.told
        came_at = told.cloud.kernel.now
        told.upload(name, "1.jpg")
        is_portrayed = self.cell.operation.step in OF_PORTRAITS

        def is_done() -> bool:
            return told.is_trained(name) and (not is_portrayed or told.has_portraits(name))

        is_well = told.pass_time_until(is_done, at_most_ms=self._healthy_within_ms())
        self.healthy_ms = max(self.healthy_ms, told.cloud.kernel.now - came_at)
        if not is_well and self.cell.scope.leaves_others:
            raise Violation(f"{name}, who is healthy, is not done: {_states(told, name)}")

    def _healthy_within_ms(self) -> int:
        if self.cell.operation.step in OF_PORTRAITS:
            return PORTRAYED_WITHIN_MS + (REST_AFTER_DEATHS_MS if self.cell.what is What.DEATH else 0)
        is_at_submit = self.cell.operation.step in (Step.SUBMIT, Step.STORE)
        return TOLD_OF_ALL_WITHIN_MS if is_at_submit and self.cell.what in OF_ALL else HEALTHY_WITHIN_MS

    def _long_time_passes(self, began: int) -> None:
        told, cell = self.told, self.cell
        if not told.cloud.is_at_rest():
            told.pass_time(100 * MINUTE_MS, every_ms=5 * MINUTE_MS)
            before = told.calls()
            told.pass_time(HOUR_MS, every_ms=MINUTE_MS)
            self.calls_an_hour = told.calls() - before
        if cell.scope.leaves_others:
            self._somebody_healthy_comes(LATER_HEALTHY)
        if told.cloud.is_at_rest():
            told.calm()
            return
        ever_ms = KEPT_NO_LONGER_MS if cell.operation.step in OF_PORTRAITS else EVER_LASTS_MS
        lasts_ms = ever_ms if cell.duration is Duration.EVER else cell.duration.lasts_ms
        told.pass_time(began + lasts_ms - told.cloud.kernel.now - MINUTE_MS, every_ms=HOUR_MS)

    def _comes_to_rest(self) -> None:
        told = self.told

        def is_settled() -> bool:
            return told.cloud.is_at_rest() and all(self._is_known(name) for name in (STRUCK, HEALTHY))

        if cell_is_of_retention(self.cell):
            self._what_is_left_goes()
        within_ms = RECOVERS_WITHIN_MS + (DAY_MS if self.cell.what is What.DEATH else 0)
        if not told.pass_time_until(is_settled, at_most_ms=within_ms):
            states = [_states(told, name) for name in (STRUCK, HEALTHY)]
            raise Violation(f"not at rest {within_ms // HOUR_MS} hours after the trouble: {states}")

    def _what_is_left_goes(self) -> None:
        """Let the pauses pass after which it is tried again what was refused, a tick an hour."""
        for _ in range(TRIED_AGAIN_WITHIN_HOURS):
            if not self._is_left():
                break
            self.told.pass_time(HOUR_MS, every_ms=HOUR_MS)

    def _is_known(self, name: str) -> bool:
        """Whether everything that the person has uploaded stands in a set, or has gone if that is asked."""
        if name == STRUCK and self.cell.operation.step is Step.ERASE:
            return not self.told.cloud.invariants.administration.erasures.open_ones()
        known = {photo.name for job in self.told.jobs(name) for photo in job.photo_set.photos}
        prefix = f"people/{name}/"
        uploads = {
            one.key.removeprefix(prefix) for one in self.told.cloud.uploads() if one.key.startswith(prefix)
        }
        return bool(uploads) and uploads <= {*known, CONSENT_NAME}

    def _ending(self) -> Ending:
        told = self.told
        if self.cell.operation.step is Step.ERASE:
            return Ending.ERASED if self._is_known(STRUCK) and not told.jobs(STRUCK) else Ending.NOT_ERASED
        if cell_is_of_retention(self.cell):
            return self._told_why() if self._is_left() else Ending.REMOVED
        if not self._is_known(STRUCK):
            return Ending.NOT_RECORDED
        job = told.job(STRUCK)
        if not (job.delivered or job.state is JobState.REJECTED):
            return Ending.WAITS
        if job.state is JobState.REJECTED:
            return Ending.REJECTED
        if job.state is JobState.FAILED:
            is_usual = (
                self.cell.operation.step is Step.CANCEL
                and job.reason
                and job.reason.code == "training_overdue"
            )
            return Ending.TRAINED if is_usual else Ending.FAILED
        if self.cell.operation.step in OF_PORTRAITS:
            return self._portrayed(job)
        all_used = all(photo.verdict in USED for photo in job.photo_set.photos)
        return Ending.TRAINED if all_used else Ending.TRAINED_WITHOUT

    def _portrayed(self, job: Job) -> Ending:
        """What has become of the portraits; an order that waits says for what, or all do."""
        cloud = self.told.cloud
        if not job.portraits:
            raise Violation(f"nothing was asked for of {job.job_id}")
        for order in job.portraits:
            is_told = order.retry or order.reason or cloud.slot().portraits.trouble or cloud.health().breakers
            is_short = order.state is OrderState.SUCCEEDED and not order.missing
            if not (is_short or is_told or order.missing) and self.cell.what is not What.DEATH:
                raise Violation(f"order {order.number} of {job.job_id} does not say what it waits for")
        if not all(order.state.is_terminal for order in job.portraits):
            return Ending.WAITS
        return Ending.PORTRAYED if self.told.has_portraits(STRUCK) else Ending.NOT_PORTRAYED

    def _is_left(self) -> bool:
        """Whether something is there whose time is over, and DashScope has not said that it is gone."""
        is_said_to_be_gone = self.cell.what is What.GONE and bool(self.told.job(STRUCK).model_released_at)
        retention = self.told.cloud.invariants.administration.retention
        return not is_said_to_be_gone and retention.is_left(self.told.cloud, STRUCK)

    def _told_why(self) -> Ending:
        """What is there yet is told at the job, or of everybody, unless a run had no last words."""
        job = self.told.job(STRUCK)
        is_told = job.retry is not None or bool(self.told.cloud.health().breakers)
        if not is_told and self.cell.what is not What.DEATH:
            raise Violation(f"{job.job_id} does not say why something of it is there yet")
        return Ending.NOT_REMOVED

    def _check(self, ending: Ending) -> None:
        cell, told = self.cell, self.told
        allowed = expected(cell)
        if ending not in allowed:
            wanted = " or ".join(sorted(one.name for one in allowed))
            raise Violation(f"it ended as {ending.name} and not as {wanted}: {_states(told, STRUCK)}")
        self._check_what_was_paid()
        if not cell.scope.leaves_others:
            self._check_that_nobody_is_failed_for_all()
        bound = (
            CALLS_WITHOUT_TABLES
            if cell.operation.service == "ots"
            else IDLE_CALLS_AN_HOUR + CALLS_WHILE_WAITING
        )
        if self.calls_an_hour > bound:
            raise Violation(f"{self.calls_an_hour} calls in an hour in which nothing could be done")

    def _check_what_was_paid(self) -> None:
        """Each training is somebody's, and no order of portraits was paid more often than is promised."""
        cloud = self.told.cloud
        fine_tunes = {name for job in cloud.jobs() for name in _fine_tunes_of(job)}
        unknown = [
            one.job_id for one in cloud.studio.ledger()[self.paid_before :] if one.job_id not in fine_tunes
        ]
        if unknown:
            raise Violation(f"nobody knows of {unknown}")
        cloud.invariants.portraits.check_paid()
        if cloud.is_at_rest():
            check_portraits(cloud)

    def _check_that_nobody_is_failed_for_all(self) -> None:
        """Trouble of everybody fails nobody, unless it is said of each picture or object by itself."""
        for name in (STRUCK, HEALTHY):
            for job in self.told.jobs(name)[-1:]:
                is_said_of_each = self.cell.what in OF_THE_PIECE and job.state is JobState.REJECTED
                is_usual = self.cell.operation.step is Step.CANCEL
                if job.state in (JobState.FAILED, JobState.REJECTED) and not (is_said_of_each or is_usual):
                    raise Violation(f"{name} is {job.state.value} for a trouble of all: {job.reason}")


def play(cell: Cell) -> Played:
    """Play ``cell`` to its end.

    Raises:
        Violation: a promise was broken; the message names the cell.
    """
    with story(**cell.operation.stage.settings) as told:
        try:
            return Play(cell, told).play()
        except (Exception, Violation) as problem:
            kind = "" if isinstance(problem, Violation) else f"{type(problem).__name__}: "
            raise Violation(f"{cell}: {kind}{problem}") from problem


def cell_is_of_retention(cell: Cell) -> bool:
    """Whether the struck step is the removal of what has been kept long enough."""
    return cell.operation.step is Step.RETAIN


def _fine_tunes_of(job: Job) -> tuple[str, ...]:
    return (job.fine_tune_id, *job.earlier_fine_tunes)


def _states(told: Story, name: str) -> str:
    return ", ".join(map(_state, told.jobs(name))) or "nobody knows of them"


def _state(job: Job) -> str:
    trouble = f", {job.trouble.cause.code} after {job.trouble.tries} tries" if job.trouble else ""
    verdicts = {photo.name: photo.verdict.value for photo in job.photo_set.photos}
    orders = "".join(f", {_order(order)}" for order in job.portraits)
    return f"{job.job_id} {job.state.value}{trouble} {verdicts}{orders}"


def _order(order: PortraitOrder) -> str:
    trouble = f", {order.retry.cause.code} after {order.retry.tries} tries" if order.retry else ""
    why = f", {order.reason.code}" if order.reason else ""
    return f"order {order.number} {order.state.value}{trouble}{why}"
