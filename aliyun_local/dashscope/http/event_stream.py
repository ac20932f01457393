"""The events of a fine-tune as ``text/event-stream``: each line of its log, until it ends.

No public page describes the stream; its frames are what the official clients read: ``id``, ``event``, a
``status`` of their own, ``data``, and an ``event:error`` that ends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from aliyun_local.dashscope.http.error_table import ERRORS
from aliyun_local.dashscope.pictures.inspection import Problem

CONTENT_TYPE = "text/event-stream;charset=UTF-8"


def result_frames(lines: list[str], first: int) -> Iterator[bytes]:
    """Yield a frame for each line; they are numbered from ``first`` on."""
    for number, line in enumerate(lines, first):
        data = " ".join(line.splitlines())  # what a failure says may have several
        yield f"id:{number}\nevent:result\nstatus:200\ndata:{data}\n\n".encode("utf-8", "replace")


def error_frame(problem: Problem, number: int, request_id: str) -> bytes:
    """Return the frame that says why a fine-tune failed.

    Its status is the one that the code has elsewhere: without one, clients keep the 200 of the frame before.
    """
    status, _ = ERRORS.get(problem.code, (500, ""))
    body = {"code": problem.code, "message": problem.message, "request_id": request_id}
    return f"id:{number}\nevent:error\nstatus:{status}\ndata:{json.dumps(body)}\n\n".encode()
