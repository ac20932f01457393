"""What a user sees at the end of a cell: a pure function, whose rules stand as a table in the README.

The theory. A trouble that passes costs time and nothing else. One that does not is given up for its own sake:
a finding about a picture at once, a refused object within minutes, and whatever may be anybody's once others
have passed in the meantime. What is given up has an end of its own in each step: a photo gets its verdict, a
copy is made anew, a file is left out, a submit fails with the reason. Some steps have none: without them
nothing can be proved or delivered, so they are tried for ever, and say so. Trouble of all is never given up.
"""

from __future__ import annotations

from enum import Enum

from tests.simulation.matrix.cells import Cell, Duration, Scope, What
from tests.simulation.matrix.operations import OF_PORTRAITS, Step


class Ending(str, Enum):
    """How the struck person's part has ended, as a user sees it."""

    TRAINED = "trained on everything"
    TRAINED_WITHOUT = "trained, and the struck photo says why it was left out"
    REJECTED = "rejected: every photo says why it cannot be used"
    FAILED = "failed, with the reason"
    WAITS = "waits, and says for what"
    NOT_RECORDED = "not recorded, since the tables do not take it"
    ERASED = "erased"
    NOT_ERASED = "on the way to be erased: the certificate says what is in the way"
    REMOVED = "removed in its time"
    NOT_REMOVED = "there yet: the job says what is in the way"
    PORTRAYED = "trained, and its portraits are there"
    NOT_PORTRAYED = "trained, and the order says why there are no portraits"


OF_ALL = (What.API, What.ACCOUNT)
OF_THE_PIECE = (What.PICTURE, What.OBJECT)

HARMLESS = (Step.DESCRIBE, Step.NOTICE, Step.REMEMBER, Step.CLEAR, Step.ASKED)
"""Steps without which everything goes its way: an event tells what they would, or nobody needs them."""
NEVER_GIVEN_UP = (
    *(Step.CONSENT, Step.LOOK, Step.COUNT, Step.ROOM, Step.CANCEL, Step.DELIVER, Step.RECORD, Step.TICK),
)
"""Steps without which nothing can be proved or delivered, and nothing may leave."""
OF_A_PHOTO = (Step.PREPARE, Step.CHECK, Step.TURN, Step.UNPACK)
"""Steps that end with a verdict."""


def expected(cell: Cell) -> frozenset[Ending]:
    """Return how ``cell`` may end: one way, or where runs die whichever the dead runs leave."""
    if cell.operation.step is Step.ERASE:
        return frozenset({Ending.ERASED if _is_erased(cell) else Ending.NOT_ERASED})
    if cell.operation.step is Step.RETAIN:
        return frozenset({Ending.REMOVED if _is_removed(cell) else Ending.NOT_REMOVED})
    if cell.operation.step in OF_PORTRAITS:
        return _of_portraits(cell)
    if cell.what is What.DEATH:
        return _after_deaths(cell)
    if cell.operation.step is Step.CONSENT and cell.duration.is_long and _is_said_to_be_missing(cell):
        return frozenset({Ending.WAITS})
    if cell.operation.step in HARMLESS:
        return frozenset({Ending.TRAINED})
    if is_given_up(cell):
        return frozenset({_given_up(cell)})
    if cell.duration is not Duration.EVER:
        return frozenset({Ending.TRAINED})
    is_unrecorded = cell.operation.service == "ots" and cell.scope is not Scope.OBJECT
    return frozenset({Ending.WAITS, Ending.NOT_RECORDED} if is_unrecorded else {Ending.WAITS})


def is_given_up(cell: Cell) -> bool:
    """Whether the struck step is given up for its own sake."""
    step, what = cell.operation.step, cell.what
    if step in NEVER_GIVEN_UP:
        return False
    if cell.duration is Duration.ONCE:
        return what is What.PICTURE and step in (Step.PREPARE, Step.CHECK, Step.TURN) and _is_finding(cell)
    if step in (Step.ASK, Step.FORGET):
        # The list tells as well, and files left behind hold up nobody.
        return True
    if step is Step.COPY:
        # Without a copy the photo is prepared anew.
        return cell.duration.is_long or what is not What.PASSING
    if step is Step.RESTORE and what in (What.PASSING, What.GONE):
        # Whether somebody has paid already is waited for while anything may still tell.
        return False
    if step is Step.SUBMIT:
        is_of_one = cell.scope.leaves_others and what not in OF_ALL
        return is_of_one and cell.duration.is_long and not _is_busy(cell)
    if step is Step.STORE:
        return _is_file_given_up(cell)
    if what in OF_ALL and not cell.scope.leaves_others:
        return False
    if what in OF_THE_PIECE:
        return True
    if step is Step.COMPARE and what is What.GONE:
        # A photo that cannot be compared counts as like no other.
        return True
    if step is Step.UNPACK and what is What.GONE:
        return cell.duration.is_long
    return cell.duration.is_long and cell.scope.leaves_others


