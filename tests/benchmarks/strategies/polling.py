"""The peers that poll: a timer scans the table each minute, polls trainings, and submits waiting jobs."""

from __future__ import annotations

from tests.benchmarks.strategies.peers import Peer, Worker

TICK_MS = 60_000
TIMEOUT = 600_000


class NextTick(Peer):
    """A tick submits if it finds the slot free; a slot that it frees itself waits for the next tick."""

    name = "scan and poll, next tick"
    fills_what_it_frees = False

    def begin(self) -> None:
        self.account.kernel.at(self.account.kernel.now, self._tick)

    def _tick(self) -> None:
        self.account.kernel.at(self.account.kernel.now + TICK_MS, self._tick)
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
