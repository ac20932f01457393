"""A pytest session of its own in a forked process: confined, silent, with one module changed.

The process that forks has imported libraries but nothing of the product and no test, so each session imports
these anew, and every constant, default and class comes from the changed module. Files stay as they are: the
changed text is compiled in memory.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType

import hypothesis
import pytest

from tests.mutation.guard import confine

MAX_BYTES = 4 * 2**30
"""The memory that a mutant may take before it dies of MemoryError; the tests take less than a tenth."""
_PROFILE = "unshrunk"
_OPTIONS = (
    "--quiet",
    "-pno:cacheprovider",
    "-Wignore::pytest.PytestAssertRewriteWarning",  # libraries that are plugins too are imported already
    f"--hypothesis-profile={_PROFILE}",
    "--ignore=tests/unit/test_mutation.py",  # it plays mutants itself
)
# As in tests/conftest.py, but the first example that fails is enough: to find the smallest takes a minute.
hypothesis.settings.register_profile(
    _PROFILE, derandomize=True, deadline=None, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate]
)


class TestsFail(Exception):
    """The tests fail without any change: no mutant can be judged by them."""

    __test__ = False  # it is no test, whatever its name begins with


def confine_process(folder: Path, *, writes_to: Path) -> None:
    """Prepare a process that was just forked: its output and all temporary files go into ``folder``.

    Whatever it tries, it writes into ``writes_to`` alone.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_BYTES, MAX_BYTES))
    output = os.open(folder / "output.txt", os.O_CREAT | os.O_WRONLY)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(HOME=str(folder), TMPDIR=str(folder), HYPOTHESIS_STORAGE_DIRECTORY=str(folder))
    tempfile.tempdir = None
    confine(writes_to)


def run_tests(paths: Sequence[str], folder: Path, plugin: object, *options: str) -> int:
    """Run the tests in ``paths`` in this process; returns pytest's exit status."""
    return pytest.main([*_OPTIONS, f"--basetemp={folder / 'tests'}", *options, *paths], plugins=[plugin])


@dataclass(eq=False)
class Selection:
    """Keeps of the collected tests the ``wanted`` ones, and those with names that only the mutant gives."""

    wanted: frozenset[str]
    known: frozenset[str]
    failed: str = field(default="", init=False)
    """The first test, or file of tests, that failed."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Drop the tests that cannot tell."""
        items[:] = [item for item in items if item.nodeid in self.wanted or item.nodeid not in self.known]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a test that failed."""
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a file that could not be imported."""
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


class ChangedModule(importlib.abc.MetaPathFinder):
    """Imports the module ``name`` from ``text`` in place of the text of its file."""

    def __init__(self, name: str, path: Path, text: str) -> None:
        self._name = name
        self._path = path
        self._text = text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the changed module alone."""
        if fullname != self._name:
            return None
        loader = _TextLoader(fullname, str(self._path), self._text)
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)

    def install(self) -> None:
        """Come before all other finders, until the process ends."""
        assert self._name not in sys.modules, f"{self._name} must be imported by the tests"
        sys.meta_path.insert(0, self)


class _TextLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, text: str) -> None:
        super().__init__(fullname, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._text, self.path, "exec", dont_inherit=True)
