"""Orders of portraits: what is asked for of a trained model, how far it has come, and each change of it.

An **order** asks ``facechain-generation`` once for up to four pictures of one style. It stands in the row of
the job whose model makes them, so it goes wherever the job goes: into the result, an export, an erasure.
:mod:`shared.domain.portrait_work` says what is to be done next, :mod:`shared.workflow.portrait_submitting`
has the protocol. Pure: each function returns another order. ``now`` and names that end in ``_at`` are
milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from shared.domain.portrait_styles import Wanted
from shared.domain.reason import Reason
from shared.domain.retry_state import Cause, RetryState, failed_again

LOST_ALLOWED = 2
"""Of an order that DashScope has left unanswered so often nothing is sent any more: "once more" is enough."""
LONGEST_BETWEEN_QUESTIONS_MS = 120_000
FAILURES_ALLOWED = 2
"""So many tasks of one order may fail for DashScope's own sake."""


class OrderState(str, Enum):
    """The state of an order. The values are what the API shows and the table stores."""

    QUEUED = "QUEUED"
    SUBMITTING = "SUBMITTING"
    GENERATING = "GENERATING"
    STORING = "STORING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def is_terminal(self) -> bool:
        """Whether the order can never move again."""
        return self in (OrderState.SUCCEEDED, OrderState.FAILED, OrderState.CANCELED)

    @property
    def is_at_dashscope(self) -> bool:
        """Whether it has a task at DashScope that is going, or may have one."""
        return self in (OrderState.SUBMITTING, OrderState.GENERATING)


class Picture(NamedTuple):
    """A portrait in the bucket: its key, and its size in bytes."""

    key: str
    size: int


