"""The deployment of the month: the simulation's, with a timer, the platform's limits, and a meter.

Every tick is played, those with nothing to do among them: a tick finds its work by reading, so that whether
it has none is known only afterwards. Function Compute's one instance of ``reconcile`` and five of ``collect``
are kept to.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.job import Job
from shared.domain.rules import Rules
from tests.simulation import cloud as simulation
from tests.simulation.cloud import TICK_MS, SimulatedCloud
from tests.simulation.faults import Fault
from tests.simulation.kernel import Run, Seconds
from tests.simulation.month.deliveries import Delivery, Sent
from tests.simulation.month.listing import ListedStore
from tests.simulation.month.metering import CountedTrace, Meter, MeteredOtsClient
from tests.simulation.month.watching import MonthInvariants
from tests.simulation.stores import BUCKET

LATENCY_MS, OVERHEAD_MS = 40, 100
"""The longest time of a call each way, and the time of an invocation beside its calls: the benchmark's."""
COLLECT_INSTANCES = 5
"""``template.yml``: the reserved concurrency of ``collect``."""
TRAINING_SECONDS, DEVIATION, SHORTEST, PENDING_SECONDS = 302.0, 20.0, 60.0, 4.0
"""A training's length: the sample of the facechain-finetune page, and an assumed spread about it."""
FAILING = 0.01
"""Of all trainings, the share that fails for DashScope's own reasons."""
UNCAPPED = 1_000_000
"""As if the account's cap of 20 kept fine-tunes had been raised: without that nobody trains thousands."""
REFUSED_AGAIN_MS = (500, 1_000, 2_000, 4_000, 8_000)
"""Between Function Compute's tries of an event whose function is at its limit."""

FAULTS = {
    Fault.ERROR_BEFORE: 1e-4,
    Fault.BUSY: 1e-4,
    Fault.LOST: 1e-4,
    Fault.TIMEOUT: 5e-5,
    Fault.UNREACHABLE: 5e-5,
    Fault.LATE: 2e-5,
    Fault.ERROR_AFTER: 2e-5,
    Fault.CRASH_AFTER: 2e-5,
    Fault.CRASH_BEFORE: 2e-5,
    Fault.CRASH_IN_FLIGHT: 1e-5,
    Fault.FREEZE: 1e-5,
    Fault.GARBAGE: 1e-5,
}
"""How likely each fault strikes a call, five in ten thousand in all; fine-tunes' calls are struck ten times
as often. The services promise 99.9 to 99.99 percent (OSS, Tablestore and Function Compute: service level
agreements), DashScope's fine-tunes nothing."""
STRUCK_HARDER = ("CreateFineTune", "ListFineTunes", "GetFineTune")


@dataclass
class Rare:
    """Faults at the rates of ``FAULTS``.

    Attributes:
        struck: how many of each have struck.
    """

    seed: int
    struck: Counter[str] = field(default_factory=Counter)
    active: bool = True

    def __post_init__(self) -> None:
        self._random = random.Random(f"rare {self.seed}")
        self._all = sum(FAULTS.values())

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        """Return what happens to a call."""
        draw = self._random.random() / (10 if operation in STRUCK_HARDER else 1)
        if draw >= self._all or not self.active:
            return None
        for fault, rate in FAULTS.items():
            draw -= rate
            if draw < 0:
                self.struck[fault.value] += 1
                return fault
        return None


