"""DashScope as the questions use it: plain HTTP, each call bounded, each answer with its code.

``requests`` and not the ``dashscope`` package: the product's own calls are plain HTTP too, and a question is
about fields that a client's model would hide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT_SECONDS = (10, 60)
MODEL = "facechain-finetune"
RUNNING = frozenset({"PENDING", "QUEUING", "RUNNING", "CANCELING"})
SUCCEEDED, FAILED, CANCELED = "SUCCEEDED", "FAILED", "CANCELED"
_LARGEST_PAGE = 100
_MOST_PAGES = 100


@dataclass(frozen=True)
class Reply:
    """An answer of DashScope."""

    status: int
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Whether the call was carried out."""
        return self.status == 200 and "code" not in self.body

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.body.get("code", ""))

    @property
    def message(self) -> str:
        """The words of a refusal; they may hold names of the account and are not for reports."""
        return str(self.body.get("message", ""))

    @property
    def output(self) -> dict[str, Any]:
        """The result, empty for a refusal."""
        output = self.body.get("output")
        return output if isinstance(output, dict) else {}

    def __str__(self) -> str:
        """Status and code: what a report may say."""
        return f"{self.status} {self.code}".strip()


class DashScopeAccount:
    """Calls with one key."""

    def __init__(self, base_url: str, api_key: str) -> None:
        """Call ``base_url``, which ends in ``/api/v1``."""
        self._base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {api_key}"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def call(self, method: str, path: str, **given: Any) -> Reply:
        """Make one call.

        Raises:
            requests.RequestException: there is no answer.
        """
        response = self._session.request(
            method, self._base_url + path, timeout=TIMEOUT_SECONDS, allow_redirects=False, **given
        )
        try:
            body = response.json()
        except ValueError:
            body = {"code": "(no JSON)"}
        return Reply(response.status_code, body if isinstance(body, dict) else {})

    def check_faces(self, url: str) -> Reply:
        """Ask the face check, which is free, about the picture at ``url``."""
        body = {"model": "facechain-facedetect", "input": {"images": [url]}, "parameters": {}}
        return self.call("POST", "/services/vision/facedetection/detect", json=body)

    def create_fine_tune(self, files: Sequence[str], job_name: str = "") -> Reply:
        """Submit a fine-tune: this is what costs money."""
        body: dict[str, object] = {"model": MODEL, "training_file_ids": list(files)}
        return self.call("POST", "/fine-tunes", json=body | ({"job_name": job_name} if job_name else {}))

    def order_portrait(self, resource_id: str) -> Reply:
        """Ask for one portrait with a trained model; it is paid for when it has been made."""
        body = {
            "model": "facechain-generation",
            "parameters": {"style": "f_idcard_female", "size": "768*1024", "n": 1},
            "resources": [{"resource_id": resource_id, "resource_type": "facelora"}],
        }
        headers = {"X-DashScope-Async": "enable"}
        return self.call("POST", "/services/aigc/album/gen_potrait", json=body, headers=headers)

    def fine_tune(self, job_id: str) -> Reply:
        """Read a fine-tune."""
        return self.call("GET", f"/fine-tunes/{job_id}")

    def cancel(self, job_id: str) -> Reply:
        """Cancel a fine-tune."""
        return self.call("POST", f"/fine-tunes/{job_id}/cancel")

    def delete(self, job_id: str) -> Reply:
        """Delete a fine-tune."""
        return self.call("DELETE", f"/fine-tunes/{job_id}")

    def page(self, number: int, size: int = _LARGEST_PAGE) -> Reply:
        """Read a page of the list of fine-tunes; pages count from 1."""
        return self.call("GET", "/fine-tunes", params={"page_no": number, "page_size": size})

    def fine_tunes(self) -> Iterator[dict[str, Any]]:
        """Yield all fine-tunes of the list, page by page until one is empty.

        Raises:
            RuntimeError: a page is refused.
        """
        for number in range(1, _MOST_PAGES + 1):
            reply = self.page(number)
            if not reply.ok:
                raise RuntimeError(f"the list of fine-tunes was refused: {reply}")
            jobs = reply.output.get("jobs") or []
            yield from (job for job in jobs if isinstance(job, dict))
            if not jobs:
                return

    def upload(self, name: str, content: bytes) -> str:
        """Store a file and return its id.

        Raises:
            RuntimeError: it is refused.
        """
        reply = self.call(
            "POST", "/files", files=[("files", (name, content, "image/jpeg"))], data={"descriptions": name}
        )
        uploaded = (reply.body.get("data") or {}).get("uploaded_files") or []
        if not uploaded:
            raise RuntimeError(f"a file was refused: {reply}")
        return str(uploaded[0]["file_id"])

    def file_url(self, file_id: str) -> str:
        """Return the signed address that DashScope itself gives a stored file.

        Raises:
            RuntimeError: there is none.
        """
        url = (self.call("GET", f"/files/{file_id}").body.get("data") or {}).get("url")
        if not url:
            raise RuntimeError("a stored file has no url")
        return str(url)

    def files(self) -> Iterator[dict[str, Any]]:
        """Yield all stored files, page by page until one is empty.

        Raises:
            RuntimeError: a page is refused.
        """
        for number in range(1, _MOST_PAGES + 1):
            reply = self.call("GET", "/files", params={"page_no": number, "page_size": _LARGEST_PAGE})
            if reply.status != 200:
                raise RuntimeError(f"the list of files was refused: {reply}")
            files = (reply.body.get("data") or {}).get("files") or []
            yield from files
            if not files:
                return

    def delete_file(self, file_id: str) -> Reply:
        """Delete a stored file."""
        return self.call("DELETE", f"/files/{file_id}")
