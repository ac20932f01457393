"""Runs the functions of one folder of code, in a process of its own, as an instance of Function Compute does.

``python worker.py FOLDER`` takes a call from each line of its input and answers with a line: both are JSON.
It imports nothing of this repository but what lies in the folder, and so knows no version of it. Time is
what the call says; whoever waits passes it in no time. :mod:`tests.upgrades.cloud` starts it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO

TIMEOUT_SECONDS = 120


class _Time:
    """The time of a run. What is measured with it never goes back, though another account begins earlier."""

    def __init__(self) -> None:
        self.now_ms = self._passed_ms = 0.0

    def begin(self, now_ms: float) -> None:
        self._passed_ms += max(0.0, now_ms - self.now_ms)
        self.now_ms = now_ms

    def sleep(self, seconds: float) -> None:
        self.begin(self.now_ms + max(0.0, 1000 * seconds))

    def time_ns(self) -> int:
        return int(self.now_ms * 1_000_000)

    def monotonic_ns(self) -> int:
        return int(self._passed_ms * 1_000_000)


def _take_hold_of_time() -> _Time:
    """Give the product another clock; ``time.time`` stays, since clients sign with the machine's."""
    held = _Time()
    for name in ("sleep", "time_ns", "monotonic_ns"):
        setattr(time, name, getattr(held, name))
    return held


def _call(held: _Time, call: dict[str, Any]) -> dict[str, Any]:
    held.begin(call["now_ms"])
    os.environ.clear()
    os.environ.update(call["environment"])
    key_id, secret = call["access_key"]
    keys = SimpleNamespace(access_key_id=key_id, access_key_secret=secret, security_token="")
    context = SimpleNamespace(
        request_id="1-upgrade", credentials=keys, function=SimpleNamespace(timeout=TIMEOUT_SECONDS)
    )
    try:
        module = importlib.import_module(f"functions.{call['function']}")
        answer = module.handler(call["event"].encode(), context)
    except Exception:
        return {"error": traceback.format_exc(), "now_ms": held.now_ms}
    return {"answer": answer, "now_ms": held.now_ms}


def main(folder: Path, calls: TextIO, answers: TextIO) -> None:
    """Answer every call."""
    sys.path[0] = str(folder)
    held = _take_hold_of_time()
    where = Path(str(importlib.import_module("shared").__file__))
    if folder not in where.parents:
        raise SystemExit(f"the code of {where} would be run in the place of that of {folder}")
    for line in calls:
        answers.write(json.dumps(_call(held, json.loads(line)), default=str) + "\n")
        answers.flush()


if __name__ == "__main__":
    # What the functions print is theirs, and no answer.
    answering = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    main(Path(sys.argv[1]), sys.stdin, answering)
