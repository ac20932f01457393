"""Erasers as actors of a seed: they have people erased at any moment, through the handler of ``status``.

They come to work in a part of the seeds. There each upload has a mark of its own in its content, so that at
the end every store can be searched for the bytes of what was to go, whatever it is called by then. Their dice
are their own, as those of administrators are.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from shared.domain.erasure import CLOCKS_DIFFER_MS, TRIED_AGAIN_MS
from shared.domain.object_keys import Kind, Upload, parse_upload, person_folder, spellings
from shared.domain.requests import EXPORT
from tests.simulation.cloud import TICK_MS, SimulatedCloud
from tests.simulation.kernel import Violation
from tests.simulation.status_end import HttpAnswer
from tests.simulation.traces import traces_of

CHANCE = 0.25
KEY = "the erase key of a simulation"
MARK = re.compile(rb" mark [0-9]+\.")
MINUTE_MS = 60_000
TRIES = 8
DAYS = 2
TICKS_A_DAY = 5


class Erasers:
    """The erasers of one seed; in most seeds there are none."""

    def __init__(self, cloud: SimulatedCloud, seed: int, people: Sequence[str], lasts_ms: int) -> None:
        self._cloud = cloud
        self._chance = random.Random(f"erasers {seed}")
        self._people = people
        self._lasts_ms = lasts_ms
        self._marks: dict[bytes, tuple[str, int]] = {}
        self._numbers = itertools.count(1)
        self.is_at_work = self._chance.random() < CHANCE

    def begin(self) -> None:
        """Come to work, in a part of all seeds."""
        if not self.is_at_work:
            return
        cloud, chance = self._cloud, self._chance
        # With an audit there is one already.
        cloud.erase_key = cloud.erase_key or KEY
        self._mark_uploads()
        for _ in range(chance.choice((1, 1, 2, 3))):
            # While people upload, while they are trained, and long after.
            until = chance.choice((self._lasts_ms, self._lasts_ms, 25 * MINUTE_MS, 90 * MINUTE_MS))
            person = chance.choice(self._people)
            cloud.kernel.at(cloud.kernel.start + chance.randint(10_000, until), partial(self._ask, person, 0))

    def _mark_uploads(self) -> None:
        put = self._cloud._put

        def marked(key: str, content: bytes, deliveries: tuple[int, ...], *rest: Any, **named: Any) -> None:
            upload = parse_upload(key)
            if isinstance(upload, Upload) and upload.kind is Kind.PHOTO:
                # What is sent again is there for another reason.
                known = MARK.findall(content)
                content += b"" if known else b" mark %d." % next(self._numbers)
                self._marks[MARK.findall(content)[-1]] = (upload.person_id, self._cloud.kernel.now)
            put(key, content, deliveries, *rest, **named)

        self._cloud._put = marked  # type: ignore[method-assign]  # the story's own uploads

    def _ask(self, person: str, tried: int) -> None:
        path = f"/people/{quote(person, safe='')}"
        self._cloud.status.call("DELETE", path, partial(self._hear, person, tried))
        if self._chance.random() < 0.3:
            # Uploads that come right after it are the next person's, or go as well.
            later = self._cloud.kernel.now + self._chance.choice((100, 3_000, 30_000, 5 * MINUTE_MS))
            name = f"after {tried}.jpg"
            self._cloud.kernel.at(later, lambda: self._cloud.upload(person, name, b"FACE anew"))

    def _hear(self, person: str, tried: int, answer: HttpAnswer | None) -> None:
        chance, kernel = self._chance, self._cloud.kernel
        if answer is None or answer.status >= 500:
            if tried < TRIES:
                kernel.at(kernel.now + chance.randint(500, 20_000), partial(self._ask, person, tried + 1))
            return
        if answer.status != 202:
            raise Violation(f"to erase {person} is answered with {answer}")
        href = str(answer.document["href"])
        kernel.at(kernel.now + chance.choice((1000, MINUTE_MS, 10 * MINUTE_MS)), partial(self._look, href))

    def _look(self, href: str) -> None:
        def hear(answer: HttpAnswer | None) -> None:
            if answer is not None and answer.status not in (200, 503, 500):
                raise Violation(f"{href} is answered with {answer}")

        self._cloud.status.call("GET", href, hear)

    # -- the end --------------------------------------------------------------------------------------

    def is_done(self) -> bool:
        """Whether every erasure is done."""
        return not self._cloud.invariants.administration.erasures.open_ones()

    def check_end(self) -> None:
        """Nothing is left of whoever was erased, but what the certificate lists."""
        erasures = self._cloud.invariants.administration.erasures
        if not self.is_done():
            raise Violation(f"erasures are not done: {erasures.open_ones()}")
        self._try_again_each_day()
        listed = {one.name for one in erasures.remaining()}
        for person, moments in erasures.asked.items():
            # The clock of whoever asks may be ahead of that of the bucket, or behind.
            before = max(moments) - 5_000
            marks = [mark for mark, (whose, at) in self._marks.items() if whose == person and at < before]
            later = [job.job_id for job in self._cloud.jobs() if job.person_id == person and job.starts_after]
            left = [job for job in self._cloud.jobs() if job.person_id == person and not job.starts_after]
            if left:
                raise Violation(f"rows of {person} are left, or have come back: {left}")
            found = traces_of(self._cloud, person, marks, own=later or ("none",), listed=listed)
            uploads = self._uploads_before(person, before)
            if found or uploads:
                raise Violation(f"of {person}, who was erased, there is left: {found} {uploads}")
            if not (later or self._has_uploads(person) or self._is_asked_about(person)):
                found = traces_of(self._cloud, person, marks, listed=listed)
                if found:
                    raise Violation(f"the name of {person}, who was erased, is left: {found}")

    def _try_again_each_day(self) -> None:
        """Let days pass, in which what could not be removed is tried again: nothing is in the way now."""
        cloud = self._cloud
        for _ in range(DAYS):
            if not cloud.invariants.administration.erasures.remaining():
                return
            cloud.advance(TRIED_AGAIN_MS)
            for _ in range(TICKS_A_DAY):
                cloud.kernel.at(cloud.kernel.now, cloud.invoke_reconcile)
                cloud.advance(TICK_MS)

    def _uploads_before(self, person: str, before: int) -> list[str]:
        found = ((parse_upload(one.key), one) for one in self._cloud.uploads())
        return [
            one.key
            for upload, one in found
            if isinstance(upload, Upload)
            and upload.person_id == person
            and one.modified_at * 1000 < before - CLOCKS_DIFFER_MS
        ]

    def _is_asked_about(self, person: str) -> bool:
        """Whether somebody has asked for their data since: the row has the name for a day."""
        done_at = self._cloud.invariants.administration.erasures.done_at(person)
        return any(
            (row["kind"], row["subject"]) == (EXPORT, person) and row["asked_at"] > done_at
            for row in self._cloud.requests()
        )

    def _has_uploads(self, person: str) -> bool:
        # A consent may be all that has come since, in a folder of another spelling.
        prefixes = tuple(map(person_folder, spellings(person)))
        return any(one.key.startswith(prefixes) for one in self._cloud.uploads())
