"""People who ask for a copy of all that is held about them, as actors of a seed.

They ask the handler of ``status`` at any moment, again and again, while everything goes wrong. At the end,
when nothing does, each of
them gets a whole zip that holds exactly their uploads, nothing is left of what was begun and given up, and a
day later no zip is there any more. Their dice are their own, as those of administrators are.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from urllib.parse import quote

from shared.domain.exports import EXPORT_KEPT_MS, export_from, folder_of
from shared.domain.object_keys import Upload, parse_upload, person_key
from shared.domain.requests import EXPORT
from tests.simulation.cloud import TICK_MS, SimulatedCloud
from tests.simulation.kernel import Violation
from tests.simulation.status_end import HttpAnswer
from tests.simulation.stores import BUCKET

MINUTE_MS = 60_000
TRIES = 8
LOOKS = 6
ANSWERS = (202, 303, 404, 409)
"""It is being made, it is there, nothing is held, and the person is being erased."""
TICKS_FOR_ALL = 60
TICKS_FOR_THE_LAST = 240
"""What was refused while it was to be removed is tried again after an hour at most."""


class Exporters:
    """Those who ask in one seed."""

    def __init__(self, cloud: SimulatedCloud, people: Sequence[str], seed: int) -> None:
        self._cloud = cloud
        self._people = people
        self._chance = random.Random(f"exporters {seed}")

    def begin(self, lasts_ms: int) -> None:
        """Have people ask: while they upload, while they are trained, and afterwards."""
        kernel, chance = self._cloud.kernel, self._chance
        for person in self._people:
            for _ in range(chance.choice((0, 1, 1, 3))):
                until = chance.choice((lasts_ms, lasts_ms, 25 * MINUTE_MS))
                kernel.at(kernel.start + chance.randint(30_000, until), partial(self._ask, person, 0, 0))

    def _ask(self, person: str, tried: int, looked: int, method: str = "") -> None:
        # Once in a while a new one is wanted although there is one.
        chosen = method or self._chance.choice(("GET", "GET", "POST"))
        path = f"/people/{quote(person, safe='')}/export"
        self._cloud.status.call(chosen, path, partial(self._hear, person, tried, looked))

    def _hear(self, person: str, tried: int, looked: int, answer: HttpAnswer | None) -> None:
        chance, kernel = self._chance, self._cloud.kernel
        if answer is None or answer.status >= 500:
            if tried < TRIES:
                later = kernel.now + chance.randint(500, 20_000)
                kernel.at(later, partial(self._ask, person, tried + 1, looked))
            return
        if answer.status not in ANSWERS:
            raise Violation(f"to export {person} is answered with {answer}")
        if answer.status == 202 and looked < LOOKS:
            later = kernel.now + chance.choice((1_000, MINUTE_MS, 5 * MINUTE_MS))
            kernel.at(later, partial(self._ask, person, tried, looked + 1, "GET"))

    # -- the end --------------------------------------------------------------------------------------

    def check_end(self) -> None:
        """Everybody gets a whole zip; a day later none is left."""
        cloud = self._cloud
        for person in self._people:
            # The newest of those asked for: what was there before is of an earlier time.
            cloud.status.call("POST", f"/people/{quote(person, safe='')}/export", self._is_heard)
        self._tick_until_nothing_is_on_its_way(TICKS_FOR_ALL)
        for person in self._people:
            self._check_zip(person)
        if begun := self._begun():
            raise Violation(f"of exports there are parts left: {begun}")
        cloud.advance(EXPORT_KEPT_MS)
        self._tick_until_nothing_is_left(TICKS_FOR_THE_LAST)

    def _is_heard(self, answer: HttpAnswer | None) -> None:
        if answer is None or answer.status not in ANSWERS:
            raise Violation(f"when nothing goes wrong an export is answered with {answer}")

    def _tick_until_nothing_is_on_its_way(self, most: int) -> None:
        for _ in range(most):
            self._tick()
            if not list(self._on_their_way()):
                return
        raise Violation(f"exports are not ready: {list(self._on_their_way())}")

    def _tick_until_nothing_is_left(self, most: int) -> None:
        for _ in range(most):
            self._tick()
            if not self._objects() and not self._begun():
                return
        raise Violation(f"a day later of exports there is left: {self._objects()} {self._begun()}")

    def _tick(self) -> None:
        self._cloud.kernel.at(self._cloud.kernel.now, self._cloud.invoke_reconcile)
        self._cloud.advance(TICK_MS)

    def _on_their_way(self) -> Iterator[str]:
        for row in self._cloud.requests():
            if row["kind"] == EXPORT and not row["settled_at"] and not export_from(row["record"]).ready_at:
                yield str(row["name"])

    def _objects(self) -> list[str]:
        rows = self._cloud.objects.list_objects(BUCKET, prefix="exports/", limit=1000).rows
        return [row.key for row in rows]

    def _begun(self) -> list[str]:
        rows = self._cloud.objects.uploads.list_uploads(BUCKET, prefix="exports/").rows
        return [row.key for row in rows]

    def _check_zip(self, person: str) -> None:
        folder = folder_of(person_key(person))
        zips = [key for key in self._objects() if key.startswith(folder) and key.endswith(".zip")]
        uploads = self._uploads_of(person)
        if not zips:
            if uploads or any(job.person_id == person for job in self._cloud.jobs()):
                raise Violation(f"of {person} something is held, and there is no zip")
            return
        if len(zips) > 1:
            raise Violation(f"of {person} there are several zips: {zips}")
        with zipfile.ZipFile(io.BytesIO(self._cloud.objects.get(BUCKET, zips[0])[1])) as archive:
            if damaged := archive.testzip():
                raise Violation(f"{damaged} is damaged in the zip of {person}")
            # Each spelling of the name has a folder of its own.
            names = [name for name in archive.namelist() if name.startswith("uploads")]
            found = Counter(archive.read(name) for name in names)
            manifest = json.loads(archive.read("manifest.json"))
        if found != uploads:
            raise Violation(f"the zip of {person} has {found} and not {uploads}; {manifest['left_out']}")

    def _uploads_of(self, person: str) -> Counter[bytes]:
        keys = [
            one.key
            for one in self._cloud.uploads()
            if isinstance(upload := parse_upload(one.key), Upload) and upload.person_id == person
        ]
        return Counter(self._cloud.objects.get(BUCKET, key)[1] for key in keys)
