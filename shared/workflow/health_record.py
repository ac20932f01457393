"""What a run learns about the health of the deployment, and writes down.

Every run has one (``World.health``). A tick reads the row with the others at its start; ``collect`` reads it
only when an API is refused to everybody, so that an upload usually costs no call for it. The theories of the
breakers and of what kills runs are in :mod:`shared.domain.breakers` and :mod:`shared.domain.health`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.domain.retry_state import DEATHS_ALLOWED, FUNCTION_DIED, Cause, RetryState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, RetryLater, Trouble
from shared.logs import log, warn

if TYPE_CHECKING:
    from shared.domain.health import Health
    from shared.workflow.ports import Clock, ControlTable

TRIES = 4
WEIGHED = (Kind.PASSING, Kind.UNKNOWN)
"""Kinds that say nothing by themselves about whom they strike."""
OF_DASHSCOPE = (Api.TRAINING, Api.FACE_CHECK)
"""APIs whose errors are counted."""

Change = Callable[["Health"], "Health"]


class HealthRecord:
    """The health as this run knows it. Never raises: nothing is done or left undone for its sake alone."""

    def __init__(self, control: ControlTable, clock: Clock, *, dead_at: int) -> None:
        self._control = control
        self._clock = clock
        self._dead_at = dead_at
        self._stored: Health | None = None
        self._changes: list[Change] = []
        self._is_careful = False
        self._errors: Counter[str] = Counter()

    def begin(self, stored: Health) -> None:
        """Take the row as a tick has read it."""
        is_first, self._stored = self._stored is None, stored
        if is_first and stored.asks_for_care(self._clock.now()):
            # What a dead run had in hand is counted at once, before anything is forgotten.
            self.be_careful()

    @property
    def known(self) -> Health | None:
        """The health with this run's changes; None while this run has not read it."""
        health = self._stored
        for change in self._changes if health else ():
            health = change(health) if health else None
        return health

    # -- evidence about APIs ------------------------------------------------------------------------

    def passed(self, api: Api) -> None:
        """Note that ``api`` has served something; this is news only about an API that is not well."""
        known = self.known
        if known is not None and not known.breaker(api).is_well:
            self._change(lambda health: health.passed(api, self._clock.now()))
            log("api_is_well", api=api.value)

    def failed(self, cause: Cause, before: RetryState | None = None) -> Cause:
        """Note a trouble; returns it as the evidence shows it: of the API, while the API serves nobody.

        One that strikes everybody is written down at once, for everybody to see. ``before``: how the tries of
        the piece have gone that has met it.
        """
        if cause.api in OF_DASHSCOPE:
            self._errors[cause.code] += 1
        if before is not None and self._is_contradicted(cause, before):
            doubted = cause._replace(kind=Kind.UNKNOWN)
            self._change(lambda health: health.doubted(doubted, self._clock.now()))
            return doubted
        self._note_trouble(cause)
        return cause._replace(kind=Kind.API) if cause.kind in WEIGHED and self.is_open(cause.api) else cause

    def _is_contradicted(self, cause: Cause, before: RetryState) -> bool:
        """Whether the API works for others, although it says to this piece that it does for nobody."""
        if not cause.kind.is_of_all:
            return False
        self._load()
        passed_at = self.passed_at(cause.api)
        is_open = self.is_open(cause.api)
        return not is_open and before.is_contradicted(cause, passed_at=passed_at, now=self._clock.now())

    def _note_trouble(self, cause: Cause) -> None:
        if cause.api is None:
            return
        if cause.kind.is_of_all:
            self._load()
        known = self.known
        if known is None or known.failed(cause, self._clock.now()) == known:
            return
        self._change(lambda health: health.failed(cause, self._clock.now()))
        if cause.kind.is_of_all:
            warn("api_is_refused", api=cause.api.value, code=cause.code, message=cause.message)

    def probe_failed(self, api: Api, cause: Cause) -> None:
        """Note that ``api`` did not even serve our own object."""
        self._change(lambda health: health.probe_failed(api, cause, self._clock.now()))
        warn("api_is_refused", api=api.value, code=cause.code, message=cause.message)

    def is_open(self, api: Api | None) -> bool:
        """Whether ``api`` is refused to everybody, as far as this run knows."""
        known = self.known
        return known is not None and known.is_open(api)

    def passed_at(self, api: Api | None) -> int:
        """When ``api`` last served something while it was suspect; 0 when nobody knows.

        A moment that has not come yet was written by a clock that ran ahead, and is not known either.
        """
        known = self.known
        passed_at = known.breaker(api).passed_at if known is not None else 0
        return passed_at if passed_at <= self._clock.now() else 0

    def is_hopeless(self, retry: RetryState | None, api: Api | None) -> bool:
        """Whether a piece is to be given up for its own sake after its tries, as far as this run knows.

        What ``api`` answers may sound as if it served nobody; the tries show that it is meant for this piece
        alone.
        """
        return retry is not None and retry.is_hopeless(passed_at=self.passed_at(api))

    # -- what kills runs ----------------------------------------------------------------------------

    def take_in_hand(self, piece: str) -> None:
        """Write down what is done next, if a run before this one has died."""
        if self._is_careful:
            self._change(lambda health: health.with_in_hand(piece))

    def has_killed(self, piece: str) -> int:
        """How many runs ``piece`` has killed."""
        known = self.known
        return known.has_killed(piece) if known is not None else 0

    def is_given_up(self, piece: str) -> bool:
        """Whether ``piece`` has killed once more after it was left alone."""
        known = self.known
        return known is not None and known.is_given_up(piece)

    def left_alone_until(self, piece: str, *, allowed: int = DEATHS_ALLOWED) -> int:
        """Until when ``piece`` is left alone; 0: it may be taken in hand."""
        known = self.known
        return known.left_alone_until(piece, self._clock.now(), allowed=allowed) if known is not None else 0

    def may_go_on(self, piece: str) -> bool:
        """Take ``piece`` in hand; False: it is given up.

        Raises:
            RetryLater: it has killed runs and is left alone for a while.
        """
        if self.is_given_up(piece):
            return False
        rests_until = self.left_alone_until(piece)
        if rests_until:
            seconds = (rests_until - self._clock.now()) / 1000
            raise RetryLater(*FUNCTION_DIED[:2], delay_seconds=seconds, kind=FUNCTION_DIED.kind)
        self.take_in_hand(piece)
        return True

    def killed_for(self, person_key: str) -> int:
        """How many runs died of a piece of this person's."""
        known = self.known
        return known.killed_for(person_key) if known is not None else 0

    @property
    def is_careful(self) -> bool:
        """Whether each piece of work is noted before it is taken in hand."""
        return self._is_careful

    def be_careful(self) -> None:
        """Be careful from now on: note each piece of work before it is taken in hand.

        While a run that began may be alive, what it has in hand is not written over.
        """
        known, now = self.known, self._clock.now()
        if known is None or self._is_careful:
            return
        if not known.run_began_at or known.has_lost_a_run(now):
            self._is_careful = True
            self._change(lambda health: health.begun(self._clock.now(), self._dead_at))

    def put_down(self) -> None:
        """Note that the piece in hand has killed nobody."""
        known = self.known
        if self._is_careful and known is not None and known.in_hand:
            self._change(lambda health: health.with_in_hand(""))

    def end(self, *, is_good: bool = True) -> None:
        """Note that the run has come to its end: from time to time, and after it has said that it began.

        ``is_good``: it has not ended with an error; only then the deployment is alive.
        """
        known = self.known
        if known is None:
            return
        if not is_good:
            if known.run_began_at:
                self._change(lambda health: health.stopped())
        elif known.run_began_at or known.is_beat_due(self._clock.now()):
            self._change(lambda health: health.ended(self._clock.now()))

    def note(self, change: Change) -> None:
        """Make another change to the row."""
        self._load()
        self._change(change)

    # -- the row ------------------------------------------------------------------------------------

    def _load(self) -> None:
        if self._stored is None:
            try:
                self._stored = self._control.health()
            except Trouble as trouble:
                warn("health_not_read", code=trouble.code, message=trouble.message)

    def _change(self, change: Change) -> None:
        """Write the changes down; what cannot be written now goes with the next change."""
        self._changes.append(change)
        for _ in range(TRIES):
            before, after = self._stored, self.known
            if before is None or after is None:
                return
            try:
                if after == before:
                    self._stored = before
                else:
                    # Errors are counted with what is written anyhow: they are worth no write of their own.
                    counted = after.with_errors(self._errors) if self._errors else after
                    self._stored = self._control.save_health(before, counted)
                    self._errors.clear()
                self._changes.clear()
                return
            except Conflict:
                self._stored = None
                self._load()
            except Trouble as trouble:
                warn("health_not_written", code=trouble.code, message=trouble.message)
                return
