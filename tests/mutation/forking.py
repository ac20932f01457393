"""Runs tasks in processes that are forked off this one, several at a time, each with a folder and a deadline.

A fork begins with all that this process has imported, which is why a task costs milliseconds and not seconds
before its own work begins.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Task:
    """Work for a process of its own.

    Attributes:
        key: what the caller knows it by.
        work: gets the process's folder; its answer goes through a pipe.
        limit_seconds: after so long the process is killed, and all that it has started.
    """

    key: Any
    work: Callable[[Path], object]
    limit_seconds: float


@dataclass(frozen=True)
class Ended:
    """The end of a task: its ``answer``; None if it was killed at its deadline or died without one."""

    key: Any
    answer: Any
    timed_out: bool
    seconds: float


class _Running:
    def __init__(self, task: Task, folder: Path) -> None:
        self.key = task.key
        self._folder = folder
        folder.mkdir()
        self._began = time.monotonic()
        self._ends = self._began + task.limit_seconds
        self.answers, to_parent = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_work, args=(task.work, folder, to_parent))
        self._process.start()
        to_parent.close()

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._ends - time.monotonic())

    def end(self) -> Ended:
        answered = self.answers.poll()
        answer = None
        with suppress(EOFError):
            answer = self.answers.recv() if answered else None
        self.kill()
        return Ended(self.key, answer, not answered, time.monotonic() - self._began)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)  # the task has made itself a group's leader
        self._process.kill()
        self._process.join()
        self.answers.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def run_forked(tasks: Iterator[Task], processes: int, folder: Path) -> Iterator[Ended]:
    """Run ``tasks``, at most ``processes`` at a time, and yield each end as it comes.

    A task is taken from the iterator when a process is free for it. Each process has a folder of its own
    below ``folder``, which is removed with it.
    """
    running: list[_Running] = []
    number = 0
    try:
        while True:
            while len(running) < processes and (task := next(tasks, None)) is not None:
                number += 1
                running.append(_Running(task, folder / str(number)))
            if not running:
                return
            wait([one.answers for one in running], min(one.seconds_left for one in running))
            ended = [one for one in running if one.answers.poll() or not one.seconds_left]
            running = [one for one in running if one not in ended]
            for one in ended:
                yield one.end()
    finally:
        for one in running:
            one.kill()


def _work(work: Callable[[Path], object], folder: Path, to_parent: Connection) -> None:
    os.setsid()
    to_parent.send(work(folder))
