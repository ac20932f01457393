"""The pages under docs/: all are in the contents, links lead somewhere, and examples name what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from local.packaging import ROOT

DOCS = ROOT / "docs"
ENGLISH = sorted(DOCS.glob("*.md"))
CHINESE = sorted((DOCS / "zh-CN").glob("*.md"))
PUNCTUATION = re.compile(r".*[\u4e00-\u9fff][,;:(!?].*")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def links_of(path: Path) -> list[tuple[str, str]]:
    """Return the files and anchors that a page links to."""
    found = re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", text_of(path))
    return [(str((path.parent / file).resolve()) if file else str(path), anchor) for file, anchor in found]


def anchors_of(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#{1,6} (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"[*`]", "", one).lower()).replace(" ", "-") for one in headings}


def test_every_page_is_in_the_table_of_contents() -> None:
    linked = {file for file, _ in links_of(DOCS / "README.md")}
    assert [page.name for page in ENGLISH if str(page) not in {*linked, str(DOCS / "README.md")}] == []


def test_the_chinese_contents_have_every_page_in_chinese_where_there_is_one() -> None:
    linked = {file for file, _ in links_of(DOCS / "zh-CN" / "README.md")}
    names = {page.name for page in CHINESE}
    missing = [
        page.name
        for page in ENGLISH
        if str(DOCS / "zh-CN" / page.name if page.name in names else page) not in linked
        and page.name != "README.md"
    ]
    assert missing == []


@pytest.mark.parametrize("page", [*ENGLISH, *CHINESE], ids=lambda page: f"{page.parent.name}/{page.name}")
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    broken = [
        f"{file}#{anchor}"
        for file, anchor in links_of(page)
        if not Path(file).exists()
        or (anchor and file.endswith(".md") and anchor.lower() not in anchors_of(Path(file)))
    ]
    assert broken == []


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_chinese_pages_have_full_width_punctuation_and_lead_to_their_english_ones(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    prose = re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "`", prose))
    assert PUNCTUATION.findall(prose) == []
    assert f"[English](../{page.name})" in text_of(page)


def test_the_example_for_github_calls_targets_that_exist() -> None:
    workflow = yaml.safe_load(text_of(DOCS / "examples" / "deploy.yml"))
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {name for run in runs for name in re.findall(r"make ([a-z-]+)", run)}
    assert {"test", "deploy"} <= named <= targets


def test_the_example_for_github_deploys_only_what_was_pushed_to_main_after_its_tests() -> None:
    workflow = yaml.safe_load(text_of(DOCS / "examples" / "deploy.yml"))
    deploy = workflow["jobs"]["deploy"]
    assert deploy["needs"] == "test"
    assert deploy["if"] == "github.ref == 'refs/heads/main' && github.event_name == 'push'"
    assert "secrets." not in str(workflow["jobs"]["test"])
