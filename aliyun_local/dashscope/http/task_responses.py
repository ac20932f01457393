"""The HTTP of asynchronous tasks: reading one, listing them, canceling one that waits.

``responses`` calls the handlers.
"""

from __future__ import annotations

from aliyun_local.dashscope.account import tasks
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.account.task_ledger import TaskFilter
from aliyun_local.dashscope.account.tasks import Task
from aliyun_local.dashscope.http import shapes
from aliyun_local.dashscope.http.dashscope_request import DashScopeRequest, Handler
from aliyun_local.dashscope.http.parameters import Body, moment, page

_LAST_MOMENT = 2.0**40


class TaskResponses:
    """The operations on tasks."""

    def __init__(self, studio: ModelStudio) -> None:
        """Answer for ``studio``."""
        self._studio = studio
        self.handlers: dict[str, Handler] = {
            "GetTask": self._get,
            "ListTasks": self._list,
            "CancelTask": self._cancel,
        }

    def _get(self, request: DashScopeRequest, task_id: str) -> Body:
        task = self._studio.portraits.task(task_id)
        if task is None:
            return {"output": {"task_id": task_id, "task_status": tasks.UNKNOWN}}
        body: Body = {"output": shapes.task(task, self._urls(task, request))}
        return body | {"usage": {"image_count": task.succeeded_images}} if task.succeeded_images else body

    def _list(self, request: DashScopeRequest) -> Body:
        """Return one page of tasks, flat as recorded.

        ``data`` is the recorded list; ``tasks`` is the same list in the form that the 2.x surface of the
        official client reads.
        """
        query = request.http.query
        page_no, page_size = page(query)
        submitted_from = moment(query, "start_time", default=0)
        submitted_until = moment(query, "end_time", default=_LAST_MOMENT)
        if query.get("region", shapes.REGION) != shapes.REGION:
            submitted_until = -1
        wanted = TaskFilter(
            submitted_from=submitted_from,
            submitted_until=submitted_until,
            model=query.get("model_name") or None,
            status=query.get("status") or None,
            api_key_id=query.get("api_key_id") or None,
        )
        total, found = self._studio.portraits.page(wanted, page_no=page_no, page_size=page_size)
        return {
            "total": total,
            "data": [shapes.listed_task(task) for task in found],
            "tasks": [shapes.task(task, self._urls(task, request)) for task in found],
            "total_page": -(-total // page_size),
            "page_no": page_no,
            "page_size": page_size,
        }

    def _cancel(self, _: DashScopeRequest, task_id: str) -> Body:
        self._studio.portraits.cancel(task_id)
        return {}

    def _urls(self, task: Task, request: DashScopeRequest) -> list[str]:
        portraits, sign = self._studio.portraits, self._studio.downloads.signed
        kept_until = (task.ended_at or 0) + self._studio.behaviour.task_kept_seconds
        return [
            request.site + sign(portraits.result_path(task, number), kept_until)
            for number in range(1, task.succeeded_images + 1)
        ]
