"""DashScope's portraits in memory, a part of :mod:`tests.unit.memory`."""

from __future__ import annotations

from shared.domain.portrait_styles import Wanted
from shared.domain.portrait_tasks import UNKNOWN, PortraitTask
from shared.errors import Trouble


class MemoryPortraits:
    """The tasks, as :class:`shared.workflow.dashscope_port.PortraitTasks` has them.

    Attributes:
        answer: the id that a create answers with, or the trouble that is raised in its place.
        known: the tasks by id.
        listed: what the list of tasks shows, or the trouble that is raised in its place.
        listed_before: what its newest page shows.
        windows: the times of which the list was asked for.
        created: what was asked for: the model, the wanted pictures, and the URL of the template.
        pictures: what lies under each URL, or the trouble that is raised in its place.
    """

    def __init__(self) -> None:
        self.answer: str | Trouble = "task-new"
        self.known: dict[str, PortraitTask | Trouble] = {}
        self.listed: list[PortraitTask] | Trouble = []
        self.listed_before: list[PortraitTask] | Trouble = []
        self.windows: list[tuple[int, int]] = []
        self.created: list[tuple[str, Wanted, str]] = []
        self.pictures: dict[str, bytes | Trouble] = {}

    def create(self, finetuned_output: str, wanted: Wanted, template_url: str = "") -> str:
        self.created.append((finetuned_output, wanted, template_url))
        if isinstance(self.answer, Trouble):
            raise self.answer
        return self.answer

    def task(self, task_id: str) -> PortraitTask:
        found = self.known.get(task_id) or PortraitTask(task_id=task_id, status=UNKNOWN)
        if isinstance(found, Trouble):
            raise found
        return found

    def tasks(self, since: int, until: int) -> list[PortraitTask]:
        self.windows.append((since, until))
        if isinstance(self.listed, Trouble):
            raise self.listed
        return self.listed

    def newest(self, until: int) -> list[PortraitTask]:
        self.windows.append((0, until))
        if isinstance(self.listed_before, Trouble):
            raise self.listed_before
        return self.listed_before

    def download(self, url: str) -> bytes:
        found = self.pictures[url]
        if isinstance(found, Trouble):
            raise found
        return found
