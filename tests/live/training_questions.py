"""The questions to DashScope about trainings and portraits, which are paid and share their trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live.budget import Paid
from tests.live.dashscope_account import FAILED, RUNNING, SUCCEEDED
from tests.live.question import NotAsked, Question, Seen
from tests.live.settings import ACCESS_KEY, API_KEY

if TYPE_CHECKING:
    from tests.live.run import Run

PORTRAIT_SECONDS = 600
_TRAINED = (API_KEY, "LIVE_PHOTO")


def fetch_time(run: Run) -> Seen:
    """See which trainings fail whose URL cannot be downloaded at the submit, or at the start."""
    if not run.fetches_urls:
        raise NotAsked("needs URLs that DashScope can download: an old OSS account, or OSS_PUBLIC_DOMAIN")
    run.trainings.failing()
    words = {
        "submit": "At the submit: a photo that is removed right after it is trained.",
        "start": "At the start: a URL at which nothing is is accepted, and the training fails.",
        "both": "At the submit and at the start: a photo that is removed in between makes the training fail.",
    }
    fetch = run.trainings.fetch
    return Seen(words[fetch], {"dashscope": {"fetch": fetch}})


def failed_billed(run: Run) -> Seen:
    """Read the usage of a failed training."""
    training = run.trainings.failing()
    if training.status != FAILED:
        raise NotAsked(f"needs a training that fails; this one ended as {training.status}")
    usage = training.ended.get("usage")
    if not isinstance(usage, int):
        return Seen("The fine-tune has no usage; only the bill can tell.")
    return Seen(f"Its usage is {usage}.", {"dashscope": {"failed_usage": usage}})


def failure_details(run: Run) -> Seen:
    """See whether a failed training has a code and a message."""
    training = run.trainings.failing()
    if training.status != FAILED:
        raise NotAsked(f"needs a training that fails; this one ended as {training.status}")
    said = [name for name in ("code", "message") if training.ended.get(name)]
    return Seen(
        f"It has {' and '.join(said)}." if said else "It has neither code nor message.",
        {"dashscope": {"failure_details": bool(said)}},
    )


def echoed_files(run: Run) -> Seen:
    """Compare the files of a training with what was sent."""
    training = run.trainings.succeeding()
    answers = {"submit": training.submitted, "reading": training.ended}
    other = [name for name, shown in answers.items() if shown.get("training_file_ids") != training.sent]
    if not other:
        return Seen("Yes, in the answer to the submit and when it is read.")
    return Seen(f"No: changed or missing in {' and '.join(other)}.")


def output_while_pending(run: Run) -> Seen:
    """See whether the answer to the submit has finetuned_output."""
    shown = bool(run.trainings.succeeding().submitted.get("finetuned_output"))
    return Seen(
        "Yes, it says nothing about success." if shown else "No.",
        {"dashscope": {"show_finetuned_output": "always" if shown else "succeeded"}},
    )


def kept_job_name(run: Run) -> Seen:
    """See whether the job_name of the submit comes back."""
    kept = run.trainings.succeeding().ended.get("job_name") == run.label
    return Seen("Yes." if kept else "No.", {"dashscope": {"keep_job_name": kept}})


def lags(run: Run) -> Seen:
    """See how late a new fine-tune can be read and is listed."""
    found = run.trainings.lags()
    if found is None:
        return Seen("It was still missing after 30 s.")
    read, listed = found
    return Seen(
        f"After {read} s when read, after {listed} s in the list.",
        {"dashscope": {"get_lag_seconds": float(read), "list_lag_seconds": float(listed)}},
    )


def second_submit(run: Run) -> Seen:
    """Submit while another training runs."""
    reply = run.trainings.second()
    if not reply.ok:
        if reply.status == 429 and "RateQuota" not in reply.code:
            return Seen(f"It is refused with {reply}.", {"dashscope": {"second_fine_tune": "reject"}})
        return Seen(f"It is refused with {reply}, which says nothing about the slot.")
    return Seen("It is accepted and queued.", {"dashscope": {"second_fine_tune": "queue"}})


def portraits(run: Run) -> Seen:
    """Make one portrait with the trained model."""
    output = run.trainings.succeeding().ended.get("finetuned_output")
    run.pay(Paid.PORTRAIT)
    reply = run.dashscope.order_portrait(str(output))
    if not reply.ok:
        return Seen(f"No: it is refused with {reply}.")
    task = f"/tasks/{reply.output.get('task_id')}"
    for _ in range(PORTRAIT_SECONDS // 5):
        status = str(run.dashscope.call("GET", task).output.get("task_status"))
        if status not in RUNNING:
            return Seen("Yes." if status == SUCCEEDED else f"No: the task ends as {status}.")
        run.wait(5)
    return Seen(f"The task still goes on after {PORTRAIT_SECONDS} s.")


def delete_succeeded(run: Run) -> Seen:
    """Delete the trained model of this run."""
    reply = run.dashscope.delete(run.trainings.succeeding().job_id)
    if reply.ok:
        return Seen("It is deleted.", {"dashscope": {"delete_terminal": "allow"}})
    if reply.code == "UnsupportedOperation":
        return Seen(f"It is refused with {reply}.", {"dashscope": {"delete_terminal": "refuse"}})
    return Seen(f"It is refused with {reply}, which says nothing about finished ones.")


QUESTIONS = (
    Question(
        name="fetch-time",
        words="Are a training's URLs downloaded at the submit, at the start, or both?",
        ask=fetch_time,
        needs=(*ACCESS_KEY, *_TRAINED),
        pays=(Paid.FAILING_TRAINING,),
        sets=("dashscope.fetch",),
    ),
    Question(
        name="failed-billed",
        words="Is a FAILED training billed?",
        ask=failed_billed,
        needs=_TRAINED,
        pays=(Paid.FAILING_TRAINING, Paid.TRAINING),
        sets=("dashscope.failed_usage",),
    ),
    Question(
        name="failure-details",
        words="Does a FAILED training say why?",
        ask=failure_details,
        needs=_TRAINED,
        pays=(Paid.FAILING_TRAINING, Paid.TRAINING),
        sets=("dashscope.failure_details",),
    ),
    Question(
        name="training-files-echoed",
        words="Are training_file_ids echoed unchanged?",
        ask=echoed_files,
        needs=_TRAINED,
        pays=(Paid.TRAINING,),
    ),
    Question(
        name="output-while-pending",
        words="Is finetuned_output there before the training succeeds?",
        ask=output_while_pending,
        needs=_TRAINED,
        pays=(Paid.TRAINING,),
        sets=("dashscope.show_finetuned_output",),
    ),
    Question(
        name="job-name-kept",
        words="Is the job_name of a submit kept?",
        ask=kept_job_name,
        needs=_TRAINED,
        pays=(Paid.TRAINING,),
        sets=("dashscope.keep_job_name",),
    ),
    Question(
        name="new-fine-tune-lags",
        words="How late can a new fine-tune be read, and is it listed?",
        ask=lags,
        needs=_TRAINED,
        pays=(Paid.TRAINING,),
        sets=("dashscope.get_lag_seconds", "dashscope.list_lag_seconds"),
    ),
    Question(
        name="second-submit",
        words="Is a second submit refused with 429, or queued?",
        ask=second_submit,
        needs=_TRAINED,
        pays=(Paid.TRAINING, Paid.SECOND_TRAINING),
        sets=("dashscope.second_fine_tune",),
    ),
    Question(
        name="portrait-of-the-model",
        words="Does the trained model make a portrait?",
        ask=portraits,
        needs=_TRAINED,
        pays=(Paid.TRAINING, Paid.PORTRAIT),
    ),
    Question(
        name="delete-succeeded",
        words="Can a succeeded fine-tune be deleted?",
        ask=delete_succeeded,
        needs=_TRAINED,
        pays=(Paid.TRAINING,),
        sets=("dashscope.delete_terminal",),
    ),
)
