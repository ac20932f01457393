"""One story told in a few lines: people upload, troubles stand in the way, ticks pass; what became of it?

Virtual time: a tick a minute in the first hours, then one in ten minutes, so that a story of days is short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.job import Job
from shared.domain.portraits import OrderState
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.simulation.standing import EVER, Answer, Standing

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
FACE, OTHER_FACE, VIEW = b"FACE 1", b"FACE 2", b"VIEW 1"
DENSE_MS = 3 * HOUR_MS
SPARSE_TICK_MS = 10 * MINUTE_MS
LOOK_AFTER_MS = 55_000
TRAINING_SECONDS = 120.0


class Story:
    """A simulated deployment that a test plays with."""

    def __init__(self, *, rules: dict[str, Any] | None = None, **behaviour: Any) -> None:
        usual = {"quiet_ms": MINUTE_MS, "sweep_rest_ms": 300_000, "listing_delay_ms": MINUTE_MS}
        fast = {"training_seconds": TRAINING_SECONDS, "pending_seconds": 0.0, "fetch": "start"}
        self.cloud = SimulatedCloud(
            7,
            NoFaults(),
            rules=Rules(**{**usual, **(rules or {})}),
            behaviour=Behaviour(**{**fast, "second_fine_tune": "queue", **behaviour}),
            emulated_tables=False,
        )
        self.after_each_tick: list[Callable[[], object]] = [self.cloud.invariants.check_ledger]

    # -- what happens -------------------------------------------------------------------------------

    def upload(self, person: str, *names: str, content: bytes = FACE, event: bool = True) -> None:
        """Upload photos with different contents that begin with ``content``."""
        for name in names:
            text = content if name.startswith("_") else content + f" {person} {name}".encode()
            self.cloud.upload(person, name, text, deliveries=(0,) if event else ())

    def stand(
        self,
        operation: str,
        answer: Answer,
        *,
        about: str | tuple[str, ...] = (),
        after_ms: int = 0,
        lasts_ms: int = EVER,
        times: int = EVER,
    ) -> None:
        """Let ``operation`` (as ``service.Operation``) be answered with ``answer`` from now on."""
        service, _, name = operation.partition(".")
        begins = self.cloud.kernel.now + after_ms
        trouble = Standing(
            service=service,
            operation=name,
            answer=answer,
            about=(about,) if isinstance(about, str) else about,
            begins_at=begins,
            ends_at=begins + lasts_ms,
            times=times,
        )
        self.cloud.gate.standings.troubles.append(trouble)

    def calm(self) -> None:
        """End all troubles."""
        self.cloud.gate.standings.troubles.clear()

    def pass_time(self, milliseconds: int, *, every_ms: int = 0) -> None:
        """Let time pass, with its ticks: every so often, or densely at first and then sparsely."""
        ends = self.cloud.kernel.now + milliseconds
        dense_until = self.cloud.kernel.now + DENSE_MS
        while self.cloud.kernel.now < ends:
            self.tick(every_ms or (MINUTE_MS if self.cloud.kernel.now < dense_until else SPARSE_TICK_MS))

    def pass_time_until(self, is_so: Callable[[], bool], *, at_most_ms: int) -> bool:
        """Let time pass with a tick a minute until something is so; returns whether it is."""
        ends = self.cloud.kernel.now + at_most_ms
        while not is_so() and self.cloud.kernel.now < ends:
            self.tick(MINUTE_MS)
        return is_so()

    def tick(self, lasts_ms: int) -> None:
        """Let one tick run, and time pass until the next; most runs have ended when one looks."""
        self.cloud.kernel.at(self.cloud.kernel.now, self.cloud.invoke_reconcile)
        self.cloud.advance(min(lasts_ms, LOOK_AFTER_MS))
        for check in self.after_each_tick:
            check()
        self.cloud.advance(max(0, lasts_ms - LOOK_AFTER_MS))

    # -- what became --------------------------------------------------------------------------------

    def jobs(self, person: str) -> list[Job]:
        """The person's jobs, oldest first."""
        return [job for job in self.cloud.jobs() if job.person_id == person]

    def job(self, person: str) -> Job:
        """The person's newest job."""
        return self.jobs(person)[-1]

    def is_trained(self, person: str) -> bool:
        """Whether the person has a model and nothing is left to be done."""
        jobs = self.jobs(person)
        return bool(jobs) and jobs[-1].state is JobState.SUCCEEDED and jobs[-1].delivered

    def has_portraits(self, person: str) -> bool:
        """Whether all that was asked for of the person's newest model is there, and told of."""
        jobs = self.jobs(person)
        if not (jobs and jobs[-1].delivered and jobs[-1].portraits):
            return False
        orders = jobs[-1].portraits
        return all(order.state is OrderState.SUCCEEDED and not order.missing for order in orders)

    def paid(self) -> int:
        """How many fine-tunes DashScope has made."""
        return len(self.cloud.studio.ledger())

    def verdicts(self, person: str) -> dict[str, str]:
        """The verdicts of the person's newest set."""
        return {photo.name: photo.verdict.value for photo in self.job(person).photo_set.photos}

    def calls(self) -> int:
        """How many external calls have been made so far."""
        return len(self.cloud.gate.trace)

    def calls_an_hour(self, *, after_ms: int = 0) -> int:
        """How many calls the next hour takes, once ``after_ms`` have passed; idle ticks are 3 reads each."""
        self.pass_time(after_ms)
        before = self.calls()
        self.pass_time(HOUR_MS)
        return self.calls() - before


@contextmanager
def story(**settings: Any) -> Iterator[Story]:
    """Tell a story."""
    told = Story(**settings)
    with simulated(told.cloud):
        try:
            yield told
        finally:
            told.cloud.close()
