"""DashScope over HTTP: fine-tunes, files and the face check.

The official SDK repeats the paid POST on 5xx answers, so it is not used here. A create is sent once, on a
connection of its own (a kept-alive one may be dead already, and then the outcome is unknown); only reads
are tried again. Bodies are read defensively: field by field, unknown ones ignored, missing ones rarely fatal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import requests

from shared.clients.dashscope_answers import (
    BUSY_DELAY_SECONDS,
    UnreadableAnswer,
    entries_in,
    fine_tune_from,
    integer_from,
    list_in,
    output_of,
    trouble_from,
)
from shared.clients.retries import Retries
from shared.domain.fine_tunes import FineTune
from shared.errors import (
    OutcomeUnknown,
    Permanent,
    RetryLater,
)
from shared.logs import redact

MODEL = "facechain-finetune"
FACE_MODEL = "facechain-facedetect"
TIMEOUT_SECONDS = (5, 20)
NO_TRY_AFTER_SECONDS = 6
PAGE_SIZE = 100
MAX_PAGES = 200
LIST_TRIES = 3

_T = TypeVar("_T")


class DashScope:
    """One account's DashScope API at ``base_url`` (ending in ``/api/v1``)."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        new_session: Callable[[], requests.Session] = requests.Session,
        retries: Retries | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorization = {"Authorization": f"Bearer {api_key}"}
        self._new_session = new_session
        self._session = new_session()
        self._retries = retries or Retries()

    # -- fine-tunes ---------------------------------------------------------------------------------

    def create_fine_tune(self, files: Sequence[str]) -> FineTune:
        """Start a paid fine-tune from 1 to 10 URLs and file ids.

        Raises:
            OutcomeUnknown: the fine-tune may or may not exist now.
            AccountTrouble, RetryLater, Permanent: it certainly does not.
        """
        body = {"model": MODEL, "training_file_ids": list(files)}
        answer = self._send("POST", "/fine-tunes", json=body, session=None)
        try:
            return fine_tune_from(output_of(answer))
        except UnreadableAnswer as error:
            raise OutcomeUnknown("unreadable_answer", str(error), delay_seconds=30) from None

    def fine_tune(self, fine_tune_id: str) -> FineTune:
        """Return one fine-tune.

        Raises:
            NotFound: DashScope does not know it.
        """
        return self._readable(lambda: fine_tune_from(output_of(self._read(f"/fine-tunes/{fine_tune_id}"))))

    def fine_tunes(self) -> Iterator[FineTune]:
        """Iterate over the complete list, each fine-tune once.

        Fine-tunes that appear while the pages are read push others from one page to the next, and deleted
        ones pull them back past us; so the pages are read again until one round holds exactly as many as all
        of its pages say there are. Whether money is spent again depends on this list: a list
        that cannot be read for certain is not taken for an empty one.

        Raises:
            RetryLater: no round was complete.
        """
        for _ in range(LIST_TRIES):
            seen: dict[str, FineTune] = {}
            totals: set[int] = set()
            for page_no in range(1, MAX_PAGES + 1):
                page, total = self._page(page_no)
                totals.add(total)
                seen.update((fine_tune.fine_tune_id, fine_tune) for fine_tune in page)
                if not page or page_no * PAGE_SIZE >= total:
                    break
            if totals == {len(seen)}:
                return iter(seen.values())
        raise RetryLater("list_incomplete", "DashScope's list of fine-tunes kept changing", delay_seconds=10)

    def _page(self, page_no: int) -> tuple[list[FineTune], int]:
        query = {"page_no": page_no, "page_size": PAGE_SIZE}

        def read() -> tuple[list[FineTune], int]:
            output = output_of(self._read("/fine-tunes", query))
            total = output.get("total")
            if not isinstance(total, int) or isinstance(total, bool):
                raise UnreadableAnswer("DashScope's list does not say how many fine-tunes there are")
            return [fine_tune_from(job) for job in list_in(output, "jobs")], total

        return self._readable(read)

    def cancel_fine_tune(self, fine_tune_id: str) -> None:
        """Cancel a fine-tune that has not ended; raises Permanent when it has."""
        self._send("POST", f"/fine-tunes/{fine_tune_id}/cancel")

    def delete_fine_tune(self, fine_tune_id: str) -> None:
        """Delete a fine-tune where DashScope allows it; raises Permanent where it does not."""
        self._send("DELETE", f"/fine-tunes/{fine_tune_id}")

    # -- files --------------------------------------------------------------------------------------

    def upload_file(self, name: str, content: bytes) -> str:
        """Store a file with DashScope and return its file id.

        The service answers 200 even when it stored nothing; the reason then stands beside the name.

        Raises:
            Permanent: the service does not store it, for its own sake or because the account's quota of files
                or space is used up.
            RetryLater: it was not stored this time.
        """
        form = {"descriptions": (None, name)}
        files = {"files": (name, content, "image/jpeg"), **form}
        data = self._readable(lambda: output_of(self._send("POST", "/files", files=files)))
        for stored in entries_in(data, "uploaded_files"):
            if stored.get("file_id"):
                return str(stored["file_id"])
        failed = next(iter(entries_in(data, "failed_uploads")), {})
        code, message = str(failed.get("code", "upload_failed")), redact(str(failed.get("message", "")))
        raise Permanent(code, f"DashScope did not store {name}: {message}")

    def files(self) -> dict[str, str]:
        """Return the ids of all stored files by their names; of files with one name, one of them."""
        found: dict[str, str] = {}
        for page_no in range(1, MAX_PAGES + 1):
            page, total = self._file_page(page_no)
            found.update((str(file.get("name")), str(file.get("file_id"))) for file in page)
            if not page or page_no * PAGE_SIZE >= total:
                break
        return found

    def _file_page(self, page_no: int) -> tuple[list[dict[str, Any]], int]:
        query = {"page_no": page_no, "page_size": PAGE_SIZE}
        data = self._readable(lambda: output_of(self._read("/files", query)))
        return entries_in(data, "files"), integer_from(data.get("total"))

    def delete_file(self, file_id: str) -> None:
        """Delete a stored file; raises NotFound when there is none."""
        self._send("DELETE", f"/files/{file_id}")

    # -- face check ---------------------------------------------------------------------------------

    def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
        """Return for each picture whether it shows exactly one face, and why not.

        Raises:
            RetryLater: no verdict this time (also when a picture could not be downloaded).
            Permanent: the check refuses a picture altogether.
        """
        body = {"model": FACE_MODEL, "input": {"images": list(urls)}, "parameters": {}}
        path = "/services/vision/facedetection/detect"
        output = self._readable(lambda: output_of(self._send("POST", path, json=body)))
        verdicts = output.get("is_face")
        if not isinstance(verdicts, list) or len(verdicts) != len(urls):
            raise RetryLater(
                "unreadable_answer", "the face check's answer does not fit the question", delay_seconds=10
            )
        reasons = output.get("failed_reason")
        reasons = reasons if isinstance(reasons, list) else []
        padded = [redact(str(reason or "")) for reason in (*reasons, *[""] * len(verdicts))]
        return [(flag is True, reason) for flag, reason in zip(verdicts, padded, strict=False)]

    # -- HTTP ---------------------------------------------------------------------------------------

    def _read(self, path: str, query: dict[str, int] | None = None) -> Any:
        def send() -> Any:
            try:
                return self._send("GET", path, params=query)
            except OutcomeUnknown as lost:
                # Of a read nothing can have taken effect.
                raise RetryLater(lost.code, lost.message, delay_seconds=2) from None

        return self._retries.call(send, within_seconds=NO_TRY_AFTER_SECONDS)

    def _send(self, method: str, path: str, **options: Any) -> Any:
        """Send one request, once, and return the JSON of a 2xx answer; everything else is raised."""
        given = options.pop("session", self._session)
        session = given if given is not None else self._new_session()
        try:
            answer = session.request(
                method,
                self._base_url + path,
                headers=self._authorization,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                **options,
            )
        except requests.exceptions.ConnectTimeout:
            raise RetryLater(
                "unreachable", "DashScope could not be reached", delay_seconds=BUSY_DELAY_SECONDS
            ) from None
        except requests.exceptions.RequestException as error:
            if _never_connected(error):
                raise RetryLater(
                    "unreachable", "DashScope could not be reached", delay_seconds=BUSY_DELAY_SECONDS
                ) from None
            raise OutcomeUnknown(
                "no_answer", f"DashScope's answer did not arrive ({type(error).__name__})", delay_seconds=30
            ) from None
        finally:
            if given is None:
                session.close()
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            body = {}
        if 200 <= answer.status_code < 300 and not body.get("code"):
            return body
        raise trouble_from(answer.status_code, body)

    def _readable(self, read: Callable[[], _T]) -> _T:
        try:
            return read()
        except UnreadableAnswer as error:
            raise RetryLater("unreadable_answer", str(error), delay_seconds=10) from None


def _never_connected(error: requests.exceptions.RequestException) -> bool:
    """Whether the request cannot have left: no connection was made."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError")
