"""DashScope over HTTP: fine-tunes, files and the face check; ``portraits`` has the other half.

The official SDK repeats the paid POST on 5xx answers, so it is not used here (``dashscope_http``). Bodies are
read defensively: field by field, unknown ones ignored, missing ones rarely fatal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

import requests

from shared.clients.answers import UNKNOWN_DELAY_SECONDS, said
from shared.clients.dashscope_answers import (
    UnreadableAnswer,
    entries_in,
    fine_tune_from,
    fine_tunes_in,
    hashed,
    is_made_before,
    list_in,
    output_of,
    stored_file_from,
    total_from,
    trouble_of_upload,
)
from shared.clients.dashscope_http import DashScopeHttp, readable, without_effect
from shared.clients.dashscope_list import LIST_SECONDS, Page, newest_of_list, whole_list
from shared.clients.retries import Retries
from shared.domain.fine_tunes import OUR_MODEL, FineTune, NewestFineTunes
from shared.domain.stored_files import StoredFile
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import NotFound, OutcomeUnknown

if TYPE_CHECKING:
    from shared.clients.dashscope_portraits import PortraitTasks

FACE_MODEL = "facechain-facedetect"
PAGE_SIZE = 100
MAX_FILE_PAGES = 100
LONGEST_REASON = 200
"""In characters, of why a picture shows no face; the one documented reason has 16."""


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
        self._http = DashScopeHttp(base_url, api_key, new_session=new_session, retries=retries)
        self._key_id = hashed(api_key, salt="facechain-autotrain, a DashScope key: ")

    @property
    def portraits(self) -> PortraitTasks:
        """The tasks of portrait generation."""
        # Imported here: most deployments make no portraits.
        from shared.clients.dashscope_portraits import PortraitTasks

        return PortraitTasks(self._http)

    @property
    def key_id(self) -> str:
        """Twelve hex digits that stand for the API key: kept in a row, they show that the key was changed.

        They give nothing useful away. A key is drawn from at least 2^128, so that it cannot be found by
        hashing guesses, and 48 bits of a hash fit 2^80 keys and more: whoever had them all would still have
        to ask DashScope about each. The fixed words in front make the digits differ from any other
        program's hash of the same key, so that they do not tell who else uses it.
        """
        return self._key_id

    # -- fine-tunes ---------------------------------------------------------------------------------

    def create_fine_tune(self, files: Sequence[str]) -> FineTune:
        """Start a paid fine-tune from 1 to 10 URLs and file ids.

        Raises:
            OutcomeUnknown: the fine-tune may or may not exist now. Anything but a certain refusal is one.
            NotFound: one of the file ids is gone; store the files again. It certainly does not exist.
            AccountTrouble, RequestTrouble, RetryLater, Permanent: it certainly does not exist.
        """
        body = {"model": OUR_MODEL, "training_file_ids": list(files)}
        answer = self._http.send("POST", "/fine-tunes", creates=True, json=body)
        try:
            return fine_tune_from(output_of(answer))
        except UnreadableAnswer as error:
            raise OutcomeUnknown(
                "unreadable_answer", str(error), delay_seconds=UNKNOWN_DELAY_SECONDS, api=Api.TRAINING
            ) from None

    def fine_tune(self, fine_tune_id: str) -> FineTune:
        """Return one fine-tune.

        Raises:
            NotFound: DashScope does not know it.
        """
        path = _path_of(fine_tune_id)
        return readable(lambda: fine_tune_from(output_of(self._http.read(path))))

    def fine_tunes(self, *, within_seconds: float = LIST_SECONDS) -> Iterator[FineTune]:
        """Iterate over the complete list, each fine-tune once, those of other models among them.

        What counts as complete stands in :mod:`shared.clients.dashscope_list`. An entry without an id is left
        out unless it is of our model (:func:`~shared.domain.fine_tunes.unclear`).

        Raises:
            RetryLater: the list could not be read for certain; it is never taken for an empty one.
        """
        found = whole_list(self._page, self._http.retries.now, within_seconds=within_seconds)
        return iter(fine_tunes_in(found))

    def newest_fine_tunes(self, since: int) -> NewestFineTunes:
        """Return the list down to what is older than ``since``, as far as it is in order, or all of it.

        It proves nothing about what it does not show (:func:`~shared.clients.dashscope_list.newest_of_list`).
        """
        is_older = partial(is_made_before, since=since)
        found, is_whole, is_reached = newest_of_list(self._page, self._http.retries.now, is_older=is_older)
        return NewestFineTunes(fine_tunes=fine_tunes_in(found), is_whole=is_whole, is_reached=is_reached)

    def _page(self, page_no: int) -> Page:
        query = {"page_no": page_no, "page_size": PAGE_SIZE}

        def read() -> Page:
            output = output_of(self._http.read("/fine-tunes", query))
            total = total_from(output.get("total"))
            if total == 0 and output.get("jobs") is None:
                return Page([], 0)
            return Page(list_in(output, "jobs"), total)

        return readable(read)

    def cancel_fine_tune(self, fine_tune_id: str) -> None:
        """Cancel a fine-tune that has not ended; raises Permanent when it has."""
        self._http.send("POST", f"{_path_of(fine_tune_id)}/cancel")

    def delete_fine_tune(self, fine_tune_id: str) -> None:
        """Delete a fine-tune where DashScope allows it; raises Permanent where it does not."""
        self._http.send("DELETE", _path_of(fine_tune_id))

    # -- files --------------------------------------------------------------------------------------

    def upload_file(self, name: str, content: bytes, api: Api = Api.TRAINING) -> str:
        """Store a file with DashScope, for the sake of ``api``, and return its file id.

        The service answers 200 even when it stored nothing; the reason then stands beside the name.

        Raises:
            Permanent: the service does not store it, for its own sake.
            AccountTrouble: the account's quota of files or space is used up.
            RetryLater: it was not stored this time, as far as is known.
        """
        form = {"descriptions": (None, name)}
        files = {"files": (name, content, "image/jpeg"), **form}
        data = readable(lambda: output_of(self._http.send("POST", "/files", api=api, files=files)), api)
        for stored in entries_in(data, "uploaded_files"):
            if stored.get("file_id"):
                return str(stored["file_id"])
        raise trouble_of_upload(name, next(iter(entries_in(data, "failed_uploads")), {}), api)

    def files(self) -> list[StoredFile]:
        """Return the stored files, each once; those of other programs among them."""
        found: dict[str, StoredFile] = {}
        ends = self._http.retries.now() + LIST_SECONDS
        for page_no in range(1, MAX_FILE_PAGES + 1):
            page, total = self._file_page(page_no)
            brings_nothing = page.keys() <= found.keys()
            found.update(page)
            if brings_nothing or total == len(found) or self._http.retries.now() > ends:
                break
        return list(found.values())

    def _file_page(self, page_no: int) -> tuple[dict[str, StoredFile], int | None]:
        """Return the files of a page by their ids, and how many files there are in all."""
        query = {"page_no": page_no, "page_size": PAGE_SIZE}
        data = readable(lambda: output_of(self._http.read("/files", query)))
        files = [stored_file_from(file) for file in entries_in(data, "files") if file.get("file_id")]
        return {file.file_id: file for file in files}, total_from(data.get("total"))

    def file_url(self, file_id: str, api: Api = Api.TRAINING) -> str:
        """Return the signed URL of a stored file, for the sake of ``api`` ("File management": a day)."""

        def read() -> str:
            path = f"/files/{quote(file_id, safe='')}"
            url = output_of(self._http.read(path, api=api)).get("url")
            if not isinstance(url, str) or "://" not in url:
                raise UnreadableAnswer("DashScope's answer has no URL of the file")
            return url

        return readable(read, api)

    def delete_file(self, file_id: str) -> None:
        """Delete a stored file; raises NotFound when there is none."""
        self._http.send("DELETE", f"/files/{quote(file_id, safe='')}")

    # -- face check ---------------------------------------------------------------------------------

    def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
        """Return for each picture whether it shows exactly one face, and why not.

        Raises:
            Permanent: a documented finding about a picture; only this and a plain answer are verdicts.
            RetryLater: no verdict: a picture could not be downloaded, the API or the account is refused, or
                the answer is not one true or false for each picture.
        """
        body = {"model": FACE_MODEL, "input": {"images": list(urls)}, "parameters": {}}
        path = "/services/vision/facedetection/detect"

        def check() -> list[tuple[bool, str]]:
            output = output_of(
                without_effect(lambda: self._http.send("POST", path, api=Api.FACE_CHECK, json=body))
            )
            verdicts = list_in(output, "is_face")
            if len(verdicts) != len(urls) or not all(isinstance(verdict, bool) for verdict in verdicts):
                raise UnreadableAnswer("the face check does not say true or false for each picture")
            reasons = output.get("failed_reason")
            reasons = reasons if isinstance(reasons, list) else []
            padded = [*reasons, *[""] * len(verdicts)]
            return [
                (verdict, said(reason, LONGEST_REASON))
                for verdict, reason in zip(verdicts, padded, strict=False)
            ]

        return readable(check, Api.FACE_CHECK)


def _path_of(fine_tune_id: str) -> str:
    if not fine_tune_id:
        raise NotFound("no_id", "the fine-tune has no id to ask for", kind=Kind.GONE, api=Api.TRAINING)
    return f"/fine-tunes/{quote(fine_tune_id, safe='')}"
