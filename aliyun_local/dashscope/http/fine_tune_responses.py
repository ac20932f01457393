"""The HTTP of fine-tunes: parameters and answers of each operation. ``responses`` calls the handlers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from aliyun_local.clock import Clock
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.account.work import TERMINAL
from aliyun_local.dashscope.errors import ServiceError
from aliyun_local.dashscope.http import event_stream, shapes
from aliyun_local.dashscope.http.dashscope_request import DashScopeRequest, Handler
from aliyun_local.dashscope.http.foreign_fine_tunes import foreign_fine_tunes
from aliyun_local.dashscope.http.parameters import Body, is_optional, is_strings, json_body, number, page
from aliyun_local.serving.wire import Response

_POLL_SECONDS = 0.05


class FineTuneResponses:
    """The operations on fine-tunes."""

    def __init__(self, studio: ModelStudio, clock: Clock, wait: Callable[[float], object]) -> None:
        """Answer for ``studio``; event streams ``wait`` between two looks at a fine-tune."""
        self._studio = studio
        self._clock = clock
        self._wait = wait
        self.handlers: dict[str, Handler] = {
            "CreateFineTune": self._create,
            "ListFineTunes": self._list,
            "GetFineTune": self._get,
            "DeleteFineTune": self._delete,
            "CancelFineTune": self._cancel,
            "GetFineTuneLogs": self._logs,
            "StreamFineTuneEvents": self._stream,
        }

    def _create(self, request: DashScopeRequest) -> Body:
        body = json_body(request.http)
        if "finetuned_output" in body:
            # It exists in answers only, and the service is known to refuse it in a request.
            raise errors.missing_or_invalid("finetuned_output")
        hyper_parameters = {} if body.get("hyper_parameters") is None else body["hyper_parameters"]
        # Names and plain values only: a deeply nested value could be neither stored nor shown.
        if not isinstance(hyper_parameters, dict) or any(
            isinstance(value, dict | list) for value in hyper_parameters.values()
        ):
            raise errors.missing_or_invalid("hyper_parameters")
        for name in ("job_name", "model_name", "training_type"):
            if not is_optional(body, name, str):
                raise errors.missing_or_invalid(name)
        if not isinstance(body.get("model"), str) or not body["model"]:
            raise errors.missing_or_invalid("model")
        if body.get("validation_file_ids") is not None and not is_strings(body["validation_file_ids"]):
            raise errors.missing_or_invalid("validation_file_ids")
        training_file_ids = body.get("training_file_ids")
        if training_file_ids is None or training_file_ids == []:
            raise errors.missing_training_files()
        if not is_strings(training_file_ids):
            raise errors.missing_or_invalid("training_file_ids")
        fine_tune = self._studio.create_fine_tune(
            model=body["model"],
            training_file_ids=training_file_ids,
            hyper_parameters=hyper_parameters,
            job_name=body.get("job_name"),
            model_name=body.get("model_name"),
        )
        return {"output": shapes.fine_tune(fine_tune, self._studio.behaviour)}

    def _list(self, request: DashScopeRequest) -> Body:
        query = request.http.query
        page_no, page_size = page(query)
        behaviour, model = self._studio.behaviour, query.get("model") or None
        most = min(page_size, behaviour.most_entries_a_page)
        own, found = self._studio.fine_tunes(page_no=page_no, page_size=most, model=model)
        shown = [shapes.fine_tune(fine_tune, behaviour) for fine_tune in found]
        # They were made before the account's own, and the newest come first.
        foreign = foreign_fine_tunes(behaviour.foreign_fine_tunes, model)
        first = max(0, (page_no - 1) * most - own)
        shown += foreign[first : first + most - len(shown)]
        total = own + len(foreign)
        return {"output": {"page_no": page_no, "page_size": page_size, "total": total, "jobs": shown}}

    def _get(self, _: DashScopeRequest, job_id: str) -> Body:
        for entry in foreign_fine_tunes(self._studio.behaviour.foreign_fine_tunes, None):
            if entry.get("job_id") == job_id:
                return {"output": entry}
        return {"output": shapes.fine_tune(self._studio.fine_tune(job_id), self._studio.behaviour)}

    def _delete(self, _: DashScopeRequest, job_id: str) -> Body:
        self._studio.delete_fine_tune(job_id)
        return {"output": {"status": "success"}}

    def _cancel(self, _: DashScopeRequest, job_id: str) -> Body:
        self._studio.cancel_fine_tune(job_id)
        return {"output": {"status": "success"}}

    def _logs(self, request: DashScopeRequest, job_id: str) -> Body:
        query = request.http.query
        offset = number(query, "offset", default=0, least=0, most=10**9)
        line = number(query, "line", default=100, least=1, most=1000)
        lines = self._studio.fine_tune_log(job_id)
        return {"output": {"total": len(lines), "logs": lines[offset : offset + line]}}

    def _stream(self, request: DashScopeRequest, job_id: str) -> Response:
        # An unknown fine-tune is answered with 404; the status goes ahead of the stream, so it is read first.
        self._studio.fine_tune_log(job_id)
        return Response(
            status=200,
            headers={
                "Content-Type": event_stream.CONTENT_TYPE,
                "Cache-Control": "no-cache",
                "X-Request-Id": request.request_id,
            },
            stream=self._events(job_id, request.request_id),
        )

    def _events(self, job_id: str, request_id: str) -> Iterator[bytes]:
        """Yield the frames of a fine-tune until it ends, or the clock stands still."""
        deadline = time.monotonic() + self._studio.behaviour.event_stream_seconds
        sent = 0
        while True:
            looked_at = self._clock.now()
            try:
                fine_tune = self._studio.fine_tune(job_id)
                lines = self._studio.fine_tune_log(job_id)
            except ServiceError as error:
                yield event_stream.error_frame(error.problem, sent + 1, request_id)
                return
            yield from event_stream.result_frames(lines[sent:], sent + 1)
            sent = len(lines)
            if fine_tune.status in TERMINAL:
                if fine_tune.failure is not None and self._studio.behaviour.failure_details:
                    yield event_stream.error_frame(fine_tune.failure, sent + 1, request_id)
                return
            if time.monotonic() >= deadline:
                return
            self._wait(_POLL_SECONDS)
            if self._clock.now() == looked_at:
                return