def _is_said_to_be_missing(cell: Cell) -> bool:
    """Whether there is no consent, as far as anybody is told for days: then another one is waited for."""
    return cell.what is What.GONE and cell.operation.name == "HeadObject"


def _is_erased(cell: Cell) -> bool:
    """Whether an erasure comes to its end: without the right to ask for versions the certificate says so."""
    is_refused = cell.what in (What.OBJECT, What.PICTURE, *OF_ALL)
    is_of_versions = cell.operation.name == "GetBucketVersioning"
    return cell.duration is not Duration.EVER or (is_of_versions and is_refused)


def _is_removed(cell: Cell) -> bool:
    """Whether what is due goes in the end; a model that is said to be gone is believed to be."""
    is_said_to_be_gone = cell.operation.service == "dashscope" and cell.what is What.GONE
    return cell.duration is not Duration.EVER or is_said_to_be_gone


def _is_file_given_up(cell: Cell) -> bool:
    """Whether a file is left out: what DashScope says of it is believed when it stores others' meanwhile."""
    what, lasts = cell.what, cell.duration.is_long and cell.scope.leaves_others
    if what in OF_ALL:
        return False
    if cell.operation.service == "dashscope":
        return lasts and what not in (What.PASSING, What.SILENCE)
    return what in OF_THE_PIECE or lasts


def _is_finding(cell: Cell) -> bool:
    """Whether a picture is judged by its first refusal: what the snapshot says is asked for again."""
    return not cell.operation.name.startswith("GetObject")


def _is_busy(cell: Cell) -> bool:
    """Whether a submit is refused for the moment: it keeps its place, and another shows now and then."""
    return cell.what is What.PASSING and cell.answer.status == 429


def _given_up(cell: Cell) -> Ending:
    if cell.operation.step is Step.SUBMIT:
        return Ending.FAILED
    if cell.operation.step is Step.STORE and cell.scope is not Scope.OBJECT:
        return Ending.FAILED
    if cell.operation.step not in (*OF_A_PHOTO, Step.STORE):
        return Ending.TRAINED
    is_first_alone = cell.duration is Duration.ONCE
    is_of_the_zip = cell.operation.name == "PutObject upload"
    # Of the photos of that story one alone is turned.
    is_turned = cell.operation.step is Step.TURN
    is_one = cell.scope is Scope.OBJECT or is_first_alone or is_of_the_zip or is_turned
    return Ending.TRAINED_WITHOUT if is_one else Ending.REJECTED


def _of_portraits(cell: Cell) -> frozenset[Ending]:
    """Return how the portraits of a cell may end."""
    if cell.what is What.DEATH and cell.duration is not Duration.ONCE:
        return frozenset({Ending.PORTRAYED, Ending.NOT_PORTRAYED, Ending.WAITS})
    if _are_given_up(cell):
        return frozenset({Ending.NOT_PORTRAYED})
    is_waited_for = cell.operation.step is Step.ORDER and cell.duration is Duration.EVER
    return frozenset({Ending.WAITS if is_waited_for else Ending.PORTRAYED})


def _are_given_up(cell: Cell) -> bool:
    """Whether an order ends without its pictures: none is asked for a third time, nor kept for days."""
    step, what = cell.operation.step, cell.what
    if step is Step.ORDER and what is What.PICTURE:
        return True
    # What is left beside the snapshots goes with them.
    is_harmless = cell.operation.name == "DeleteObject"
    if cell.duration is Duration.ONCE or is_harmless:
        return False
    if step is Step.ORDER:
        # Where DashScope leaves open whether it has carried an order out, it is sent once more, and no more.
        is_open = what in (What.SILENCE, What.SURPRISE) or (what is What.PASSING and not _is_busy(cell))
        is_of_one = cell.scope.leaves_others and cell.duration.is_long and not _is_busy(cell)
        return is_open or is_of_one
    if step is Step.FETCH and what is What.OBJECT:
        return True
    # Where the list does not tell for a day the order is sent once more, as one that it does not show.
    return cell.duration.is_long and cell.operation.name != "ListTasks"


def _after_deaths(cell: Cell) -> frozenset[Ending]:
    if cell.duration is Duration.ONCE:
        return frozenset({Ending.TRAINED})
    return frozenset(Ending)
