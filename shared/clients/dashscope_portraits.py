"""Portraits at DashScope: asks for them, follows their tasks, and fetches what was made.

"facechain-generation" and "Asynchronous tasks" (:mod:`shared.domain.portrait_tasks`). The paid POST is sent
once. :class:`shared.clients.dashscope.DashScope` gives it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests

from shared.clients.answers import UNKNOWN_DELAY_SECONDS, said
from shared.clients.dashscope_answers import (
    BEIJING,
    UnreadableAnswer,
    integer_from,
    list_in,
    output_of,
    time_from,
    total_from,
)
from shared.clients.dashscope_http import DashScopeHttp, readable
from shared.domain.money import DAY_MS
from shared.domain.portrait_styles import Wanted
from shared.domain.portrait_tasks import PORTRAIT_GONE, PortraitTask
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import OutcomeUnknown, Permanent, RetryLater, Trouble

MODEL = "facechain-generation"
SIZE = "768*1024"
"""The one size that the model page documents."""
PATH = "/services/aigc/album/gen_potrait"
ASYNCHRONOUS = {"X-DashScope-Async": "enable"}
PAGE_SIZE = 100
MAX_PAGES = 20
MAX_PICTURE_BYTES = 20_000_000
DOWNLOAD_SECONDS = (5, 10)
DOWNLOAD_WITHIN_SECONDS = 25
PIECE_BYTES = 65_536
_GONE = (403, 404, 410)


class PortraitTasks:
    """The tasks of one account."""

    def __init__(self, http: DashScopeHttp) -> None:
        self._http = http

    def create(self, finetuned_output: str, wanted: Wanted, template_url: str = "") -> str:
        """Ask for portraits, which are paid for, and return the id of the task.

        Raises:
            OutcomeUnknown: the task may or may not exist now. Anything but a certain refusal is one.
            AccountTrouble, RequestTrouble, RetryLater, Permanent: it certainly does not exist.
        """
        body: dict[str, Any] = {
            "model": MODEL,
            "parameters": {"style": wanted.style, "size": SIZE, "n": wanted.pictures},
            "resources": [{"resource_id": finetuned_output, "resource_type": "facelora"}],
        }
        if template_url:
            body["input"] = {"template_url": template_url}
        answer = self._http.send(
            "POST", PATH, api=Api.PORTRAITS, creates=True, headers=ASYNCHRONOUS, json=body
        )
        try:
            task_id = output_of(answer).get("task_id")
        except UnreadableAnswer:
            task_id = None
        if not isinstance(task_id, str) or not task_id:
            message = "DashScope's answer to the order of portraits names no task"
            raise OutcomeUnknown(
                "unreadable_answer", message, delay_seconds=UNKNOWN_DELAY_SECONDS, api=Api.PORTRAITS
            )
        return task_id

    def task(self, task_id: str) -> PortraitTask:
        """Return a task; one that is not known, or no longer, has the status UNKNOWN."""

        def read() -> PortraitTask:
            answer = self._http.read(f"/tasks/{quote(task_id, safe='')}", api=Api.PORTRAITS)
            return _task_from(output_of(answer), answer.get("usage"))

        return readable(read, Api.PORTRAITS)

    def tasks(self, since: int, until: int) -> list[PortraitTask]:
        """Return the tasks that were submitted from ``since`` to ``until``, in milliseconds, all of them.

        Raises:
            RetryLater: the list could not be read to its end for certain.
        """
        window = {"start_time": _stamp(since - 1_000), "end_time": _stamp(until + 1_000), "model_name": MODEL}
        return readable(lambda: list(self._listed(window)), Api.PORTRAITS)

    def newest(self, until: int) -> list[PortraitTask]:
        """Return the newest tasks that were submitted by ``until``: a page, which proves nothing else."""
        since = until - DAY_MS
        window = {"start_time": _stamp(since), "end_time": _stamp(until + 1_000), "model_name": MODEL}

        def read() -> list[PortraitTask]:
            query = {**window, "page_no": 1, "page_size": PAGE_SIZE}
            answer = self._http.read("/tasks", query, api=Api.PORTRAITS)
            return [_listed_task(entry) for entry in list_in(answer, "data")]

        return readable(read, Api.PORTRAITS)

    def _listed(self, window: Mapping[str, object]) -> Iterator[PortraitTask]:
        seen: set[str] = set()
        for page_no in range(1, MAX_PAGES + 1):
            query = {**window, "page_no": page_no, "page_size": PAGE_SIZE}
            answer = self._http.read("/tasks", query, api=Api.PORTRAITS)
            total, entries = total_from(answer.get("total")), list_in(answer, "data")
            for entry in entries:
                task = _listed_task(entry)
                if task.task_id not in seen:
                    seen.add(task.task_id)
                    yield task
            if total is None or len(seen) >= total or not entries:
                break
        if total is None or len(seen) != total:
            raise UnreadableAnswer("DashScope's list of tasks is not as long as it says")

    def download(self, url: str) -> bytes:
        """Return a picture; the URL is signed, so the API key does not go with the request.

        Raises:
            Permanent: it is not there any more, or it is too large.
            RetryLater: it could not be read this time.
        """
        try:
            with self._http.new_session() as session:
                answer = session.get(url, timeout=DOWNLOAD_SECONDS, allow_redirects=False, stream=True)
                if answer.status_code != requests.codes.ok:
                    raise _refused(answer.status_code)
                return self._content_of(answer)
        except requests.exceptions.RequestException as error:
            # Its text holds the URL.
            raise _lost(f"a portrait could not be downloaded ({type(error).__name__})") from None

    def _content_of(self, answer: requests.Response) -> bytes:
        ends, content = self._http.retries.now() + DOWNLOAD_WITHIN_SECONDS, bytearray()
        for piece in answer.iter_content(PIECE_BYTES):
            content += piece
            if len(content) > MAX_PICTURE_BYTES:
                message = f"a portrait is larger than {MAX_PICTURE_BYTES // 1_000_000} MB"
                raise Permanent("portrait_too_large", message, kind=Kind.OBJECT, api=Api.PORTRAITS)
            if self._http.retries.now() > ends:
                raise _lost("a portrait could not be downloaded in time")
        announced = answer.headers.get("Content-Length", "")
        is_plain = announced.isdecimal() and not answer.headers.get("Content-Encoding")
        if is_plain and int(announced) != len(content):
            raise _lost("a portrait did not arrive as a whole")
        return bytes(content)


def _refused(status: int) -> Trouble:
    if status in _GONE:
        message = f"DashScope no longer serves the portrait (HTTP {status})"
        return Permanent(PORTRAIT_GONE, message, kind=Kind.OBJECT, api=Api.PORTRAITS)
    return _lost(f"DashScope's storage answered the download of a portrait with HTTP {status}")


def _lost(message: str) -> RetryLater:
    return RetryLater("portrait_not_downloaded", message, delay_seconds=10, api=Api.PORTRAITS)


def _task_from(output: Mapping[str, Any], usage: object) -> PortraitTask:
    metrics = output.get("task_metrics")
    results = output.get("results")
    entries = [one if isinstance(one, dict) else {} for one in results] if isinstance(results, list) else []
    urls = tuple(url if isinstance(url := one.get("url"), str) and url else None for one in entries)
    billed = usage.get("image_count") if isinstance(usage, dict) else None
    return PortraitTask(
        task_id=str(output.get("task_id") or ""),
        status=said(output.get("task_status"), 50),
        total=integer_from(metrics.get("TOTAL")) if isinstance(metrics, dict) else 0,
        urls=urls,
        billed=billed if type(billed) is int and billed >= 0 else sum(url is not None for url in urls),
        made_at=time_from(output.get("submit_time")),
        code=said(output.get("code"), 100),
        message=said(output.get("message")),
        why=tuple(said(one.get("code"), 100) for one in entries if one.get("code")),
    )


def _listed_task(entry: object) -> PortraitTask:
    """Read an entry of the list, whose times are milliseconds since the epoch."""
    if not isinstance(entry, dict) or not isinstance(entry.get("task_id"), str):
        raise UnreadableAnswer("DashScope's list of tasks has an entry without an id")
    made_at = next((entry[name] for name in ("gmt_create", "start_time") if _is_time(entry.get(name))), None)
    return PortraitTask(
        task_id=entry["task_id"],
        status=said(entry.get("status"), 50),
        made_at=made_at,
        key=said(entry.get("api_key_id"), 100),
    )


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _stamp(milliseconds: int) -> str:
    """Return a moment as the list's filters want it: ``20260131080000``, Beijing's time."""
    return datetime.fromtimestamp(milliseconds // 1000, tz=BEIJING).strftime("%Y%m%d%H%M%S")
