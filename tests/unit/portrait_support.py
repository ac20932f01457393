"""Values for the tests of portraits: orders in each state, models that have them, and runs over them."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import lru_cache
from typing import Any

from PIL import Image

from shared.domain.job import Job, Reason
from shared.domain.photo_set import NEVER
from shared.domain.portrait_decide import SHOWN_WITHIN_MS, Step, steps
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portrait_styles import Wanted
from shared.domain.portrait_tasks import PortraitTask
from shared.domain.portrait_work import PortraitsSeen, attempt_of, listed, order_of, taken
from shared.domain.portraits import OrderState, Picture, PortraitOrder
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.spending import LANDS_WITHIN_MS
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from shared.errors import RetryLater
from shared.workflow.actions import Report
from shared.workflow.portrait_run import PortraitRun
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, job_in

HOUR_MS = 60 * MINUTE_MS
ON = Rules(portraits_allowed=True)
FOUR = Wanted("f_idcard_female", 4)
MODEL = "facechain-finetune-ft-1"
PRICE = ON.portrait_price_fen
WHY = Reason("why", "This is why.")
TASK = "task-1"
SILENT = RetryLater("InternalError", "…", delay_seconds=1, api=Api.PORTRAITS)
OVER_MS = LANDS_WITHIN_MS + SHOWN_WITHIN_MS
"""After so long the list shows whatever a POST has made that nobody has heard of."""


def order(state: OrderState = OrderState.QUEUED, number: int = 1, **changes: Any) -> PortraitOrder:
    """An order that was asked for a minute ago, brought to ``state`` by legal moves, then changed as told."""
    made = PortraitOrder(number=number, wanted=FOUR, asked_at=NOW - MINUTE_MS)
    if state in (OrderState.FAILED, OrderState.CANCELED):
        return replace(made.ended(state, NOW, reason=WHY), **changes)
    if state is not OrderState.QUEUED:
        made = made.attempting(NOW, expires_at=NOW + 2 * MINUTE_MS, price_fen=PRICE)
    if state in (OrderState.GENERATING, OrderState.STORING, OrderState.SUCCEEDED):
        made = made.submitted(TASK)
    if state in (OrderState.STORING, OrderState.SUCCEEDED):
        made = made.made(4)
    if state is OrderState.SUCCEEDED:
        pictures = tuple(
            Picture(f"results/li/1/portraits/{number}-{place}.jpg", 100) for place in range(1, 5)
        )
        made = made.stored(pictures, 0, NOW)
    return replace(made, **changes)


def model(*orders: PortraitOrder, person_id: str = "li", **changes: Any) -> Job:
    """A delivered job with a model and these orders, listed for what is to be done."""
    kept = {"delivered": True, "ended_at": NOW - HOUR_MS, "due_at": NEVER}
    fields = {**kept, "finetuned_output": MODEL, **changes}
    return listed(job_in(JobState.SUCCEEDED, person_id, portraits=orders, **fields))


def held_by(job: Job, number: int = 1, *, at: int = NOW, slot: Slot | None = None) -> Slot:
    """The slot of portraits, taken by the present attempt of an order; its price is reserved."""
    held = order_of(job, number)
    assert held is not None
    return taken(slot or Slot(), attempt_of(job, held), held, PRICE, at)


def seen(*jobs: Job, slot: Slot | None = None, holder: Job | None = None, **changes: Any) -> PortraitsSeen:
    """What a run has read."""
    portraits = slot.portraits if slot is not None else PortraitSlot()
    return PortraitsSeen(now=NOW, slot=portraits, jobs=jobs, holder=holder, **changes)


def steps_of(*jobs: Job, slot: Slot | None = None, rules: Rules = ON, **changes: Any) -> list[Step]:
    """The steps that are decided on."""
    return steps(seen(*jobs, slot=slot, **changes), slot or Slot(), rules)


def of(memory: Memory, job: Job, number: int = 1) -> PortraitOrder:
    """The order as it is stored."""
    found = order_of(memory[job], number)
    assert found is not None
    return found


def run_in(memory: Memory, rules: Rules = ON, **changes: Any) -> PortraitRun:
    """A run that begins now and does what can be done at once."""
    world = memory.world(rules, **changes)
    world.health.begin(world.control.health())
    run = PortraitRun(world, Report())
    run.begin(memory.slot())
    return run


def made(*urls: str | None, task_id: str = TASK, **changes: Any) -> PortraitTask:
    """A task that has made pictures; without URLs four."""
    urls = urls or tuple(f"https://made.example/{place}?Signature=s" for place in range(1, 5))
    fields: dict[str, Any] = {"total": len(urls), "billed": sum(url is not None for url in urls), **changes}
    return PortraitTask(task_id=task_id, status="SUCCEEDED", urls=urls, **fields)


def going(task_id: str = TASK, **changes: Any) -> PortraitTask:
    """A task that goes on."""
    return PortraitTask(**{"task_id": task_id, "status": "RUNNING", "total": 4, **changes})


@lru_cache(maxsize=8)
def picture(kind: str = "JPEG", shade: int = 100) -> bytes:
    """A small picture."""
    file = io.BytesIO()
    Image.new("L", (32, 48), shade).save(file, kind)
    return file.getvalue()


def fetched(memory: Memory, job: Job, **changes: Any) -> PortraitTask:
    """Let DashScope have made the pictures of the job's order."""
    task = made(**changes)
    memory.portraits.known[TASK] = task
    for place, url in enumerate(task.urls, 1):
        if url is not None:
            memory.portraits.pictures.setdefault(url, picture(shade=place))
    memory.held = replace(held_by(job), version=memory.held.version)
    return task


def ready(*urls: str | None, **changes: Any) -> tuple[Memory, Job]:
    """An order whose pictures are made, without URLs four."""
    job = model(order(OrderState.STORING, **changes))
    memory = Memory(job)
    memory.portraits.known[TASK] = task = made(*urls)
    for place, url in enumerate(task.urls, 1):
        if url is not None:
            memory.portraits.pictures[url] = picture(shade=place)
    return memory, job
