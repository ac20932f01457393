"""Fine-tunes of other models in the account's workspace, some of them incomplete, for the list.

The list is of all models, and no page promises a field of an entry. ``fine_tune_responses`` shows them behind
the account's own: they were made before. Nothing of the account's limits or of its bill knows them.
"""

from __future__ import annotations

from typing import Any

from aliyun_local.dashscope.http.shapes import USER_ID, WORKSPACE_ID, beijing_time

MODEL = "qwen3-14b"
_NEWEST = 1_735_700_000.0  # 2025-01-01: before any account here
_SPACING_SECONDS = 86_400.0


def foreign_fine_tunes(count: int, model: str | None) -> list[dict[str, Any]]:
    """Return ``count`` entries, newest first, or those of them that say that they are of ``model``.

    They are in turn a complete one, one with hardly a field, and one without an id.
    """
    made = [(_complete, _bare, _nameless)[number % 3](number) for number in range(count)]
    return [entry for entry in made if model is None or entry.get("model") == model]


def _complete(number: int) -> dict[str, Any]:
    created, job_id = _NEWEST - number * _SPACING_SECONDS, _job_id(number)
    return {
        "job_id": job_id,
        "job_name": job_id,
        "status": "SUCCEEDED",
        "finetuned_output": f"{MODEL}-{job_id}",
        "model": MODEL,
        "base_model": MODEL,
        "training_file_ids": [f"00000000-0000-4000-8000-{number:012d}"],
        "validation_file_ids": [],
        "hyper_parameters": {"n_epochs": 1},
        "training_type": "efficient_sft",
        "create_time": beijing_time(created),
        "workspace_id": WORKSPACE_ID,
        "user_identity": USER_ID,
        "modifier": USER_ID,
        "creator": USER_ID,
        "end_time": beijing_time(created + 3_600),
        "group": "llm",
        "usage": 40_960,
        "model_name": job_id,
        "max_output_cnt": 1,
        "output_cnt": 1,
    }


def _bare(number: int) -> dict[str, Any]:
    return {"job_id": _job_id(number), "status": "RUNNING"}


def _nameless(number: int) -> dict[str, Any]:
    created = beijing_time(_NEWEST - number * _SPACING_SECONDS)
    return {"status": "FAILED", "model": MODEL, "create_time": created, "workspace_id": WORKSPACE_ID}


def _job_id(number: int) -> str:
    return f"ft-202501010000-f{number:03x}"
