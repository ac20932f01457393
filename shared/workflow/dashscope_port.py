"""DashScope, as the workflow works with it; a part of :mod:`shared.workflow.ports`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from shared.domain.trouble_kinds import Api

if TYPE_CHECKING:
    from shared.domain.fine_tunes import FineTune, NewestFineTunes
    from shared.domain.portrait_styles import Wanted
    from shared.domain.portrait_tasks import PortraitTask
    from shared.domain.stored_files import StoredFile


class PortraitTasks(Protocol):
    """Portraits at DashScope."""

    def create(self, finetuned_output: str, wanted: Wanted, template_url: str = "") -> str:
        """Ask for portraits, which are paid for; returns the task's id. Sent once, never repeated."""

    def task(self, task_id: str) -> PortraitTask:
        """Return a task; one that is not known has the status UNKNOWN."""

    def tasks(self, since: int, until: int) -> list[PortraitTask]:
        """Return all tasks of that time; raises RetryLater if the list cannot be completed."""

    def newest(self, until: int) -> list[PortraitTask]:
        """Return the newest tasks that were submitted by ``until``: no proof of what it does not show."""

    def download(self, url: str) -> bytes:
        """Return a picture that was made; raises Permanent if it is gone."""


class DashScope(Protocol):
    """DashScope."""

    @property
    def portraits(self) -> PortraitTasks:
        """The tasks of portrait generation."""

    @property
    def key_id(self) -> str:
        """Stands for the API key, and does not tell it."""

    def create_fine_tune(self, files: Sequence[str]) -> FineTune:
        """Start a paid fine-tune from URLs and file ids. Sent once, never repeated by any layer."""

    def fine_tune(self, fine_tune_id: str) -> FineTune:
        """Return one fine-tune; raises NotFound."""

    def fine_tunes(self, *, within_seconds: float = ...) -> Iterator[FineTune]:
        """Iterate over the complete list, newest first; raises RetryLater if it cannot be completed."""

    def newest_fine_tunes(self, since: int) -> NewestFineTunes:
        """Return the list down to what is older than ``since``: no proof of what it does not show."""

    def cancel_fine_tune(self, fine_tune_id: str) -> None:
        """Cancel it."""

    def delete_fine_tune(self, fine_tune_id: str) -> None:
        """Delete; raises Permanent where DashScope does not allow it."""

    def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
        """Return for each picture whether it shows one face, and why not."""

    def files(self) -> list[StoredFile]:
        """Return the files that are stored with DashScope."""

    def delete_file(self, file_id: str) -> None:
        """Delete a stored file; raises NotFound."""

    def upload_file(self, name: str, content: bytes, api: Api) -> str:
        """Store a file with DashScope, for the sake of ``api``, and return its file id."""

    def file_url(self, file_id: str, api: Api) -> str:
        """Return the URL of a stored file. Never log, store or show it."""
