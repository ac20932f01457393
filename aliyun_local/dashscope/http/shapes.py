"""The form of fine-tunes, files and tasks in answers: fields, their order, the service's times.

Used by the ``…_responses``. The fields follow the published samples and recorded answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from aliyun_local.clock import utc
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.downloads import FILE_FOLDER
from aliyun_local.dashscope.account.files import StoredFile
from aliyun_local.dashscope.account.fine_tunes import FineTune
from aliyun_local.dashscope.account.tasks import Task
from aliyun_local.dashscope.account.work import CANCELED, FAILED, SUCCEEDED, TERMINAL
from aliyun_local.dashscope.http.dashscope_request import FIRST_API_KEY_ID

WORKSPACE_ID = "llm-local00000000001"
USER_ID = "1240225800000001"
API_KEY_ID = FIRST_API_KEY_ID
REGION = "cn-beijing"


def fine_tune(record: FineTune, behaviour: Behaviour) -> dict[str, Any]:
    """Return ``record`` with the fields, and in the order, of the samples on the facechain-finetune page.

    ``code`` and ``message`` stand at the end: no sample shows a failed fine-tune with all of these fields.
    """
    ended = record.status in TERMINAL
    shown: dict[str, Any] = {
        "job_id": record.job_id,
        "job_name": record.job_name,
        "status": behaviour.shown_statuses.get(record.status, record.status),
    }
    # The published sample of a canceled fine-tune has no output.
    if record.status == SUCCEEDED or (
        behaviour.show_finetuned_output == "always" and record.status != CANCELED
    ):
        shown["finetuned_output"] = record.finetuned_output
    shown |= {
        "model": record.model,
        "base_model": record.model,
        "training_file_ids": list(record.training_file_ids),
        "validation_file_ids": [],
        "hyper_parameters": record.hyper_parameters,
        "training_type": "sft",
        "create_time": beijing_time(record.created_at),
        "workspace_id": WORKSPACE_ID,
        "user_identity": USER_ID,
        "modifier": USER_ID,
        "creator": USER_ID,
    }
    if ended and record.ended_at is not None:
        shown["end_time"] = beijing_time(record.ended_at)
    shown["group"] = "facechain"
    if ended:
        shown["usage"] = record.usage
    shown |= {"model_name": record.model_name, "max_output_cnt": 1}
    if ended:
        shown["output_cnt"] = int(record.status == SUCCEEDED)
    if record.status == CANCELED:
        shown["code"] = "1"
    elif record.status == FAILED and record.failure is not None and behaviour.failure_details:
        shown |= {"code": record.failure.code, "message": record.failure.message}
    return shown


def file(stored: StoredFile, url: str) -> dict[str, Any]:
    """Return ``stored`` with the fields of the recorded answers; ``url`` is the place of its bytes."""
    shown: dict[str, Any] = {
        "id": 100_000_000 + stored.sequence,
        "name": stored.name,
        "description": stored.description,
        "size": stored.size_bytes,
        "md5": stored.md5,
        "region": REGION,
        "file_id": stored.file_id,
        "url": url,
        "user_id": USER_ID,
        "api_key_id": API_KEY_ID,
        "gmt_create": beijing_time(stored.created_at),
    }
    return shown if stored.purpose is None else shown | {"purpose": stored.purpose}


def file_path(stored: StoredFile) -> str:
    """Return the place of the bytes of ``stored``, below the host, as the service would name it."""
    return f"{FILE_FOLDER}{USER_ID}/{API_KEY_ID}/{stored.file_id}/{quote(stored.name, safe='')}"


def task(shown: Task, urls: Sequence[str]) -> dict[str, Any]:
    """Return a task with the fields, and in the order, of the samples; ``urls`` are those of its images."""
    output: dict[str, Any] = {"task_id": shown.task_id, "task_status": shown.status}
    if shown.status == FAILED and shown.failure is not None:
        output |= {"code": shown.failure.code, "message": shown.failure.message}
    output["submit_time"] = exact_beijing_time(shown.submitted_at)
    if shown.scheduled_at is not None:
        output["scheduled_time"] = exact_beijing_time(shown.scheduled_at)
    if shown.ended_at is not None:
        output["end_time"] = exact_beijing_time(shown.ended_at)
    if shown.status == SUCCEEDED:
        results: list[dict[str, str]] = [{"url": url} for url in urls]
        if shown.failure is not None:
            failure = {"code": shown.failure.code, "message": shown.failure.message}
            results += [failure] * shown.failed_images
        output["results"] = results
    failed = shown.images if shown.status == FAILED else shown.images - shown.succeeded_images
    output["task_metrics"] = {
        "TOTAL": shown.images,
        "SUCCEEDED": shown.succeeded_images,
        "FAILED": failed if shown.status in (FAILED, SUCCEEDED) else 0,
    }
    return output


def listed_task(shown: Task) -> dict[str, Any]:
    """Return a task as the recorded list of tasks shows it: times in milliseconds, and no results."""
    listed: dict[str, Any] = {
        "api_key_id": shown.api_key_id,
        "caller_parent_id": USER_ID,
        "caller_uid": USER_ID,
        "gmt_create": _milliseconds(shown.submitted_at),
        "model_name": shown.model,
        "region": REGION,
        "request_id": shown.request_id,
        "start_time": _milliseconds(shown.submitted_at if shown.scheduled_at is None else shown.scheduled_at),
        "status": shown.status,
        "task_id": shown.task_id,
        "user_api_unique_key": f"apikey:v1:aigc:album:gen_potrait:{shown.model}",
    }
    return listed if shown.ended_at is None else listed | {"end_time": _milliseconds(shown.ended_at)}


@lru_cache(maxsize=10_000)
def beijing_time(seconds: float) -> str:
    """Return a time as the service writes it: UTC+8, without saying so. Lists repeat the same ones."""
    return f"{utc(seconds) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"


def exact_beijing_time(seconds: float) -> str:
    """Return a time as the service writes those of tasks: UTC+8, to the millisecond."""
    local = utc(seconds) + timedelta(hours=8)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
