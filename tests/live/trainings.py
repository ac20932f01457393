"""The trainings of a run: two, each at most once, and shared by the questions about them.

A failing one is made first, since it costs nothing where failures are not billed:

1. A URL at which nothing is. Refused at the submit: URLs are downloaded then ("submit" or "both"). Accepted:
   they are downloaded at the start, and this training fails.
2. If it was refused: a URL whose photo is removed right after the submit. If the training fails, the URL
   was downloaded again at the start ("both"). If it succeeds ("submit"), it is the training of step 3, and a
   photo without a face makes the failing one.
3. A training that succeeds.

While the first training with a face is going, another is submitted, and canceled if it is accepted. Where
DashScope cannot download from the account's OSS, stored files take the place of URLs, and the time of
downloads stays open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from tests.live import pictures
from tests.live.budget import Paid
from tests.live.dashscope_account import RUNNING, SUCCEEDED, DashScopeAccount, Reply
from tests.live.question import NotAsked

if TYPE_CHECKING:
    from tests.live.run import Run

POLL_SECONDS = 5.0
MOST_SECONDS = 1800.0
MOST_LAG_SECONDS = 30
_CAP = re.compile(r"Only (\d+) fine-tune")


@dataclass
class Training:
    """A fine-tune of this run, as it was sent, answered and ended."""

    job_id: str
    sent: list[str]
    submitted: dict[str, Any]
    ended: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """The status at its end."""
        return str(self.ended.get("status", ""))


class Trainings:
    """Makes each training at most once; the questions ask for what they need."""

    def __init__(self, run: Run) -> None:
        """Train in the account of ``run``."""
        self._run = run
        self._known: dict[str, Training | Exception] = {}
        self.kept: int | None = None
        """The cap that a refusal has named."""
        self.fetch = ""
        """When URLs are downloaded, once it is known."""
        self._second: Reply | Exception | None = None
        self._lags: tuple[int, int] | None = None

    def failing(self) -> Training:
        """Return a training that was made to fail, at its end; it may have succeeded."""
        return self._once("failing", self._failing)

    def succeeding(self) -> Training:
        """Return the training with the photo, at its end.

        Raises:
            NotAsked: it did not succeed.
        """
        training = self._once("succeeding", self._succeeding)
        if training.status != SUCCEEDED:
            raise NotAsked(f"needs a training that succeeds; this one ended as {training.status}")
        return training

    def second(self) -> Reply:
        """Return the answer to the submit while another training was going."""
        self._once("succeeding", self._succeeding)
        if isinstance(self._second, Reply):
            return self._second
        raise self._second or NotAsked("needs a training that runs")

    def lags(self) -> tuple[int, int] | None:
        """Return for how many seconds a new fine-tune was missing when read, and from the list.

        None if it was still missing after :data:`MOST_LAG_SECONDS`.
        """
        self._once("succeeding", self._succeeding)
        return self._lags

    # --- the steps ----------------------------------------------------------------------------------------

    def _failing(self) -> Training:
        run = self._run
        if not run.fetches_urls:
            return self._trained(Paid.FAILING_TRAINING, self._files("faceless.jpg", pictures.faceless()))
        nothing = [run.signed_url(run.key("nothing.jpg"))]
        reply = self._submitted(Paid.FAILING_TRAINING, nothing)
        if reply.ok:
            self.fetch = "start"
            return self._awaited(reply, nothing)
        key = run.put_data("vanishing.jpg", run.settings.photo())
        training = self._trained_with_face(
            Paid.FAILING_TRAINING, [run.signed_url(key)], lambda: run.data.delete_object(key)
        )
        if training.status != SUCCEEDED:
            self.fetch = "both"
            return training
        self.fetch = "submit"
        self._known.setdefault("succeeding", training)
        return self._trained(Paid.TRAINING, self._files("faceless.jpg", pictures.faceless()))

    def _succeeding(self) -> Training:
        return self._trained_with_face(Paid.TRAINING, self._files("photo.jpg", self._run.settings.photo()))

    def _trained_with_face(
        self, step: Paid, files: list[str], then: Callable[[], object] = lambda: None
    ) -> Training:
        """Train, do something right after the submit, and submit another if none was yet."""
        spare = [] if self._second else self._files("second.jpg", self._run.settings.photo())
        reply = self._accepted(self._submitted(step, files, named=True))
        then()
        if spare:
            self._lags = self._lags_of(str(reply.output["job_id"]))
            self._second = self._answer_to_another(spare)
        return self._awaited(reply, files)

    def _answer_to_another(self, files: list[str]) -> Reply | Exception:
        try:
            reply = self._submitted(Paid.SECOND_TRAINING, files)
        except Exception as problem:
            return problem
        if reply.ok:
            self._run.dashscope.cancel(str(reply.output.get("job_id")))
        return reply

    # --- one training ---------------------------------------------------------------------------------------

    def _files(self, name: str, content: bytes) -> list[str]:
        """Return a photo as a training names it: a signed URL, or the id of a stored file."""
        run = self._run
        if run.fetches_urls:
            return [run.signed_url(run.put_data(name, content))]
        return [run.store_file(name, content)]

    def _trained(self, step: Paid, files: list[str]) -> Training:
        return self._awaited(self._accepted(self._submitted(step, files)), files)

    def _submitted(self, step: Paid, files: list[str], *, named: bool = False) -> Reply:
        """Pay and submit; what may be made is in the journal before, and what is made after."""
        run = self._run
        run.pay(step)
        run.wait(2)  # the limit is 1 submit a second
        sent = [run.journal.add("training_file", path_of(name)) for name in files]
        reply = run.dashscope.create_fine_tune(files, run.label if named else "")
        if reply.status == 400 and named:
            reply = run.dashscope.create_fine_tune(files)
        if reply.ok and reply.output.get("job_id"):
            run.journal.add("fine_tune", str(reply.output["job_id"]))
        if reply.status < 500:  # any other may have made a fine-tune all the same
            for made in sent:
                run.journal.forget(made)
        if not reply.ok and reply.status < 500:
            run.give_back(step)
            cap = _CAP.search(reply.message)
            if cap:
                self.kept = int(cap[1])
                raise NotAsked(f"needs room for a fine-tune; the account has its {self.kept}")
        return reply

    def _accepted(self, reply: Reply) -> Reply:
        if not reply.ok or not reply.output.get("job_id"):
            raise NotAsked(f"needs a training, and its submit was refused with {reply}")
        return reply

    def _awaited(self, reply: Reply, files: list[str]) -> Training:
        """Return the training of an accepted submit, once it has ended."""
        job_id = str(reply.output["job_id"])
        waited = 0.0
        while True:
            # A training that is paid is not given up for one read without an answer.
            with suppress(requests.RequestException):
                shown = self._run.dashscope.fine_tune(job_id)
                if shown.ok and shown.output.get("status") not in RUNNING:
                    return Training(job_id, files, reply.output, shown.output)
            if waited >= MOST_SECONDS:
                raise NotAsked(
                    f"needs a training that ends; this one still goes on after {MOST_SECONDS:.0f} s"
                )
            self._run.wait(POLL_SECONDS)
            waited += POLL_SECONDS

    def _lags_of(self, job_id: str) -> tuple[int, int] | None:
        read = listed = None
        for second in range(MOST_LAG_SECONDS + 1):
            if read is None and self._run.dashscope.fine_tune(job_id).ok:
                read = second
            if listed is None and _is_listed(self._run.dashscope, job_id):
                listed = second
            if read is not None and listed is not None:
                return read, listed
            self._run.wait(1)
        return None

    def _once(self, name: str, make: Callable[[], Training]) -> Training:
        """Return what ``make`` made the first time, or raise what it raised then."""
        if name not in self._known:
            try:
                self._known[name] = make()
            except Exception as problem:
                self._known[name] = problem
        known = self._known[name]
        if isinstance(known, Exception):
            raise known
        return known


def path_of(name: str) -> str:
    """Return a training file without its query: the part of a URL that is no secret, or a file id."""
    return name.partition("?")[0]


def _is_listed(account: DashScopeAccount, job_id: str) -> bool:
    return any(job.get("job_id") == job_id for job in account.page(1).output.get("jobs") or [])
