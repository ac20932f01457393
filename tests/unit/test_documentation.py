"""The documentation says what the code does: diagrams, settings and commands are held against it."""

from __future__ import annotations

import re

import pytest

from local.options import PORT_NAMES
from local.packaging import ROOT
from shared.clients.preparing import PREPARE
from shared.clients.turning import NO_STEP_AFTER_SECONDS
from shared.domain.archives import (
    MAX_ARCHIVE_BYTES,
    MAX_ENTRIES,
    MAX_GROWTH,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    TINY_UNPACKED_BYTES,
)
from shared.domain.orientation import HEADER_BYTES
from shared.domain.photos import MAX_SOURCE_BYTES, Verdict
from shared.domain.reasons import Language, reason, remedy
from shared.domain.states import LEGAL_MOVES, JobState
from shared.workflow.taking_out import BYTES_A_RUN, ENTRIES_A_RUN
from shared.workflow.unpacking import MAX_TRIES

READMES = ["README.md", "README.zh-CN.md"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("readme", READMES)
def test_the_state_diagram_is_the_table_of_legal_moves(readme: str) -> None:
    diagram = text_of(readme).split("stateDiagram-v2")[1].split("```")[0]
    drawn = {tuple(move) for move in re.findall(r"^\s*(\w+) --> (\w+)", diagram, re.MULTILINE)}
    assert drawn == {(before.value, after.value) for before, moves in LEGAL_MOVES.items() for after in moves}
    ends = set(re.findall(r"(\w+) --> \[\*\]", diagram))
    assert ends == {state.value for state in JobState if state.is_terminal}


@pytest.mark.parametrize("readme", READMES)
def test_every_option_of_the_local_cloud_is_documented(readme: str) -> None:
    text = text_of(readme)
    names = {f"LOCAL_PORT_{name.upper()}" for name in PORT_NAMES}
    names |= set(re.findall(r'"(LOCAL_[A-Z_]+[A-Z])"', text_of("local/options.py")))
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("readme", READMES)
def test_every_command_that_a_readme_names_exists(readme: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", text_of(readme)))
    assert {"demo", "up", "test", "diff", "destroy"} <= named <= targets


def test_both_readmes_have_the_same_sections_tables_and_transcripts() -> None:
    english, chinese = (text_of(name) for name in READMES)
    for pattern in (r"^## ", r"^\| `", r"^```\w+", r"^\d\. "):
        counts = [len(re.findall(pattern, text, re.MULTILINE)) for text in (english, chinese)]
        assert counts[0] == counts[1], pattern
    transcripts = [re.findall(r"```console\n(.*?)```", text, re.DOTALL) for text in (english, chinese)]
    assert transcripts[0] == transcripts[1]


def test_the_table_of_verdicts_is_what_people_are_told() -> None:
    cells = r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$"
    rows = re.findall(cells, text_of("docs/photos.md"), re.MULTILINE)
    assert rows == [
        (verdict.value, *(text(verdict, language) for language in Language for text in (reason, remedy)))
        for verdict in Verdict
    ]


def test_the_limits_of_a_zip_stand_in_the_documentation() -> None:
    text = " ".join(text_of("docs/photos.md").split())
    megabytes, gigabytes = MAX_ARCHIVE_BYTES // 2**20, MAX_UNPACKED_BYTES // 2**30
    assert f"{megabytes} MB a zip, {MAX_ENTRIES} photos and {gigabytes} GB in it" in text
    assert f"{MAX_SOURCE_BYTES // 2**20} MB a file, {MAX_RATIO} times" in text
    tiny = f"{TINY_UNPACKED_BYTES // 2**20} MB"
    assert f"together {MAX_GROWTH} times the size of the zip, or {tiny} when that is more" in text
    assert f"at most {ENTRIES_A_RUN} files or {BYTES_A_RUN // 2**20} MB" in text
    assert MAX_TRIES == 10
    assert "no further in ten runs is given up" in text
    assert PREPARE in text
    assert f"begins no step later than {NO_STEP_AFTER_SECONDS} seconds" in text
    assert f"the first {HEADER_BYTES // 1024} KB are read" in text


PAGES = [
    *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("*.md"))),
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))),
    "tests/mutation/README.md",
    "tests/simulation/README.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page))
    assert [link for link in links if not (folder / link).exists()] == []


def test_chinese_text_has_full_width_punctuation() -> None:
    text = re.sub(r"```console.*?```", "", text_of("README.zh-CN.md"), flags=re.DOTALL)
    assert re.findall(r".*[\u4e00-\u9fff][,;:(!?].*", text) == []
