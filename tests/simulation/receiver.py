"""Somebody who is told of what happens: a webhook behind the gate, and what it has to have heard in the end.

What it should hear is told by the rows as they are written, and not by the product's own messages.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shared.domain.job import Job
from shared.domain.messages import Message
from shared.domain.object_keys import job_id
from shared.workflow.message_ports import Reply
from tests.simulation.gate import Gate, Transport
from tests.simulation.kernel import Violation
from tests.simulation.standing import Answer

CARED_FOR = {
    "QUEUED": "training.queued",
    "TRAINING": "training.started",
    "SUCCEEDED": "training.succeeded",
    "FAILED": "training.failed",
    "CANCELED": "training.canceled",
    "REJECTED": "photos.rejected",
}
ENDS = {
    "SUCCEEDED": "portraits.succeeded",
    "FAILED": "portraits.failed",
    "CANCELED": "portraits.canceled",
}
NO_TIME_FOR_MS = 10_000


class NoAnswer(Exception):
    """Nothing came back."""


class ErrorAnswer(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def _error(answer: Answer) -> Exception:
    return ErrorAnswer(answer.status)


HTTP = Transport(
    no_answer=NoAnswer,
    unreachable=NoAnswer,
    busy=lambda: ErrorAnswer(429),
    error=lambda: ErrorAnswer(500),
    answered=_error,
)


class Heard(NamedTuple):
    """A message that has arrived."""

    message_id: str
    kind: str
    job_id: str
    person_key: str
    at: int


def is_outbox(row: Mapping[str, Any]) -> bool:
    """Whether a row of the table of jobs is none of a job."""
    return str(row.get("person_key", "")).startswith("outbox-")


class SimulatedReceiver:
    """The receiver.

    Attributes:
        heard: everything that has arrived, repetitions included.
        expected: what each job has come to that is told of, by its id.
        erased: jobs of people on their way out: the first of what is expected of them may be told, or none.
        is_gone: whether the person of a job has been erased, for good: nothing is to arrive about it.
        is_down: whether it answers to nothing; ``gone``: whether it answers 410.
    """

    name = "webhook"
    most_a_pass = 60
    fingerprint = "simulated"

    def __init__(self, gate: Gate, chance: random.Random) -> None:
        self._gate = gate
        self._chance = chance
        self.heard: list[Heard] = []
        self.expected: dict[str, list[str]] = defaultdict(list)
        self.erased: set[str] = set()
        self.is_gone: Callable[[Job], bool] = lambda _: False
        self.is_down = False
        self.gone = False
        self.refusal_rate = 0.0

    def wants(self, _: str) -> bool:
        return True

    def send(self, message: Message, job: Job | None, now: int, within_ms: int) -> Reply:
        assert 0 < within_ms <= NO_TIME_FOR_MS, within_ms
        try:
            self._gate("webhook", "POST message", lambda: self._take(message, job), HTTP, about=str)
        except NoAnswer:
            return Reply("timed_out", "no answer came in time")
        except ErrorAnswer as error:
            return Reply(f"http_{error.status}", "", error.status, is_gone=error.status == 410)
        return Reply(status=200)

    def _take(self, message: Message, job: Job | None) -> None:
        if self.gone:
            raise ErrorAnswer(410)
        if self.is_down:
            raise NoAnswer
        if self._chance.random() < self.refusal_rate:
            raise ErrorAnswer(503)
        assert "." not in message.message_id
        if job is not None and self.is_gone(job):
            raise Violation(f"{message.message_id} is told of somebody who was erased")
        person = job.person_key if job else ""
        heard = Heard(message.message_id, message.kind, job.job_id if job else "", person, message.at)
        self.heard.append(heard)

    # -- what it has to hear ------------------------------------------------------------------------

    def expect(self, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
        """Note what a write of a job's row is told of."""
        if after.get("erasing_since"):
            self.forget(after)
            return
        self._expect_portraits(before, after)
        old, new = before and before["state"], after["state"]
        if new not in CARED_FOR or (old, new) == ("SUBMITTING", "QUEUED"):
            return
        if after.get("delivered") and before is None:
            # Taken over from an earlier result.
            return
        if old != new:
            self.expected[job_id(after["person_id"], after["revision"])].append(CARED_FOR[new])

    def _expect_portraits(self, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
        """Note which orders of portraits have come to their ends."""
        if before is None:
            return
        earlier, orders = (
            {one["number"]: one["state"] for one in json.loads(row.get("portraits", "[]"))}
            for row in (before, after)
        )
        for number, state in orders.items():
            if state in ENDS and earlier.get(number) not in ENDS:
                self.expected[job_id(after["person_id"], after["revision"])].append(ENDS[state])

    def forget(self, row: Mapping[str, Any]) -> None:
        """Note that the person of a job's row is being erased, with all jobs up to this one."""
        self.erased |= {job_id(row["person_id"], number) for number in range(1, row["revision"] + 1)}

    def once(self) -> list[Heard]:
        """Return what is left after repetitions are dropped by their id, in the order of arrival."""
        seen: dict[str, Heard] = {}
        for one in self.heard:
            first = seen.setdefault(one.message_id, one)
            if first != one:
                raise Violation(f"{one.message_id} says {first}, and then {one}")
        return list(seen.values())

    def is_told_everything(self) -> bool:
        """Whether as much has arrived as is expected."""
        heard = Counter(one.job_id for one in self.once())
        waited_for = self.expected.keys() - self.erased
        return all(heard[name] >= len(self.expected[name]) for name in waited_for)

    def check_end(self) -> None:
        """Check that each state that is cared for arrived once, and a person's in their order.

        Whoever is erased may be told of up to any of them.
        """
        by_job: dict[str, list[str]] = defaultdict(list)
        for one in self.once():
            if one.job_id:
                by_job[one.job_id].append(one.kind)
        for name in {*by_job, *self.expected}:
            told = len(by_job[name]) if name in self.erased else None
            if by_job[name] != self.expected[name][:told]:
                raise Violation(f"of {name} {by_job[name]} was told and not {self.expected[name]}")
