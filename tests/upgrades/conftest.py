"""An account, and an instance of each version, which serve all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local.packaging import ROOT
from tests.upgrades.cloud import Cloud, Instance, instance
from tests.upgrades.next_release import NEXT_RELEASE
from tests.upgrades.releases import changed_copy, previous_release


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with ExitStack() as stack:
        yield Cloud(stack)


@pytest.fixture(scope="session")
def previous() -> Iterator[Instance]:
    with instance(previous_release(), "the previous release") as started:
        yield started


@pytest.fixture(scope="session")
def this() -> Iterator[Instance]:
    with instance(ROOT, "this version") as started:
        yield started


@pytest.fixture(scope="session")
def following() -> Iterator[Instance]:
    with changed_copy(NEXT_RELEASE) as folder, instance(folder, "the next release") as started:
        yield started
