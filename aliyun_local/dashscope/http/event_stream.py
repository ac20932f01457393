"""The events of a fine-tune as ``text/event-stream``: each line of its log, until it ends.

Used by ``fine_tune_responses``. No public page describes the stream. Its frames are those that the official
clients read: ``id``, ``event``, a ``status`` of their own, ``data``, and an ``event:error`` that ends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from aliyun_local.dashscope.errors import Problem, status_of

CONTENT_TYPE = "text/event-stream;charset=UTF-8"


def result_frames(lines: list[str], first: int) -> Iterator[bytes]:
    """Yield a frame for each line; they are numbered from ``first`` on."""
    for number, line in enumerate(lines, first):
        data = " ".join(line.splitlines())  # the message of a failure may have several lines
        yield f"id:{number}\nevent:result\nstatus:200\ndata:{data}\n\n".encode("utf-8", "replace")


def error_frame(problem: Problem, number: int, request_id: str) -> bytes:
    """Return the frame with the failure of a fine-tune.

    Its status is the code's usual one: without it, clients keep the 200 of the frame before.
    """
    body = {"code": problem.code, "message": problem.message, "request_id": request_id}
    return f"id:{number}\nevent:error\nstatus:{status_of(problem.code)}\ndata:{json.dumps(body)}\n\n".encode()
