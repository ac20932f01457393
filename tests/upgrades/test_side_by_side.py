"""The previous release and this version share the rows: nothing is lost, and nothing is paid for twice."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.upgrades.cloud import Cloud, Instance
from tests.upgrades.stories import STAGES, Story, finish, play

Versions = tuple[Instance, Instance]


@pytest.fixture(params=["upgrade", "rollback"])
def versions(request: pytest.FixtureRequest, previous: Instance, this: Instance) -> Versions:
    """The version that begins, and the one that takes over."""
    return (previous, this) if request.param == "upgrade" else (this, previous)


@pytest.mark.parametrize("stage", STAGES)
def test_a_version_that_takes_over_at_any_point_brings_everything_to_its_end(
    cloud: Cloud, versions: Versions, stage: str
) -> None:
    before, after = versions
    play(Story(cloud, versions), stage, before, after)


@pytest.mark.parametrize("stage", STAGES)
def test_two_versions_that_take_turns_from_any_point_on_bring_everything_to_its_end(
    cloud: Cloud, versions: Versions, stage: str
) -> None:
    before, after = versions
    play(Story(cloud, versions), stage, before, after, before)


@pytest.mark.parametrize("seed", range(6))
def test_any_mix_of_two_versions_trains_everybody_once(
    cloud: Cloud, previous: Instance, this: Instance, seed: int
) -> None:
    chance = random.Random(seed)

    def anybody() -> Iterator[Instance]:
        while True:
            yield chance.choice((previous, this))

    story = Story(cloud, (previous, this), turns=anybody())
    for number, person in enumerate(("li", "wu", "zhao")):
        if chance.random() < 0.4:
            cloud.lose_answer("CreateFineTune")
        story.send(person, 10 * number, 10 * number + 1)
        story.tick(chance.randrange(3))
        if chance.random() < 0.4:
            story.post("/queue/pause", because="a mix")
            story.tick(chance.randrange(3))
            story.send(person, 10 * number + 2)
            story.post("/queue/resume")
    # A photo that has come after its set was submitted is of the next one, which is trained as well.
    story.tick(4)
    story.trainings = {person: int(str(story.row(person)["revision"])) for person in story.trainings}
    finish(story)
