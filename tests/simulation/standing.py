"""Troubles that stay, and troubles that strike one: what the drawn faults of single calls never were.

A standing trouble answers every call of one operation that is about what it strikes, from one moment to
another. It answers with an error that the service documents, with silence, or with an exception out of the
SDK. The gate asks for it before it makes a call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

EVER = 2**62


@dataclass(frozen=True)
class Answer:
    """What a call is answered with in the service's name: an error by status, code and message.

    Status 0 is silence; status -1 is an exception that no client knows, whose class ``code`` names;
    -2 is the end of the run.
    """

    status: int
    code: str = ""
    message: str = "simulated"


SILENCE = Answer(0)
SURPRISE = Answer(-1, "ValueError")
DEATH = Answer(-2)
"""The platform kills the run, as for its memory: nobody hears of it."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One trouble that stays.

    Attributes:
        service: ``oss``, ``ots`` or ``dashscope``.
        operation: the operation as the gate names it; none: every one of the service.
        answer: what every call is answered with.
        about: parts of the key, the partition, the URL or the id, one of which a call must be about; none: it
            strikes all.
        begins_at, ends_at: from when until when; milliseconds of virtual time.
        times: how many calls it strikes at most.
    """

    service: str
    operation: str
    answer: Answer
    about: tuple[str, ...] = ()
    begins_at: int = 0
    ends_at: int = EVER
    times: int = EVER

    def strikes(self, service: str, operation: str, about: str, now: int) -> bool:
        """Whether it answers a call of ``operation`` about ``about`` at ``now``."""
        return (
            service == self.service
            and self.operation in ("", operation)
            and (not self.about or any(part in about for part in self.about))
            and self.begins_at <= now < self.ends_at
        )


@dataclass
class Standings:
    """All standing troubles of a simulation.

    Attributes:
        struck: how many calls each of them has answered.
    """

    troubles: list[Standing] = field(default_factory=list)
    struck: Counter[Standing] = field(default_factory=Counter)

    def stands_in_the_way(self, service: str, operation: str, about: str, now: int) -> bool:
        """Whether a call would meet a trouble; none is made."""
        return any(
            trouble.strikes(service, operation, about, now) and self.struck[trouble] < trouble.times
            for trouble in self.troubles
        )

    def answer(self, service: str, operation: str, about: Callable[[], str], now: int) -> Answer | None:
        """Return what stands in the way of a call, if anything does; ``about`` is asked when it matters."""
        text = about() if any(trouble.about for trouble in self.troubles) else ""
        for trouble in self.troubles:
            if trouble.strikes(service, operation, text, now) and self.struck[trouble] < trouble.times:
                self.struck[trouble] += 1
                return trouble.answer
        return None


Raised = Callable[[Answer], Exception]
