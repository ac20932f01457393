"""Decides what becomes of a mutant: killed by a test or by the time it takes, or survived.

A mutant runs the tests that reach it, file by file, and ends with the first that fails.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path

import pytest

from tests.mutation.forking import Ended, Task, run_forked
from tests.mutation.making import Mutant
from tests.mutation.reach import Reach
from tests.mutation.session import ChangedModule, Selection, TestsFail, confine_process, run_tests

PATIENCE = 5
"""How many times as long as its tests took without a change, under coverage, a mutant may take."""
FIRST_FILES = 4
"""Files of tests in a mutant's first session of pytest; each further one has twice as many as the one before.

Most mutants end with the first session, and pytest imports all files of a session before it runs a test.
"""


class Outcome(str, Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, kw_only=True)
class Trials:
    """What all trials have in common.

    Attributes:
        root: the tree, as the current folder and the first entry of ``sys.path``.
        folder: for the folders of the processes.
        processes: at most so many at a time.
        grace_seconds: what a mutant may take beside its tests' time before it has timed out.
    """

    reach: Reach
    root: Path
    folder: Path
    processes: int
    grace_seconds: float


@dataclass(frozen=True)
class Judged:
    """A mutant's end.

    Attributes:
        by: the test, or the file of tests, that failed first; empty unless it was killed by one.
        tests: how many tests reach it. Without any it survives.
        seconds: how long it took.
    """

    mutant: Mutant
    outcome: Outcome
    by: str
    tests: int
    seconds: float


def judge(mutants: Sequence[Mutant], trials: Trials, *, until: float) -> Iterator[Judged]:
    """Yield each mutant's end; none is begun after ``until``, a moment of ``time.monotonic``.

    Raises:
        TestsFail: the first mutant's tests fail without a change too, when they are run as for a mutant.
    """

    def tasks() -> Iterator[Task]:
        if mutants:
            yield _trial(mutants[0], mutants[0].original, trials, key=None)
        for mutant in mutants:
            if time.monotonic() >= until:
                return
            yield _trial(mutant, mutant.source, trials, key=mutant)

    for ended in run_forked(tasks(), trials.processes, trials.folder):
        if ended.key is not None:
            yield _judged(ended, trials.reach)
        elif ended.answer != "":
            raise TestsFail(f"{ended.answer or 'a process of tests'} fails without any change")


def _judged(ended: Ended, reach: Reach) -> Judged:
    tests = sum(map(len, reach.tests_for(ended.key).values()))
    by = ended.answer
    if ended.timed_out:
        outcome, by = Outcome.TIMED_OUT, ""
    elif by is None:
        outcome, by = Outcome.KILLED, "its process died"
    else:
        outcome = Outcome.KILLED if by else Outcome.SURVIVED
    return Judged(ended.key, outcome, by, tests, ended.seconds)


def _trial(mutant: Mutant, text: str, trials: Trials, *, key: Mutant | None) -> Task:
    """Return the task to run a mutant's tests with ``text`` as its module."""
    files = trials.reach.tests_for(mutant)
    known = frozenset(trials.reach.seconds)

    def work(own: Path) -> str:
        """Return the name of the test that failed; empty if none did."""
        confine_process(own, writes_to=own)
        sys.dont_write_bytecode = True
        ChangedModule(mutant.module, trials.root / mutant.path, text).install()
        for names in _sessions(files):
            selection = Selection(frozenset(names), known)
            # By function: a mutant may change the names that parameters give to tests.
            functions = dict.fromkeys(name.partition("[")[0] for name in names)
            status = run_tests([*functions], own, selection, "-x")
            if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                return selection.failed or f"pytest, with status {status},"
        return ""

    seconds = sum(map(trials.reach.seconds_of, files.values()))
    return Task(key, work, trials.grace_seconds + PATIENCE * seconds)


def _sessions(files: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Yield the names of the tests of each session."""
    left, size = iter(files.values()), FIRST_FILES
    while session := [name for names in islice(left, size) for name in names]:
        yield session
        size *= 2
