"""The HTTP of signed downloads: the bytes of uploaded files and of portraits, served as OSS serves them.

``responses`` sends each request here whose path is the place of a download.
"""

from __future__ import annotations

import html
import mimetypes
from urllib.parse import parse_qsl

from aliyun_local.clock import Clock
from aliyun_local.dashscope.account.downloads import FILE_FOLDER, DownloadError, missing
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.errors import ServiceError
from aliyun_local.dashscope.http.dashscope_request import DashScopeRequest
from aliyun_local.serving.wire import Response


class DownloadResponses:
    """Answers downloads."""

    def __init__(self, studio: ModelStudio, clock: Clock) -> None:
        """Answer for ``studio``."""
        self._studio = studio
        self._clock = clock

    def answer(self, request: DashScopeRequest) -> Response:
        """Answer a request for a place of downloads."""
        try:
            content_type, content = self._content(request)
        except DownloadError as error:
            return _error_response(request, error)
        return Response(
            status=200,
            headers={"Content-Type": content_type, "x-oss-request-id": request.request_id},
            body=content,
        )

    def _content(self, request: DashScopeRequest) -> tuple[str, bytes]:
        http = request.http
        if http.method not in ("GET", "HEAD"):
            raise DownloadError(405, "MethodNotAllowed", "The specified method is not allowed.")
        query = dict(parse_qsl(http.raw_query, keep_blank_values=True))
        segments = self._studio.downloads.check(http.raw_path, query, self._clock.now())
        if not http.raw_path.startswith(FILE_FOLDER):
            _, task_id, name = segments
            return "image/jpeg", self._studio.portraits.image(task_id, name)
        *_, file_id, name = segments
        try:
            content = self._studio.files.read(file_id)
        except ServiceError:
            raise missing() from None
        return mimetypes.guess_type(name)[0] or "application/octet-stream", content


def _error_response(request: DashScopeRequest, error: DownloadError) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n'
        f"  <Code>{error.code}</Code>\n  <Message>{html.escape(error.message)}</Message>\n"
        f"  <RequestId>{request.request_id}</RequestId>\n"
        f"  <HostId>{html.escape(request.site.partition('//')[2])}</HostId>\n"
        "</Error>\n"
    )
    return Response(
        status=error.status,
        headers={"Content-Type": "application/xml", "x-oss-request-id": request.request_id},
        body=body.encode(),
    )
