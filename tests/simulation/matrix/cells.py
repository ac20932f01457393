"""The cells of the matrix: an operation, what it is answered with, whom that strikes, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from shared.domain.error_kinds import is_refusal
from shared.domain.trouble_kinds import Kind
from tests.simulation.matrix.documented import errors_of, kind_of_error
from tests.simulation.matrix.operations import OPERATIONS, SERVICES, Operation
from tests.simulation.standing import DEATH, EVER, SILENCE, SURPRISE, Answer
from tests.simulation.story import DAY_MS, MINUTE_MS


class Scope(str, Enum):
    """Whom a trouble strikes."""

    OBJECT = "this object"
    PERSON = "this person"
    API = "this API"
    ACCOUNT = "the account"

    @property
    def leaves_others(self) -> bool:
        """Whether somebody is not struck."""
        return self in (Scope.OBJECT, Scope.PERSON)


class Duration(str, Enum):
    """How long a trouble lasts."""

    ONCE = "once"
    MINUTES = "ten minutes"
    DAYS = "three days"
    EVER = "for ever"

    @property
    def lasts_ms(self) -> int:
        """In milliseconds; that of a single call is not measured in time."""
        return {Duration.MINUTES: 10 * MINUTE_MS, Duration.DAYS: 3 * DAY_MS}.get(self, EVER)

    @property
    def is_long(self) -> bool:
        """Whether whatever waits for its end waits for days."""
        return self in (Duration.DAYS, Duration.EVER)


class What(str, Enum):
    """What a call meets: an error answer, by its kind, or no answer at all."""

    PASSING = Kind.PASSING.value
    OBJECT = Kind.OBJECT.value
    PERSON = Kind.PERSON.value
    API = Kind.API.value
    ACCOUNT = Kind.ACCOUNT.value
    PICTURE = Kind.PICTURE.value
    GONE = Kind.GONE.value
    UNKNOWN = Kind.UNKNOWN.value
    SILENCE = "silence"
    SURPRISE = "surprise"
    DEATH = "death"


WITHOUT_ANSWER = {What.SILENCE: SILENCE, What.SURPRISE: SURPRISE, What.DEATH: DEATH}
PAID = ("CreateFineTune", "GeneratePortraits")
"""Operations of which doubt is not a refusal."""
OF_A_SERVICE = {"oss": "ListObjects", "dashscope": "DetectFaces", "ots": "PutRow jobs"}
"""The operation whose errors stand for those of a whole service."""


class Cell(NamedTuple):
    """One story of the matrix."""

    operation: Operation
    what: What
    answer: Answer
    scope: Scope
    duration: Duration

    def __str__(self) -> str:
        where = f"all of {self.operation.service}" if self.scope is Scope.ACCOUNT else str(self.operation)
        code = f" {self.answer.code}" if self.answer.status > 0 else ""
        return f"{where}: {self.what.value}{code}, {self.scope.value}, {self.duration.value}"

    @property
    def struck_operations(self) -> tuple[str, ...]:
        """The operations that are struck, by the gate's names; the account is struck at every one."""
        if self.scope is Scope.ACCOUNT:
            return ("",)
        if self.scope is not Scope.API:
            return (self.operation.name,)
        service, documented = self.operation.service, self.operation.documented
        alike = (one.name for one in OPERATIONS if (one.service, one.documented) == (service, documented))
        # Of the tables one kind of call is struck: without them nothing would be called any more.
        is_alone = service == "ots" or self.operation.is_struck_by_itself
        return (self.operation.name,) if is_alone else tuple(sorted({*alike}))

    @property
    def about(self) -> tuple[str, ...]:
        """What a struck call is about; nothing: all are struck."""
        if self.scope is Scope.OBJECT:
            return self.operation.this_object
        return self.operation.this_person if self.scope is Scope.PERSON else ()


def cells() -> Iterator[Cell]:
    """Yield every cell: each kind of error of each operation, by one error that stands for the kind."""
    for operation in OPERATIONS:
        for what, answer in answers_of(operation):
            for scope in _scopes_of(operation):
                for duration in Duration:
                    if _is_sensible(what, scope, duration):
                        yield Cell(operation, what, answer, scope, duration)


def answers_of(operation: Operation) -> Iterator[tuple[What, Answer]]:
    """Yield an answer for each kind of error that the operation has; of a refusal and of doubt one each."""
    service = SERVICES[operation.service]
    seen: set[tuple[Kind, bool]] = set()
    for error in errors_of(operation):
        kind = kind_of_error(operation, error)
        is_certain = operation.name not in PAID or is_refusal(
            service, operation.api, error.status, error.code, error.example
        )
        if (kind, is_certain) not in seen:
            seen.add((kind, is_certain))
            yield What(kind.value), Answer(error.status, error.code, error.example)
    if not operation.is_part:
        yield from WITHOUT_ANSWER.items()


def _scopes_of(operation: Operation) -> Iterator[Scope]:
    if operation.this_object:
        yield Scope.OBJECT
    if operation.this_person:
        yield Scope.PERSON
    if operation.is_main:
        yield Scope.API
    if OF_A_SERVICE[operation.service] == operation.name:
        yield Scope.ACCOUNT


def _is_sensible(what: What, scope: Scope, duration: Duration) -> bool:
    """Whether it can happen: runs that all die for days are a deployment that cannot run."""
    return what is not What.DEATH or scope.leaves_others or not duration.is_long
