"""The README of the simulation shows the trace that its seed really has."""

from __future__ import annotations

import re

import pytest

from local.packaging import ROOT
from tests.simulation.gate import Gate
from tests.simulation.matrix.table import lines
from tests.simulation.mutant_seeds import ALL_MUTANTS
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.seeds import play, print_trace

PAGE = (ROOT / "tests" / "simulation" / "README.md").read_text(encoding="utf-8")


def test_every_line_of_the_trace_is_one_of_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    seed = re.search(r"tests\.simulation\.seeds (\d+) --trace", PAGE)
    assert seed is not None

    def on_end(gate: Gate) -> None:
        print_trace(gate)

    play(int(seed[1]), on_end)
    printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
    shown = [line.strip() for line in re.findall(r"^ +\d+\.\d{3} s .*$", PAGE, re.MULTILINE)]
    assert len(shown) > 15
    assert [line for line in shown if line not in printed] == []


def test_the_table_of_endings_is_the_one_that_the_matrix_plays() -> None:
    shown = PAGE.partition("<!-- endings: ")[2].partition("<!-- endings end -->")[0]
    assert shown.splitlines()[1:] == list(lines())


def test_the_numbers_of_scenarios_and_mutants_are_true() -> None:
    assert f"every call of {len(SCENARIOS)} scenarios" in PAGE
    assert f"| `test_mutants.py` | {len(ALL_MUTANTS)} |" in PAGE
