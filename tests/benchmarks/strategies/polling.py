"""The naive peers: a timer scans the table each minute, polls what trains, and dispatches what waits."""

from __future__ import annotations

from tests.benchmarks.strategies.peers import Peer, Worker

TICK = 60_000
TIMEOUT = 600_000


class NextTick(Peer):
    """What a tick finds free is filled; what it frees itself is filled by the next."""

    name = "scan and poll, next tick"
    fills_what_it_frees = False

    def begin(self) -> None:
        self.account.kernel.at(self.account.kernel.now, self._tick)

    def _tick(self) -> None:
        self.account.kernel.at(self.account.kernel.now + TICK, self._tick)
        self.invoke("tick", self._run, TIMEOUT)

    def _run(self, worker: Worker) -> None:
        training, queue = worker.scan()
        going = [job for job in training if not worker.poll(job)]
        busy = going if self.fills_what_it_frees else training
        if queue and not busy:
            worker.submit(queue[0])


class SameTick(NextTick):
    """A tick that finds a training ended submits the next one at once."""

    name = "scan and poll, same tick"
    fills_what_it_frees = True
