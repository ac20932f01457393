"""Deleting a stack when the answer of the first try was lost."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from local.stages import changing
from local.stages.errors import ServiceError
from local.stages.ros import Stack


@dataclass
class Kept:
    """As much of a stage as is remembered."""

    operation: str = "destroy"


def context(code: str) -> Any:
    """A stage whose stack is gone, and whose deletion is answered with ``code``."""

    def delete(*_: object) -> None:
        raise ServiceError("ROS", code, "Stack faces already has an action (DELETE) in progress.")

    return SimpleNamespace(
        ros=SimpleNamespace(delete=delete), stage=Kept(), remember=lambda _: None, stack=lambda: None
    )


@pytest.fixture(autouse=True)
def without_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.stages.events.known_events", lambda *_: set())
    monkeypatch.setattr(changing, "_begun", lambda *_: Kept())
    monkeypatch.setattr(changing, "_followed", lambda *_: None)


def test_a_deletion_that_has_ended_before_it_is_asked_for_again_is_done() -> None:
    stack = cast("Stack", SimpleNamespace(stack_id="s"))
    assert changing.remove(context("ActionInProgress"), stack) is None


def test_another_refusal_is_told() -> None:
    stack = cast("Stack", SimpleNamespace(stack_id="s"))
    with pytest.raises(ServiceError):
        changing.remove(context("Forbidden"), stack)
