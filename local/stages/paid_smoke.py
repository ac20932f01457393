"""``smoke --train``: one training from photo to model, which is paid for; it is asked about first."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from local.stages.context import Context
from local.stages.errors import NotStarted, Refused, StageError
from local.stages.requests_made import wait_for_request
from local.stages.ros import Stack
from local.stages.smoke import PENDING, Link, drawn_portrait
from local.stages.status_api import Document, StatusApi
from shared.domain.money import LIST_PRICE_FEN, cny

MOST_SECONDS = 90 * 60
"""A training takes some minutes, and others may come first."""
LOOK_SECONDS = 5.0
DRAWN = 3
PICTURES = (".jpg", ".jpeg", ".png", ".heic", ".webp")
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "REJECTED")


def train(context: Context, stack: Stack, folder: Path | None) -> list[Link]:
    """Train one person, after asking; returns how it went.

    Raises:
        Refused: whoever was asked said no.
        StageError: no model came out of it.
    """
    photos = _photos(folder)
    context.output.step("A training, which is paid for")
    context.output.say(
        f"  DashScope bills {cny(LIST_PRICE_FEN):g} CNY for it by list price, unless free trainings are "
        "left; the model then counts against the account's cap."
    )
    context.output.confirm(f"Pay for one training of {len(photos)} photos?")
    api = context.status_api(stack)
    person = f"smoke-train-{secrets.token_hex(4)}"
    began = context.monotonic()
    for number, content in enumerate(photos):
        api.put_photo(person, f"{number:02}.jpg", content)
    _wait(context, api, person, lambda job: _is_judged(job, len(photos)), "all photos have a verdict")
    outcome = wait_for_request(api, api.close_set(person), context)
    if outcome != "closing":
        raise StageError(
            f"nothing was paid: {outcome}", "With --photos FOLDER real photos of one person are taken."
        )
    job = _wait(context, api, person, lambda one: one["state"] in ENDED, "the training has ended")
    took = context.monotonic() - began
    if job["state"] != "SUCCEEDED":
        raise StageError(f"{person} is {job['state']}: {(job.get('reason') or {}).get('message', '')}")
    text = f"{person} is trained: {job['finetuned_output']}, {job['cost_cny']:g} CNY by list price"
    context.output.mark("ok", text)
    context.output.say(
        f"  The model and the photos stay; delete them by the pages of {person} when you like."
    )
    return [Link(name="training", state="ok", text=text, seconds=took)]


def _photos(folder: Path | None) -> list[bytes]:
    if folder is None:
        return [drawn_portrait() for _ in range(DRAWN)]
    if not folder.is_dir():
        raise NotStarted(f"{folder} is no folder")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)[:10]
    if not found:
        raise Refused(f"{folder} has no photos")
    return [path.read_bytes() for path in found]


def _is_judged(job: Document, count: int) -> bool:
    photos = job.get("photos") or ()
    return len(photos) >= count and all(one["verdict"] not in PENDING for one in photos)


def _wait(
    context: Context, api: StatusApi, person: str, is_so: Callable[[Document], bool], what: str
) -> Document:
    ends_at = context.monotonic() + MOST_SECONDS
    last = ""
    while True:
        job: Document = (api.person(person) or {}).get("current") or {"state": "nothing has arrived"}
        if job["state"] != last:
            last = str(job["state"])
            context.output.say(f"  {person}: {last}")
        if is_so(job):
            return job
        if context.monotonic() > ends_at:
            blocked = job.get("blocked_by") or {}
            raise StageError(
                f"not so after {MOST_SECONDS // 60} minutes: {what}", str(blocked.get("remedy") or "")
            )
        context.sleep(LOOK_SECONDS)
