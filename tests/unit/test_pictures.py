"""The pictures of README and docs: all of them are there, shown, described, small, and made by the tool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from local.packaging import ROOT
from local.screenshots.pictures import FOLDER, MOST_BYTES, PICTURES, Kind, Moment, Picture

DESK_PIXELS, PHONE_PIXELS = 2 * 1280, 2 * 390
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]
BY_FILE = {picture.file: picture for picture in PICTURES}


def shown_on(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the pictures of ours that a page shows: the address, and the alt text."""
    text = page.read_text(encoding="utf-8")
    for alt, address in re.findall(r"!\[([^\]]*)\]\(([^)\s]*pictures/[^)\s]*)\)", text):
        yield address, alt
    for tag in re.findall(r"<(?:img|source)\b[^>]*>", text):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        address = attributes.get("src") or attributes.get("srcset", "")
        if "pictures/" in address:
            yield address, attributes.get("alt", "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_that_a_page_names_exists_and_is_described_as_in_the_list(page: Path) -> None:
    for address, alt in shown_on(page):
        file = (page.parent / address).resolve()
        assert file.is_file(), address
        assert file.parent == FOLDER
        assert alt == BY_FILE[file.name].alt


def test_the_tool_makes_exactly_the_pictures_that_are_there() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(BY_FILE)
    assert len(BY_FILE) == len(PICTURES)


def test_every_picture_is_shown_somewhere() -> None:
    shown = {Path(address).name for page in PAGES for address, _ in shown_on(page)}
    assert shown == set(BY_FILE)


def test_each_readme_shows_pictures_in_its_own_language() -> None:
    for name, locale in (("README.md", "en-US"), ("README.zh-CN.md", "zh-CN")):
        pictures = [BY_FILE[Path(address).name] for address, _ in shown_on(ROOT / name)]
        assert {picture.locale for picture in pictures} == {locale}
        assert {picture.theme for picture in pictures} == {"light", "dark"}
        assert {picture.is_phone for picture in pictures} == {True, False}
        assert {picture.kind for picture in pictures} == set(Kind)


def test_a_clone_of_the_repository_does_not_become_large() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= MOST_BYTES


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_has_two_pixels_for_one_and_the_size_that_the_list_says(picture: Picture) -> None:
    with Image.open(FOLDER / picture.file) as taken:
        assert taken.format == "WEBP"
        width = PHONE_PIXELS if picture.is_phone else DESK_PIXELS
        assert taken.size == (width, 2 * picture.height)


def test_the_list_is_in_no_need_of_a_moment_that_nobody_looks_at() -> None:
    assert {picture.moment for picture in PICTURES} == set(Moment)
