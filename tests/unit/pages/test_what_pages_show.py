"""What a page shows, to whom: states, actions, money, and nothing that is not theirs."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from jinja2 import UndefinedError

from local.page_preview.lists import empty_overview, links, models, overview, troubled_overview
from local.page_preview.people import LINK, ago, person
from local.page_preview.scenes import view
from shared.domain.photos import Verdict
from shared.domain.portrait_styles import STYLES, TEMPLATE_STYLE
from shared.domain.portraits import OrderState
from shared.domain.reasons import remedy
from shared.domain.states import JobState
from shared.domain.words import Language
from shared.http_api.own import portraits_of_the_person
from shared.http_api.portrait_orders import OFFER
from shared.pages.rendering import kind_of_verdict, render
from shared.pages.words import WORDS
from shared.views import timestamp
from tests.unit.pages.page_tree import Element, parse

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE


def shown(page: str, document: Any, role: Any, path: str = "/people/anna", **changes: Any) -> Element:
    return parse(render(page, document, view(changes.pop("language", ENGLISH), path, role, **changes)))


def actions(tree: Element) -> set[str]:
    addresses = {one.attributes["action"] for one in tree.all("form") if one.attributes["method"] == "post"}
    return addresses - {"/sign-out"}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("state", JobState)
def test_a_state_is_told_by_word_and_shape(state: JobState, language: Language) -> None:
    tree = shown("person", person(state, language), "reader", language=language)
    badge = next(
        one for one in tree.all("span") if one.attributes.get("class") == f"state state-{state.value}"
    )
    assert badge.text == WORDS[f"state_{state.value}"].in_language(language)
    assert list(badge.all("svg"))


def test_no_two_states_share_a_word_or_a_shape() -> None:
    looks = set()
    for state in JobState:
        tree = shown("person", person(state), "reader")
        badge = next(
            one for one in tree.all("span") if f"state-{state.value}" in one.attributes.get("class", "")
        )
        looks.add(str([(one.tag, one.attributes) for one in badge.all("circle", "path")]))
    assert len(looks) == len(JobState)
    for language in Language:
        assert len({WORDS[f"state_{state.value}"].in_language(language) for state in JobState}) == len(
            JobState
        )


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (JobState.COLLECTING, {"train"}),
        (JobState.REJECTED, set()),
        (JobState.QUEUED, {"first", "cancel"}),
        (JobState.SUBMITTING, {"cancel"}),
        (JobState.TRAINING, {"cancel"}),
        (JobState.SUCCEEDED, {"release"}),
        (JobState.FAILED, {"retry"}),
        (JobState.CANCELED, {"retry"}),
    ],
)
def test_an_administrator_is_offered_what_the_state_allows(state: JobState, offered: set[str]) -> None:
    found = actions(shown("person", person(state), "admin"))
    assert "/people/anna/links" in found
    words = {address.rpartition("/")[2] for address in found if "/photos/" not in address} - {"links"}
    assert words == offered


def test_every_action_is_closed_at_first_and_says_what_it_costs() -> None:
    tree = shown("person", person(JobState.TRAINING), "admin")
    boxes = [one for one in tree.all("details") if "action" in one.attributes.get("class", "").split()]
    assert boxes
    assert not [one for one in boxes if "open" in one.attributes]
    assert all(next(one.all("p")).text for one in boxes)
    cancel = next(one for one in boxes if one.attributes["id"] == "action-cancel")
    assert "2.5 CNY may be billed" in cancel.text


def test_who_waits_is_canceled_for_nothing() -> None:
    tree = shown("person", person(JobState.QUEUED), "admin")
    cancel = next(one for one in tree.all("details") if one.attributes.get("id") == "action-cancel")
    assert "nothing is billed" in cancel.text


@pytest.mark.parametrize("state", JobState)
def test_a_reader_is_offered_no_action(state: JobState) -> None:
    assert actions(shown("person", person(state), "reader")) == set()


def test_a_reader_cannot_pause() -> None:
    assert actions(shown("overview", overview(ENGLISH), "reader", "/")) == set()


def test_an_administrator_pauses_with_a_reason_and_resumes_what_is_paused() -> None:
    running = shown("overview", overview(ENGLISH), "admin", "/")
    assert actions(running) == {"/queue/pause"}
    (because,) = [one for one in running.all("input") if one.attributes.get("name") == "because"]
    assert "required" in because.attributes
    paused = shown("overview", troubled_overview(ENGLISH), "admin", "/")
    assert actions(paused) == {"/queue/resume", "/queue/probe", "/webhooks/test"}


def test_a_pause_and_a_trouble_are_shown_with_their_reasons_and_once() -> None:
    text = shown("overview", troubled_overview(ENGLISH), "reader", "/").text
    assert "Budget of <November> is spent: paused by admin" in text
    assert text.count("No run of the timer has come to its end") == 1
    assert "Look at the timer trigger" in text
    assert "starts at once" not in text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("status", ["ready", "not_ready"])
def test_a_receiver_that_is_gone_is_shown_with_its_remedy_also_when_all_else_is_well(
    language: Language, status: str
) -> None:
    troubled = troubled_overview(language)
    document = troubled if status == "not_ready" else overview(language)
    (gone,) = document["readiness"]["gone_receivers"] = troubled["readiness"]["gone_receivers"]
    tree = shown("overview", document, "reader", "/", language=language)
    assert gone["message"] in tree.text
    assert gone["remedy"] in tree.text
    assert WORDS["gone_receiver"].in_language(language).format(receiver="webhook") in tree.text
    assert "/webhooks/test" not in actions(tree)
    assert "/webhooks/test" in actions(shown("overview", document, "admin", "/"))


@pytest.mark.parametrize("gone", [[], None])
def test_receivers_that_take_everything_are_no_news(gone: Any) -> None:
    document = overview(ENGLISH)
    document["readiness"]["gone_receivers"] = gone
    tree = shown("overview", document, "admin", "/")
    assert "Nothing more is sent" not in tree.text
    assert "/webhooks/test" not in actions(tree)


def test_a_trouble_beside_the_queue_is_shown_too() -> None:
    document = overview(ENGLISH)
    reason = troubled_overview(ENGLISH)["readiness"]["reasons"][0]
    document["readiness"] = {
        "status": "not_ready",
        "photo_access": None,
        "gone_receivers": [],
        "portraits_blocked_by": None,
        "reasons": [reason],
    }
    assert "Nobody can be trained right now" in shown("overview", document, "reader", "/").text


def test_the_first_minute_says_what_to_do_first() -> None:
    assert (
        "Put somebody's photos into people/<name>/" in shown("overview", empty_overview(), "reader", "/").text
    )


def test_the_overview_warns_when_the_account_is_nearly_full() -> None:
    document = overview(ENGLISH)
    warning = WORDS["models_nearly_full"].english
    assert warning in shown("overview", document, "reader", "/").text
    document["account"].update(fine_tunes_kept=15, is_nearly_full=False)
    assert warning not in shown("overview", document, "reader", "/").text


def test_a_photo_can_be_used_all_the_same_only_against_the_face_check() -> None:
    document = person(JobState.COLLECTING)
    used = {one for one in actions(shown("person", document, "admin")) if one.endswith("/use")}
    names = {"group%20at%20the%20sea.jpg", "sunset.jpg"}
    assert used == {f"/people/anna/photos/{name}/use" for name in names}
    for one in document["current"]["photos"]:
        one["overruled"] = one["verdict"]
    tree = shown("person", document, "admin")
    assert not {one for one in actions(tree) if one.endswith("/use")}
    assert "in spite of its verdict (no_face)" in tree.text


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_that_needs_nothing_is_not_shown_as_a_fault(verdict: Verdict) -> None:
    needs_nothing = remedy(verdict).startswith("Nothing needs")
    assert kind_of_verdict(verdict.value) in (
        ("usable", "pending", "aside") if needs_nothing else ("pending", "refused")
    )


def test_a_result_can_be_copied_and_comes_with_a_call_that_is_ready_to_run() -> None:
    tree = shown("person", person(JobState.SUCCEEDED), "reader")
    texts = {one.attributes["id"]: one for one in tree.all("pre")}
    assert texts["copy-model"].text == "facechain-finetune-7c1d9a40-lora"
    for name in ("copy-curl", "copy-python"):
        assert "facechain-finetune-7c1d9a40-lora" in texts[name].text
        assert "DASHSCOPE_API_KEY" in texts[name].text
    code = "".join(
        one for child in texts["copy-python"].all("code") for one in child.children if isinstance(one, str)
    )
    compile(code, "call.py", "exec")


def test_the_own_page_shows_nothing_but_the_person() -> None:
    document = person(JobState.SUCCEEDED, revision=2)
    secret = "SECRET-OF-THE-STUDIO"
    spoilt = copy.deepcopy(document)
    for part in (spoilt["account"], *spoilt["revisions"]):
        part.update(dict.fromkeys(part, secret))
    for name in (
        "job_id",
        "fine_tune_id",
        "fine_tune_status",
        "attempt",
        "closed_by",
        "cost_cny",
        "trainings_billed",
    ):
        spoilt["current"][name] = secret
    spoilt["current"]["reason"] = {"code": secret, "message": secret}
    for one in spoilt["current"]["photos"]:
        one["detail"] = secret
    for state in (None, *(state.value for state in JobState)):
        spoilt["state"] = state
        spoilt["waiting_for"] = {"code": secret, "message": secret, "at": None}
        assert secret not in render("own", spoilt, view(ENGLISH, "/own/l", "person"))
    spoilt["blocked_by"] = dict.fromkeys(
        ("code", "message", "remedy", "detail", "since", "next_try_at"), secret
    )
    assert secret not in render("own", spoilt, view(ENGLISH, "/own/l", "person"))


def test_whoever_has_sent_photos_can_say_that_these_are_all() -> None:
    tree = shown("own", person(JobState.COLLECTING), "person", "/own/l", link="l")
    assert actions(tree) == {"/own/l/photos", "/own/l/done"}
    (form,) = [one for one in tree.all("form") if one.attributes["action"] == "/own/l/photos"]
    assert form.attributes["enctype"] == "multipart/form-data"
    pickers = [one.attributes for one in form.all("input") if one.attributes["type"] == "file"]
    assert [(one["name"], one["accept"]) for one in pickers] == [("photos", "image/*")] * 2
    assert "multiple" in pickers[0]
    assert "capture" in pickers[1]
    assert actions(shown("own", person(JobState.TRAINING), "person", "/own/l", link="l")) == {"/own/l/photos"}


@pytest.mark.parametrize("state", JobState)
def test_a_field_that_a_document_lacks_is_an_error_and_no_hole(state: JobState) -> None:
    document = person(state)
    del document["current"]["photos"][0]["verdict"]
    with pytest.raises(UndefinedError):
        shown("person", document, "reader")


def test_a_page_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="take one of overview"):
        render("../base", {}, view(ENGLISH, "/", "nobody"))


def test_the_chosen_language_is_kept_in_the_links() -> None:
    tree = shown("overview", overview(CHINESE), "reader", "/", language=CHINESE, query={"language": "zh"})
    people = [
        one.attributes["href"] for one in tree.all("a") if one.attributes["href"].startswith("/people/anna")
    ]
    assert set(people) == {"/people/anna?language=zh"}
    foreign = shown("overview", overview(CHINESE), "reader", "/", query={"language": "fr&x=1"})
    assert not [one for one in foreign.all("a") if "fr&x" in one.attributes["href"]]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"request_id": "r", "status": "pending", "outcome": None, "changed_nothing": None},
            "The next run of the timer",
        ),
        (
            {
                "request_id": "r",
                "status": "done",
                "outcome": {"code": "done", "message": "It is <done>."},
                "changed_nothing": False,
            },
            "It is <done>.",
        ),
        (
            {"link_id": "l", "url": "https://x/own/abc", "expires_at": timestamp(ago(-60))},
            "https://x/own/abc",
        ),
    ],
)
def test_what_was_asked_for_is_answered_on_the_page(asked: dict[str, object], told: str) -> None:
    assert told in shown("person", person(JobState.COLLECTING), "admin", asked=asked).text


@pytest.mark.parametrize(
    ("status", "changed_nothing", "tone"),
    [("pending", False, "wait"), ("done", True, "wait"), ("done", False, "good")],
)
def test_what_has_changed_nothing_does_not_look_like_a_success(
    status: str, changed_nothing: bool | None, tone: str
) -> None:
    outcome = {"code": "x", "message": "So it is."} if status == "done" else None
    asked = {"request_id": "r", "status": status, "outcome": outcome, "changed_nothing": changed_nothing}
    tree = shown("person", person(JobState.COLLECTING), "admin", asked=asked)
    classes = [
        one.attributes.get("class") for one in tree.all("div") if one.attributes.get("role") == "status"
    ]
    assert classes == [f"notice {tone}"]


def test_a_wrong_token_is_answered_in_words_for_people() -> None:
    text = shown("sign_in", {"code": "unauthorized", "detail": "Send the header"}, "nobody", "/sign-in").text
    assert "not a token of this deployment" in text
    assert "header" not in text


# -- what is kept ----------------------------------------------------------------------------------------


def test_a_link_that_works_can_be_revoked_and_no_other() -> None:
    document = links()
    tree = shown("links", document, "admin", "/people/anna/links")
    works, _, _ = (one["link_id"] for one in document["links"])
    assert [address.split("/")[-2] for address in actions(tree) if address.endswith("/revoke")] == [works]
    for word in ("link_works", "link_revoked", "link_ended"):
        assert WORDS[word].in_language(ENGLISH) in tree.text


def test_a_model_is_released_by_its_job_and_only_by_administrators() -> None:
    document = models()
    tree = shown("models", document, "admin", "/models")
    kept = {f"/models/{one['job_id']}/release" for one in document["models"] if not one["released_at"]}
    assert actions(tree) == kept
    assert actions(shown("models", document, "reader", "/models")) == set()


def test_the_person_s_page_releases_the_model_by_the_same_address() -> None:
    document = person(JobState.SUCCEEDED)
    (newest, *_) = document["revisions"]
    wanted = f"/models/{newest['job_id']}/release"
    assert wanted in actions(shown("person", document, "admin"))
    newest["model_released_at"] = timestamp(ago(1))
    assert wanted not in actions(shown("person", document, "admin"))


# -- portraits -------------------------------------------------------------------------------------------


def gallery(role: Any, **changes: Any) -> Element:
    document = {**person(JobState.SUCCEEDED, with_portraits=True), **changes}
    return shown("person", document, role)


@pytest.mark.parametrize("language", Language)
def test_each_portrait_has_its_style_in_words_and_says_that_it_is_generated(language: Language) -> None:
    document = person(JobState.SUCCEEDED, language, with_portraits=True)
    tree = shown("person", document, "reader", language=language)
    pictures = [one for one in tree.all("img") if "/portraits/" in one.attributes["src"]]
    assert len(pictures) == 3
    style = WORDS["style_f_idcard_female"].in_language(language)
    label = WORDS["ai_generated"].in_language(language)
    assert all(style in one.attributes["alt"] for one in pictures)
    captions = list(tree.all("figcaption"))
    assert len(captions) == 3
    assert all(label in one.text for one in captions)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_and_state_has_words_in_both_languages(style: str) -> None:
    texts = WORDS[f"style_{style}"]
    assert texts.english != texts.chinese
    assert {f"order_{state.value}" for state in OrderState} <= set(WORDS)


def test_an_administrator_sees_the_price_before_the_button_and_cancels_what_waits() -> None:
    tree = gallery("admin")
    (form,) = [one for one in tree.all("form") if one.attributes["action"] == "/people/anna/portraits"]
    offers = [one for one in form.all("option") if ":" in one.attributes["value"]]
    assert [one.attributes["value"] for one in offers] == ["4:0.72", "3:0.54", "2:0.36", "1:0.18"]
    assert offers[0].text == "4 for 0.72 CNY"
    assert "0.18 CNY" in form.text
    assert form.text.index("0.18") < form.text.rindex("Order portraits")
    cancels = [one for one in actions(tree) if one.endswith("/cancel") and "/portraits/" in one]
    assert sorted(one.rpartition("portraits/")[2] for one in cancels) == ["2/cancel", "3/cancel"]


def test_a_form_of_the_page_is_one_that_the_api_takes() -> None:
    (form,) = [
        one for one in gallery("admin").all("form") if one.attributes["action"] == "/people/anna/portraits"
    ]
    styles = {one.attributes["value"] for one in form.all("option") if ":" not in one.attributes["value"]}
    assert styles == {*STYLES, TEMPLATE_STYLE}
    assert all(
        re.fullmatch(OFFER, one.attributes["value"])
        for one in form.all("option")
        if ":" in one.attributes["value"]
    )


def test_whoever_only_reads_sees_the_gallery_and_can_order_nothing() -> None:
    tree = gallery("reader")
    assert [one for one in tree.all("img") if "/portraits/" in one.attributes["src"]]
    assert not [one for one in actions(tree) if "portraits" in one]


def test_what_keeps_an_order_waiting_and_what_it_cost_stand_beside_it() -> None:
    text = gallery("admin").text
    assert "DashScope's portrait generation refuses" in text
    assert "DashScope has not made 1 of them" in text
    assert "0.72 CNY" in text


def test_a_person_sees_the_portraits_and_no_price() -> None:
    order = person(JobState.SUCCEEDED, with_portraits=True)["portraits"][0]
    made = person(JobState.SUCCEEDED, with_portraits=True)["portraits"][-1]
    orders = [portraits_of_the_person(one, LINK) for one in (order, made)]
    tree = shown("own", {**person(JobState.SUCCEEDED), "portraits": orders}, "person", path=f"/own/{LINK}")
    sources = [one.attributes["src"] for one in tree.all("img") if "/portraits/" in one.attributes["src"]]
    assert len(sources) == 3
    assert all(one.startswith(f"/own/{LINK}/portraits/1/") for one in sources)
    assert f"/own/{LINK}/portraits.zip" in [one.attributes["href"] for one in tree.all("a")]
    assert "CNY" not in tree.text
    assert not [one for one in tree.all("form") if "portraits" in one.attributes["action"]]


def test_where_no_portraits_are_made_no_page_speaks_of_a_gallery() -> None:
    tree = shown("person", person(JobState.SUCCEEDED), "admin")
    assert not [one for one in tree.all() if one.attributes.get("id") == "live-portraits"]


def test_an_overview_says_why_no_portraits_are_made() -> None:
    assert (
        "No portraits are made right now" in shown("overview", troubled_overview(ENGLISH), "admin", "/").text
    )
