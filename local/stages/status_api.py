"""The status API of a stage, as ``smoke``, ``status`` and ``destroy`` use it (docs/api.md)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import requests

from local.stages.errors import StageError

TIMEOUT_SECONDS = (5, 35)
"""The function itself answers within 30 seconds (template.yml)."""
TRIES = 3
PAGE = 100
MOST_PAGES = 50

Document = dict[str, Any]


class ZipPart(NamedTuple):
    """A part of an export, and how long the whole is; without ``content`` it is not there yet.

    ``tag`` is the same for all parts of one zip; ``document`` says how far it has come.
    """

    document: Document
    content: bytes | None = None
    size: int = 0
    tag: str = ""


class ApiError(StageError):
    """The status API refused, or did not answer.

    Attributes:
        code: of the problem; ``no_answer`` when there was none.
        http_status: of the answer, 0 when there was none.
    """

    def __init__(self, code: str, message: str, http_status: int = 0, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.code, self.http_status = code, http_status


class StatusApi:
    """The API at ``url``."""

    def __init__(
        self, url: str, token: str, *, sleep: Callable[[float], None] = time.sleep, is_local: bool = False
    ) -> None:
        """Take the token of whoever may change things; a ``is_local`` one is not asked through a proxy."""
        self._url, self._sleep = url.rstrip("/"), sleep
        self._session = requests.Session()
        self._session.trust_env = not is_local
        # A netrc file would take the place of the token.
        self._session.auth = lambda request: request
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def health(self) -> Document:
        """Return the function's own word that it runs, and its version."""
        return self._json("GET", "/healthz")

    def obstacles(self) -> list[Document]:
        """Return what keeps everybody from being trained; nothing while all is well."""
        answer = self._ask("GET", "/readyz")
        if answer.status_code not in (200, 503):
            raise _problem(answer)
        reasons: list[Document] = _document(answer).get("reasons", [])
        return reasons

    def line(self) -> Document:
        """Return who trains and who waits."""
        return self._json("GET", "/queue")

    def person(self, person_id: str) -> Document | None:
        """Return a person, None while nothing has arrived."""
        answer = self._ask("GET", f"/people/{quote(person_id, safe='')}")
        if answer.status_code == 404:
            return None
        if not answer.ok:
            raise _problem(answer)
        return _document(answer)

    def models(self) -> list[Document]:
        """Return the models that the stage has made."""
        found: list[Document] = []
        cursor = ""
        for _ in range(MOST_PAGES):
            more = f"&cursor={quote(cursor, safe='')}" if cursor else ""
            page = self._json("GET", f"/models?limit={PAGE}{more}")
            found += page["models"]
            cursor = page["next"] or ""
            if not cursor:
                break
        return found

    def put_photo(self, person_id: str, name: str, content: bytes) -> Document:
        """Store a photo of a person."""
        path = f"/people/{quote(person_id, safe='')}/photos/{quote(name, safe='')}"
        return self._json("PUT", path, data=content, headers={"Content-Type": "image/jpeg"})

    def delete_photo(self, person_id: str, name: str) -> str:
        """Ask for a photo to be deleted; returns the id of the request."""
        path = f"/people/{quote(person_id, safe='')}/photos/{quote(name, safe='')}"
        return str(self._json("DELETE", path)["request_id"])

    def release(self, job_id: str) -> str:
        """Ask for a job's model to be deleted at DashScope; returns the id of the request."""
        return str(self._json("POST", f"/models/{quote(job_id, safe='')}/release")["request_id"])

    def close_set(self, person_id: str) -> str:
        """Ask for a person's set to be closed now; returns the id of the request."""
        return str(self._json("POST", f"/people/{quote(person_id, safe='')}/train")["request_id"])

    def erase(self, person_id: str) -> str:
        """Ask for a person to be erased; returns the id of the erasure."""
        return str(self._json("DELETE", f"/people/{quote(person_id, safe='')}")["request_id"])

    def erasure(self, erasure_id: str) -> Document:
        """Return how far an erasure is, and its certificate in the end."""
        return self._json("GET", f"/erasures/{quote(erasure_id, safe='')}")

    def export_anew(self, person_id: str) -> Document:
        """Have an export made in the place of the one that is there."""
        return self._json("POST", f"/people/{quote(person_id, safe='')}/export")

    def export_part(self, person_id: str, start: int) -> ZipPart:
        """Return the part of a person's export that begins at ``start``; the first call has it made."""
        path = f"/people/{quote(person_id, safe='')}/export"
        answer = self._ask("GET", path, headers={"Range": f"bytes={start}-"})
        if answer.status_code == 202:
            return ZipPart(_document(answer))
        if answer.status_code != 206:
            raise _problem(answer)
        size = int(answer.headers["Content-Range"].rpartition("/")[2])
        return ZipPart({}, answer.content, size, answer.headers.get("ETag", ""))

    def request(self, request_id: str) -> Document:
        """Return what became of a request."""
        return self._json("GET", f"/requests/{quote(request_id, safe='')}")

    def _json(self, method: str, path: str, **more: Any) -> Document:
        answer = self._ask(method, path, **more)
        if not answer.ok:
            raise _problem(answer)
        return _document(answer)

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Make a call; each may be made again, as the API's requests say the same when said twice."""
        headers: Mapping[str, str] = more.pop("headers", {})
        for number in range(1, TRIES + 1):
            try:
                answer = self._session.request(
                    method,
                    self._url + path,
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                    headers={"Accept": "application/json", **headers},
                    **more,
                )
            except requests.RequestException as problem:
                if number == TRIES:
                    raise ApiError(
                        "no_answer", f"{self._url} does not answer ({type(problem).__name__})"
                    ) from None
            else:
                if number == TRIES or answer.status_code not in (429, 500, 502, 504):
                    return answer
            self._sleep(2.0 * number)
        raise AssertionError("the last try returns or raises")


def _document(answer: requests.Response) -> Document:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ApiError(
            "not_json",
            f"the answer of {answer.request.path_url} is not a JSON object",
            answer.status_code,
            "Look at the function status in the console of Function Compute, and at its log.",
        )
    return document


def _problem(answer: requests.Response) -> ApiError:
    try:
        document = answer.json()
    except ValueError:
        document = {}
    told = document if isinstance(document, dict) else {}
    code = str(told.get("code") or answer.status_code)
    detail = str(told.get("detail") or told.get("title") or answer.text[:200])
    message = f"{answer.request.method} {answer.request.path_url}: {answer.status_code} {code}: {detail}"
    return ApiError(code, message, answer.status_code, str(told.get("remedy") or ""))
