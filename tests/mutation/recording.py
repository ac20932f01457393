"""Runs all tests once without a change, under coverage, to learn what each test reaches."""

from __future__ import annotations

import importlib
import logging
import sys
import time
import warnings
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

from tests.mutation.forking import Task, run_forked
from tests.mutation.reach import Reach, joined
from tests.mutation.session import TestsFail, confine_process, run_tests

LIMIT_SECONDS = 1800.0
SHARED_PACKAGES = ("aliyun_local",)
"""Packages of the tree that import nothing of the product, by contract: imported once for all mutants."""


@dataclass(frozen=True)
class _Recorded:
    reach: Reach
    problem: str


def record(root: Path, scope: Sequence[str], tests: Sequence[str], processes: int, folder: Path) -> Reach:
    """Run each of ``tests``, a path or the name of a test function, in a process, and join what they reach.

    Raises:
        TestsFail: one of them fails.
    """

    def task(path: str) -> Task:
        return Task(path, lambda own: _record(path, root, scope, own, folder), LIMIT_SECONDS)

    parts: list[Reach] = []
    for ended in run_forked(map(task, tests), processes, folder):
        if ended.answer is None or ended.answer.problem:
            problem = ended.answer.problem if ended.answer else "no answer came"
            raise TestsFail(f"{ended.key} fails without any change: {problem}")
        parts.append(ended.answer.reach)
    return joined(parts)


def import_libraries(names: Iterable[str]) -> None:
    """Import here what the tests import, so that processes forked off this one have it."""
    logging.disable()  # some remark on how they were imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            with suppress(ImportError):
                importlib.import_module(name)
    logging.disable(logging.NOTSET)


def _record(path: str, root: Path, scope: Sequence[str], own: Path, folder: Path) -> _Recorded:
    confine_process(own, writes_to=folder)
    sys.dont_write_bytecode = False  # into the copy of the tree, for all mutants
    recorder = _Recorder(root, scope, own / "coverage")
    status = run_tests([path], own, recorder)
    output = (own / "output.txt").read_text(encoding="utf-8", errors="replace")
    problem = "" if status == pytest.ExitCode.OK else recorder.failed or output[-2000:]
    return _Recorded(Reach(recorder.seconds, recorder.tests(), _libraries(root)), problem)


def _libraries(root: Path) -> list[str]:
    """Return the loaded modules that are none of the tree's, but for the shared packages."""
    shared = tuple(str(root / package) for package in SHARED_PACKAGES)
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if file and (not file.startswith(str(root)) or file.startswith(shared)):
            found.append(name)
    return found


class _Recorder:
    """Notes for each test its time and, by coverage's contexts, its lines."""

    def __init__(self, root: Path, scope: Sequence[str], data: Path) -> None:
        self.seconds: dict[str, float] = {}
        self.failed = ""
        self._root = root
        self._coverage = coverage.Coverage(
            data_file=str(data),
            config_file=False,
            include=[str(root / one / some) for one in scope for some in ("", "*")],  # a file, or a folder's
            concurrency=["thread", "greenlet"],
        )
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Run one test in a context of its own."""
        self._coverage.switch_context(item.nodeid)
        began = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - began
            self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a test that failed."""
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def tests(self) -> dict[str, dict[int, list[str]]]:
        """Stop, and return the names of the tests that ran each line, by file and line."""
        self._coverage.stop()
        data = self._coverage.get_data()
        return {
            Path(file).relative_to(self._root).as_posix(): {
                line: [name for name in names if name]
                for line, names in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
