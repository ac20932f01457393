"""The account's limits, and the open questions of the service's documents, as switches.

Every module of ``account`` reads them; ``mock_aliyun``, the local cloud and tests set them. Each default is
the strict reading: of the things that the service may do, the one that is worst for a client. What stands for
a trouble of the account (no FaceChain, arrears, a revoked key) is off by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(kw_only=True)
class Behaviour:
    """The account's switches. A field may be changed while the account is in use, and holds from then on.

    Durations are in seconds of the account's clock.

    Attributes:
        second_fine_tune: The answer to a fine-tune beyond ``concurrent_fine_tunes``: "reject" is a 429, with
            the message of the facechain-finetune page; "queue" is a place in the queue, with the documented
            status QUEUING. Which of the two is not documented.
        fetch: The time at which URLs are downloaded: the submit of the fine-tune, the start of its training,
            or both. Not documented; "both" is the strictest, as a URL has to live from one to the other.
        fetch_private_addresses: Downloads reach private and link-local addresses and the internal door of the
            local OSS, and follow redirects to loopback. The service itself is in another network and reaches
            public addresses only.
        delete_terminal: The answer to the deletion of a finished fine-tune: "refuse" (the message of
            UnsupportedOperation) or "allow" (the advice on the cap of 20). The documents contradict each
            other.
        failure_details: A FAILED fine-tune has ``code`` and ``message``. Not documented for facechain.
        keep_job_name: ``job_name`` and ``model_name`` of a request are kept; else both are the job id, as in
            every published facechain sample.
        show_finetuned_output: "always" (facechain samples) or "succeeded" (samples of language models).
        list_lag_seconds: For so long a new fine-tune is missing from the list.
        get_lag_seconds: For so long a new fine-tune is answered with 404.
        shown_statuses: Other words for statuses, such as ``{"PENDING": "PREPARING"}``, to test a client with
            a status that it does not know.
        progression: The cause that moves a fine-tune or a portrait task on: "time", "reads" (each status is
            shown ``reads_per_status`` times) or "immediate" (it is finished at the next call).
        reads_per_status: See ``progression``.
        pending_seconds: From the submission to the start of training, when a slot is free.
        training_seconds: From the start of training to its end (the published sample took 5 min 2 s).
        rejection_seconds: From the start of training to FAILED when the files cannot be used.
        canceling_seconds: From CANCELING to CANCELED; the slot is taken until then.
        concurrent_fine_tunes: Trainings at once, over the whole account ("Rate limits": 1).
        submits_per_second: Fine-tunes that may be submitted in any second (429 Throttling.RateQuota beyond;
            "Rate limits" of mid-2026: 1, before: 2).
        kept_fine_tunes: Running and succeeded fine-tunes that the account may have (429 "Only 20 …").
        max_training_files: Entries of ``training_file_ids``, and images in all.
        failed_usage: Trainings billed for a FAILED fine-tune. Not documented; 0 as in the CANCELED sample.
        detections_per_second: Calls of face detection in any second ("Rate limits": 5).
        max_detection_images: Images in one call of face detection. No number is documented.
        generations_per_second: Portrait tasks that may be submitted in any second ("Rate limits": 2).
        concurrent_tasks: Portrait tasks that run at once; the others wait as PENDING ("Rate limits": 1).
        task_queries_per_second: Queries of tasks in any second ("Asynchronous task management": 20).
        task_pending_seconds: From the submission of a task to its start, when none is running.
        task_seconds: From the start of a task to its end.
        task_limit_seconds: The longest time from the start of a task to its end; one that takes longer is
            FAILED by then, with InternalError.Timeout ("Asynchronous task management": 3 hours).
        task_list_lag_seconds: For so long a new task is missing from the list of tasks. No document says
            that there is such a time, or that there is none.
        task_kept_seconds: For so long after its end a task and its images can be read.
        facechain_approved: The account's application for FaceChain has been approved. Until then face checks,
            trainings and portraits are answered with 403 AccessDenied "Access denied.", and everything else
            works. Sources: the pages of facechain-facedetect, -finetune and -generation (may be called "only
            after the application has been approved"), and "Error messages", 403 AccessDenied. Of the codes
            for a model that the account may not use it is the one that says least.
        in_arrears: The account has not paid: every operation is answered with 400 Arrearage ("Error
            messages", which excepts none).
        keys_revoked: Every API key has been deleted, or is another site's: every operation is answered with
            401 InvalidApiKey ("Error messages"; the message is recorded from the service).
        foreign_fine_tunes: Fine-tunes of other models that the account's workspace has had from the start.
            The list shows them behind the account's own, and its ``total`` counts them; limits and
            :meth:`~aliyun_local.dashscope.account.models.ModelStudio.ledger` do not. Of each three, one is
            complete, one is still going and has no model, no files, no output and no times, and one has
            neither an id nor files. Source: "List fine-tune jobs" is of all models (``model`` is a filter
            that may be left out), and promises no field of an entry.
        most_entries_a_page: Entries that a page of the list of fine-tunes, or of files, has at most, however
            many are asked for; ``page_size`` in the answer stays what was asked for. Sources: "List fine-tune
            jobs" and "File management API" allow 100 and do not promise that so many come. 10 is the
            default of ``page_size``, which a server that does not read it gives; 100 is the friendly one.
        refused: The error code with which an operation is refused; "*" is all operations, as in
            ``{"*": "Arrearage"}`` for an account in debt. Codes are those of ``dashscope.errors.ERRORS``.
        event_stream_seconds: An event stream ends after so long, even if the fine-tune is still going; on the
            machine's own clock.
        max_files: Files that the account may keep.
        total_file_bytes: Bytes that the account may keep.
        max_file_bytes: Bytes that one file may have.
    """

    second_fine_tune: Literal["reject", "queue"] = "reject"
    fetch: Literal["submit", "start", "both"] = "both"
    fetch_private_addresses: bool = False
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
    concurrent_fine_tunes: int = 1
    submits_per_second: int = 1
    kept_fine_tunes: int = 20
    max_training_files: int = 10
    failed_usage: int = 0
    detections_per_second: int = 5
    max_detection_images: int = 10
    generations_per_second: int = 2
    concurrent_tasks: int = 1
    task_queries_per_second: int = 20
    task_pending_seconds: float = 1.0
    task_seconds: float = 15.0
    task_limit_seconds: float = 10_800.0
    task_list_lag_seconds: float = 0.0
    task_kept_seconds: float = 86_400.0
    facechain_approved: bool = True
    in_arrears: bool = False
    keys_revoked: bool = False
    foreign_fine_tunes: int = 3
    most_entries_a_page: int = 10
    refused: Mapping[str, str] = field(default_factory=dict)
    event_stream_seconds: float = 240.0
    max_files: int = 100
    total_file_bytes: int = 5 * 1024**3
    max_file_bytes: int = 1024**3
