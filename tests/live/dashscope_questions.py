"""The questions to DashScope: the free ones, then those about trainings, which are paid, then the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live import pictures
from tests.live.budget import Paid
from tests.live.dashscope_account import FAILED, MODEL, RUNNING, SUCCEEDED
from tests.live.question import NotAsked, Question, Seen
from tests.live.settings import ACCESS_KEY, API_KEY

if TYPE_CHECKING:
    from tests.live.run import Run

PORTRAIT_SECONDS = 600
_MODEL_ACCESS = (401, 403)
_TRAINED = (API_KEY, "LIVE_PHOTO")


def facechain(run: Run) -> Seen:
    """Ask the face check about a stored file."""
    reply = run.dashscope.page(1)
    if not reply.ok:
        return Seen(
            f"The list of fine-tunes is refused with {reply}: the key or the account is not in order."
        )
    file_url = run.dashscope.file_url(run.store_file("check.jpg", pictures.faceless()))
    run.wait(1)
    reply = run.dashscope.check_faces(file_url)
    if reply.status in _MODEL_ACCESS:
        return Seen(
            f"No: the face check is refused with {reply}, and the list of fine-tunes is answered.",
            {"dashscope": {"facechain_approved": False}},
        )
    return Seen("Yes: the face check is answered.", {"dashscope": {"facechain_approved": True}})


def fetch_from_public_domain(run: Run) -> Seen:
    """Show the face check an object by a URL of the default public domain."""
    if run.can_fetch(run.oss.public):
        return Seen("Yes: a signed URL of it is downloaded.")
    return Seen("No: a signed URL of it is not downloaded.")


def fetch_from_custom_domain(run: Run) -> Seen:
    """Show the face check an object by a URL of the bound domain."""
    if run.can_fetch(run.oss.domain):
        return Seen("Yes: a signed URL of it is downloaded.")
    return Seen("No: a signed URL of it is not downloaded.")


def fetch_from_file_service(run: Run) -> Seen:
    """Show the face check a stored file by the URL that DashScope gives it."""
    if run.downloads(run.dashscope.file_url(run.store_file("fetch.jpg", pictures.faceless()))):
        return Seen("Yes: the URL that a stored file has is downloaded.")
    return Seen("No: the URL that a stored file has is not downloaded.")


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
    body = {
        "model": "facechain-generation",
        "parameters": {"style": "f_idcard_female", "size": "768*1024", "n": 1},
        "resources": [{"resource_id": output, "resource_type": "facelora"}],
    }
    headers = {"X-DashScope-Async": "enable"}
    reply = run.dashscope.call("POST", "/services/aigc/album/gen_potrait", json=body, headers=headers)
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


def cap(run: Run) -> Seen:
    """Read the cap out of a refusal, or count the list against it."""
    kept = run.trainings.kept
    if kept is not None:
        return Seen(f"A submit was refused at {kept}.", {"dashscope": {"kept_fine_tunes": kept}})
    there = sum(
        job.get("status") in RUNNING or job.get("status") == SUCCEEDED for job in run.dashscope.fine_tunes()
    )
    if there > 20:
        return Seen("No: more than 20 running and succeeded fine-tunes are in the list.")
    raise NotAsked(
        "needs an account that has reached it; the list has fewer, and no submit was refused for it"
    )


def pages(run: Run) -> Seen:
    """Look at the pages of the list."""
    reply = run.dashscope.page(1)
    jobs = reply.output.get("jobs")
    if not reply.ok or not isinstance(jobs, list):
        return Seen(f"The list is refused with {reply}, or has no jobs.")
    total = reply.output.get("total")
    text = "It has a total" if isinstance(total, int) else "It has no total"
    without_id = sum(not (isinstance(job, dict) and job.get("job_id")) for job in jobs)
    text += "; every entry has a job_id" if not without_id else "; entries without a job_id are in it"
    if not isinstance(total, int) or total <= len(jobs):
        return Seen(f"{text}; it has too few entries to tell how many a page holds.")
    return Seen(
        f"{text}; a page holds at most {len(jobs)} entries of 100 that were asked for.",
        {"dashscope": {"most_entries_a_page": len(jobs)}},
    )


def foreign_entries(run: Run) -> Seen:
    """Look for fine-tunes of other models in the list, and for entries without a job_id."""
    foreign = [job for job in run.dashscope.fine_tunes() if job.get("model") != MODEL]
    odd = sum(not job.get("job_id") for job in foreign)
    text = f"Yes: {len(foreign)} entries, {odd} of them without a job_id." if foreign else "No."
    return Seen(text, {"dashscope": {"foreign_fine_tunes": len(foreign)}})


QUESTIONS = (
    Question(
        name="facechain-approved",
        words="May the account use FaceChain?",
        ask=facechain,
        needs=(API_KEY,),
        sets=("dashscope.facechain_approved",),
    ),
    Question(
        name="fetch-public-domain",
        words="Does DashScope download from the default public domain of this OSS account?",
        ask=fetch_from_public_domain,
        needs=(*ACCESS_KEY, API_KEY),
    ),
    Question(
        name="fetch-custom-domain",
        words="Does DashScope download from a domain that is bound to the bucket (CNAME)?",
        ask=fetch_from_custom_domain,
        needs=(*ACCESS_KEY, API_KEY, "OSS_PUBLIC_DOMAIN", "LIVE_BUCKET"),
    ),
    Question(
        name="fetch-file-service",
        words="Does the face check download from DashScope's own file service?",
        ask=fetch_from_file_service,
        needs=(API_KEY,),
    ),
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
    Question(
        name="cap-of-20",
        words="Is the 21st running or succeeded fine-tune refused?",
        ask=cap,
        needs=(API_KEY,),
        sets=("dashscope.kept_fine_tunes",),
    ),
    Question(
        name="list-pages",
        words="How many entries has a page of the list, and do a total and every job_id stand in it?",
        ask=pages,
        needs=(API_KEY,),
        sets=("dashscope.most_entries_a_page",),
    ),
    Question(
        name="foreign-entries",
        words="Does the list hold fine-tunes of other models?",
        ask=foreign_entries,
        needs=(API_KEY,),
        sets=("dashscope.foreign_fine_tunes",),
    ),
)
