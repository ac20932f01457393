"""The matrix: that its table is whole, and a share of its cells; ``make matrix`` plays all of them."""

from __future__ import annotations

import pytest

from tests.simulation.gate import Gate
from tests.simulation.kernel import Violation
from tests.simulation.matrix.cells import Cell, Duration, Scope, What, cells
from tests.simulation.matrix.documented import errors_of, kind_of_error, without_a_kind
from tests.simulation.matrix.operations import OF_PORTRAITS, OPERATIONS, Operation
from tests.simulation.matrix.play import play
from tests.simulation.seeds import play as play_seed

CELLS = list(cells())
SHARES = 20
PORTRAYING_SEEDS = 12
A_CELL_IN = 5
"""One cell in five, so that of every operation and kind some are played in every run of the tests."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_documented_error_of_an_operation_that_is_called_has_a_kind(operation: Operation) -> None:
    assert [f"{error.status} {error.code}: {error.message}" for error in without_a_kind(operation)] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_kind_of_error_of_an_operation_has_its_cells(operation: Operation) -> None:
    kinds = {kind_of_error(operation, error).value for error in errors_of(operation)}
    unanswered = set() if operation.is_part else {What.SILENCE, What.SURPRISE, What.DEATH}
    alike = (cell for cell in CELLS if cell.operation.api is operation.api)
    played = {cell.what for cell in alike if operation.name in (*cell.struck_operations, cell.operation.name)}
    assert kinds
    assert played == {What(kind) for kind in kinds} | unanswered


def test_the_matrix_has_every_operation_that_the_product_calls() -> None:
    called: set[tuple[str, str]] = set()

    def note(gate: Gate) -> None:
        called.update((call.service, call.operation) for call in gate.trace)

    for seed in range(20):
        play_seed(seed, note)
    for seed in range(PORTRAYING_SEEDS):
        play_seed(seed, note, portraying=True)
    assert called >= {
        (operation.service, operation.name) for operation in OPERATIONS if operation.step in OF_PORTRAITS
    }
    assert called <= {(operation.service, operation.name) for operation in OPERATIONS}


def test_each_is_struck_alone_and_all_are_struck_once_and_for_ever() -> None:
    assert {cell.scope for cell in CELLS} == set(Scope)
    assert {cell.duration for cell in CELLS} == set(Duration)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(SHARES))
def test_a_cell_ends_as_it_should_beside_a_healthy_person(share: int) -> None:
    broken: list[str] = []
    for cell in CELLS[share * A_CELL_IN :: SHARES * A_CELL_IN]:
        broken += _violation_of(cell)
    assert not broken, "\n".join(broken)


def _violation_of(cell: Cell) -> list[str]:
    try:
        play(cell)
    except Violation as violation:
        return [str(violation)]
    return []
