"""How fine-tunes and files look in answers: fields, their order and the service's way to write times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from local.clock import utc
from local.dashscope.behaviour import Behaviour
from local.dashscope.files import StoredFile
from local.dashscope.fine_tunes import CANCELED, FAILED, SUCCEEDED, TERMINAL, FineTune

WORKSPACE_ID = "llm-local00000000001"
USER_ID = "1240225800000001"
API_KEY_ID = "100001"
_URL_SECONDS = 86_400


def fine_tune(job: FineTune, behaviour: Behaviour) -> dict[str, Any]:
    """Return ``job`` with the fields, and in the order, of the samples on the facechain-finetune page.

    ``code`` and ``message`` stand at the end: no sample shows a job with all of these fields and them.
    """
    ended = job.status in TERMINAL
    shown: dict[str, Any] = {
        "job_id": job.job_id,
        "job_name": job.job_name,
        "status": behaviour.shown_statuses.get(job.status, job.status),
    }
    # The published sample of a canceled job has no output.
    if job.status == SUCCEEDED or (behaviour.show_finetuned_output == "always" and job.status != CANCELED):
        shown["finetuned_output"] = f"{job.model}-{job.job_id}"
    shown |= {
        "model": job.model,
        "base_model": job.model,
        "training_file_ids": list(job.training_file_ids),
        "validation_file_ids": [],
        "hyper_parameters": job.hyper_parameters,
        "training_type": "sft",
        "create_time": beijing_time(job.created),
        "workspace_id": WORKSPACE_ID,
        "user_identity": USER_ID,
        "modifier": USER_ID,
        "creator": USER_ID,
    }
    if ended and job.ended is not None:
        shown["end_time"] = beijing_time(job.ended)
    shown["group"] = "facechain"
    if ended:
        shown["usage"] = job.usage
    shown |= {"model_name": job.model_name, "max_output_cnt": 1}
    if ended:
        shown["output_cnt"] = int(job.status == SUCCEEDED)
    if job.status == CANCELED:
        shown["code"] = "1"
    elif job.status == FAILED and job.failure is not None and behaviour.failure_details:
        shown |= {"code": job.failure.code, "message": job.failure.message}
    return shown


def file(stored: StoredFile, now: float) -> dict[str, Any]:
    """Return ``stored`` with the fields of the recorded answers; its URL looks right but leads nowhere."""
    expires = int(now) + _URL_SECONDS
    place = f"api-fs/{USER_ID}/{API_KEY_ID}/{stored.file_id}/{quote(stored.name, safe='')}"
    signature = f"Expires={expires}&OSSAccessKeyId=LTAIlocal&Signature={quote(stored.md5, safe='')}"
    shown: dict[str, Any] = {
        "id": 100_000_000 + stored.number,
        "name": stored.name,
        "description": stored.description,
        "size": stored.size,
        "md5": stored.md5,
        "region": "cn-beijing",
        "file_id": stored.file_id,
        "url": f"http://dashscope-file-mgr.oss-cn-beijing.aliyuncs.com/{place}?{signature}",
        "user_id": USER_ID,
        "api_key_id": API_KEY_ID,
        "gmt_create": beijing_time(stored.created),
    }
    return shown if stored.purpose is None else shown | {"purpose": stored.purpose}


def beijing_time(seconds: float) -> str:
    """Return a time as the service writes it: UTC+8, without saying so."""
    return f"{utc(seconds) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"
