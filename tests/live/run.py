"""One run: its name, its account, its money, its time, and the list of all that it has made.

``interview`` puts the questions; :mod:`tests.live.removing` removes what was made for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.live import pictures
from tests.live.budget import Budget, OverBudget, Paid
from tests.live.dashscope_account import DashScopeAccount
from tests.live.journal import Journal
from tests.live.oss_account import FOLDER, URL_SECONDS, OssAccount, OssError
from tests.live.question import Answer, NotAsked, Question, Seen
from tests.live.settings import ACCESS_KEY, Settings
from tests.live.trainings import Trainings


@dataclass
class Run:
    """A run. It is closed after its things are removed.

    Attributes:
        run_id: a part of every name that it makes.
        settings: the account.
        budget: the money for paid steps; None: nothing is paid.
        journal: what it makes.
        wait: waits for so many seconds.
    """

    run_id: str
    settings: Settings
    budget: Budget | None
    journal: Journal
    wait: Callable[[float], object]
    _made_bucket: bool = field(default=False, init=False)

    @cached_property
    def oss(self) -> OssAccount:
        """The account's OSS."""
        return OssAccount(self.settings, self.run_id)

    @cached_property
    def dashscope(self) -> DashScopeAccount:
        """The account's DashScope."""
        return DashScopeAccount(self.settings["DASHSCOPE_HTTP_BASE_URL"], self.settings["DASHSCOPE_API_KEY"])

    @cached_property
    def trainings(self) -> Trainings:
        """The trainings of this run."""
        return Trainings(self)

    @property
    def label(self) -> str:
        """The beginning of the names of files, persons and fine-tunes."""
        return f"{FOLDER}-{self.run_id}"

    def close(self) -> None:
        """Close the connections."""
        for name in ("oss", "dashscope"):
            if name in self.__dict__:
                self.__dict__[name].close()

    def pay(self, step: Paid) -> None:
        """Count a paid step, before it is taken.

        Raises:
            NotAsked: nothing may be paid.
            OverBudget: the rest does not suffice.
        """
        if self.budget is None:
            raise NotAsked("needs PAY=1: it is paid")
        self.budget.spend(step)

    def give_back(self, step: Paid) -> None:
        """Count a step as not paid, since it was refused."""
        if self.budget is not None:
            self.budget.give_back(step)

    # --- objects ------------------------------------------------------------------------------------------

    def need_bucket(self) -> None:
        """Make the run's bucket, unless the user has given one.

        Raises:
            NotAsked: it cannot be made.
        """
        if self.settings.get("LIVE_BUCKET") or self._made_bucket:
            return
        self.journal.add("bucket", self.oss.bucket_name)
        try:
            self.oss.public.create_bucket()
        except OssError as problem:
            raise NotAsked(
                f"needs a bucket, which was refused with {problem.status} {problem.code}"
            ) from None
        self._made_bucket = True

    @cached_property
    def data(self) -> Any:
        """The bucket, on a way on which data calls are answered.

        Raises:
            NotAsked: there is none.
        """
        self.need_bucket()
        return self.oss.data()

    def key(self, name: str) -> str:
        """Return the key of an object of this run."""
        return self.oss.folder + name

    def put(self, bucket: Any, name: str, content: bytes) -> str:
        """Store an object through ``bucket`` and return its key."""
        key = self.key(name)
        self.journal.add("object", key, self.oss.bucket_name)
        content_type = "image/jpeg" if name.endswith(".jpg") else "application/octet-stream"
        bucket.put_object(key, content, headers={"Content-Type": content_type})
        return key

    def put_data(self, name: str, content: bytes) -> str:
        """Store an object on a way that is open."""
        return self.put(self.data, name, content)

    # --- DashScope ----------------------------------------------------------------------------------------

    def store_file(self, name: str, content: bytes) -> str:
        """Store a file at DashScope and return its id."""
        named = f"{self.label}-{name}"
        self.journal.add("file", named)
        return self.dashscope.upload(named, content)

    @cached_property
    def fetches_urls(self) -> bool:
        """Whether DashScope can download from the account's OSS, by the domain or else publicly."""
        if self.settings.missing(ACCESS_KEY):
            return False
        try:
            return self.can_fetch(self.url_bucket)
        except NotAsked:
            return False

    @property
    def url_bucket(self) -> Any:
        """The bucket as URLs name it."""
        return self.oss.domain or self.oss.public

    def can_fetch(self, bucket: Any) -> bool:
        """Ask the face check, which is free, about an object by a URL of ``bucket``.

        Raises:
            NotAsked: the account may not use the face check.
        """
        key = self.put_data("fetch.jpg", pictures.faceless())
        return self.downloads(bucket.sign_url("GET", key, URL_SECONDS, slash_safe=True))

    def downloads(self, url: str) -> bool:
        """Whether DashScope has downloaded the picture at ``url``.

        Raises:
            NotAsked: the account may not use the face check.
        """
        self.wait(1)  # the limit is 5 checks a second
        reply = self.dashscope.check_faces(url)
        if reply.ok:
            return True
        if reply.status in (401, 403) or reply.code == "Arrearage":
            raise NotAsked(f"needs an account with FaceChain: the face check was refused with {reply}")
        return False

    def signed_url(self, key: str) -> str:
        """Return a URL for DashScope."""
        return str(self.url_bucket.sign_url("GET", key, URL_SECONDS, slash_safe=True))


def answered(run: Run, question: Question) -> Answer:
    """Put one question; no trouble with it keeps the others from being asked."""

    def without(why: str) -> Answer:
        return Answer(question=question, asked=False, seen=why)

    missing = run.settings.missing(question.needs)
    if missing:
        return without(f"not asked: needs {', '.join(missing)}")
    if question.pays and run.budget is None:
        return without("not asked: it is paid, and needs PAY=1")
    try:
        seen: Seen = question.ask(run)
    except (NotAsked, OverBudget) as reason:
        return without(f"not asked: {reason}")
    except OssError as problem:
        return without(f"not answered: OSS refused with {problem.status} {problem.code}")
    except Exception as problem:
        # The text of a foreign error may hold anything, a signed URL too.
        own = f" ({problem})" if type(problem) is RuntimeError else ""
        return without(f"not answered: {type(problem).__name__}{own}")
    return Answer(question=question, asked=True, seen=seen.text, switches=seen.switches)


def interview(run: Run, questions: Sequence[Question]) -> Iterator[Answer]:
    """Put all ``questions`` in order, and yield each answer as soon as it is there."""
    for question in questions:
        yield answered(run, question)
