"""The HTTP of fine-tunes: parameters and answers of each operation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from aliyun_local.clock import Clock
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account.fine_tunes import TERMINAL
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.errors import ServiceError
from aliyun_local.dashscope.http import event_stream, shapes
from aliyun_local.dashscope.http.calls import Answer, Call
from aliyun_local.dashscope.http.parameters import Body, is_optional, is_strings, json_body, number, page
from aliyun_local.dashscope.pictures.inspection import Problem
from aliyun_local.serving.wire import Response

_POLL_SECONDS = 0.05


class FineTuneResponses:
    """Answers what is asked of fine-tunes."""

    def __init__(self, studio: ModelStudio, clock: Clock, wait: Callable[[float], object]) -> None:
        """Answer for ``studio``; event streams ``wait`` for what comes next."""
        self._studio = studio
        self._clock = clock
        self._wait = wait
        self.answers: dict[str, Answer] = {
            "CreateFineTune": self._create,
            "ListFineTunes": self._list,
            "GetFineTune": self._get,
            "DeleteFineTune": self._delete,
            "CancelFineTune": self._cancel,
            "GetFineTuneLogs": self._logs,
            "StreamFineTuneEvents": self._stream,
        }

    def _create(self, call: Call) -> Body:
        body = json_body(call.request)
        if "finetuned_output" in body:
            # It exists in answers only, and the service is known to refuse it in a request.
            raise errors.missing_or_invalid("finetuned_output")
        hyper_parameters = {} if body.get("hyper_parameters") is None else body["hyper_parameters"]
        # Names and plain values: nothing that is nested could be stored and shown at any depth.
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
        job = self._studio.create_fine_tune(
            model=body["model"],
            training_file_ids=training_file_ids,
            hyper_parameters=hyper_parameters,
            job_name=body.get("job_name"),
            model_name=body.get("model_name"),
        )
        return {"output": shapes.fine_tune(job, self._studio.behaviour)}

    def _list(self, call: Call) -> Body:
        query = call.request.query
        page_no, page_size = page(query)
        total, jobs = self._studio.fine_tunes(
            page_no=page_no, page_size=page_size, model=query.get("model") or None
        )
        shown = [shapes.fine_tune(job, self._studio.behaviour) for job in jobs]
        return {"output": {"page_no": page_no, "page_size": page_size, "total": total, "jobs": shown}}

    def _get(self, _: Call, job_id: str) -> Body:
        return {"output": shapes.fine_tune(self._studio.fine_tune(job_id), self._studio.behaviour)}

    def _delete(self, _: Call, job_id: str) -> Body:
        self._studio.delete_fine_tune(job_id)
        return {"output": {"status": "success"}}

    def _cancel(self, _: Call, job_id: str) -> Body:
        self._studio.cancel_fine_tune(job_id)
        return {"output": {"status": "success"}}

    def _logs(self, call: Call, job_id: str) -> Body:
        query = call.request.query
        offset = number(query, "offset", default=0, least=0, most=10**9)
        line = number(query, "line", default=100, least=1, most=1000)
        lines = self._studio.fine_tune_log(job_id)
        return {"output": {"total": len(lines), "logs": lines[offset : offset + line]}}

    def _stream(self, call: Call, job_id: str) -> Response:
        # Whether there is such a fine-tune has to be told by the status, which goes ahead of the stream.
        self._studio.fine_tune_log(job_id)
        return Response(
            status=200,
            headers={
                "Content-Type": event_stream.CONTENT_TYPE,
                "Cache-Control": "no-cache",
                "X-Request-Id": call.request_id,
            },
            stream=self._events(job_id, call.request_id),
        )

    def _events(self, job_id: str, request_id: str) -> Iterator[bytes]:
        """Yield the frames of a fine-tune until it ends, or for as long as the clock moves."""
        deadline = time.monotonic() + self._studio.behaviour.event_stream_seconds
        sent = 0
        while True:
            looked = self._clock.now()
            try:
                job = self._studio.fine_tune(job_id)
                lines = self._studio.fine_tune_log(job_id)
            except ServiceError as error:
                gone = Problem(code=error.code, message=error.message)
                yield event_stream.error_frame(gone, sent + 1, request_id)
                return
            yield from event_stream.result_frames(lines[sent:], sent + 1)
            sent = len(lines)
            if job.status in TERMINAL:
                if job.failure is not None and self._studio.behaviour.failure_details:
                    yield event_stream.error_frame(job.failure, sent + 1, request_id)
                return
            if time.monotonic() >= deadline:
                return
            self._wait(_POLL_SECONDS)
            if self._clock.now() == looked:
                return
