"""The promises about what administrators ask for: watched at each write, and checked at the end of a seed.

During a story every effect that only an administrator may have (a pause, a cancellation, a place in the
queue, an upload that is deleted) must come from a request that is written down and has no outcome yet. So
what was asked for once has one effect, though runs die and repeat each other. At the end every request has an
outcome, and DashScope's ledger and the rows bear it out.

:mod:`tests.simulation.invariants` tells of the writes, ``administrators.py`` asks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

from aliyun_local.dashscope.account.models import LedgerEntry
from aliyun_local.oss.state.objects import StoredObject
from shared.domain import requests as kinds
from shared.domain.audit import OVERTAKEN
from shared.domain.consent import waits_for_consent
from shared.domain.job import Job
from shared.domain.money import DAYS, beijing_day
from shared.domain.object_keys import (
    PEOPLE_PREFIX,
    SUBMISSIONS_PREFIX,
    Ignored,
    job_id,
    parse_job_id,
    parse_upload,
)
from shared.domain.states import LEGAL_MOVES, JobState
from shared.domain.timeline import KEPT_FIRST, KEPT_LAST
from shared.domain.totals import ROW as TOTALS
from shared.http_api.outcomes import OUTCOMES
from tests.simulation.erasures import HASH, Erasures
from tests.simulation.job_rows import Columns, JobRows
from tests.simulation.kernel import Kernel, Run, Violation
from tests.simulation.retention import Retention

WHOLE_SECOND_MS = 1000
SETTLES_MS = 5_000
"""Index and clocks agree after so long."""
WRITTEN_ONCE = ("kind", "subject", "photo", "reason", "asked_at", "asked_by")
FULL = KEPT_FIRST + KEPT_LAST
"""Of so many moves some may have gone."""
NEVER_BILLED = ("canceled_before_submit", "canceled_not_billed")
ASKED_BY = {
    "moved_to": kinds.FIRST,
    "cancel_asked_at": kinds.CANCEL,
    "train_asked_at": kinds.TRAIN,
    "model_released_at": kinds.RELEASE,
    "approved_at": kinds.APPROVE,
}
"""Columns of a job that nothing sets but a request, and its kind."""


class Asked(NamedTuple):
    """A request, told from another of the same id: one that is asked again once an erasure has taken it."""

    record_id: str
    at: int

    @classmethod
    def by(cls, row: Columns) -> Asked:
        """Return which one a row is of."""
        return cls(str(row["name"]).partition("/")[2], int(row["asked_at"]))


class Administration:
    """Watches what becomes of administrators' requests.

    Moments are by true time, in milliseconds.

    Attributes:
        requests: the row of each request, as it was written last.
        deleted: the rows that went with whom they were about, or lost their names, as they were before.
        erasures: what is erased.
        placed_at: when each job was put first.
        resumed_at: when the queue was resumed last.
        retention: what goes because its time is over.
        longest_skew: by how much the clock of a run may differ from the true time.
        counts_all: whether the row of totals has always been readable.
        is_audited: whether an audit is kept.
        audited_at: when it was written down first that the audit has a record of each request.
    """

    def __init__(self, kernel: Kernel, rows: JobRows) -> None:
        """``rows`` are those of the jobs, by their ids, and follow each write."""
        self._kernel = kernel
        self._rows = rows
        self.requests: dict[str, Columns] = {}
        self.deleted: dict[Asked, Columns] = {}
        self.erasures = Erasures(kernel)
        self.retention = Retention(kernel, rows)
        self._written_at: dict[str, int] = {}
        self._settled_at: dict[str, int] = {}
        self._retried: set[str] = set()
        self.placed_at: dict[str, int] = {}
        self._taken_at: dict[str, int] = {}
        self._paused_at = 0
        self.resumed_at = 0
        self.longest_skew = 0
        self._switched_by: set[str] = set()
        self._rung_for: set[str] = set()
        self._erasures_rung_for: set[str] = set()
        self.counts_all = True
        self.is_audited = False
        self.audited_at: dict[Asked, int] = {}
        self._totals: Columns = {}

    # -- what is written ------------------------------------------------------------------------------

    def control_written(self, name: str, value: Columns) -> None:
        """Keep what the end of the seed asks after."""
        if name == TOTALS:
            self._totals = value

    def request_written(self, before: Columns | None, after: Columns) -> None:
        """A request is written once and settled once, with words that are known."""
        name = str(after["name"])
        if name == "doorbell":
            self._bell_written(is_rung=after["is_rung"], rings_at=after.get("rings_at", 0))
        if not name.startswith("request/"):
            return
        if before is None:
            if after.get("settled_at"):
                raise Violation(f"{name} was settled before it was asked")
            self._written_at[name] = self._kernel.now
            if after["kind"] == kinds.ERASE:
                self.erasures.begun(name, after)
        elif _is_audit_note(before, after):
            if not self.is_audited:
                raise Violation(f"{name} is said to be in the audit, and none is kept")
            self.audited_at.setdefault(Asked.by(after), self._kernel.now)
            if after["kind"] == kinds.ERASE:
                self.erasures.rows[name] = after
        elif after.get("person") and after["kind"] != kinds.ERASE:
            self._made_nameless(name, before, after)
        elif after["kind"] == kinds.ERASE:
            self.erasures.carried_on(before, after)
            if after["settled_at"]:
                self._settled_at[name] = self._kernel.now
        elif after["kind"] == kinds.EXPORT and not after["settled_at"]:
            self._export_carried_on(before, after)
        else:
            changed = [column for column in WRITTEN_ONCE if before[column] != after[column]]
            if before["settled_at"] or changed:
                told = {column: (before[column], after[column]) for column in (*changed, "outcome")}
                raise Violation(f"{name} had become one thing, and then another: {told}")
            if after["outcome"].partition(":")[0] not in OUTCOMES or not after["settled_at"]:
                raise Violation(f"{name} has become {after['outcome']!r}, which nobody can read")
            self._settled_at[name] = self._kernel.now
            is_switch = after["outcome"] in ("paused", "resumed")
            if is_switch and name.partition("/")[2] not in self._switched_by:
                raise Violation(f"{name} is said to have {after['outcome']} the queue, and has not")
        self.requests[name] = after

    def _export_carried_on(self, before: Columns, after: Columns) -> None:
        """A run has written down how far it has come, or somebody asks for another one."""
        changed = [column for column in WRITTEN_ONCE if before[column] != after[column]]
        if changed and changed != ["asked_at"]:
            raise Violation(f"{after['name']} was {before} and becomes {after}")
        if before["settled_at"] and not changed:
            raise Violation(f"{after['name']} had become {before['outcome']!r}, and goes on")

    def request_deleted(self, row: Columns) -> None:
        """What was asked for about somebody goes with them, and nothing else does."""
        name = str(row["name"])
        if not name.startswith("request/"):
            raise Violation(f"{name} is deleted")
        if not self.erasures.is_of_erased(row["subject"]) or row["kind"] == kinds.ERASE:
            raise Violation(f"{name} is deleted, and nobody has erased {row['subject']}")
        if self.is_audited and not self.requests[name].get("audited_at"):
            raise Violation(f"{name} is deleted before the audit has its record")
        gone = self.requests.pop(name)
        self.deleted[Asked.by(gone)] = gone
        self._rung_for.discard(name)

    def _made_nameless(self, name: str, before: Columns, after: Columns) -> None:
        """What awaits the audit when its person is erased stays, without the name and whatever tells it."""
        if not self.is_audited or not self.erasures.is_of_erased(before["subject"]) or before["audited_at"]:
            raise Violation(f"{name} loses the name of {before['subject']}: {after}")
        changed = [column for column in ("kind", "asked_at", "asked_by") if before[column] != after[column]]
        is_kept = (after["outcome"], after["settled_at"]) == (before["outcome"], before["settled_at"])
        is_overtaken = not before["settled_at"] and after["outcome"] == OVERTAKEN
        is_hashed = HASH.fullmatch(after["person"]) and after["subject"].startswith(after["person"])
        if changed or not (is_kept or is_overtaken) or not after["settled_at"] or not is_hashed:
            raise Violation(f"{name} was {before} and becomes {after}")
        self._settled_at.setdefault(name, self._kernel.now)
        self.deleted[Asked.by(before)] = before

    def _bell_written(self, *, is_rung: bool, rings_at: int) -> None:
        """The bell falls silent once everything is done that it was rung for: nobody else looks."""
        left = {
            name
            for name, one in self.requests.items()
            if not self._is_through(one)
            and (one["kind"] not in (kinds.ERASE, kinds.EXPORT) or one["settled_at"])
        }
        waiting = {name for name, one in self.erasures.rows.items() if not one["settled_at"]}
        exports = (one for one in self.requests.items() if one[1]["kind"] == kinds.EXPORT)
        waiting |= {name for name, one in exports if not one["settled_at"]}
        if is_rung:
            # Whoever dies between the row and the bell has told nobody that it is accepted.
            self._erasures_rung_for |= waiting
        elif not rings_at and (forgotten := waiting & self._erasures_rung_for):
            raise Violation(f"the bell falls silent for ever, and {min(forgotten)} waits for its time")
        if is_rung:
            self._rung_for |= left
        elif self._rung_for & left:
            raise Violation(f"the bell falls silent, and {self._rung_for & left} are left")
        else:
            self._rung_for.clear()

    def _is_through(self, request: Columns) -> bool:
        """Whether nothing is left of a request: its outcome is written down, and in the audit."""
        return bool(request["settled_at"]) and (bool(request["audited_at"]) or not self.is_audited)

    def slot_written(self, before: Columns, after: Columns) -> None:
        """A pause begins and ends by requests alone, and meanwhile nobody takes the slot."""
        self._switched_by.update(after["switched_by"])
        was_paused, is_paused = bool(before.get("paused")), bool(after.get("paused"))
        is_taken = set(after["holders"]) - set(before.get("holders", ())) or (
            after["holders"] and after["taken_at"] != before.get("taken_at")
        )
        if was_paused and is_paused and is_taken:
            raise Violation(f"the slot is taken while the queue is paused: {after['holders']}")
        if is_taken:
            self._taken_at.update(dict.fromkeys(after["holders"], self._kernel.now))
        if is_paused and not was_paused:
            self._needs("the queue is paused", kinds.PAUSE)
            self._paused_at = self._kernel.now
        if was_paused and not is_paused:
            self._needs("the queue is resumed", kinds.RESUME)
            self._paused_at, self.resumed_at = 0, self._kernel.now

    def submit_leaves(self, name: str) -> None:
        """Nothing is submitted in a pause but what had taken the slot before it."""
        if self._paused_at and self._taken_at.get(name, 0) >= self._paused_at:
            raise Violation(f"{name} is submitted while the queue is paused")

    def job_written(self, before: Columns | None, after: Columns) -> None:
        """The timeline agrees with the moves, and every effect of a request has its request."""
        name = job_id(after["person_id"], after["revision"])
        self._check_timeline(name, before, after)
        if before is None:
            if after.get("train_asked_at"):
                earlier = job_id(after["person_id"], after["revision"] - 1)
                self._needs(f"{name} is opened", kinds.RETRY, earlier)
                self._retried.add(name)
            return
        self.retention.check_what_rows_say(before, after)
        is_new = {column: after.get(column, 0) != before.get(column, 0) for column in ASKED_BY}
        for column, kind in ASKED_BY.items():
            # Who takes a request back by another way (a set that closes) clears the column.
            if column == "moved_to" and not self._kernel.believes_times:
                # A place that a clock ahead has given is set right.
                continue
            if is_new[column] and column == "cancel_asked_at" and after.get("erasing_since"):
                self.erasures.needs(f"{name} is stopped", after["person_id"])
                continue
            if column == "model_released_at" and self.retention.model_released(after):
                continue
            if is_new[column] and after.get(column):
                subject = after["person_id"] if kind == kinds.TRAIN else name
                if column == "cancel_asked_at" and json.loads(after.get("consent", "{}")).get("withdrawn_at"):
                    # Whoever withdraws consent asks for it in this way.
                    continue
                self._needs(f"{name} gets {column}", kind, subject)
        if after["state"] == "SUBMITTING" != before["state"] and after.get("cancel_asked_at"):
            raise Violation(f"{name} is about to be submitted though it is cancelled")
        self._check_place(name, before, after)

    def _asked_to_delete(self, person_id: str, photo: str, run: Run) -> list[str]:
        """Return the requests to delete a photo that were open when ``run`` began."""
        return [
            name
            for name, one in self.requests.items()
            if (one["kind"], one["subject"], one["photo"]) == (kinds.PHOTO_DELETE, person_id, photo)
            and self._settled_at.get(name, run.started_at) >= run.started_at
        ]

    def upload_deleted(self, gone: StoredObject, run: Run) -> None:
        """An upload is deleted because somebody has asked for it since it was there.

        OSS deletes whatever is there, so what is put while the run is at work may go with it.
        """
        key, put_at_ms = gone.key, int(gone.modified_at * 1000)
        upload = parse_upload(key)
        if key.startswith(SUBMISSIONS_PREFIX) and not self.erasures.is_of_erased(key.split("/")[1]):
            self.retention.snapshot_deleted(key, run, self._asked_to_delete)
        if not key.startswith(PEOPLE_PREFIX) or isinstance(upload, Ignored):
            return
        asked = self._asked_to_delete(upload.person_id, upload.name, run)
        if not asked and self.erasures.covers(upload.person_id, upload.name, put_at_ms, run.started_at):
            return
        if not asked and self.retention.covers_upload(upload, gone, run):
            return
        slack = WHOLE_SECOND_MS + 2 * self.longest_skew
        meant_until = max((self._written_at[name] + slack for name in asked), default=0)
        if not asked or (self._kernel.believes_times and meant_until <= put_at_ms < run.started_at):
            raise Violation(f"{key}, put after anybody asked for that, is deleted: {asked}")

    def _needs(self, what: str, kind: str, subject: str = "") -> None:
        for one in self.requests.values():
            if one["kind"] == kind and one["subject"] == subject and not one["settled_at"]:
                return
        raise Violation(f"{what}, and no request that is open asks for it ({kind} {subject})")

    def _check_timeline(self, name: str, before: Columns | None, after: Columns) -> None:
        moves = json.loads(after["moves"])
        if not moves:
            # What was taken over from a result tells nothing.
            return
        if moves[-1][0] != after["state"]:
            raise Violation(f"{name} is {after['state']} and its timeline ends with {moves[-1]}")
        known = json.loads(before["moves"]) if before else []
        has_moved = before is not None and before["state"] != after["state"]
        if before is None or len(known) >= FULL or not self._kernel.believes_times:
            expected = len(moves)
        else:
            expected = len(known) + has_moved
        if len(moves) != expected:
            raise Violation(f"{name} made {len(moves) - len(known)} moves at once: {moves}")
        for (old, began, *_), (new, ended, *_) in pairwise(moves):
            if len(moves) < FULL and JobState(new) not in LEGAL_MOVES[JobState(old)]:
                raise Violation(f"the timeline of {name} goes from {old} to {new}")
            if began > ended and self._kernel.believes_times:
                raise Violation(f"the timeline of {name} is out of order: {moves}")

    def _check_place(self, name: str, before: Columns, after: Columns) -> None:
        if after["state"] != "QUEUED" or after.get("moved_to", 0) == before.get("moved_to", 0):
            return
        self.placed_at[name] = self._kernel.now
        for other, waiting in self._rows.items():
            place = waiting.get("moved_to") or waiting["closed_first_at"]
            settled = max(self.placed_at.get(other, 0), waiting["changed_at"]) < self._kernel.now - 60_000
            is_at_its_place = waiting["state"] == "QUEUED" and waiting["due_at"] == place
            if other != name and is_at_its_place and settled and place <= after["moved_to"]:
                raise Violation(f"{name} is put first, and {other} stays before it")

    # -- the end of a seed ----------------------------------------------------------------------------

    def check_end(
        self, jobs: Iterable[Job], ledger: Iterable[LedgerEntry], owner_of: Callable[[str], str]
    ) -> None:
        """Every request has an outcome, which is true; the totals are DashScope's."""
        by_id = {job.job_id: job for job in jobs}
        made: dict[str, list[LedgerEntry]] = {}
        for entry in ledger:
            made.setdefault(owner_of(entry.training_file_ids[0]), []).append(entry)
        for name, one in self.requests.items():
            if one["kind"] in (kinds.ERASE, kinds.EXPORT):
                # Who asks for these looks after them.
                continue
            if not one["settled_at"]:
                raise Violation(f"{name} ({one['kind']} {one['subject']}) never has an outcome")
            self._check_outcome(one, by_id, made)
        for job in by_id.values():
            self._check_money(job, made.get(job.job_id, []))
        if self._paused_at:
            raise Violation("the queue is still paused")
        self._check_totals(by_id.values(), made)

    def _check_outcome(self, one: Columns, jobs: dict[str, Job], made: dict[str, list[LedgerEntry]]) -> None:
        code, subject = one["outcome"].partition(":")[0], one["subject"]
        if one.get("person") or self.erasures.is_of_erased(subject):
            return
        job, entries = jobs.get(subject), made.get(subject, [])
        if code in ("canceled", "canceled_later", "cancel_asked") and (
            job is None or not job.state.is_terminal
        ):
            raise Violation(f"{subject} was cancelled ({code}) and is {job and job.state.value}")
        if code in ("canceled", "canceled_later") and (job is None or job.state is not JobState.CANCELED):
            raise Violation(f"{subject} was cancelled and is {job and job.state.value}")
        if code == "canceled" and any(entry.billed_trainings for entry in entries):
            raise Violation(f"{subject} was cancelled, by its outcome unbilled, and was billed")
        if code == "retried" and _next(subject) not in self._retried:
            raise Violation(f"{subject} is said to be trained once more, and is not")
        if code == "released" and not (job and job.model_released_at and entries[-1].deleted_at):
            raise Violation(f"the model of {subject} is said to be deleted, and is not")
        if code == "closing" and any(
            other.person_id == subject
            and other.photo_set.train_asked_at
            and not other.state.is_terminal
            # A set whose photos wait for consent closes with that.
            and not waits_for_consent(other.trouble)
            for other in jobs.values()
        ):
            raise Violation(f"the set of {subject} was to close, and has not")
        if code == "photo_deleted":
            self._check_photo_is_out(one, jobs.values())

    def _check_photo_is_out(self, one: Columns, jobs: Iterable[Job]) -> None:
        """What was submitted after a photo was deleted has no photo of this name that was there before."""
        name = str(one["name"])
        deleted_at = self._settled_at[name]
        for job in jobs:
            photo = job.photo_set.photo(one["photo"])
            is_later = job.person_id == one["subject"] and job.submitted_at > deleted_at + SETTLES_MS
            is_old = photo is not None and photo.uploaded_at < self._written_at[name] - SETTLES_MS
            if self._kernel.believes_times and is_later and is_old and photo in job.photo_set.chosen():
                raise Violation(f"{job.job_id} was submitted with {one['photo']}, which was deleted")

    def _check_money(self, job: Job, made: list[LedgerEntry]) -> None:
        billed = sum(entry.billed_trainings for entry in made)
        if job.state.is_terminal and job.usage != billed:
            raise Violation(f"{job.job_id} says {job.usage} billed trainings, the ledger {billed}")
        code = job.reason.code if job.reason else ""
        if job.state is JobState.CANCELED and code in NEVER_BILLED and billed:
            raise Violation(f"{job.job_id} is {code} and was billed {billed} times")
        if job.state is JobState.CANCELED and code == "canceled_before_submit" and made:
            raise Violation(f"{job.job_id} is said to have never been sent, and {made[0].job_id} was made")
        if code == "canceled_and_billed" and not billed:
            raise Violation(f"{job.job_id} is said to be billed, and was not")

    def _check_totals(self, jobs: Iterable[Job], made: dict[str, list[LedgerEntry]]) -> None:
        if not self.counts_all or self.erasures.asked:
            # Whoever was erased is in the numbers yet, and nowhere else.
            return
        counted = [job for job in jobs if job.result_at]
        results = Counter(job.state.value for job in counted)
        if results != Counter(self._totals.get("results", {})):
            raise Violation(f"counted were {self._totals.get('results')}, delivered {dict(results)}")
        billed, by_day = 0, Counter[str]()
        for job in counted:
            of_job = sum(entry.billed_trainings for entry in made.get(job.job_id, []))
            billed += of_job
            by_day[beijing_day(job.ended_at)] += of_job
        said = self._totals.get("billed", 0)
        if said != billed:
            raise Violation(f"counted were {said} billed trainings, the ledger has {billed}")
        # No more days are remembered.
        newest = dict(sorted(by_day.items())[-DAYS:])
        if (days := self._totals.get("days", {})) != newest:
            raise Violation(f"counted were {days} billed trainings by day, the ledger has {newest}")


def _next(name: str) -> str:
    parsed = parse_job_id(name)
    assert parsed is not None
    key, _, revision = name.rpartition("-")
    return f"{key}-{int(revision) + 1}"


def _is_audit_note(before: Columns, after: Columns) -> bool:
    """Whether a settled request is written once more because its record was put, and for nothing else."""
    changed = {name for name in after if before.get(name) != after[name]}
    return bool(before["settled_at"]) and changed - {"version", "write_token"} == {"audited_at"}
