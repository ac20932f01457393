"""The account's limits and the questions that the service's documents leave open, as switches.

Each default is the strict reading: what hurts a client most among the things the service may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(kw_only=True)
class Behaviour:
    """How the account behaves; fields may be changed while it is in use and hold from then on.

    Durations are in seconds of the studio's clock.

    Attributes:
        second_job: A fine-tune beyond ``concurrent_jobs`` is refused with 429 ("reject", the message of the
            facechain-finetune page) or waits as QUEUING ("queue", the status of that name). Not documented.
        fetch: URLs are downloaded when the fine-tune is submitted, when its training starts, or both. Not
            documented; with "both" a URL has to live from the one to the other, which is the strictest.
        delete_terminal: Finished fine-tunes cannot be deleted ("refuse", the message of UnsupportedOperation)
            or can ("allow", the advice on the cap of 20). The documents contradict one another.
        failure_details: A FAILED fine-tune says ``code`` and ``message``. Not documented for facechain.
        keep_job_name: ``job_name`` and ``model_name`` of a request are kept; else both are the job id, as in
            every published facechain sample.
        show_finetuned_output: "always" (facechain samples) or "succeeded" (samples of language models).
        list_lag_seconds: A new fine-tune is missing from the list for so long.
        get_lag_seconds: A new fine-tune is answered with 404 for so long.
        shown_statuses: Other words for statuses, such as ``{"PENDING": "PREPARING"}``: what a client does
            with a status that nobody has told it about.
        progression: What moves a fine-tune or a portrait task on: "time", "reads" (each status is shown
            ``reads_per_status`` times) or "immediate" (it is finished as soon as it is looked at).
        reads_per_status: See ``progression``.
        pending_seconds: From the submission to the start of training, when a slot is free.
        training_seconds: From the start of training to its end (the published sample took 5 min 2 s).
        rejection_seconds: From the start of training to FAILED when the files cannot be used.
        canceling_seconds: From CANCELING to CANCELED; the slot is taken until then.
        concurrent_jobs: Trainings at once, over the whole account ("Rate limits": 1).
        submits_per_second: Fine-tunes that may be submitted in any second (429 Throttling.RateQuota beyond).
        kept_jobs: Running and succeeded fine-tunes that the account may have (429 "Only 20 …" beyond).
        max_training_files: Entries of ``training_file_ids``, and images in all.
        failed_usage: Trainings billed for one that FAILED. Not documented; 0 as in the CANCELED sample.
        detections_per_second: Calls of face detection in any second ("Rate limits": 5).
        max_detection_images: Images in one call of face detection. No number is documented.
        generations_per_second: Portrait tasks that may be submitted in any second ("Rate limits": 2).
        concurrent_tasks: Portrait tasks that run at once; the others wait as PENDING ("Rate limits": 1).
        task_queries_per_second: Questions about tasks in any second ("Asynchronous task management": 20).
        task_pending_seconds: From the submission of a task to its start, when none is running.
        task_seconds: From the start of a task to its end.
        task_kept_seconds: For so long after its end a task and its images can be asked for.
        refused: Operations, or "*" for all, to the codes of ``error_table`` that they are refused with, such
            as ``{"*": "Arrearage"}`` for an account in debt.
        event_stream_seconds: An event stream ends after so long, even if the fine-tune is still going; the
            seconds pass on the machine's own clock.
        file_count: Files that the account may keep.
        file_space: Bytes that the account may keep.
        file_size: Bytes that one file may have.
    """

    second_job: Literal["reject", "queue"] = "reject"
    fetch: Literal["submit", "start", "both"] = "both"
    delete_terminal: Literal["refuse", "allow"] = "refuse"
    failure_details: bool = True
    keep_job_name: bool = False
    show_finetuned_output: Literal["always", "succeeded"] = "always"
    list_lag_seconds: float = 0.0
    get_lag_seconds: float = 0.0
    shown_statuses: Mapping[str, str] = field(default_factory=dict)
    progression: Literal["time", "reads", "immediate"] = "time"
    reads_per_status: int = 1
    pending_seconds: float = 4.0
    training_seconds: float = 302.0
    rejection_seconds: float = 5.0
    canceling_seconds: float = 3.0
    concurrent_jobs: int = 1
    submits_per_second: int = 2
    kept_jobs: int = 20
    max_training_files: int = 10
    failed_usage: int = 0
    detections_per_second: int = 5
    max_detection_images: int = 10
    generations_per_second: int = 2
    concurrent_tasks: int = 1
    task_queries_per_second: int = 20
    task_pending_seconds: float = 1.0
    task_seconds: float = 15.0
    task_kept_seconds: float = 86_400.0
    refused: Mapping[str, str] = field(default_factory=dict)
    event_stream_seconds: float = 240.0
    file_count: int = 100
    file_space: int = 5 * 1024**3
    file_size: int = 1024**3
