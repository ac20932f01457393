"""The suite of answers: the time of a warm ``status``, beside one read of a row, and among many people.

The emulated tables are in the process that answers, so their work counts on both sides of a ratio.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from subprocess import Popen

from tests.benchmarks.answering_function import FIRST, PEER
from tests.benchmarks.harness import Benchmark, Sample
from tests.benchmarks.processes import first_line, running

FEW, MANY = 100, 100_000
"""A hundred fill the page of people that the overview has: with fewer there would be less to show."""
SAMPLES = 30
MOST_READS, MOST_MS = 6, 150
FLAT = 1.25
"""An index of a thousand times as many rows is two levels deeper; anything that is read through would be a
thousand times slower."""
JSON, HTML = "application/json", "text/html"
PERSON, OVERVIEW = f"/people/{FIRST}", "/"


@contextmanager
def answering() -> Iterator[Sequence[Benchmark]]:
    """Give the benchmarks of answers; the processes are started with the first measurement."""
    with ExitStack() as opened:
        few, many = _Function(opened, FEW), _Function(opened, MANY)
        yield [
            Benchmark(
                name="Answer of a person's document",
                unit="ms",
                measure=few.milliseconds(PERSON, JSON),
                peer_name="an event, one GetRow and an answer",
                peer=few.milliseconds(PEER, JSON),
                bar=3,
                samples=SAMPLES,
            ),
            *(_flat(name, path, accept, few, many) for name, path, accept in _ANSWERS),
            *(
                Benchmark(
                    name=f"{name} among {MANY:,}, the slowest of {SAMPLES}",
                    unit="ms",
                    measure=many.milliseconds(path, accept),
                    bar=MOST_MS,
                    samples=SAMPLES,
                )
                for name, path, accept in _ANSWERS
                if path == OVERVIEW
            ),
            Benchmark(
                name=f"Reads of the overview among {MANY:,}",
                unit="calls",
                measure=many.calls(OVERVIEW, HTML),
                bar=MOST_READS,
            ),
        ]


_ANSWERS = (
    ("Answer of a person's document", PERSON, JSON),
    ("Answer of the overview's document", OVERVIEW, JSON),
    ("Answer of the overview's page", OVERVIEW, HTML),
)


def _flat(name: str, path: str, accept: str, few: _Function, many: _Function) -> Benchmark:
    return Benchmark(
        name=f"{name} among {MANY:,}",
        unit="ms",
        measure=many.milliseconds(path, accept),
        peer_name=f"the same among {FEW}",
        peer=few.milliseconds(path, accept),
        bar=FLAT,
        samples=SAMPLES,
    )


class _Function:
    """The process of a function among so many people, started when it is first needed."""

    def __init__(self, opened: ExitStack, people: int) -> None:
        self._opened, self._people = opened, people

    def milliseconds(self, path: str, accept: str) -> Sample:
        return lambda: self._answered(path, accept)[0]

    def calls(self, path: str, accept: str) -> Sample:
        return lambda: self._answered(path, accept)[1]

    @cached_property
    def _process(self) -> Popen[bytes]:
        made = running("tests.benchmarks.answering_function", str(self._people))
        process = self._opened.enter_context(made)
        first_line(process)
        return process

    def _answered(self, path: str, accept: str) -> tuple[float, float]:
        asked, told = self._process.stdin, self._process.stdout
        assert asked
        assert told
        asked.write(f"{path} {accept}\n".encode())
        asked.flush()
        took, calls = json.loads(told.readline())
        return took, calls
