"""Breakages of what administrators may do, as mutants: ``mutants.py`` has all others, and plays them.

Each takes back one promise about their requests, the money behind them, or the queue.
"""

from __future__ import annotations

from tests.simulation.mutants import one

_ADMINISTERING, _ADMINISTRATION = "shared.workflow.administering", "shared.domain.administration"
_REQUESTS, _STATUS = "shared.workflow.requests", "shared.http_api.administration"

MUTANTS_OF_ADMINISTRATION = (
    one(
        "a pause is said to be carried out and is not",
        _ADMINISTERING,
        "    world.control.save_slot(slot, slot.switched(pause, request.request_id))\n",
        "",
    ),
    one(
        "a queue is resumed by nobody",
        _ADMINISTERING,
        "slot.switched(None, request.request_id)",
        "slot.switched(slot.paused, request.request_id)",
    ),
    one(
        "a job that is cancelled between two tries says that it was never sent",
        _ADMINISTRATION,
        "why = why_canceled(job.usage) if job.earlier_fine_tunes else NEVER_SENT",
        "why = NEVER_SENT",
    ),
    one(
        "a cancelled job goes on",
        _ADMINISTERING,
        "        job = world.jobs.save(job, _by(request, canceled(job, world.clock.now())))",
        "        job = _by(request, canceled(job, world.clock.now()))",
    ),
    one(
        "a photo that is deleted takes along what an earlier set is trained with",
        _ADMINISTERING,
        "    if earlier is None or earlier.state.is_terminal:",
        "    if True:",
    ),
    one(
        "a job is counted each time that it is delivered",
        "shared.domain.totals",
        "if job.job_id in self.counted:",
        "if False:",
    ),
    one(
        "a job is counted without what DashScope has billed",
        "shared.domain.totals",
        "billed=self.billed + job.usage,",
        "billed=self.billed,",
    ),
    one(
        "the bell is silenced though a request is left",
        _REQUESTS,
        "        is_whole &= answered is not None\n",
        "",
    ),
    one(
        "a request is settled again by each run that has carried it out",
        "shared.clients.request_table",
        "requests = [request for request in known if not request.is_settled]",
        "requests = known",
    ),
    one(
        "a training that succeeded is made once more",
        _ADMINISTRATION,
        "if job.state not in (JobState.FAILED, JobState.CANCELED):",
        "if job.state is JobState.COLLECTING:",
    ),
    one(
        "who is put first stands behind the head of the queue",
        _ADMINISTRATION,
        "place = min(first.place, job.place) - 1",
        "place = min(first.place, job.place) + 1",
    ),
    one(
        "a model is said to be deleted and is not",
        _ADMINISTERING,
        "        world.dashscope.delete_fine_tune(job.fine_tune_id)\n",
        "        pass\n",
    ),
    one(
        "who asks for a training now waits as before",
        "shared.domain.completion",
        "    if photo_set.train_asked_at:\n        return photo_set.train_asked_at\n",
        "",
    ),
    one(
        "two clocks put a timeline out of order",
        "shared.domain.timeline",
        "move._replace(at=max(move.at, moves[-1].at)) if moves else move",
        "move",
    ),
    one(
        "a key that was sent before stands for a new request",
        _STATUS,
        "    claim = reader.requests().claimed(key) if key else None\n",
        "    key, claim = '', None\n",
    ),
    one(
        "a key stands for whatever it is sent with",
        _STATUS,
        "    if claim.fingerprint != fingerprint_of(request.request):",
        "    if False:",
    ),
    one(
        "a key that is sent once more is refused",
        _STATUS,
        "    if claim.fingerprint != fingerprint_of(request.request):",
        "    if True:",
    ),
    one(
        "administrators know no job but the unfinished ones",
        "shared.http_api.subjects",
        '    if found is None:\n        raise Problem("unknown_job")',
        "    if getattr(found, 'lane', None) in (None, 12):\n        raise Problem(\"unknown_job\")",
    ),
)
