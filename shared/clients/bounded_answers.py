"""The HTTP session that oss2 works with here: answers are read as they are stored, and within bounds.

oss2 decodes a body by its Content-Encoding, which whoever uploads an object chooses: 4 KB become 4 GB on
their way into memory. It bounds each wait for a byte and no answer as a whole, and it takes a body that ends
early for a complete one.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any, NoReturn

MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
"""The longest document. A page of 1,000 keys of 1,023 bytes, each byte escaped, is half as long."""
MAX_ANSWER_SECONDS = 20
"""From the request to the last byte; one wait for a byte, which has its own time-out, may come on top."""
_CHUNK_BYTES = 64 * 1024


class UnusableAnswer(Exception):
    """An answer that cannot be read to its end.

    Attributes:
        code: a stable word for programs.
        message: what is wrong with it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class BoundedSession:
    """What ``oss2.Bucket`` asks of a session. ``now`` returns seconds that never go back."""

    def __init__(self, session: Any, now: Callable[[], float]) -> None:
        self._session = session
        self._now = now

    def do_request(self, request: Any, timeout: Any) -> BoundedAnswer:
        """Send a request of oss2's and return the answer's head; the body is read later."""
        ends = self._now() + MAX_ANSWER_SECONDS
        return BoundedAnswer(self._session.do_request(request, timeout), lambda: self._now() > ends)


class BoundedAnswer:
    """What oss2 asks of an answer, with the names that it uses.

    Attributes:
        status: the HTTP status.
        headers: the HTTP headers.
        request_id: OSS's name for the request.
        response: the answer as :mod:`requests` has it.
    """

    def __init__(self, answer: Any, is_late: Callable[[], bool]) -> None:
        self.status: int = answer.status
        self.headers: Any = answer.headers
        self.request_id: str = answer.request_id
        self.response: Any = answer.response
        self._is_late = is_late
        self._raw = answer.response.raw
        # None without a Content-Length; 0 for the answer to a HEAD.
        self._left: int | None = self._raw.length_remaining
        self._has_ended = False

    def read(self, amt: int | None = None) -> bytes:
        """Return the next ``amt`` bytes as they are stored, fewer only at the end, or a whole document.

        Raises:
            UnusableAnswer: the body is too large for a document, too slow, or cut off.
        """
        wanted = MAX_DOCUMENT_BYTES + 1 if amt is None else amt
        chunks: list[bytes] = []
        while wanted and not self._has_ended:
            chunks.append(self._next(min(wanted, _CHUNK_BYTES)))
            wanted -= len(chunks[-1])
        if amt is None and not wanted:
            self.refuse("oss_answer_too_large", f"more than {MAX_DOCUMENT_BYTES} bytes")
        content = b"".join(chunks)
        # A gateway's page in another encoding must not hide its status from oss2, which decodes error pages.
        return content if self.status // 100 == 2 else content.decode("utf-8", "replace").encode("utf-8")

    def refuse(self, code: str, message: str) -> NoReturn:
        """Leave the rest of the answer unread, with its connection; raises :class:`UnusableAnswer`."""
        self.response.close()
        raise UnusableAnswer(code, message)

    def _next(self, count: int) -> bytes:
        """Return what has arrived of the body, at most ``count`` bytes."""
        if self._left == 0:
            return self._end()
        if self._is_late():
            self.refuse("oss_answer_too_slow", f"not there within {MAX_ANSWER_SECONDS} s")
        try:
            # The response beneath urllib3's, as it neither decodes nor waits until all of ``count`` has come.
            # urllib3 2 has a read1 of its own; 1.26, which Function Compute's python3.10 ships, has not.
            chunk: bytes = self._raw._fp.read1(count)
        except (OSError, ValueError, http.client.HTTPException):
            self.refuse("oss_answer_cut", "the connection broke off in the middle")
        if not chunk:
            if self._left:
                self.refuse("oss_answer_cut", f"{self._left} bytes are missing at its end")
            return self._end()
        if self._left is not None:
            self._left -= len(chunk)
        return chunk

    def _end(self) -> bytes:
        """Give the connection back to the pool."""
        self._has_ended = True
        self._raw._fp.close()
        self._raw.release_conn()
        return b""
