"""Who makes portraits at DashScope now: a part of the slot's row, so that one write reserves the money too.

DashScope, "Rate limits": one task of ``facechain-generation`` in progress, and 2 submits a second, for the
whole account. The **holder** is one attempt of one order. Any run that finds the order of a holder still
queued may carry on for it, and the version of the job's row decides which run sends the POST
(:mod:`shared.workflow.portrait_submitting`). Names that end in ``_at`` or ``_until`` are milliseconds since
the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from shared.domain.clocks import has_come
from shared.domain.object_keys import parse_job_id
from shared.domain.reason import Reason

REMEMBERED_TASKS = 40
"""Tasks of ours are known as long as another one could be taken for them."""
SUBMIT_SPACING_MS = 1_000
"""Between two submits: half of what DashScope takes."""
LONGEST_HALT_MS = 3_600_000


class Attempt(NamedTuple):
    """One attempt of one order: its job, the order's number, and which of its submits."""

    job_id: str
    number: int
    attempt: int

    def __str__(self) -> str:
        """Return it as the row has it."""
        return f"{self.job_id}/{self.number}.{self.attempt}"


def parse_attempt(text: str) -> Attempt | None:
    """Return the attempt that a text names, or None."""
    job_id, _, behind = text.partition("/")
    number, _, attempt = behind.partition(".")
    if parse_job_id(job_id) is None or not (number.isdecimal() and attempt.isdecimal()):
        return None
    return Attempt(job_id, int(number), int(attempt))


@dataclass(frozen=True, kw_only=True)
class PortraitSlot:
    """Who makes portraits now, and whether the orders have to wait.

    Attributes:
        holder: the attempt that holds it (:func:`parse_attempt`); empty: it is free.
        taken_at: when it was last taken; 0: no order was ever submitted.
        tasks: ids of the latest tasks of ours.
        halted_until: the orders wait until then (0: they do not).
        halted_since: when the first of the refusals in a row came; 0 when there is none.
        trouble: why they wait.
        refusals: refusals in a row, which make the wait grow.
        accepted_at: when DashScope last accepted a submit.
    """

    holder: str = ""
    taken_at: int = 0
    tasks: tuple[str, ...] = ()
    halted_until: int = 0
    halted_since: int = 0
    trouble: Reason | None = None
    refusals: int = 0
    accepted_at: int = 0

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that holds it; None: nobody does."""
        return parse_attempt(self.holder)

    def is_halted(self, now: int) -> bool:
        """Whether the orders wait."""
        return not has_come(self.halted_until, now, longest_ms=LONGEST_HALT_MS)

    def taken_by(self, attempt: Attempt, now: int) -> PortraitSlot:
        """Give it to ``attempt``; one that holds it takes it again, so that slower runs lose the row."""
        return replace(self, holder=str(attempt), taken_at=now)

    def released(self, *task_ids: str) -> PortraitSlot:
        """Take it back, and remember the tasks that the attempt has made."""
        tasks = tuple(dict.fromkeys((*self.tasks, *filter(None, task_ids))))
        return replace(self, holder="", tasks=tasks[-REMEMBERED_TASKS:])

    def refused(self, reason: Reason, delay_ms: int, now: int, *, longest_ms: int) -> PortraitSlot:
        """Let all orders wait, twice as long with each refusal in a row."""
        wait_ms = min(delay_ms * 2 ** min(self.refusals, 12), longest_ms)
        return replace(
            self,
            halted_until=now + wait_ms,
            halted_since=self.halted_since if self.refusals else now,
            trouble=reason,
            refusals=self.refusals + 1,
        )

    def accepted(self, now: int) -> PortraitSlot:
        """Forget the trouble: a submit has gone through."""
        well = replace(self, halted_until=0, halted_since=0, trouble=None, refusals=0)
        return replace(well, accepted_at=now)


def portrait_slot_from(value: Mapping[str, Any]) -> PortraitSlot:
    """Return what a row's value holds; raises KeyError, TypeError or ValueError where it makes no sense."""
    numbers = ("taken_at", "halted_until", "halted_since", "refusals", "accepted_at")
    known: dict[str, Any] = {name: int(value.get(name, 0)) for name in numbers}
    trouble = value.get("trouble")
    return PortraitSlot(
        **known,
        holder=str(value.get("holder", "")),
        tasks=tuple(map(str, value.get("tasks", ()))),
        trouble=Reason(str(trouble["code"]), str(trouble["message"])) if trouble else None,
    )