@dataclass(frozen=True, kw_only=True)
class PortraitOrder:
    """An order.

    Attributes:
        number: 1 for the job's first.
        wanted: what is asked for.
        asked_at: when, which is its place in the queue.
        asked_by: the request that asks for it; empty: the settings do.
        attempt: how many submits were intended.
        attempt_expires_at: when the invocation that may send the attempt's POST is dead for certain.
        submitted_at: when the present attempt was intended.
        lost: attempts of which nobody knows what became of them.
        failures: tasks that failed.
        task_id: of the present attempt, once it is known.
        billed: pictures that DashScope has billed, as far as is known; of a lost attempt that may be
            running, all that it asked for.
        price_fen: of a picture when it was last submitted.
        pictures: those that are stored.
        missing: pictures that DashScope has not made although the task succeeded.
        retry: how the tries of the present step have gone, None while all is well.
        reason: why it stands where it stands.
    """

    number: int
    wanted: Wanted
    asked_at: int
    asked_by: str = ""
    state: OrderState = OrderState.QUEUED
    attempt: int = 0
    attempt_expires_at: int = 0
    submitted_at: int = 0
    lost: int = 0
    failures: int = 0
    task_id: str = ""
    billed: int = 0
    price_fen: int = 0
    pictures: tuple[Picture, ...] = ()
    missing: int = 0
    ended_at: int = 0
    retry: RetryState | None = None
    reason: Reason | None = None

    @property
    def cost_fen(self) -> int:
        """What it has cost so far, in fen."""
        return self.billed * self.price_fen

    def is_due(self, now: int) -> bool:
        """Whether the pause after its last trouble is over."""
        return self.retry is None or self.retry.is_due(now)

    def may_be_sent(self, now: int) -> bool:
        """Whether it waits for nothing of its own; what is refused to everybody halts the queue."""
        return self.retry is None or self.retry.waits_for is not None or self.retry.is_due(now)

    # -- changes ------------------------------------------------------------------------------------

    def attempting(self, now: int, *, expires_at: int, price_fen: int) -> PortraitOrder:
        """Write down the intent to submit. Only the invocation that saves this may send the POST."""
        return replace(
            self._in(OrderState.QUEUED, OrderState.SUBMITTING),
            attempt=self.attempt + 1,
            attempt_expires_at=expires_at,
            submitted_at=now,
            price_fen=price_fen,
            task_id="",
            reason=None,
        )

    def sent(self, why: Reason, now: int) -> PortraitOrder:
        """Note that the POST has left without an answer: no run is going to send it any more."""
        kept = self._in(OrderState.SUBMITTING, OrderState.SUBMITTING)
        return replace(kept, attempt_expires_at=min(now, self.attempt_expires_at), reason=why)

    def submitted(self, task_id: str) -> PortraitOrder:
        """Own a task: made by our POST, or found in the list."""
        own = self._in(OrderState.SUBMITTING, OrderState.GENERATING)
        return replace(own, task_id=task_id, retry=None, reason=None)

    def requeued(self, reason: Reason, retry: RetryState | None) -> PortraitOrder:
        """Go back to the queue: the attempt is known to have created nothing."""
        return replace(self._in(OrderState.SUBMITTING, OrderState.QUEUED), retry=retry, reason=reason)

    def held_up(self, cause: Cause, now: int) -> PortraitOrder:
        """Note that the present step has failed; the next try is after the usual pause.

        One that holds the slot is asked about again soon, for the slot's sake.
        """
        retry = failed_again(self.retry, cause, now)
        if self.state.is_at_dashscope:
            retry = replace(retry, next_try_at=min(retry.next_try_at, now + LONGEST_BETWEEN_QUESTIONS_MS))
        return replace(self, retry=retry)

    def unanswered(self, *, billed: int, reason: Reason, now: int) -> PortraitOrder:
        """Give up finding out what became of an attempt; ``billed`` pictures count as paid.

        It is asked for once more, and not again if that is lost as well.
        """
        lost = self.lost + 1
        counted = replace(self, lost=lost, billed=self.billed + billed)
        if lost >= LOST_ALLOWED:
            return counted.ended(OrderState.FAILED, now, reason=reason)
        return counted.requeued(reason, None)

    def made(self, billed: int) -> PortraitOrder:
        """Note that DashScope has made the pictures: they are to be stored."""
        done = self._in(OrderState.GENERATING, OrderState.STORING)
        return replace(done, billed=self.billed + billed, retry=None, reason=None)

    def cleared(self) -> PortraitOrder:
        """Forget the trouble: its task can be followed again."""
        return replace(self._in(OrderState.GENERATING, OrderState.GENERATING), retry=None)

    def given_up(self, reason: Reason, now: int) -> PortraitOrder:
        """Give a task up of which nobody can tell any more what it has made: it counts as billed."""
        billed = self.billed + self.wanted.pictures
        return replace(self, billed=billed).ended(OrderState.FAILED, now, reason=reason)

    def failed(self, reason: Reason, now: int, *, is_worth_another: bool) -> PortraitOrder:
        """Note that the task has failed, which is not billed; it may be asked for once more."""
        failures = self.failures + 1
        counted = replace(self._in(OrderState.GENERATING, OrderState.GENERATING), failures=failures)
        if not is_worth_another or failures >= FAILURES_ALLOWED:
            return counted.ended(OrderState.FAILED, now, reason=reason)
        # The id stays until the slot has taken it among the tasks that are known as ours.
        return replace(counted, state=OrderState.QUEUED, reason=reason, retry=None)

    def stored(self, pictures: tuple[Picture, ...], missing: int, now: int) -> PortraitOrder:
        """Note that all pictures that were made are in the bucket."""
        done = self._in(OrderState.STORING, OrderState.SUCCEEDED)
        return replace(done, pictures=pictures, missing=missing, ended_at=now, retry=None, reason=None)

    def ended(self, state: OrderState, now: int, *, reason: Reason) -> PortraitOrder:
        """End without all pictures: ``state`` is FAILED or CANCELED and ``reason`` says why."""
        return replace(self, state=state, ended_at=now, reason=reason, retry=None)

    def _in(self, before: OrderState, after: OrderState) -> PortraitOrder:
        if self.state is not before:
            raise ValueError(f"an order cannot go from {self.state.value} to {after.value} here")
        return replace(self, state=after)
