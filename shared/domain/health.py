"""The health of the deployment, as one value: breakers, the heartbeat, and what killed a run.

One row of the control table holds it; every tick reads it, and writes it when something has changed. Times
are milliseconds since the epoch.

What killed a run. Nobody hears the last words of a run that is killed for its memory or its time, but its
heartbeat stays away. A run that has not heard one for minutes is careful: it writes down each piece of work
before it takes it in hand. If it dies too, the next run knows of which piece. (The sweep, which works only
now and then, says by itself when it begins: ``run_began_at``.) Such a piece is done last. After three deaths
it is left alone, for half an hour at first and twice as long after each further death: what kills every run
for ten minutes is not its fault. Where a piece can be given up, it is with the fourth death. A day after the
last death all are forgotten: a deployment with too little memory may have been the killer, and no job is left
alone for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from shared.domain.breakers import Breaker
from shared.domain.clocks import has_come, is_ahead
from shared.domain.retry_state import DEATHS_ALLOWED, Cause
from shared.domain.trouble_kinds import Api

SILENCE_MS = 240_000
"""A run may last two minutes and a heartbeat rest for two: whoever is silent for longer is dead."""
HEARTBEAT_MS = 120_000
"""An idle deployment writes its heartbeat so often and no more."""
MAX_REMEMBERED_DEATHS = 20
DEATHS_REMEMBERED_FOR_MS = 86_400_000
FIRST_REST_AFTER_DEATHS_MS = 1_800_000
UNWRITTEN_TOLD_FOR_MS = 600_000
UNWRITTEN_NOTED_EVERY_MS = 240_000
"""Ticks meet the trouble every minute; to tell of it costs a write in four."""
MAX_UNWRITTEN = 20
MAX_CODES, MAX_CODE_CHARACTERS = 24, 60
OTHER_CODES = "other"
"""What errors are counted as whose codes have no room in the row, which every tick reads."""


class Unwritten(NamedTuple):
    """That a job's row could not be written: ``since`` when, as far as is known, and ``at`` last."""

    code: str
    message: str
    since: int
    at: int


