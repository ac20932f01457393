"""The promises over a whole month: what :mod:`tests.simulation.invariants` checks, entry by entry.

There each submit reads DashScope's whole ledger, which for ten thousand trainings would be a hundred million
entries. Here a submit looks at the fine-tunes that are going and at those of its own set, and the whole
ledger is read once a day and at the end. Nothing is left out: a set is paid twice in the moment in which its
second fine-tune is made.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from aliyun_local.dashscope.account import fine_tune_ledger
from aliyun_local.dashscope.account.models import LedgerEntry, ModelStudio
from aliyun_local.dashscope.account.work import FAILED
from shared.domain.fine_tunes import path_of
from shared.domain.object_keys import job_id
from shared.domain.photo_set import NEVER
from tests.simulation.invariants import Invariants
from tests.simulation.job_rows import Columns
from tests.simulation.kernel import Kernel, Run, Violation

LOG_PREFIX_BYTES = 62
"""Function Compute's root logger puts level, time and request id in front of a line, and ends it."""


class MonthInvariants(Invariants):
    """Watches a month.

    Attributes:
        log_bytes: of all lines that functions have logged, with what the platform puts in front.
        log_lines: their number.
        unfinished: the rows of jobs that have something left to be done, by their ids.
        closed_at: when each set closed last, as its row says.
        sent_at: when its first submit left, in true time.
        overtaken: how many of those that had closed after it were sent before each set, if any were.
        photos_sent: photos in all fine-tunes that DashScope has accepted.
    """

    def __init__(self, studio: ModelStudio, limit: int, kernel: Kernel) -> None:
        super().__init__(studio, limit, kernel)
        self.log_bytes = 0
        self.log_lines = 0
        self.unfinished: dict[str, Columns] = {}
        self.closed_at: dict[str, int] = {}
        self.sent_at: dict[str, int] = {}
        self.photos_sent = 0
        self.accepted = 0
        self._made: dict[str, list[str]] = defaultdict(list)

    def check_log_line(self, line: str) -> None:
        """Check one line of a function's log, and count it."""
        super().check_log_line(line)
        self.log_lines += 1
        self.log_bytes += len(line.encode()) + LOG_PREFIX_BYTES

    def _job_written(self, before: Columns | None, after: Columns, writer: Run | None) -> None:
        super()._job_written(before, after, writer)
        name = job_id(after["person_id"], after["revision"])
        if after["closed_at"]:
            self.closed_at[name] = after["closed_at"]
        if _may_be_unfinished(after):
            self.unfinished[name] = after
        else:
            self.unfinished.pop(name, None)

    def submit_leaves(self, run: Run, body: dict[str, Any]) -> None:
        """Check a POST as it leaves, and note when."""
        super().submit_leaves(run, body)
        name = self._owners[path_of(body["training_file_ids"][0])]
        self.sent_at.setdefault(name, self._kernel.now)

    def submit_answered(self, body: dict[str, Any], status: int) -> None:
        """Check that a fine-tune that was made now is the only one of its set that may be paid for."""
        name = self._owners[path_of(body["training_file_ids"][0])]
        if status != 200:
            if status != 429:
                self._refused.add(name)
            return
        self.accepted += 1
        self.photos_sent += len(body["training_file_ids"])
        with self._studio._database.reading() as connection:
            going = fine_tune_ledger.active(connection)
            mine = [one.job_id for one in going if self.owner_of(one.training_file_ids[0]) == name]
            ours = [one.job_id for one in going if self.is_ours(one.training_file_ids[0])]
        if len(ours) > self._limit:
            raise Violation(f"{len(ours)} fine-tunes run at once: {ours}")
        paid = [one for one in self._made[name] if self._status(one) != FAILED]
        if paid or len(mine) != 1:
            raise Violation(f"{name} is paid twice: {[*paid, *mine]}")
        self._made[name] += mine

    def _status(self, fine_tune_id: str) -> str:
        entry = self._entry(fine_tune_id)
        return entry.status if entry else ""

    def _entry(self, fine_tune_id: str) -> LedgerEntry | None:
        if not fine_tune_id:
            return None
        self._studio.tick()
        with self._studio._database.reading() as connection:
            found = fine_tune_ledger.TABLE.find(connection, fine_tune_id)
            if found is None:
                return None
            return fine_tune_ledger._entry(found, fine_tune_ledger.statuses(connection, found.sequence))

    def overtaken(self, grace_ms: int) -> dict[str, int]:
        """Return how many sets that had closed more than ``grace_ms`` later were sent before each set."""
        sent = sorted(self.sent_at, key=lambda name: self.sent_at[name])
        found: dict[str, int] = {}
        latest: list[int] = []
        for name in sent:
            closed = self.closed_at[name]
            ahead = sum(other > closed + grace_ms for other in latest[-200:])
            if ahead:
                found[name] = ahead
            latest.append(closed)
        return found


def _may_be_unfinished(row: Columns) -> bool:
    """Whether something may be left to be done, by the row's state alone, without its photos."""
    if row["state"] in ("SUCCEEDED", "FAILED", "CANCELED"):
        return not row["delivered"]
    return row["state"] != "REJECTED" and not (row["state"] == "COLLECTING" and row["due_at"] == NEVER)
