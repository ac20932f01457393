"""The promises, checked at every moment on DashScope's ledger and not only on our rows.

The watchers here are called within the very call that changes something: each write of a row, each submit as
it leaves, each answer to one, each result object and each line of the log.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aliyun_local.dashscope.account.models import LedgerEntry, ModelStudio
from aliyun_local.oss.state.objects import StoredObject
from shared.domain.fine_tunes import path_of
from shared.domain.object_keys import job_id
from shared.domain.photo_set import NEVER
from shared.domain.states import LEGAL_MOVES, JobState
from tests.simulation.administration import SETTLES_MS, Administration
from tests.simulation.consents import Consents
from tests.simulation.dashscope_end import Watch
from tests.simulation.faults import OtherPrograms
from tests.simulation.job_rows import Columns, JobRows
from tests.simulation.kernel import Kernel, Run, Violation
from tests.simulation.money import Money
from tests.simulation.portrait_end import Portraits
from tests.simulation.stores import API_KEY, SIGNATURE

GOING = {"PENDING", "QUEUING", "RUNNING"}
FIXED_BY_CLOSING = ("files", "closed_at", "closed_by")
FIXED_BY_ENDING = ("state", "fine_tune_id", "finetuned_output", "ended_at", "usage", "earlier_fine_tunes")
OWN_REASONS = (
    *("submit_lost", "submit_unclear", "photos_lost", "files_not_stored", "no_answer"),
    *("result_unreadable", "canceled_before_submit", "consent_withdrawn", "erased"),
)
"""Why a job may end without a fine-tune and without a refusal."""
BETWEEN_TRIES = ("canceled_not_billed", "canceled_and_billed")
"""Why it may, if DashScope has failed a fine-tune of it before."""


class Invariants(Watch):
    """Watches the writes and the submits of a simulation."""

    def __init__(self, studio: ModelStudio, limit: int, kernel: Kernel) -> None:
        self._studio = studio
        self._limit = limit
        self._kernel = kernel
        self._posts: list[int] = []
        self._attempts_sent: set[tuple[str, int]] = set()
        self._refused: set[str] = set()
        self._intents: dict[tuple[str, int], Run | None] = {}
        self._queued_since: dict[str, int] = {}
        self._places: dict[str, int] = {}
        self._chosen_since: dict[str, int] = {}
        self._turns_checked: dict[str, int] = {}
        self._owners: dict[str, str] = {}
        self._gone: dict[str, int] = {}
        self.rows = JobRows()
        self.slot: Columns = {}
        self.health: Columns = {}
        self.administration = Administration(kernel, self.rows)
        self.money = Money(studio, kernel, self.owner_of)
        self.consents = Consents(kernel)
        self.portraits = Portraits(studio, kernel, self.rows)
        self.money.pictures = self.portraits.pictures_paid
        self.others: OtherPrograms | None = None
        self.may_lag: Callable[[str], bool] = lambda _: False
        self.is_unreadable: Callable[[str, int], bool] = lambda _, __: False

    def is_ours(self, file: str) -> bool:
        """Whether ``file`` (a URL or a file id) was made for one of our jobs."""
        return path_of(file) in self._owners

    def owner_of(self, file: str) -> str:
        """Return the id of the job that ``file`` (a URL or a file id) was made for, or ``""``."""
        return self._owners.get(path_of(file), "")

    def is_recorded(self, fine_tune_id: str) -> bool:
        """Whether one of our jobs owns the fine-tune by its id."""
        return any(row["fine_tune_id"] == fine_tune_id for row in self.rows.values())

    def forget_rows(self) -> None:
        """Take the tables for new."""
        self.rows.clear()
        self._gone.clear()
        self._places.clear()
        self.slot = {}
        self.health = {}

    # -- rows -----------------------------------------------------------------------------------------

    def row_written(
        self, table: str, before: Columns | None, after: Columns, writer: Run | None = None
    ) -> None:
        """Check one write of a row by ``writer``."""
        self._check_secrets("a row", str(after))
        if table == "seen":
            return
        name = str(after.get("name", ""))
        if before is None and (table == "requests" or name.startswith("links/")):
            # Such a row may come again once it was deleted.
            if after["version"] <= self._gone.get(name, 0):
                raise Violation(
                    f"{name} comes again with version {after['version']}, which an earlier one had"
                )
        elif after["version"] != (before["version"] if before else 0) + 1:
            raise Violation(f"{table}: version {before and before['version']} became {after['version']}")
        if table == "jobs":
            self._job_written(before, after, writer)
            self.administration.job_written(before, after)
            self.money.job_written(before, after)
        elif table == "requests":
            self.administration.request_written(before, after)
        elif (table, after["name"]) == ("control", "slot"):
            self._slot_written(json.loads(after["value"]), writer)
        elif (table, after["name"]) == ("control", "health"):
            self.health = json.loads(after["value"])
        elif table == "control":
            self.administration.control_written(after["name"], json.loads(after["value"]))

    def upload_deleted(self, gone: StoredObject, run: Run) -> None:
        """Check that an upload goes because somebody has asked for that, or its time is over."""
        self.administration.upload_deleted(gone, run)
        self.consents.upload_deleted(gone.key, int(gone.modified_at * 1000))

    def row_deleted(self, table: str, row: Columns) -> None:
        """Check that a row goes because its person was erased."""
        self.administration.erasures.row_deleted(table, row)
        if table in ("control", "requests"):
            self._gone[str(row["name"])] = row["version"]
        if table == "requests":
            self.administration.request_deleted(row)
        if table == "jobs":
            name = job_id(row["person_id"], row["revision"])
            if row["state"] in ("SUBMITTING", "TRAINING"):
                raise Violation(f"the row of {name} is deleted while {row['state']}")
            self.portraits.job_deleted(name, row)
            self.rows.pop(name, None)
            self._places.pop(name, None)
            self.money.job_deleted(row)

    def _job_written(self, before: Columns | None, after: Columns, writer: Run | None) -> None:
        name = job_id(after["person_id"], after["revision"])
        if not unicodedata.is_normalized("NFC", after["person_id"]):
            raise Violation(f"{name} is of a spelling, not of a person: {after['person_id']!a}")
        old, new = JobState(before["state"]) if before else None, JobState(after["state"])
        if old is not None and old is not new and new not in LEGAL_MOVES[old]:
            raise Violation(f"{name} went from {old.value} to {new.value}")
        if before and old and not old.is_open and old is not JobState.QUEUED:
            fixed = FIXED_BY_CLOSING + (FIXED_BY_ENDING if old.is_terminal else ())
            changed = [column for column in fixed if before[column] != after[column]]
            # A moment that a clock ahead has written is set right.
            changed = [name for name in changed if name != "closed_at" or after[name] > before[name]]
            if changed:
                raise Violation(f"{name}, which was {old.value}, changed {changed}")
        for file in (*json.loads(after["files"]), *json.loads(after["file_ids"])):
            # A file that the file service has not taken has no id.
            if file and self._owners.setdefault(file, name) != name:
                raise Violation(f"{file} stands in {name} and in {self._owners[file]}")
        if new is JobState.SUBMITTING and old is not new:
            self._intents[name, after["attempt"]] = writer
        is_back = before is not None and _has_stepped_aside(before) and not _has_stepped_aside(after)
        if new is JobState.QUEUED and (old is not new or is_back):
            self._queued_since[name] = self._kernel.now
        place = after.get("moved_to") or after["closed_first_at"]
        if place:
            # Nothing but a clock that was ahead is set right, and an administrator moves ahead.
            self._places[name] = min(self._places.get(name, NEVER), place)
        else:
            self._places.pop(name, None)
        self.portraits.job_written(before, after, name, writer)
        self.rows[name] = after
        if new.is_terminal and old is not new:
            self._check_cause(name, after)

    def _slot_written(self, after: Columns, writer: Run | None) -> None:
        held = set(after["holders"])
        if len(held) != len(after["holders"]) or len(held) > self._limit:
            raise Violation(f"the slot of {self._limit} is held by {after['holders']}")
        before = set(self.slot.get("holders", ()))
        self.administration.slot_written(self.slot, after)
        self.portraits.slot_written(after)
        for name in before - held:
            if name not in self.rows:
                # Erased, once nothing of it was at DashScope.
                continue
            state = self.rows[name]["state"]
            entry = self._entry(self.rows[name]["fine_tune_id"])
            # A row that cannot be written or read may lag behind the end of its training.
            has_ended = entry is not None and (entry.status not in GOING or entry.deleted_at is not None)
            if state in ("SUBMITTING", "TRAINING") and not (has_ended and self.may_lag(name)):
                raise Violation(f"{name} lost its place in the slot while {state}")
        chosen = writer.started_at if writer else self._kernel.now
        self._chosen_since.update(dict.fromkeys(held - before, chosen))
        self.slot = after

    def _check_cause(self, name: str, row: Columns) -> None:
        """A job ends as its fine-tune did; without a fine-tune only when DashScope refused it for good."""
        entry = self._entry(row["fine_tune_id"])
        state, reason = row["state"], json.loads(row["reason"] or "null")
        between_tries = (
            bool(json.loads(row["earlier_fine_tunes"])) and reason and reason["code"] in BETWEEN_TRIES
        )
        if reason and (between_tries or reason["code"] == "canceled_before_submit"):
            alive = [one for one in self._studio.ledger() if one.status in GOING and one.deleted_at is None]
            if any(self.owner_of(one.training_file_ids[0]) == name for one in alive):
                raise Violation(f"{name} is cancelled ({reason['code']}), and its fine-tune goes on")
        if entry is None:
            is_own = between_tries or (reason and reason["code"] in OWN_REASONS)
            if name not in self._refused and not is_own:
                raise Violation(f"{name} is {state} without a fine-tune and a refusal: {reason}")
            return
        interfered_with = self.others.interfered_with.get(entry.job_id) if self.others else None
        overdue = bool(reason) and reason["code"] == "training_overdue" and entry.status == "CANCELED"
        given_up = entry.deleted_at is not None or interfered_with == "stuck" or overdue
        if state != entry.status and not (state == "FAILED" and given_up):
            raise Violation(f"{name} is {state} but its fine-tune {entry.status}: {reason}")
        if entry.status in GOING and entry.deleted_at is None:
            raise Violation(f"{name} is {state} and its fine-tune goes on")
        if (
            self._kernel.believes_times
            and state == "SUCCEEDED"
            and abs(row["ended_at"] - (entry.ended_at or 0) * 1000) > 1000
        ):
            raise Violation(f"{name} ended at {row['ended_at']}, its fine-tune at {entry.ended_at}")

    def _entry(self, fine_tune_id: str) -> LedgerEntry | None:
        return next((entry for entry in self._studio.ledger() if entry.job_id == fine_tune_id), None)

    # -- submits --------------------------------------------------------------------------------------

    def photos_leave(self, operation: str, told: str) -> None:
        """Nothing of a person leaves without consent."""
        self.consents.leaves(operation, told)

    def submit_begins(self) -> None:
        """Check the rate at which POSTs are sent; how long each is on its way is the network's affair."""
        now = self._kernel.now
        self._posts = [moment for moment in self._posts if now - moment < 1000]
        self._posts.append(now)
        if len(self._posts) > 1:
            raise Violation("two POSTs in one second")

    def submit_leaves(self, run: Run, body: dict[str, Any]) -> None:
        """Check a POST as it leaves: its intent is saved, by this run, for exactly these files, once."""
        files = [path_of(file) for file in body["training_file_ids"]]
        name = self._owners.get(files[0], "")
        row = self.rows.get(name)
        if row is None or row["state"] != "SUBMITTING":
            raise Violation(f"a POST for {name or files} leaves without an intent: {row and row['state']}")
        keys = json.loads(row["files"])
        ids = json.loads(row["file_ids"]) or [""] * len(keys)
        if files != [stored or key for stored, key in zip(ids, keys, strict=True)]:
            raise Violation(f"a POST for {name} does not name the files of its intent")
        attempt = (name, row["attempt"])
        if self._intents.get(attempt) is not run:
            raise Violation(f"a POST for {name} leaves from a run that did not save its intent")
        if attempt in self._attempts_sent:
            raise Violation(f"attempt {attempt} is sent twice")
        self._attempts_sent.add(attempt)
        if name not in self.slot.get("holders", ()):
            raise Violation(f"a POST for {name} leaves without a place in the slot")
        self.administration.submit_leaves(name)
        self.money.submit_leaves(name, row)
        self._check_turn(name)

    def _check_turn(self, name: str) -> None:
        """Check that no set is overtaken that closed earlier and waited when the sending run began.

        A job that was put back keeps its place, whichever run sends it then; one that was refused lets others
        show whether everybody is, one that has killed runs comes last, and one that could not be read when
        the next one was chosen is passed over.
        """
        chosen_since = self._chosen_since[name]
        # A training that is made again keeps the slot that it was chosen for.
        if self._limit > 1 or self._turns_checked.get(name) == chosen_since:
            return
        self._turns_checked[name] = chosen_since
        place = self._places.get(name, 0)
        for other, waiting in self.rows.items():
            # Whom an administrator puts first, once the sending run has chosen, goes next.
            since = max(self._queued_since.get(other, 0), self.administration.placed_at.get(other, 0))
            if (
                waiting["state"] == "QUEUED"
                and self._places.get(other, place) < place
                and not _has_stepped_aside(waiting)
                and since < chosen_since - SETTLES_MS
                and other not in self.slot.get("refused_jobs", ())
                and not self._has_killed(other)
                and not self.is_unreadable(other, chosen_since)
            ):
                raise Violation(f"{name} is submitted before {other}, which closed earlier")

    def _has_killed(self, name: str) -> bool:
        """Whether runs died of a piece of work of the job's person: all of their work comes last then."""
        person = name.partition("-")[0]
        return any(piece.startswith(person) for piece in self.health.get("deaths", ()))

    def submit_answered(self, body: dict[str, Any], status: int) -> None:
        """Note a refusal, and check DashScope's books after every submit that reaches them."""
        if status >= 400 and status != 429:
            self._refused.add(self._owners[path_of(body["training_file_ids"][0])])
        self.check_ledger()
        if self.others is not None:
            self.others.submit_several()

    def order_begins(self) -> None:
        """Check the rate of orders."""
        self.portraits.order_begins()

    def order_leaves(self, run: Run, body: dict[str, Any]) -> None:
        """Check an order of portraits as it leaves."""
        self.portraits.order_leaves(run, body)

    def order_answered(self) -> None:
        """Check DashScope's books after an order that has reached them."""
        self.portraits.order_answered()
        self.money.check_caps()

    def list_page_asked(self) -> None:
        """Let others change the list between two pages."""
        if self.others is not None:
            self.others.change_list()

    def check_ledger(self) -> None:
        """Check DashScope's books: how many of ours go at once, and what was paid for."""
        ours = [entry for entry in self._studio.ledger() if self.is_ours(entry.training_file_ids[0])]
        going = [entry.job_id for entry in ours if entry.status in GOING and entry.deleted_at is None]
        if len(going) > self._limit:
            raise Violation(f"{len(going)} fine-tunes run at once: {going}")
        self.money.check_caps()
        paid: dict[str, list[str]] = defaultdict(list)
        for entry in ours:
            if entry.status != "FAILED":
                paid[self._owners[path_of(entry.training_file_ids[0])]].append(entry.job_id)
        for name, ids in paid.items():
            if len(ids) > 1:
                raise Violation(f"{name} was paid {len(ids)} times: {ids}")

    # -- secrets --------------------------------------------------------------------------------------

    def check_log_line(self, line: str) -> None:
        """Check one line of a function's log."""
        self._check_secrets("a log line", line)
        if "totals_not_read" in line:
            self.administration.counts_all = False

    def result_written(self, key: str, text: str) -> None:
        """Check one result object."""
        self._check_secrets(key, text)

    def _check_secrets(self, where: str, text: str) -> None:
        for secret in (API_KEY, SIGNATURE, "deadbeef"):
            if secret in text:
                raise Violation(f"{where} holds a secret: {text[:200]}")


def _has_stepped_aside(row: Columns) -> bool:
    """Whether a job waits for its next try, and not at its place: what the row says of its tries tells."""
    retry = json.loads(row.get("retry") or "null")
    return retry is not None and row["due_at"] == retry["next_try_at"]
