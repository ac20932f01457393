"""Asks an API about an object of our own, so that no customer's photo has to find out whether it works.

Called by a tick for the APIs that are suspect or refused (:mod:`shared.domain.breakers`). The object is a
plain grey picture that the first probe writes. Any answer about it shows that the API works: also that it
shows no face.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from shared.domain.health import Health
from shared.domain.object_keys import SUBMISSIONS_PREFIX
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Trouble, unforeseen
from shared.logs import warn
from shared.workflow.ports import World

TIME_FOR_A_PROBE_MS = 30_000
FOLDER = f"{SUBMISSIONS_PREFIX}probe/"
PICTURE_KEY = f"{FOLDER}picture.jpg"

PICTURE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L"
    "2u71////m8H////6/+b9//j/wAALCAEAAQABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAA"
    "AAD/2gAIAQEAAD8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP/Z"
)
"""A grey JPEG of 256 x 256 pixels, the smallest that the face check takes."""


def probe(world: World, health: Health) -> None:
    """Ask each API whose turn it is, once; raises nothing."""
    for api, ask in _QUESTIONS.items():
        if not health.breaker(api).wants_probe(world.clock.now()) or not world.has_time_for(
            TIME_FOR_A_PROBE_MS
        ):
            continue
        try:
            ask(world)
        except Trouble as trouble:
            cause = trouble.cause
        except Exception as surprise:
            warn("unforeseen", api=api.value, error=repr(surprise)[:1000])
            cause = unforeseen(surprise).cause
        else:
            world.health.passed(api)
            continue
        if cause.kind is Kind.PICTURE:
            world.health.passed(api)
        else:
            world.health.probe_failed(api, cause._replace(api=api))


def _list(world: World) -> None:
    world.bucket.list_page(FOLDER, "", 1)


def _write(world: World) -> None:
    world.bucket.write(PICTURE_KEY, PICTURE)


def _read(world: World) -> None:
    _write(world)
    world.bucket.read_range(PICTURE_KEY, 0, 16)


def _process(world: World) -> None:
    _write(world)
    world.bucket.prepare(PICTURE_KEY, f"{FOLDER}{world.token()}.jpg")


def _list_fine_tunes(world: World) -> None:
    list(world.dashscope.fine_tunes())


def _check_face(world: World) -> None:
    _write(world)
    world.pace_face_checks()
    world.dashscope.detect_faces([world.bucket.signed_url(PICTURE_KEY)])


_QUESTIONS: dict[Api, Callable[[World], None]] = {
    Api.LISTING: _list,
    Api.WRITING: _write,
    Api.READING: _read,
    Api.PROCESSING: _process,
    Api.FACE_CHECK: _check_face,
    Api.TRAINING: _list_fine_tunes,
}
