"""DashScope for the tests of the client: documented answers, and a list that may change as it is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

import requests
import responses

BASE = "https://dashscope.aliyuncs.com/api/v1"
API_KEY = "sk-0123456789abcdef0123456789abcdef"
SIGNED = "https://b.oss-cn-beijing.aliyuncs.com/submissions/x/a.jpg?x-oss-signature=5ec7e7&Expires=9"
UNSIGNED = "https://b.oss-cn-beijing.aliyuncs.com/submissions/x/a.jpg"
ID = "ft-202509020951-f8bf"
FACE_CHECK = f"{BASE}/services/vision/facedetection/detect"

PENDING: dict[str, Any] = {
    "job_id": ID,
    "job_name": ID,
    "status": "PENDING",
    "finetuned_output": f"facechain-finetune-{ID}",
    "model": "facechain-finetune",
    "base_model": "facechain-finetune",
    "training_file_ids": [SIGNED],
    "validation_file_ids": [],
    "hyper_parameters": {},
    "training_type": "sft",
    "create_time": "2025-09-02 09:51:02",
    "workspace_id": "llm-dmt509ikxxxxxx",
    "user_identity": "12402258xxxxxx",
    "modifier": "12402258xxxxxx",
    "creator": "12402258xxxxxx",
    "group": "facechain",
    "model_name": ID,
    "max_output_cnt": 1,
}
SUCCEEDED = {**PENDING, "status": "SUCCEEDED", "end_time": "2025-09-02 09:56:04", "usage": 1, "output_cnt": 1}


def answer(output: Any, **more: Any) -> dict[str, Any]:
    """A success."""
    return {"request_id": "b6c9e77d-02a1-4a70-b127-000000000000", "output": output, **more}


def error_body(code: str, message: str) -> dict[str, str]:
    """An error; a gateway's has no code."""
    return {"request_id": "r", **({"code": code} if code else {}), "message": message}


def sent(wire: responses.RequestsMock, number: int = 0) -> requests.PreparedRequest:
    """The request that was sent as the ``number``-th."""
    request = wire.calls[number].request
    assert isinstance(request, requests.PreparedRequest)
    return request


class Missing(Enum):
    """A field that an answer does not have."""

    ABSENT = "absent"


ABSENT = Missing.ABSENT


class Ledger:
    """A list of fine-tunes that is served in pages and may change before any of them.

    Attributes:
        entries: the list, newest first: ids, or whole entries.
        before_call: called with the number of the call that is about to be answered.
        pages: the numbers of the pages asked for.
        total: what the answers say that there are.
        largest_page: the most entries a page has, whatever is asked for.
        clamps: whether the last page comes again for numbers beyond it.
    """

    def __init__(self, wire: responses.RequestsMock, entries: int | Iterable[Any]) -> None:
        numbered = [f"ft-{number:04}" for number in range(entries)] if isinstance(entries, int) else entries
        self.entries: list[Any] = list(numbered)
        self.before_call: Callable[[int], object] = str
        self.pages: list[int] = []
        self.total: Callable[[], Any] = lambda: len(self.entries)
        self.largest_page = 100
        self.clamps = False
        wire.add_callback(responses.GET, f"{BASE}/fine-tunes", callback=self._serve)

    def _serve(self, request: Any) -> tuple[int, dict[str, str], str]:
        self.before_call(len(self.pages))
        page_no, size = int(request.params["page_no"]), int(request.params["page_size"])
        self.pages.append(page_no)
        size = min(size, self.largest_page)
        if self.clamps:
            page_no = min(page_no, max(1, -(-len(self.entries) // size)))
        shown = self.entries[(page_no - 1) * size : page_no * size]
        jobs = [{"job_id": one, "status": "SUCCEEDED"} if isinstance(one, str) else one for one in shown]
        output = {"page_no": page_no, "page_size": size, "jobs": jobs, "total": self.total()}
        if output["total"] is ABSENT:
            del output["total"]
        return 200, {}, json.dumps(answer(output))
