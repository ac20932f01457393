"""``smoke``: proves that a stage works, link by link, and pays nothing.

One drawn portrait goes the way of every photo: through the status function into the bucket, by the trigger to
``collect``, through OSS's image processing to DashScope's face check, and back by the tables to the status
API. Any verdict will do. Then it is deleted, which a run of ``reconcile`` does. The person is held back
from training by the product itself (:mod:`shared.domain.held_back`); no setting can have it paid for.

Each link that is broken is named with its remedy: by the product's own words where it has some.
"""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass
from typing import Any

from local.stages.context import Context
from local.stages.errors import StageError
from local.stages.requests_made import wait_for_request
from local.stages.ros import Stack
from local.stages.status_api import ApiError, Document, StatusApi
from shared.domain.held_back import SMOKE_PERSON

EVENT_SECONDS = 45
"""An event reaches its function within seconds; a first start and a queue may take some more."""
SWEEP_SECONDS = 420
"""By then the sweep has found an upload without an event (``SweepSeconds`` is 300 by default)."""
VERDICT_SECONDS = 180
LOOK_SECONDS = 2.0
PENDING = ("unprepared", "unchecked", "unpacking")


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link of the chain: ``ok``, ``warning`` or ``failed``, in words, and how long it took."""

    name: str
    state: str
    text: str
    remedy: str = ""
    seconds: float = 0.0


class Broken(StageError):
    """A link is broken, and what lies behind it cannot be tried."""


def smoke(context: Context, stack: Stack) -> list[Link]:
    """Try the stage; returns how each link did, and shows it.

    Raises:
        StageError: a link is broken. The photo is deleted as far as that goes.
    """
    context.output.step(f"Smoke test of {stack.name} (free: this person is never trained)")
    if not context.tokens().get("AdminToken"):
        raise StageError(
            "the smoke test needs the stage's AdminToken, and it is not known here",
            "Set ADMIN_TOKEN, or name a file with it by --secrets. Who has deployed the stage has it in "
            f"{context.folder / context.name}.secrets; a deployment with ADMIN_TOKEN set gives it a new one.",
        )
    return _Smoke(context, context.status_api(stack)).run()


class _Smoke:
    def __init__(self, context: Context, api: StatusApi) -> None:
        self._context, self._api = context, api
        self._links: list[Link] = []
        self._name = f"smoke-{secrets.token_hex(4)}.jpg"

    def run(self) -> list[Link]:
        self._timed("status function", self._answers)
        self._timed("what is in the way", self._unblocked)
        self._remove_earlier()
        try:
            self._timed("upload", self._uploaded)
            self._timed("trigger", self._recorded)
            self._timed("face check", self._judged)
        finally:
            self._timed("removal", self._removed, ends=False)
        self._context.output.say(
            f"Left of it: the row of {SMOKE_PERSON} in the table jobs, without photos, and a row with "
            "the name and the hash of the picture in the table seen."
        )
        failed = [one for one in self._links if one.state == "failed"]
        if failed:
            raise StageError(f"the smoke test has failed: {', '.join(one.name for one in failed)}")
        return self._links

    def _timed(self, name: str, do: Any, *, ends: bool = True) -> None:
        """Try a link and note it; the chain ends at a broken one."""
        began = self._context.monotonic()
        try:
            state, text, remedy = do()
        except (ApiError, StageError) as problem:
            text = str(problem).partition("\n")[0]
            state, remedy = "failed", problem.remedy or _REMEDIES[name]
        link = Link(
            name=name, state=state, text=text, remedy=remedy, seconds=self._context.monotonic() - began
        )
        self._links.append(link)
        self._context.output.mark(state, f"{name}: {text}  ({link.seconds:.1f} s)", remedy)
        if state == "failed" and ends:
            raise Broken(f"the smoke test ends at: {name}: {text}", remedy)

    def _answers(self) -> tuple[str, str, str]:
        return "ok", f"answers, version {self._api.health().get('version')}", ""

    def _unblocked(self) -> tuple[str, str, str]:
        """Name what is in everybody's way; right after a deployment the timer may not have run yet."""
        obstacles = self._api.obstacles()
        ends_at = self._context.monotonic() + SWEEP_SECONDS
        while [one.get("code") for one in obstacles] == ["no_good_tick"]:
            if self._context.monotonic() > ends_at:
                break
            self._context.sleep(LOOK_SECONDS)
            obstacles = self._api.obstacles()
        if not obstacles:
            return "ok", "nothing, and the timer's last run was a good one", ""
        first = obstacles[0]
        # That the queue is paused or the account is full keeps nobody's photos from being checked.
        return "warning", f"{first.get('code')}: {first.get('message', '')}", str(first.get("remedy") or "")

    def _uploaded(self) -> tuple[str, str, str]:
        content = drawn_portrait()
        self._api.put_photo(SMOKE_PERSON, self._name, content)
        return "ok", f"a drawn portrait of {len(content) // 1024} KB is in the bucket", ""

    def _recorded(self) -> tuple[str, str, str]:
        began = self._context.monotonic()
        while self._photo() is None:
            if self._context.monotonic() > began + SWEEP_SECONDS:
                raise StageError("neither an event nor the sweep has brought the photo", _REMEDIES["trigger"])
            self._context.sleep(LOOK_SECONDS)
        if self._context.monotonic() - began > EVENT_SECONDS:
            return "failed", "only the sweep has found the photo, and no event", _REMEDIES["trigger"]
        return "ok", "OSS has called collect, which has written the photo down", ""

    def _judged(self) -> tuple[str, str, str]:
        ends_at = self._context.monotonic() + VERDICT_SECONDS
        photo = self._photo() or {}
        while photo.get("verdict") in PENDING and self._context.monotonic() < ends_at:
            self._context.sleep(LOOK_SECONDS)
            photo = self._photo() or photo
        if photo.get("verdict") not in PENDING:
            return "ok", f"OSS has prepared the picture, DashScope has judged it: {photo.get('verdict')}", ""
        blocked = photo.get("blocked_by") or {}
        why = f"{blocked.get('code')}: {blocked.get('message')}" if blocked else "no verdict, and no reason"
        raise StageError(
            f"{photo.get('verdict')}: {why}", str(blocked.get("remedy") or _REMEDIES["face check"])
        )

    def _removed(self) -> tuple[str, str, str]:
        request = self._api.delete_photo(SMOKE_PERSON, self._name)
        outcome = wait_for_request(self._api, request, self._context)
        if outcome not in ("photo_deleted", "photo_unknown"):
            raise StageError(f"the photo was not deleted: {outcome}")
        return "ok", "reconcile has deleted the photo and its snapshot", ""

    def _remove_earlier(self) -> None:
        """Ask for what an interrupted smoke test has left to be deleted."""
        person = self._api.person(SMOKE_PERSON)
        for photo in ((person or {}).get("current") or {}).get("photos") or ():
            self._api.delete_photo(SMOKE_PERSON, str(photo["name"]))

    def _photo(self) -> Document | None:
        person = self._api.person(SMOKE_PERSON) or {}
        photos = (person.get("current") or {}).get("photos") or ()
        return next((one for one in photos if one.get("name") == self._name), None)


def drawn_portrait() -> bytes:
    """Return a drawn face as a JPEG that no other is equal to, so that it is no copy of an earlier one."""
    from aliyun_local.samples import portrait

    picture = portrait(secrets.randbits(48))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


_REMEDIES = {
    "status function": "Look at the function status in Function Compute's console, and at 'logs --errors'.",
    "what is in the way": "Look at 'logs --errors'.",
    "upload": "StatusRole must be allowed oss:PutObject on people/ (template.yml).",
    "trigger": "OSS does not call collect: look at the trigger photos of the function collect, at the role "
    "that it takes (TriggerRole), and set TriggerConditions to off.",
    "face check": "Look at 'logs --errors --person facechain-smoke-test'.",
    "removal": "Requests are carried out by reconcile: look at its timer trigger, and at 'logs --errors'.",
}