class MonthCloud(SimulatedCloud):
    """One account for a month.

    Attributes:
        meter: Tablestore's units and the functions' time.
        counted: all external calls.
        ticks: how many runs of ``reconcile`` there were.
    """

    invariants: MonthInvariants
    objects: ListedStore

    def __init__(self, *, slots: int, seed: int) -> None:
        self.rare = Rare(seed)
        super().__init__(
            seed,
            self.rare,
            rules=Rules(concurrent_trainings=slots, kept_fine_tunes=UNCAPPED),
            behaviour=Behaviour(
                fetch="both",
                concurrent_fine_tunes=slots,
                kept_fine_tunes=UNCAPPED,
                pending_seconds=PENDING_SECONDS,
            ),
            emulated_tables=False,
        )
        self.gate.latency = LATENCY_MS
        self._bucket.page_of = self.objects.page_of
        self.collect_instances = COLLECT_INSTANCES
        self.gate.trace = self.counted = CountedTrace()
        self.meter = Meter(overhead_ms=OVERHEAD_MS)
        self._ots = MeteredOtsClient(simulation._RESOURCES.tables, self.gate, self._row_written, self.meter)
        self._durations = random.Random(f"durations {seed}")
        self._accepted = -1
        self._expected = 0
        self.ticks = 0
        self._prepare_next()

    def _new_objects(self, clock: Seconds) -> ListedStore:
        return ListedStore(None, clock)

    def _new_invariants(self) -> MonthInvariants:
        return MonthInvariants(self.studio, self.rules.concurrent_trainings, self.kernel)

    # -- what the world does ------------------------------------------------------------------------

    def plan(self, delivery: Delivery) -> None:
        """Let a person do what they do."""
        self._expected += len(delivery.sent)
        for sent in delivery.sent:
            self.kernel.at(self.kernel.start + sent.at, partial(self._happens, delivery.person, sent))

    def _happens(self, person: str, sent: Sent) -> None:
        self._expected -= 1
        if sent.content is None:
            self.delete(person, sent.name)
            return
        self.upload(person, sent.name, sent.content, deliveries=sent.deliveries, in_parts=sent.in_parts)

    def _put(
        self,
        key: str,
        content: bytes,
        deliveries: tuple[int, ...],
        taken_from: str = "",
        *,
        in_parts: bool = False,
    ) -> None:
        super()._put(key, content, deliveries, taken_from, in_parts=in_parts)
        # An upload in parts comes past the store's own ``put``.
        self.objects.note(BUCKET, key)

    @property
    def is_expecting(self) -> bool:
        """Whether somebody will send something yet."""
        return self._expected > 0

    def begin_ticks(self) -> None:
        """Start the timer; it rings each minute."""
        self.kernel.at(self.kernel.now, self._tick)

    def _tick(self) -> None:
        now = self.kernel.now
        self.kernel.at(now + TICK_MS, self._tick)
        self._deliver(now, 0)

    def _deliver(self, due: int, tries: int) -> None:
        if any(run.name == "reconcile" for run in self.kernel.runs):
            wait = REFUSED_AGAIN_MS[min(tries, len(REFUSED_AGAIN_MS) - 1)]
            self.kernel.at(self.kernel.now + wait, lambda: self._deliver(due, tries + 1))
        else:
            self.ticks += 1
            self._prepare_next()
            self.invoke_reconcile(late=self.kernel.now - due)

    def _prepare_next(self) -> None:
        """Draw how the fine-tune ends that is accepted next, once for each that was accepted."""
        if self._accepted == self.invariants.accepted:
            return
        self._accepted = self.invariants.accepted
        drawn = self._durations.gauss(TRAINING_SECONDS, DEVIATION)
        self.behaviour.training_seconds = max(SHORTEST, drawn) - PENDING_SECONDS
        if self._durations.random() < FAILING:
            self.studio.fail_next("InternalError.Algo", "Training failed.")

    def _spawn(self, name: str, body: Any, timeout: int, ended: Any) -> None:
        def measured(run: Run) -> None:
            began = self.kernel.now
            try:
                body(run)
            finally:
                self.meter.ran(name, began, self.kernel.now)

        super()._spawn(name, measured, timeout, ended)

    # -- what can be seen ---------------------------------------------------------------------------

    def unfinished(self) -> list[Job]:
        """Return the jobs that have something left to be done, by person and revision."""
        rows = self.invariants.unfinished
        jobs = [self.job_of(row) for _, row in sorted(rows.items())]
        return [job for job in jobs if self.is_unfinished(job)]
