"""What comes first on a page, and what is drawn: the order of photos and parts, faces, and shares of time."""

from __future__ import annotations

from typing import Any

import pytest

from local.page_preview.people import person
from local.page_preview.scenes import view
from shared.domain.states import JobState
from shared.domain.words import Language
from shared.pages.rendering import render
from tests.unit.pages.page_tree import Element, parse


def shown(page: str, document: Any, role: Any) -> Element:
    return parse(render(page, document, view(Language.ENGLISH, "/people/anna", role, link="l")))


def kinds_of_photos(tree: Element) -> list[str]:
    classes = [one.attributes.get("class", "") for one in tree.all("li")]
    return [name.split("photo-")[1] for name in classes if name.startswith("photo ")]


def headings(tree: Element) -> list[str]:
    return [one.text for one in tree.all("h2")]


def test_on_the_own_page_comes_first_what_something_can_be_done_about() -> None:
    kinds = kinds_of_photos(shown("own", person(JobState.COLLECTING), "person"))
    assert kinds == sorted(kinds, key=["refused", "usable", "pending", "aside"].index)
    assert set(kinds) == {"refused", "usable", "aside"}


def test_once_the_set_is_closed_its_good_photos_come_first() -> None:
    kinds = kinds_of_photos(shown("own", person(JobState.TRAINING), "person"))
    assert kinds == sorted(kinds, key=["usable", "pending", "refused", "aside"].index)


def test_no_photo_is_left_out_on_the_own_page() -> None:
    document = person(JobState.COLLECTING)
    kinds = kinds_of_photos(shown("own", document, "person"))
    assert len(kinds) == len(document["current"]["photos"])


def test_a_photo_that_an_administrator_has_taken_counts_as_a_good_one() -> None:
    document = person(JobState.COLLECTING)
    refused = next(one for one in document["current"]["photos"] if one["verdict"] == "several_faces")
    before = kinds_of_photos(shown("own", document, "person")).count("usable")
    refused["overruled"] = "several_faces"
    kinds = kinds_of_photos(shown("own", document, "person"))
    assert kinds.count("usable") == before + 1
    assert kinds == sorted(kinds, key=["refused", "usable", "pending", "aside"].index)


@pytest.mark.parametrize("state", JobState)
def test_the_form_for_photos_comes_first_as_long_as_the_set_takes_some(state: JobState) -> None:
    told = headings(shown("own", person(state), "person"))
    is_open = state not in (JobState.QUEUED, JobState.SUBMITTING, JobState.TRAINING, JobState.SUCCEEDED)
    assert (told.index("Send photos") < told.index("Your photos")) == is_open


def test_a_person_is_shown_by_the_first_usable_photo() -> None:
    document = person(JobState.TRAINING)
    pictures = view(Language.ENGLISH, "/", "reader").thumbnails
    usable = [one["name"] for one in document["current"]["photos"] if one["verdict"] == "usable"]
    for page, role in (("person", "reader"), ("own", "person")):
        (face,) = [one for one in shown(page, document, role).all("img") if one.attributes.get("class")]
        assert face.attributes["src"] == pictures[usable[0]]


def test_whoever_has_no_usable_photo_is_shown_without_a_face() -> None:
    tree = shown("person", person(JobState.REJECTED), "reader")
    assert [one for one in tree.all("img") if one.attributes.get("class")] == []


def test_the_time_of_a_job_is_shared_by_its_steps() -> None:
    parts = list(shown("person", person(JobState.SUCCEEDED), "reader").all("rect"))[1:]
    assert [one.attributes["class"] for one in parts] == [
        f"state-{state}" for state in ("COLLECTING", "QUEUED", "TRAINING")
    ]
    edge = 0.0
    for one in parts:
        assert float(one.attributes["x"]) == pytest.approx(edge, abs=0.11)
        edge += float(one.attributes["width"])
    assert edge == pytest.approx(1000, abs=0.5)


@pytest.mark.parametrize("state", [JobState.COLLECTING, JobState.QUEUED])
def test_a_job_with_one_finished_step_at_most_shares_no_time(state: JobState) -> None:
    tree = shown("person", person(state), "reader")
    assert "shares" not in [one.attributes.get("class") for one in tree.all("svg")]
