"""Asking an API about an object of our own, so that no customer's photo has to find out."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from shared.domain.breakers import FIRST_PROBE_AFTER_MS
from shared.domain.health import Health
from shared.domain.jpeg import jpeg_sides
from shared.domain.photos import MIN_SIDE_PIXELS
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Permanent, RetryLater
from shared.workflow.own_picture import PICTURE, PICTURE_KEY
from shared.workflow.probing import TIME_FOR_A_PROBE_MS, probe
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import NOW, cause, fine_tune

PROBED = (Api.LISTING, Api.WRITING, Api.READING, Api.PROCESSING, Api.FACE_CHECK, Api.TRAINING)
OPERATION = {
    Api.LISTING: "list_page",
    Api.WRITING: "write",
    Api.READING: "read_range",
    Api.PROCESSING: "prepare",
    Api.FACE_CHECK: "detect_faces",
    Api.TRAINING: "fine_tunes",
}


def suspecting(*apis: Api) -> Health:
    """APIs that have been suspect for long enough to be asked."""
    health = Health(version=1)
    for api in apis:
        health = health.failed(cause(Kind.PASSING, api), NOW - FIRST_PROBE_AFTER_MS)
    return health


def probed(health: Health, memory: Memory) -> Health:
    memory.well_being = health
    world = memory.world()
    world.health.begin(health)
    probe(world, health)
    return memory.well_being


@pytest.mark.parametrize("api", PROBED)
def test_an_api_that_serves_our_own_object_is_well(api: Api) -> None:
    after = probed(suspecting(api), Memory())
    assert after.breaker(api).is_well
    assert after.breaker(api).passed_at == NOW


@pytest.mark.parametrize("api", PROBED)
@pytest.mark.parametrize("is_foreseen", [True, False])
def test_an_api_that_does_not_even_serve_our_own_object_is_refused_to_all(
    api: Api, is_foreseen: bool
) -> None:
    memory = Memory()
    problem = RetryLater("InternalError", "…", delay_seconds=1, api=api)
    memory.troubles[OPERATION[api]] = problem if is_foreseen else KeyError("surprise")
    after = probed(suspecting(api), memory)
    assert after.is_open(api)
    found = after.breaker(api).cause
    assert found is not None
    assert (found.api, found.code) == (api, "InternalError" if is_foreseen else "unforeseen")
    assert after.breaker(api).next_probe_at > NOW


@pytest.mark.parametrize("api", [Api.PROCESSING, Api.FACE_CHECK])
def test_any_finding_about_our_picture_shows_that_somebody_has_looked(api: Api) -> None:
    memory = Memory()
    memory.troubles[OPERATION[api]] = Permanent("ImageDamage", "…", kind=Kind.PICTURE, api=api)
    assert probed(suspecting(api), memory).breaker(api).is_well


def test_that_our_picture_shows_no_face_is_an_answer() -> None:
    memory = Memory()
    memory.faces = (False, "no face detected")
    assert probed(suspecting(Api.FACE_CHECK), memory).breaker(Api.FACE_CHECK).is_well
    assert memory.paced == 1, "a probe keeps its distance to other face checks"


def test_apis_that_are_well_are_asked_nothing() -> None:
    memory = Memory()
    probed(Health(version=1), memory)
    assert (memory.calls, memory.contents, memory.checked) == ([], {}, [])


def test_an_api_is_not_asked_before_its_turn() -> None:
    memory = Memory()
    health = Health(version=1).failed(cause(Kind.PASSING, Api.LISTING), NOW - FIRST_PROBE_AFTER_MS + 1)
    assert probed(health, memory) == health
    assert memory.calls == []


def test_the_trouble_of_one_api_keeps_the_others_from_nothing() -> None:
    memory = Memory()
    memory.troubles["list_page"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.LISTING)
    after = probed(suspecting(Api.LISTING, Api.TRAINING), memory)
    assert (after.is_open(Api.LISTING), after.breaker(Api.TRAINING).is_well) == (True, True)


def test_a_run_near_its_end_asks_nothing() -> None:
    memory = Memory()
    health = suspecting(Api.LISTING)
    world = memory.world()
    world.health.begin(health)
    memory.time += LIFE_MS - TIME_FOR_A_PROBE_MS
    probe(world, health)
    assert memory.calls == []


def test_our_picture_is_one_that_the_face_check_takes_and_lies_where_no_upload_does() -> None:
    memory = Memory()
    memory.listed = [fine_tune()]
    probed(replace(suspecting(Api.PROCESSING)), memory)
    assert memory.contents == {PICTURE_KEY: PICTURE}
    assert jpeg_sides(PICTURE) == (MIN_SIDE_PIXELS, MIN_SIDE_PIXELS)
    assert not PICTURE_KEY.startswith("people/")


def test_our_picture_is_whole_and_of_one_grey() -> None:
    with Image.open(io.BytesIO(PICTURE)) as picture:
        assert picture.mode == "L"
        assert len(picture.getcolors()) == 1
