"""The free questions to DashScope: what the account may use and is downloaded from, and its lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live import pictures
from tests.live.dashscope_account import MODEL, RUNNING, SUCCEEDED
from tests.live.question import NotAsked, Question, Seen
from tests.live.settings import ACCESS_KEY, API_KEY

if TYPE_CHECKING:
    from tests.live.run import Run

_MODEL_ACCESS = (401, 403)
_RETIRED = ("ModelNotFound", "Endpoint.AccessDenied")
"""How a model is refused that is served no more ("Error messages", 403 and 404)."""


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


def generation(run: Run) -> Seen:
    """Order a portrait with a model that nobody has: who serves portraits refuses that, and bills nothing."""
    reply = run.dashscope.order_portrait(f"{run.label}-nobody")
    if reply.code in _RETIRED or "model not exist" in reply.message.lower():
        return Seen(f"No: an order is refused with {reply}.")
    if reply.ok:
        return Seen("Yes: the order is taken, and its task can only fail.")
    if reply.code == "Resource.AccessDenied":
        return Seen("Yes: of an order with a model that nobody has, only that model is refused.")
    return Seen(f"An order is refused with {reply}, which says nothing about it.")


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


DOORS = (
    Question(
        name="facechain-approved",
        words="May the account use FaceChain?",
        ask=facechain,
        needs=(API_KEY,),
        sets=("dashscope.facechain_approved",),
    ),
    Question(
        name="generation-served",
        words="Is facechain-generation, which makes pictures with a trained model, still served?",
        ask=generation,
        needs=(API_KEY,),
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
)

LISTS = (
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
"""Put last: by then the account has fine-tunes to list."""
