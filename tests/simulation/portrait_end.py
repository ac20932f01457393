"""Portraits in the simulation: what DashScope makes, and what is promised of them.

The pictures are the smallest that are pictures, each with a comment that tells of whose model it is. The
watchers here are called by :mod:`tests.simulation.invariants`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from PIL import Image

from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.account.tasks import Task
from shared.domain.portrait_slot import parse_attempt
from shared.domain.result_keys import portraits_folder
from tests.simulation.job_rows import Columns, JobRows
from tests.simulation.kernel import Kernel, Run, Violation

OPERATION = "GeneratePortraits"
GOING = ("PENDING", "RUNNING")
OF_WHOM = re.compile(rb"portrait of ([^ ]*) by ([^ ]*) no ([0-9]+)\.")
PLACE_OF_ORDERS = "/gen_potrait"
MODEL = re.compile(r'"resource_id": "([^"]+)"')
TASK_ID = re.compile(r"/(?:tasks|portraits)/([^/]+)")
LOST_ALLOWED = 2


@lru_cache(maxsize=1)
def _blank() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "gray").save(file, "JPEG")
    return file.getvalue()


def draw(subject: str, style: str, width: int, height: int, number: int) -> bytes:
    """Return a picture, as ``aliyun_local.dashscope.pictures.portraits.draw`` does."""
    said = f"portrait of {subject} by {style} no {number}.".encode()
    comment = b"\xff\xfe" + (len(said) + 2).to_bytes(2, "big") + said
    return _blank()[:2] + comment + _blank()[2:]


class Portraits:
    """The promises about portraits."""

    def __init__(self, studio: ModelStudio, kernel: Kernel, rows: JobRows) -> None:
        self._studio = studio
        self._kernel = kernel
        self._rows = rows
        self._posts: list[int] = []
        self._intents: dict[tuple[str, int, int], Run | None] = {}
        self._sent: set[tuple[str, int, int]] = set()
        self._waiting_since: dict[tuple[str, int], int] = {}
        self.slot: Columns = {}
        self.erased: dict[str, Columns] = {}
        """The last rows of jobs whose persons were erased."""
        self.asked_of_each = 0
        """So many orders the settings have made of each model."""

    # -- rows -----------------------------------------------------------------------------------------

    def job_written(self, before: Columns | None, after: Columns, name: str, writer: Run | None) -> None:
        """Check a write of a job's row."""
        old, new = _orders(before), _orders(after)
        for number, order in new.items():
            earlier = old.get(number)
            attempt = (name, number, int(order.get("attempt", 0)))
            if order["state"] == "SUBMITTING" and (earlier is None or earlier["state"] != "SUBMITTING"):
                self._intents[attempt] = writer
            if int(order.get("lost", 0)) > LOST_ALLOWED:
                raise Violation(f"order {number} of {name} was asked for again after two answers were lost")
            self._check_end(name, number, earlier, order)
        gone = old.keys() - new.keys()
        if gone:
            raise Violation(f"{name} has lost its orders {sorted(gone)}")

    def job_deleted(self, name: str, row: Columns) -> None:
        """Check that no portraits are being made of a person whose row goes."""
        going = [order for order in _orders(row).values() if order["state"] in ("SUBMITTING", "GENERATING")]
        if going:
            raise Violation(f"the row of {name} is deleted while its portraits are made")
        self.erased[name] = row

    def _check_end(self, name: str, number: int, before: Columns | None, order: Columns) -> None:
        ended = ("SUCCEEDED", "FAILED", "CANCELED")
        if before is not None and before["state"] in ended and before["state"] != order["state"]:
            raise Violation(f"order {number} of {name} went from {before['state']} to {order['state']}")
        if order["state"] != "SUCCEEDED":
            return
        task = self._task(str(order["task_id"]))
        if task is None or task.status != "SUCCEEDED":
            raise Violation(f"order {number} of {name} has succeeded, and its task has not")
        if len(order.get("pictures", ())) + int(order.get("missing", 0)) != order["wanted"][1]:
            raise Violation(f"order {number} of {name} does not tell of all its pictures")

    def slot_written(self, after: Columns) -> None:
        """Check who holds the slot of portraits."""
        before, now = self.slot.get("holder", ""), (after.get("portraits") or {}).get("holder", "")
        if before and before != now:
            self._check_release(before)
        self.slot = dict(after.get("portraits") or {})

    def _check_release(self, holder: str) -> None:
        attempt = parse_attempt(holder)
        if attempt is None:
            raise Violation(f"the slot of portraits is held by {holder!r}")
        order = _orders(self._rows.get(attempt.job_id)).get(attempt.number)
        if order is None or int(order.get("attempt", 0)) != attempt.attempt:
            return
        if order["state"] in ("SUBMITTING", "GENERATING"):
            raise Violation(f"{holder} has lost the slot while {order['state']}")

    # -- submits --------------------------------------------------------------------------------------

    def jobs_named_in(self, text: str) -> list[str]:
        """Return the ids of the jobs whose models or tasks a request names, by its path and its body."""
        path = text.partition(" ")[0]
        if path.endswith(PLACE_OF_ORDERS):
            named = MODEL.findall(text)
        elif (found := TASK_ID.search(path)) is not None:
            task = self._task(found[1])
            named = [task.subject] if task is not None else []
        else:
            return []
        return [name for name, row in self._all_rows() if row["finetuned_output"] in named]

    def order_begins(self) -> None:
        """Check the rate at which orders are sent."""
        now = self._kernel.now
        self._posts = [moment for moment in self._posts if now - moment < 1000]
        self._posts.append(now)
        if len(self._posts) > 2:
            raise Violation("three orders of portraits in one second")

    def order_leaves(self, run: Run, body: dict[str, Any]) -> None:
        """Check a POST as it leaves: its intent is saved by this run, for this model, once, in the slot."""
        attempt = parse_attempt(str(self.slot.get("holder", "")))
        if attempt is None:
            raise Violation("an order of portraits leaves without a place in the slot")
        row = self._rows.get(attempt.job_id)
        order = _orders(row).get(attempt.number)
        if row is None or order is None or order["state"] != "SUBMITTING":
            raise Violation(f"the order {attempt} leaves without an intent: {order}")
        if body["resources"][0]["resource_id"] != row["finetuned_output"]:
            raise Violation(f"the order {attempt} is for another model than the job's")
        wanted = [body["parameters"]["style"], body["parameters"]["n"]]
        if wanted != order["wanted"][:2]:
            raise Violation(f"the order {attempt} asks for {wanted}, and not for {order['wanted']}")
        key = (attempt.job_id, attempt.number, attempt.attempt)
        if self._intents.get(key) is not run:
            raise Violation(f"the order {attempt} leaves from a run that did not save its intent")
        if key in self._sent:
            raise Violation(f"the order {attempt} is sent twice")
        self._sent.add(key)
        if row.get("erasing_since"):
            raise Violation(f"the order {attempt} leaves for a person who is being erased")

    def order_answered(self) -> None:
        """Check DashScope's books: one task of ours goes on at a time."""
        models = {row["finetuned_output"] for _, row in self._all_rows()}
        ours = [task for task in self._ledger() if task.subject in models]
        going = [task.task_id for task in ours if task.status in GOING]
        if len(going) > 1:
            raise Violation(f"{len(going)} tasks of portraits at once: {going}")

    def picture_written(self, key: str, content: bytes) -> None:
        """Check that a portrait that is stored is one of the person in whose folder it lies."""
        found = OF_WHOM.search(content)
        models = {
            row["finetuned_output"]
            for _, row in self._all_rows()
            if key.startswith(portraits_folder(row["person_id"], row["revision"]))
        }
        # A slow run that does not know of an erasure may write one, which the erasure removes.
        if found is None or found[1].decode() not in models:
            raise Violation(f"{key} is a portrait of {found and found[1].decode()}, and not of {models}")

    # -- the end --------------------------------------------------------------------------------------

    def check_at_rest(self, results: dict[str, Any], stored: set[str]) -> None:
        """Check, once nothing is left to be done, what the rows, the results and the bucket say."""
        folders = tuple(portraits_folder(row["person_id"], row["revision"]) for row in self._rows.values())
        for key in stored:
            if "/portraits/" in key and not key.startswith(folders):
                raise Violation(f"{key} is left of somebody who was erased")
        for name, row in self._rows.items():
            orders = _orders(row)
            if self.asked_of_each and row["state"] == "SUCCEEDED" and len(orders) < self.asked_of_each:
                raise Violation(f"{len(orders)} orders were made for {name} of {self.asked_of_each}")
            if row.get("erasing_since") or not orders:
                continue
            open_ones = [
                number
                for number, order in orders.items()
                if not order.get("ended_at") and not _waits_for_consent(order)
            ]
            if open_ones:
                raise Violation(f"the orders {open_ones} of {name} are not done")
            self._check_paid(name, row, orders)
            keys = {picture[0] for order in orders.values() for picture in order.get("pictures", ())}
            if keys - stored:
                raise Violation(f"{name} has portraits that are not in the bucket: {sorted(keys - stored)}")
            result = results.get(name) or {}
            shown = {one["key"] for order in result.get("portraits", ()) for one in order["pictures"]}
            if shown != keys:
                raise Violation(f"the result of {name} shows {sorted(shown)}, and there are {sorted(keys)}")

    def check_paid(self) -> None:
        """Check at any time that no order was paid more often than answers were lost."""
        for name, row in self._rows.items():
            if orders := _orders(row):
                self._check_paid(name, row, orders)

    def _check_paid(self, name: str, row: Columns, orders: dict[int, Columns]) -> None:
        """An order is paid once, and once more at most for each answer that was lost."""
        made = [task for task in self._ledger() if task.subject == row["finetuned_output"]]
        paid = sum(task.status != "FAILED" for task in made)
        allowed = sum(1 + int(order.get("lost", 0)) for order in orders.values() if order.get("attempt"))
        if paid > allowed:
            raise Violation(f"the {len(orders)} orders of {name} were paid {paid} times")

    def pictures_paid(self) -> Iterator[tuple[float, str, int]]:
        """Return when each task of ours was made, in seconds, for which job, and what it may be billed."""
        models = {row["finetuned_output"]: name for name, row in self._all_rows()}
        for task in self._ledger():
            if name := models.get(task.subject):
                yield task.submitted_at, name, task.images if task.status in GOING else task.succeeded_images

    def _all_rows(self) -> Iterator[tuple[str, Columns]]:
        yield from self.erased.items()
        yield from self._rows.items()

    def _ledger(self) -> list[Task]:
        return self._studio.portraits.ledger()

    def _task(self, task_id: str) -> Task | None:
        return next((task for task in self._ledger() if task.task_id == task_id), None)


def _waits_for_consent(order: Columns) -> bool:
    return bool((order.get("retry") or {}).get("cause", {}).get("code") == "waits_for_consent")


def _orders(row: Columns | None) -> dict[int, Columns]:
    """Return the orders of a job's row by number."""
    return {one["number"]: one for one in json.loads((row or {}).get("portraits", "[]"))}
