"""Asks an API about an object of our own, so that no customer's photo has to find out whether it works.

Called by a tick for the APIs that are suspect or refused (:mod:`shared.domain.breakers`). The object is a
plain grey picture that the first probe writes. Any answer about it shows that the API works: also that it
shows no face.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.health import Health
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Trouble, unforeseen
from shared.logs import warn
from shared.workflow.own_picture import FOLDER, PICTURE_KEY, write_picture
from shared.workflow.photo_access import check_face
from shared.workflow.ports import World

TIME_FOR_A_PROBE_MS = 30_000


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


def _read(world: World) -> None:
    write_picture(world)
    world.bucket.read_range(PICTURE_KEY, 0, 16)


def _process(world: World) -> None:
    write_picture(world)
    world.bucket.prepare(PICTURE_KEY, f"{FOLDER}{world.token()}.jpg")


def _list_fine_tunes(world: World) -> None:
    # One page tells whether it is served.
    world.dashscope.newest_fine_tunes(world.clock.now())


def _check_face(world: World) -> None:
    write_picture(world)
    check_face(world, PICTURE_KEY)


_QUESTIONS: dict[Api, Callable[[World], None]] = {
    Api.LISTING: _list,
    Api.WRITING: write_picture,
    Api.READING: _read,
    Api.PROCESSING: _process,
    Api.FACE_CHECK: _check_face,
    Api.TRAINING: _list_fine_tunes,
}
