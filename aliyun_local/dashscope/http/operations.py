"""The routing table: the operations, and which of them a request is for.

Used by ``responses``; by :mod:`aliyun_local.coverage` for the page of emulated operations; and by
:mod:`aliyun_local.control`, where faults are set for an operation by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import unquote

BASE_PATH = "/api/v1"
_TASKS = "Asynchronous task management API"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the service.

    ``path`` is below :data:`BASE_PATH`, with ``{…}`` for a segment that varies; ``document`` is the title of
    the vendor's page that describes it.
    """

    name: str
    method: str
    path: str
    document: str

    @cached_property
    def _segments(self) -> list[str]:
        return self.path.strip("/").split("/")

    def match(self, segments: list[str]) -> list[str] | None:
        """Return the varying segments if ``segments`` are those of this path, else None."""
        wanted = self._segments
        if len(wanted) != len(segments):
            return None
        varying = []
        for want, have in zip(wanted, segments, strict=True):
            if want.startswith("{") and have:
                varying.append(have)
            elif want != have:
                return None
        return varying


OPERATIONS: tuple[Operation, ...] = (
    Operation(name="CreateFineTune", method="POST", path="/fine-tunes", document="facechain-finetune API"),
    Operation(name="ListFineTunes", method="GET", path="/fine-tunes", document="List fine-tune jobs"),
    Operation(
        name="GetFineTune", method="GET", path="/fine-tunes/{job_id}", document="facechain-finetune API"
    ),
    Operation(
        name="DeleteFineTune", method="DELETE", path="/fine-tunes/{job_id}", document="Delete a fine-tune job"
    ),
    Operation(
        name="CancelFineTune",
        method="POST",
        path="/fine-tunes/{job_id}/cancel",
        document="Cancel a fine-tune job",
    ),
    Operation(
        name="GetFineTuneLogs",
        method="GET",
        path="/fine-tunes/{job_id}/logs",
        document="Query fine-tuning logs",
    ),
    Operation(
        name="StreamFineTuneEvents",
        method="GET",
        path="/fine-tunes/{job_id}/stream",
        document="dashscope SDK for Python: FineTunes.stream_events",
    ),
    Operation(name="UploadFiles", method="POST", path="/files", document="File management API"),
    Operation(name="ListFiles", method="GET", path="/files", document="File management API"),
    Operation(name="GetFile", method="GET", path="/files/{file_id}", document="File management API"),
    Operation(name="DeleteFile", method="DELETE", path="/files/{file_id}", document="File management API"),
    Operation(
        name="DetectFaces",
        method="POST",
        path="/services/vision/facedetection/detect",
        document="facechain-facedetect API",
    ),
    Operation(
        name="GeneratePortraits",
        method="POST",
        path="/services/aigc/album/gen_potrait",
        document="facechain-generation API",
    ),
    Operation(name="GetTask", method="GET", path="/tasks/{task_id}", document=_TASKS),
    Operation(name="ListTasks", method="GET", path="/tasks", document=_TASKS),
    Operation(name="CancelTask", method="POST", path="/tasks/{task_id}/cancel", document=_TASKS),
)
UNKNOWN_OPERATION = "Unknown"
# Downloads of files and results are requests to OSS, not to this service; this is the name there.
DOWNLOAD_OPERATION = "GetObject"


def segments_of(raw_path: str) -> list[str]:
    """Return the decoded segments of a path below the base path; a foreign path has one empty segment."""
    if not raw_path.startswith(f"{BASE_PATH}/"):
        return [""]
    # Decoded after the split, so that an escaped slash stays inside of an id; unknown bytes become U+FFFD.
    segments = [unquote(segment) for segment in raw_path[len(BASE_PATH) + 1 :].split("/")]
    # The official client's asyncio calls end the paths of single tasks with a slash, and are answered.
    return segments[:-1] if segments[0] == "tasks" and len(segments) > 2 and not segments[-1] else segments


@lru_cache(maxsize=256)
def operations_at(raw_path: str) -> tuple[tuple[Operation, tuple[str, ...]], ...]:
    """Return the operations at a path, one for each method, with the varying segments of the path.

    Whoever waits for a task or a fine-tune asks for the same path again and again.
    """
    segments = segments_of(raw_path)
    return tuple(
        (operation, tuple(varying))
        for operation in OPERATIONS
        if (varying := operation.match(segments)) is not None
    )
