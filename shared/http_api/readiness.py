"""``GET /readyz``: whether the deployment can train anybody now, and if not, why.

It is not ready when no run of the timer has come to its end lately, when an API is refused to everybody, when
the queue is halted for the account's sake or DashScope does not answer, and when the tables do not answer. A
training slot that others use is no such reason: it becomes free by itself.

Whoever sends no token is told the codes alone; they say nothing about people. Called by ``resources``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.domain.blocks import Block, block_of_api, block_of_portraits, block_of_queue
from shared.domain.photo_access import LearntAccess, Way
from shared.domain.reasons import Language
from shared.domain.retry_state import Cause
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.words import Words
from shared.errors import Trouble
from shared.http_api.blocked import block_of_ticks, blocked_by, in_words
from shared.http_api.photo_access import photo_access_document
from shared.http_api.reader import Control, ControlRows
from shared.logs import warn
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.http_api.blocked_types import BlockedDocument
    from shared.http_api.operator_types import (
        GoneReceiverDocument,
        NotReadyDocument,
        ObstacleDocument,
        PhotoAccessDocument,
        ReadyDocument,
    )

PASSES_BY_ITSELF = "dashscope_busy"
GONE = Words(
    "The receiver has answered 410 Gone: nothing more is sent to it.",
    "接收方应答了 410 Gone：不再向它发送消息。",
)
TAKE_AGAIN = Words(
    "Set another WebhookUrl; or have the receiver take messages again, and send POST /webhooks/test.",
    "请更换 WebhookUrl；或让接收方重新接收消息，然后调用 POST /webhooks/test。",
)
HEALTH_UNREAD = Cause("tables_unavailable", "the row of the deployment's health cannot be read", Kind.API)


def obstacles(control: Control, now: int) -> tuple[ControlRows | None, list[Block]]:
    """Return the shared rows, None if they cannot be read, and what keeps everybody's work from going on.

    The widest comes first; nothing when all is well.
    """
    try:
        rows = control.read_all()
    except Trouble as trouble:
        warn("not_ready", code=trouble.code, message=trouble.message)
        return None, [Block(trouble.cause, trouble.kind if trouble.kind.is_of_all else Kind.API, 0)]
    return rows, obstacles_in(rows, now)


def obstacles_in(rows: ControlRows, now: int) -> list[Block]:
    """Return the same of shared rows that have been read."""
    if rows.health is None:
        return [Block(HEALTH_UNREAD, Kind.API, 0)]
    found = [
        block_of_ticks(rows.health, now),
        block_of_queue(rows.slot, now),
        *(block_of_api(api, rows.health) for api in Api),
    ]
    return [block for block in found if block and in_words(block).name != PASSES_BY_ITSELF]


def photo_access(
    rows: ControlRows | None, setting: Way | None, language: Language
) -> PhotoAccessDocument | None:
    """Say how DashScope gets the photos; None when what was learnt of it cannot be read."""
    if rows is None or rows.access is None:
        return None
    return photo_access_document(setting, LearntAccess.from_value(rows.access.value), language)


def gone_receivers(rows: ControlRows | None, language: Language) -> list[GoneReceiverDocument] | None:
    """Name the receivers of messages that want none any more; None when the health cannot be read."""
    if rows is None or rows.health is None:
        return None
    return [
        {
            "receiver": name,
            "message": GONE.in_language(language),
            "remedy": TAKE_AGAIN.in_language(language),
            "since": timestamp(since),
        }
        for name, since in sorted(rows.health.gone_receivers.items())
    ]


def portraits_blocked_by(rows: ControlRows | None, now: int, language: Language) -> BlockedDocument | None:
    """Say why all orders of portraits wait, which keeps nobody from being trained; None: they do not."""
    block = block_of_portraits(rows.slot.portraits, now) if rows is not None else None
    return blocked_by(block, now, language)


def readiness_document(
    blocks: Iterable[Block],
    access: PhotoAccessDocument | None,
    now: int,
    language: Language,
    *,
    in_full: bool,
    gone: list[GoneReceiverDocument] | None = None,
    portraits: BlockedDocument | None = None,
) -> ReadyDocument | NotReadyDocument:
    """Say that the deployment is ready, or name each reason once, by one code for all that mean the same.

    ``access`` is what :func:`photo_access` says, ``gone`` what :func:`gone_receivers` does, and ``portraits``
    what :func:`portraits_blocked_by` does: the last two are no reasons against training.
    """
    reasons: dict[str, ObstacleDocument] = {}
    for block in blocks:
        name = in_words(block).name
        reasons.setdefault(name, _reason(name, block, now, language, in_full=in_full))
    if not reasons:
        return {
            "status": "ready",
            "photo_access": access,
            "gone_receivers": gone,
            "portraits_blocked_by": portraits,
        }
    return {
        "status": "not_ready",
        "photo_access": access,
        "gone_receivers": gone,
        "portraits_blocked_by": portraits,
        "reasons": list(reasons.values()),
    }


def _reason(name: str, block: Block, now: int, language: Language, *, in_full: bool) -> ObstacleDocument:
    told = blocked_by(block, now, language) if in_full else None
    return {
        "code": name,
        "message": told["message"] if told else None,
        "remedy": told["remedy"] if told else None,
        "detail": told["detail"] if told else None,
        "since": told["since"] if told else None,
        "next_try_at": told["next_try_at"] if told else None,
    }
