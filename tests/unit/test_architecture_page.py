"""``docs/architecture.md`` and ``docs/modules.md`` say what the code is: modules, steps and rules of size."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.module_map import PACKAGES, PAGE, page
from local.packaging import ROOT

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 50


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def test_the_list_of_modules_is_the_one_that_the_code_makes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "run python -m local.module_map"


def test_every_step_that_the_page_names_is_a_function_of_that_file() -> None:
    steps = re.findall(r"`((?:shared|functions|local|aliyun_local)/[\w/]+\.py):(\w+)`", ARCHITECTURE)
    assert len(steps) > 15
    for file, name in steps:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in defined, f"{file} has no {name}"


def test_every_file_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:shared|functions|local|aliyun_local|tests)/[\w/.]*)`", ARCHITECTURE)
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", [*modules()], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_says_its_purpose_and_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "the first lines of a module say what it is for"
    assert len(text.splitlines()) <= MAX_MODULE_LINES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION_LINES, f"{node.name} is too long"
