"""What holds for every page: in every scene, in both languages."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from local.page_preview.people import HOSTILE, LINK
from local.page_preview.scenes import CSRF, Scene, scenes
from shared.domain.words import Language
from shared.pages.rendering import PAGES, render
from tests.unit.pages.page_tree import Element, parse

ALL = [scene for language in Language for scene in scenes(language)]
WITH_FRAME = [scene for scene in ALL if scene.page != "default_domain"]


def name_of(scene: Scene) -> str:
    return f"{scene.name}-{scene.view.language.value}"


every_page = pytest.mark.parametrize("scene", ALL, ids=name_of)
every_framed_page = pytest.mark.parametrize("scene", WITH_FRAME, ids=name_of)


def page(scene: Scene) -> str:
    return render(scene.page, scene.document, scene.view)


def test_the_scenes_show_every_page() -> None:
    assert {scene.page for scene in ALL} == set(PAGES)


@every_page
def test_a_page_says_its_language(scene: Scene) -> None:
    (root,) = parse(page(scene)).all("html")
    assert root.attributes["lang"] == {"zh": "zh-CN", "en": "en"}[scene.view.language.value]


@every_page
def test_a_page_has_one_first_heading_and_leaves_no_level_out(scene: Scene) -> None:
    levels = [int(one.tag[1]) for one in parse(page(scene)).all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_page
def test_every_heading_link_and_button_has_a_text(scene: Scene) -> None:
    for one in parse(page(scene)).all("title", "h1", "h2", "h3", "a", "button", "summary", "th", "option"):
        assert one.text, one


@every_page
def test_nothing_runs_or_is_styled_from_within_the_page(scene: Scene) -> None:
    for one in parse(page(scene)).all():
        assert one.tag not in ("style", "iframe", "object", "embed", "base")
        assert not [name for name in one.attributes if name.startswith("on") or name in ("style", "srcdoc")]
        if one.tag == "script":
            assert re.fullmatch(r"/assets/page\.js\?v=[0-9a-f]{16}", one.attributes["src"])
            assert not one.text


@every_page
def test_every_address_is_of_this_deployment(scene: Scene) -> None:
    for one in parse(page(scene)).all():
        for name in ("href", "src", "action", "data-upload"):
            address = one.attributes.get(name, "/")
            is_picture = address == "data:," or address.startswith("data:image/jpeg;base64,")
            assert is_picture or (address[0] in "/?#" and not address.startswith("//")), address


@every_framed_page
def test_a_page_has_landmarks_and_a_way_past_the_navigation(scene: Scene) -> None:
    tree = parse(page(scene))
    assert [len(list(tree.all(tag))) for tag in ("header", "main", "nav")] == [1, 1, 1]
    first = next(tree.all("a"))
    (main,) = tree.all("main")
    assert first.attributes["href"] == f"#{main.attributes['id']}"
    assert [one for one in tree.all() if one.attributes.get("aria-live") == "polite"]


@every_page
def test_every_form_that_changes_something_carries_its_token_and_the_way_back(scene: Scene) -> None:
    for form in parse(page(scene)).all("form"):
        fields = {one.attributes.get("name"): one.attributes for one in form.all("input")}
        if form.attributes["method"] == "get":
            assert "csrf" not in fields
            continue
        assert form.attributes["method"] == "post"
        assert fields["csrf"]["value"] == CSRF
        assert fields["next"]["value"].startswith("/")
        assert len(list(form.all("button"))) == 1


@every_page
def test_every_field_has_a_label_and_every_reference_a_target(scene: Scene) -> None:
    tree = parse(page(scene))
    ids = [one.attributes["id"] for one in tree.all() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    labelled = {one.attributes.get("for") for one in tree.all("label")}
    inside = {id(one) for label in tree.all("label") for one in label.all("input", "select")}
    for one in tree.all("input", "select"):
        if one.attributes.get("type") != "hidden":
            assert id(one) in inside or one.attributes["id"] in labelled
    for one in tree.all():
        for name in ("aria-labelledby", "aria-describedby", "data-copy-from", "for"):
            assert one.attributes.get(name, ids[0] if ids else None) in (*ids, None), (name, one)
    for one in tree.all("progress", "meter"):
        assert one.attributes["aria-label"]
    for one in tree.all("img"):
        # A face beside its name is decoration; of each photo it is told which it is.
        assert one.attributes["alt"] or one.attributes["class"] == "face"
    for one in tree.all("svg"):
        assert one.attributes["aria-hidden"] == "true"


@every_page
def test_every_live_part_is_known_by_a_name_and_none_lies_within_another(scene: Scene) -> None:
    live = [one for one in parse(page(scene)).all() if "data-live" in one.attributes]
    assert all(one.attributes["id"] for one in live)
    assert all(len([below for below in one.all() if "data-live" in below.attributes]) == 1 for one in live)


@every_page
def test_every_time_can_be_read_by_a_program_and_names_its_zone(scene: Scene) -> None:
    for one in parse(page(scene)).all("time"):
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one.attributes["datetime"])
        assert "data-since" in one.attributes or one.text.endswith(" UTC")


@every_page
def test_a_name_stays_a_name(scene: Scene) -> None:
    text = page(scene)
    assert "<img src=x" not in text
    assert "\u202e" not in text
    assert "\u200f" not in text
    assert '"><b>' not in text
    for one in parse(text).all("img"):
        is_portrait = re.fullmatch(r"/(people|own)/[\w.%~-]+/portraits/\d+/[\w.-]+", one.attributes["src"])
        assert is_portrait or one.attributes["src"].startswith("data:image/jpeg;base64,")


@every_framed_page
def test_the_other_language_is_one_click_away_and_keeps_what_was_looked_for(scene: Scene) -> None:
    (switch,) = [one for one in parse(page(scene)).all("a") if "hreflang" in one.attributes]
    other = "en" if scene.view.language is Language.CHINESE else "zh"
    assert switch.attributes["href"].endswith(f"language={other}")
    kept = dict(parse_qsl(switch.attributes["href"][1:]))
    for name, value in scene.view.query.items():
        assert name == "language" or kept[name] == value


def test_hostile_names_lead_to_their_own_addresses() -> None:
    scene = next(one for one in ALL if one.name == "overview")
    links = [urlsplit(one.attributes["href"]).path for one in parse(page(scene)).all("a")]
    hostile = [link for link in links if "onerror" in link]
    assert hostile
    assert {unquote(link) for link in hostile} == {f"/people/{HOSTILE}"}
    assert all(re.fullmatch(r"/people/[\w.%~-]+", link) for link in hostile)


def test_a_name_is_isolated_and_what_cannot_be_seen_is_written_out() -> None:
    scene = next(one for one in ALL if one.name == "person-hostile")
    (heading,) = parse(page(scene)).all("h1")
    (isolated,) = heading.all("bdi")
    marks = [one.text for one in isolated.all("span")]
    assert marks == ["U+202E", "U+200F", "U+000A"]
    assert isolated.text.startswith('x"><img src=x onerror=alert(1)>')


def elements_of_own_page(scene: Scene) -> Element:
    assert scene.view.link == LINK
    return parse(page(scene))


@pytest.mark.parametrize("scene", [one for one in ALL if one.page == "own"], ids=name_of)
def test_the_own_page_leads_nowhere_but_to_itself(scene: Scene) -> None:
    tree = elements_of_own_page(scene)
    links = [one.attributes["href"] for one in tree.all("a")]
    assert all(link[0] in "#?" or link.startswith(f"/own/{LINK}/portraits") for link in links)
    assert all(one.attributes["action"].startswith(f"/own/{LINK}/") for one in tree.all("form"))
