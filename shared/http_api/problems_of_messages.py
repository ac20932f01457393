"""The problems of messages and published schemas; a part of :mod:`shared.http_api.problem_catalogue`."""

from __future__ import annotations

from shared.domain.words import Words
from shared.http_api.problem_kinds import ProblemKind

OF_MESSAGES: dict[str, ProblemKind] = {
    "unknown_message": ProblemKind(
        404,
        Words(
            "There is no message with this id, or its job keeps it no longer.",
            "没有这个 ID 的消息，或其任务已不再保存它。",
        ),
        Words(
            "Take the id from GET /webhooks/deliveries, of a message that is of a job.",
            "请使用 GET /webhooks/deliveries 中属于某个任务的消息 ID。",
        ),
    ),
    "unknown_schema": ProblemKind(
        404,
        Words("There is no such schema.", "没有这个模式。"),
        Words(
            "The names are in /openapi.json; a schema of another number is of another version.",
            "名称见 /openapi.json；其他编号的模式属于其他版本。",
        ),
    ),
}
