"""The HTTP of uploaded files: parameters and answers of each operation. ``responses`` calls the handlers."""

from __future__ import annotations

from aliyun_local.clock import Clock
from aliyun_local.dashscope import errors
from aliyun_local.dashscope.account.files import FailedUpload, StoredFile
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.http import shapes
from aliyun_local.dashscope.http.dashscope_request import DashScopeRequest, Handler
from aliyun_local.dashscope.http.multipart import MultipartError, parts
from aliyun_local.dashscope.http.parameters import Body, page, text_of

_PURPOSES = ("fine-tune", "file-extract", "batch")
_URL_SECONDS = 86_400


class FileResponses:
    """The operations on files."""

    def __init__(self, studio: ModelStudio, clock: Clock) -> None:
        """Answer for ``studio``."""
        self._studio = studio
        self._clock = clock
        self.handlers: dict[str, Handler] = {
            "UploadFiles": self._upload,
            "ListFiles": self._list,
            "GetFile": self._get,
            "DeleteFile": self._delete,
        }

    def _upload(self, request: DashScopeRequest) -> Body:
        try:
            fields = parts(request.http.headers.get("content-type", ""), request.http.body)
        except MultipartError as problem:
            raise errors.body_invalid() from problem
        uploads = [part for part in fields if part.name == "files" and part.filename is not None]
        descriptions = [text_of(part.content) for part in fields if part.name == "descriptions"]
        purpose = next((text_of(part.content) for part in fields if part.name == "purpose"), None)
        if not uploads:
            raise errors.missing_or_invalid("files")
        if purpose is not None and purpose not in _PURPOSES:
            raise errors.missing_or_invalid("purpose")
        results = [
            self._studio.files.add(
                name=part.filename or "",
                content=part.content,
                description=description,
                purpose=purpose,
                at=self._clock.now(),
            )
            for part, description in zip(uploads, descriptions + [""] * len(uploads), strict=False)
        ]
        return {
            "data": {
                "uploaded_files": [
                    {"name": result.name, "file_id": result.file_id}
                    for result in results
                    if isinstance(result, StoredFile)
                ],
                "failed_uploads": [
                    {"name": result.name, "code": result.code, "message": result.message}
                    for result in results
                    if isinstance(result, FailedUpload)
                ],
            }
        }

    def _list(self, request: DashScopeRequest) -> Body:
        page_no, page_size = page(request.http.query)
        most = min(page_size, self._studio.behaviour.most_entries_a_page)
        total, stored = self._studio.files.page(offset=(page_no - 1) * most, limit=most)
        shown = [self._shown(file, request) for file in stored]
        return {"data": {"total": total, "page_size": page_size, "page_no": page_no, "files": shown}}

    def _get(self, request: DashScopeRequest, file_id: str) -> Body:
        return {"data": self._shown(self._studio.files.get(file_id), request)}

    def _delete(self, _: DashScopeRequest, file_id: str) -> Body:
        self._studio.files.delete(file_id)
        return {}

    def _shown(self, stored: StoredFile, request: DashScopeRequest) -> Body:
        path = self._studio.downloads.signed(shapes.file_path(stored), self._clock.now() + _URL_SECONDS)
        return shapes.file(stored, request.site + path)