@dataclass(frozen=True, kw_only=True)
class Health:
    """How the deployment is.

    Attributes:
        breakers: the APIs that are suspect or refused, or were not long ago.
        beat_at: when a run last came to its end.
        run_began_at: when a run began to work that has not come to its end; 0 without one.
        run_dead_at: when that run is dead for certain.
        in_hand: the piece of work that a careful run has in hand, or had when it died.
        deaths: how many runs each piece of work has killed, the latest last.
        died_at: when the last of these deaths was noted.
        unwritten: jobs whose rows could not be written lately, which their rows cannot tell.
        settings_id: stands for the settings by which the moments of looks were computed.
        settings_seen_at: when these settings were first seen.
        is_retimed: whether the sets have been gone through again after the last instance with other settings.
        retimed_up_to: where the going through has stopped for the next run to go on; empty: at its beginning.
        kept_by: the settings by which it was computed when something of the jobs that have ended is to go.
        kept_up_to: where the going through these jobs has stopped, after a change of those settings.
        portraits_up_to: where the going through the jobs has stopped whose portraits wait.
        gone_receivers: since when which receivers of messages have wanted none any more.
        errors: DashScope's errors by code, as far as a run that met them has written anything afterwards.
        unknown: what newer code has added, which stays (:mod:`shared.domain.formats`).
        unknown_breakers: the same of the breakers: those of APIs that this version does not know.
    """

    version: int = 0
    breakers: Mapping[Api, Breaker] = field(default_factory=dict)
    beat_at: int = 0
    run_began_at: int = 0
    run_dead_at: int = 0
    in_hand: str = ""
    deaths: Mapping[str, int] = field(default_factory=dict)
    died_at: int = 0
    unwritten: Mapping[str, Unwritten] = field(default_factory=dict)
    settings_id: str = ""
    settings_seen_at: int = 0
    is_retimed: bool = False
    retimed_up_to: str = ""
    kept_by: str = ""
    kept_up_to: str = ""
    portraits_up_to: str = ""
    errors: Mapping[str, int] = field(default_factory=dict)
    gone_receivers: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)
    unknown_breakers: Mapping[str, Any] = field(default_factory=dict)

    def breaker(self, api: Api | None) -> Breaker:
        """Return the breaker of ``api``."""
        return self.breakers.get(api, Breaker()) if api else Breaker()

    def is_open(self, api: Api | None) -> bool:
        """Whether ``api`` is refused to everybody."""
        return self.breaker(api).is_open

    def failed(self, cause: Cause, now: int) -> Health:
        """Note a trouble of an API; one of our own changes nothing."""
        return (
            self if cause.api is None else self._with(cause.api, self.breaker(cause.api).failed(cause, now))
        )

    def doubted(self, cause: Cause, now: int) -> Health:
        """Note a trouble that is said to be of all, and is not by the evidence."""
        if cause.api is None:
            return self
        return self._with(cause.api, self.breaker(cause.api).doubted(cause, now))

    def passed(self, api: Api, now: int) -> Health:
        """Note that ``api`` has served something."""
        return self._with(api, self.breaker(api).passed(now))

    def probe_failed(self, api: Api, cause: Cause, now: int) -> Health:
        """Note that ``api`` did not even serve our own object."""
        return self._with(api, self.breaker(api).probe_failed(cause, now))

    def _with(self, api: Api, breaker: Breaker) -> Health:
        if breaker == self.breaker(api):
            return self
        return replace(self, breakers={**self.breakers, api: breaker})

    def with_errors(self, errors: Mapping[str, int]) -> Health:
        """Add errors by code; of too many codes the new ones are counted as one."""
        counts = dict(self.errors)
        for code, count in errors.items():
            code = code[:MAX_CODE_CHARACTERS]
            name = code if code in counts or len(counts) < MAX_CODES else OTHER_CODES
            counts[name] = counts.get(name, 0) + count
        return replace(self, errors=counts)

    # -- rows that cannot be written ------------------------------------------------------------------

    def with_unwritten(self, job_id: str, cause: Cause, now: int) -> Health:
        """Note that the row of ``job_id`` could not be written, unless that has just been noted."""
        before = self.unwritten_of(job_id, now)
        if before is not None and now < before.at + UNWRITTEN_NOTED_EVERY_MS:
            return self
        others = {
            name: one
            for name, one in self.unwritten.items()
            if name != job_id and self.unwritten_of(name, now) is not None
        }
        kept = dict(list(others.items())[1 - MAX_UNWRITTEN :])
        since = before.since if before is not None else now
        return replace(self, unwritten={**kept, job_id: Unwritten(cause.code, cause.message, since, now)})

    def unwritten_of(self, job_id: str, now: int) -> Unwritten | None:
        """Return what was noted of the row of ``job_id``, unless that is long ago."""
        noted = self.unwritten.get(job_id)
        return noted if noted is not None and 0 <= now - noted.at < UNWRITTEN_TOLD_FOR_MS else None

    # -- runs and what they die of --------------------------------------------------------------------

    def has_lost_a_run(self, now: int) -> bool:
        """Whether a run has begun to work and is dead by now."""
        return bool(self.run_began_at) and now > self.run_dead_at

    def begun(self, now: int, dead_at: int) -> Health:
        """Note that a run begins to work; what a dead one had in hand has killed it."""
        health = self
        if self.has_lost_a_run(now) and self.in_hand:
            deaths = dict(self.deaths)
            deaths[self.in_hand] = deaths.pop(self.in_hand, 0) + 1
            health = replace(self, deaths=dict(list(deaths.items())[-MAX_REMEMBERED_DEATHS:]), died_at=now)
        return replace(health, run_began_at=now, run_dead_at=dead_at, in_hand="")

    def asks_for_care(self, now: int) -> bool:
        """Whether runs have died lately, as far as can be told: none has come to its end for too long."""
        is_silent = now >= self.beat_at + SILENCE_MS or is_ahead(self.beat_at, now)
        return (bool(self.beat_at) and is_silent) or self.has_lost_a_run(now)

    def with_in_hand(self, piece: str) -> Health:
        """Note that the run takes ``piece`` in hand."""
        return replace(self, in_hand=piece)

    def stopped(self) -> Health:
        """Note that the run is over, with an error: nothing has killed it, and it was of no use."""
        return replace(self, run_began_at=0, run_dead_at=0, in_hand="")

    def ended(self, now: int) -> Health:
        """Note that the run has come to its end."""
        deaths = {} if now >= self.died_at + DEATHS_REMEMBERED_FOR_MS else self.deaths
        return replace(self.stopped(), deaths=deaths, beat_at=now)

    def is_beat_due(self, now: int) -> bool:
        """Whether an idle run writes the heartbeat; one from the future is of a clock that runs ahead."""
        return not self.beat_at <= now < self.beat_at + HEARTBEAT_MS

    def has_killed(self, piece: str) -> int:
        """How many runs ``piece`` has killed; the pieces of a person begin with the person's key."""
        return self.deaths.get(piece, 0)

    def is_given_up(self, piece: str) -> bool:
        """Whether ``piece`` has killed once more after it was left alone."""
        return self.has_killed(piece) > DEATHS_ALLOWED

    def left_alone_until(self, piece: str, now: int, *, allowed: int = DEATHS_ALLOWED) -> int:
        """Until when ``piece`` is left alone, having killed ``allowed`` runs; 0: it may be taken in hand."""
        further = self.has_killed(piece) - allowed
        if further < 0:
            return 0
        rests_ms = min(FIRST_REST_AFTER_DEATHS_MS * 2 ** min(further, 10), DEATHS_REMEMBERED_FOR_MS)
        until = self.died_at + rests_ms
        return 0 if has_come(until, now, longest_ms=rests_ms) else until

    def killed_for(self, person_key: str) -> int:
        """How many runs died of a piece of this person's."""
        return sum(deaths for piece, deaths in self.deaths.items() if piece.startswith(person_key))
