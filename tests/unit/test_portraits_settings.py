"""The settings of portraits, and what may be asked for: each form that is taken, and each that is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aliyun_local.dashscope.pictures import portraits
from shared.domain.money import PICTURE_PRICE_FEN
from shared.domain.portrait_styles import (
    MAX_TEMPLATE_CHARACTERS,
    MAX_WANTED,
    STYLES,
    TEMPLATE_STYLE,
    Wanted,
    parse_wanted,
    problem_with_template,
)
from shared.domain.rules import PORTRAIT_PRODUCER, Rules
from shared.settings import SettingsError, read_settings
from tests.unit.support import few_examples

STYLE = "f_idcard_female"


def rules(**environment: str) -> Rules:
    return read_settings(environment).rules


# -- PORTRAITS -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "  ", "off", "OFF", " Off\n"])
def test_without_the_setting_or_with_off_no_portraits_are_made(text: str) -> None:
    assert rules(PORTRAITS=text) == Rules()
    assert not Rules().portraits_allowed


@pytest.mark.parametrize("text", ["on_request", "ON_REQUEST", " On_Request "])
def test_on_request_lets_people_ask_and_asks_for_none_by_itself(text: str) -> None:
    read = rules(PORTRAITS=text)
    assert (read.portraits_allowed, read.portraits) == (True, ())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (STYLE, (Wanted(STYLE, 4),)),
        (f"{STYLE}:1", (Wanted(STYLE, 1),)),
        (f" {STYLE}:4 , f_idcard_male:2,", (Wanted(STYLE, 4), Wanted("f_idcard_male", 2))),
        ("templates/a/b.jpg", (Wanted(TEMPLATE_STYLE, 4, "templates/a/b.jpg"),)),
        ("templates/a:b.jpg:3", (Wanted(TEMPLATE_STYLE, 3, "templates/a:b.jpg"),)),
        ("https://h.example/a.jpg", (Wanted(TEMPLATE_STYLE, 4, "https://h.example/a.jpg"),)),
        ("http://h.example:8080/a.jpg:2", (Wanted(TEMPLATE_STYLE, 2, "http://h.example:8080/a.jpg"),)),
    ],
)
def test_styles_and_templates_are_asked_for_of_every_model(text: str, wanted: tuple[Wanted, ...]) -> None:
    read = rules(PORTRAITS=text)
    assert (read.portraits_allowed, read.portraits) == (True, wanted)


@pytest.mark.parametrize(
    "text",
    [
        ",",
        ",".join([STYLE] * (MAX_WANTED + 1)),
        "on",
        "yes",
        f"off,{STYLE}",
        f"{STYLE},on_request",
        f"{STYLE}:0",
        f"{STYLE}:5",
        f"{STYLE}:04",
        f"{STYLE}:10",
        f"{STYLE}:-1",
        f"{STYLE}:",
        f"{STYLE}:٤",
        f"{STYLE}:²",
        f"{STYLE} :4",
        ":4",
        STYLE.upper(),
        "train_free_portrait_url_template",
        TEMPLATE_STYLE,
        "https://h.example/a.jpg?Signature=s",
        "https://h.example/a.jpg#part",
        "https://user:secret@h.example/a.jpg",
        "https://secret@h.example/a.jpg",
        "https:///a.jpg",
        "https://",
        "https://[::1",
        "ftp://h.example/a.jpg",
        "https://h.example/a b.jpg",
        "https://h.example/头.jpg",
        "https://h.example:8080",
        "templates/",
        "templates/a/",
        "templates//a.jpg",
        "templates/./a.jpg",
        "templates/../people/li/a.jpg",
        "people/li/a.jpg",
        "/templates/a.jpg",
        "templates/a\x00.jpg",
        f"templates/{'a' * MAX_TEMPLATE_CHARACTERS}",
    ],
)
def test_anything_else_is_refused_with_the_name_of_the_setting(text: str) -> None:
    with pytest.raises(SettingsError, match="PORTRAITS"):
        rules(PORTRAITS=text)


@pytest.mark.parametrize("query", ["?Signature=5ec7e7", "?a", "?Expires=1&Signature=5ec7e7#x"])
def test_no_refusal_repeats_the_secret_of_a_url(query: str) -> None:
    with pytest.raises(SettingsError, match="must hold no query") as raised:
        rules(PORTRAITS=f"https://h.example/a.jpg{query}")
    assert "5ec7e7" not in str(raised.value)


def test_every_documented_style_but_the_one_without_a_training_may_be_asked_for() -> None:
    assert (STYLES, TEMPLATE_STYLE) == (portraits.PRESET_STYLES, portraits.TEMPLATE_STYLE)


def test_as_many_entries_as_there_may_be_are_taken() -> None:
    assert len(rules(PORTRAITS=",".join([STYLE] * MAX_WANTED)).portraits) == MAX_WANTED == 10
    longest = "templates/" + "a" * (MAX_TEMPLATE_CHARACTERS - len("templates/"))
    assert problem_with_template(longest) == ""


@few_examples
@given(st.sampled_from(STYLES), st.integers(1, 4))
def test_what_is_wanted_is_read_as_it_is_written(style: str, pictures: int) -> None:
    for one in (Wanted(style, pictures), Wanted(TEMPLATE_STYLE, pictures, "https://h.example:80/a:b.jpg")):
        assert parse_wanted(str(one)) == one


@few_examples
@given(st.text(max_size=30))
def test_whatever_is_asked_for_it_is_read_or_refused(text: str) -> None:
    try:
        wanted = parse_wanted(text)
    except ValueError:
        return
    assert wanted.style in STYLES or problem_with_template(wanted.template) == ""


def test_a_refusal_names_no_more_of_a_style_than_fits_a_line() -> None:
    with pytest.raises(ValueError, match=r"'x{60}' is no style"):
        parse_wanted("x" * 400)


# -- the other settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fen"), [("", PICTURE_PRICE_FEN), ("0", 0), ("0.18", 18), ("1.5", 150), ("0.200", 20)]
)
def test_the_price_of_a_picture_is_a_sum_in_yuan(text: str, fen: int) -> None:
    assert rules(PORTRAIT_PRICE_CNY=text).portrait_price_fen == fen
    assert PICTURE_PRICE_FEN == 18


@pytest.mark.parametrize("text", ["-1", "0.185", "18 fen", "1e3", "many", "10000000"])
def test_no_other_price_is_taken(text: str) -> None:
    with pytest.raises(SettingsError, match="PORTRAIT_PRICE_CNY"):
        rules(PORTRAIT_PRICE_CNY=text)


@pytest.mark.parametrize(
    ("text", "shows"), [("", False), ("metadata", False), ("Visible", True), (" visible ", True)]
)
def test_each_portrait_shows_that_it_was_generated_where_that_is_wanted(text: str, shows: bool) -> None:
    for asked in ("", "on_request", STYLE):
        assert rules(PORTRAIT_LABEL=text, PORTRAITS=asked).label_portraits is shows


@pytest.mark.parametrize("text", ["none", "off", "true", "visible,metadata"])
def test_no_other_label_is_taken_and_none_can_be_left_out(text: str) -> None:
    with pytest.raises(SettingsError, match="PORTRAIT_LABEL"):
        rules(PORTRAIT_LABEL=text)


@pytest.mark.parametrize("asked", ["", "on_request", STYLE])
def test_who_makes_the_portraits_is_named_as_the_operator_wants_it(asked: str) -> None:
    assert rules(PORTRAITS=asked).portrait_producer == PORTRAIT_PRODUCER
    assert (
        rules(PORTRAITS=asked, PORTRAIT_PRODUCER=" 00119111010ABCDEF ").portrait_producer
        == "00119111010ABCDEF"
    )
    assert len(rules(PORTRAITS=asked, PORTRAIT_PRODUCER="x" * 200).portrait_producer) == 200


@pytest.mark.parametrize("text", ["x" * 201, "a\x00b", "a\nb"])
def test_no_producer_is_taken_that_no_label_can_hold(text: str) -> None:
    with pytest.raises(SettingsError, match="PORTRAIT_PRODUCER"):
        rules(PORTRAIT_PRODUCER=text)


def test_price_and_label_are_read_whether_portraits_are_made_or_not() -> None:
    for asked in ("off", "on_request", STYLE):
        assert rules(PORTRAITS=asked, PORTRAIT_PRICE_CNY="0.2").portrait_price_fen == 20
