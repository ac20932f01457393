"""The peers that wait: a workflow that sleeps between two queries, and a process that runs all the time.

A set that closes starts them unless they run already; without a waiting job they end. The cost of a
workflow's own transitions is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.strategies.account import Account
from tests.benchmarks.strategies.peers import Job, Peer, Worker

STEP_TIMEOUT, PROCESS_TIMEOUT = 60_000, 86_400_000


class Waiting(Peer):
    """Runs while a job trains or waits."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._running = self._closed_meanwhile = False

    def start(self) -> None:
        """Start to run."""

    def closed(self) -> None:
        self._closed_meanwhile = True
        if not self._running:
            self._running = True
            self.start()

    def scan(self, worker: Worker) -> tuple[list[Job], list[Job]]:
        """Read the table, which has all sets that have closed so far."""
        self._closed_meanwhile = False
        return worker.scan()

    def goes_on(self, has_work: bool) -> bool:
        """Whether a job is left, or a set has closed since the table was read."""
        self._running = has_work or self._closed_meanwhile
        return self._running


class Workflow(Waiting):
    """Submits one job, sleeps and queries until it has ended, and submits the next in the same step."""

    wait = 0

    def start(self) -> None:
        self.invoke("step", self._run, STEP_TIMEOUT)

    def _run(self, worker: Worker) -> None:
        training, queue = self.scan(worker)
        going = [job for job in training if not worker.poll(job)]
        if queue and not going:
            worker.submit(queue[0])
        if self.goes_on(bool(going or queue)):
            self.account.kernel.at(self.account.kernel.now + self.wait, self.start)


class Wait300(Workflow):
    """The wait of the AWS sample for Rekognition Custom Labels."""

    name = "wait 300 s"
    wait = 300_000


class Wait30(Workflow):
    """The interval of DashScope's command line, in the manner of Step Functions."""

    name = "wait 30 s"
    wait = 30_000


class HeldProcess(Waiting):
    """The wait loop of DashScope's SDK: a process that sleeps and queries until no job is left."""

    name = "SDK wait loop"

    def start(self) -> None:
        self.invoke("process", self._run, PROCESS_TIMEOUT)

    def _run(self, worker: Worker) -> None:
        _, queue = self.scan(worker)
        while self.goes_on(bool(queue)):
            fine_tune_id = worker.submit(queue[0]) if queue else ""
            if fine_tune_id:
                self._wait(worker, queue[0], fine_tune_id)
            _, queue = self.scan(worker)

    def _wait(self, worker: Worker, job: Job, fine_tune_id: str) -> None:
        for seconds in sdk_intervals():
            state = worker.has_ended(fine_tune_id)
            if state:
                worker.finish(job, state)
                return
            worker.clock.sleep(seconds * 1000)


def sdk_intervals() -> Iterator[int]:
    """Yield the seconds between two queries: one, doubled with every third query, five at most."""
    seconds, looks = 1, 0
    while True:
        looks += 1
        if seconds < 5 and looks % 3 == 0:
            seconds = min(seconds * 2, 5)
        yield seconds
