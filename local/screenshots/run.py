"""The run that the pictures are taken of: the demo's people, and two who send photos from their own page.

Called by ``__main__``. It is a run like that of ``make demo``, with longer trainings. Each moment is waited
for by what the status API says.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import requests

from aliyun_local.samples import encoded, landscape, portrait
from local.demo.people import sample_people
from local.demo.uploads import Uploads
from local.live.status_client import StatusClient
from local.options import PORT_NAMES, Options
from local.screenshots.camera import Camera, opened_camera
from local.screenshots.pictures import FIRST, FOLDER, IN_TRAINING, PICTURES, VISITORS, Kind, Moment, Picture
from local.stack import Stack
from shared.views import milliseconds

TRAINING_SECONDS = 45.0
"""Longer than it takes to picture the moment at which somebody is half-way."""
HALF_WAY = 0.5
QUIET_SECONDS = 30
"""After those who are trained first have closed their sets, and before the second of them is half-way."""
PATIENCE_SECONDS = 150.0
LOOK_SECONDS = 0.3
STYLES = ("f_idcard_female", "f_business_female")
PORTRAITS, PRICE_CNY = 3, 0.18


class NeverCame(RuntimeError):
    """A moment has not come in time; the message says which, and where everybody stands."""


def take_all(folder: Path = FOLDER, say: Callable[[str], object] = print) -> int:
    """Take every picture into ``folder``, which holds nothing else afterwards; returns the bytes of all."""
    with tempfile.TemporaryDirectory() as data:
        options = Options(
            data=Path(data) / "cloud",
            ports=dict.fromkeys(PORT_NAMES, 0),
            training_seconds=TRAINING_SECONDS,
            tick_seconds=1.0,
            parameters={
                "QuietSeconds": QUIET_SECONDS,
                "SettleSeconds": 2,
                "SweepSeconds": 5,
                "Portraits": "on_request",
            },
        )
        with Stack(options) as cloud, opened_camera(cloud.status_url) as camera:
            taken = _Run(cloud, camera, say).take()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in taken.items():
        (folder / name).write_bytes(content)
    return sum(map(len, taken.values()))


class _Run:
    """One run, from the first upload to the last picture."""

    def __init__(self, cloud: Stack, camera: Camera, say: Callable[[str], object]) -> None:
        self._cloud = cloud
        self._camera = camera
        self._say = say
        self._client = StatusClient(cloud.status_url, cloud.status_token)
        self._links: dict[str, str] = {}
        self._taken: dict[str, bytes] = {}

    def take(self) -> Mapping[str, bytes]:
        """Return the pictures by their files' names."""
        self._camera.sign_in(self._cloud.sign_in_url)
        self._say("Two people send photos from their own page ...")
        for person, identity in VISITORS.items():
            self._camera.send_photos(self._link(person), _photos_of(identity))
        self._take(Moment.COLLECTING)
        self._say("The demo's people upload, and one of them is trained ...")
        uploads = Uploads(self._cloud, sample_people())
        self._wait(Moment.BUSY, self._is_busy)
        self._take(Moment.BUSY)
        self._say("The second one is trained ...")
        self._wait(Moment.ENDED, lambda: self._state(IN_TRAINING) == "SUCCEEDED")
        self._take(Moment.ENDED)
        self._say("Portraits are made of the first one ...")
        for style in STYLES:
            self._order(FIRST, style)
        self._wait(Moment.PORTRAYED, lambda: self._orders_done(FIRST) == len(STYLES))
        self._take(Moment.PORTRAYED)
        if uploads.problem:
            raise NeverCame(uploads.problem)
        self._client.close()
        return self._taken

    def _is_busy(self) -> bool:
        """Whether one has a model, one is half-way, and nobody is still collecting."""
        newest = {job["person_id"]: job for job in reversed(self._client.jobs())}
        states = [job["state"] for job in newest.values()]
        if (
            self._state(FIRST) != "SUCCEEDED"
            or self._state(IN_TRAINING) != "TRAINING"
            or "COLLECTING" in states
        ):
            return False
        begun = milliseconds(str(newest[IN_TRAINING]["submitted_at"]))
        return self._cloud.clock.now() * 1000 - begun > HALF_WAY * TRAINING_SECONDS * 1000

    def _state(self, person: str) -> str:
        document = self._client.person(person)
        return str(document["state"]) if document else ""

    def _wait(self, moment: Moment, has_come: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not has_come():
            if time.monotonic() > until:
                states = ", ".join(f"{job['person_id']} {job['state']}" for job in self._client.jobs())
                raise NeverCame(f"{moment.value} has not come within {PATIENCE_SECONDS:g} s: {states}")
            time.sleep(LOOK_SECONDS)

    def _take(self, moment: Moment) -> None:
        for picture in PICTURES:
            if picture.moment is moment:
                self._taken[picture.file] = self._camera.take(picture, self._address(picture))
                self._say(f"  {picture.file}  {len(self._taken[picture.file]) // 1024} KB")

    def _address(self, picture: Picture) -> str:
        if picture.kind is Kind.OWN:
            return self._link(picture.target)
        if picture.kind is Kind.PERSON:
            return f"/people/{quote(picture.target, safe='')}"
        return picture.target

    def _order(self, person: str, style: str) -> None:
        """Order portraits as an administrator does."""
        answer = requests.post(
            f"{self._cloud.status_url}/people/{quote(person, safe='')}/portraits",
            json={"style": style, "count": PORTRAITS, "price_cny": PORTRAITS * PRICE_CNY},
            headers={"Authorization": f"Bearer {self._cloud.admin_token}"},
            timeout=20,
        )
        answer.raise_for_status()

    def _orders_done(self, person: str) -> int:
        document = self._client.person(person) or {}
        return sum(order["state"] == "SUCCEEDED" for order in document.get("portraits") or ())

    def _link(self, person: str) -> str:
        """Return the share link of a person, made as an administrator makes it."""
        if person not in self._links:
            answer = requests.post(
                f"{self._cloud.status_url}/people/{quote(person, safe='')}/links",
                headers={"Authorization": f"Bearer {self._cloud.admin_token}"},
                timeout=20,
            )
            answer.raise_for_status()
            self._links[person] = str(answer.json()["url"])
        return self._links[person]


def _photos_of(identity: int) -> dict[str, bytes]:
    """Return what somebody sends: good portraits, and a view that somehow got among them."""
    portraits = {
        f"IMG_{2040 + number}.JPG": encoded(portrait(100 * identity + number, size=(960, 1200)), quality=88)
        for number in (1, 2, 3, 4)
    }
    return {**portraits, "IMG_2039.JPG": encoded(landscape(identity), quality=88)}
