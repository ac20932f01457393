"""The measurement of a benchmark: next to a peer, in turns, so that the ratio is the result.

A machine is slow today and fast tomorrow, and busy for a moment in between. A benchmark of time therefore has
a peer that is measured at the same moments, sample by sample, and a bar for the ratio of the two. Bytes and
calls do not depend on the moment: they are measured once and have a bar of their own. ``__main__`` runs the
suites by :func:`run`.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Sample = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A measurement and its bar.

    Attributes:
        name: the measurement, in words.
        unit: of the values of ``measure`` and ``peer``.
        measure: takes one sample.
        bar: the highest ratio of the two that is good enough; without a peer, the highest value. None: the
            value is for information.
        at_least: the bar is the lowest value that is good enough.
        peer_name: the peer, in words.
        peer: takes one sample of the peer; None without a peer.
        samples: how many of each a round takes.
    """

    name: str
    unit: str
    measure: Sample
    bar: float | None
    at_least: bool = False
    peer_name: str = ""
    peer: Sample | None = None
    samples: int = 1


# Sets up the surroundings of its benchmarks, and takes them down.
Suite = Callable[[], AbstractContextManager[Sequence[Benchmark]]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of a benchmark: the medians of its rounds' medians; no ratio without a peer."""

    name: str
    unit: str
    value: float
    bar: float | None
    at_least: bool = False
    peer_name: str = ""
    peer: float | None = None
    ratio: float | None = None
    ratios: tuple[float, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the bar is met."""
        if self.bar is None:
            return True
        reached = self.value if self.ratio is None else self.ratio
        return reached >= self.bar if self.at_least else reached <= self.bar

    @property
    def shown_bar(self) -> str:
        """The bar in characters."""
        if self.bar is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {self.bar:g} {self.unit if self.ratio is None else '×'}"

    @property
    def verdict(self) -> str:
        """Whether the bar is met, in a word."""
        if self.bar is None:
            return ""
        return "ok" if self.ok else "MISSED"

    def as_json(self) -> dict[str, object]:
        """Return the result's entry in the file."""
        return {
            "name": self.name,
            "unit": self.unit,
            "value": round(self.value, 4),
            "peer": None if self.peer is None else round(self.peer, 4),
            "peer_name": self.peer_name,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "bar": self.bar,
            "at_least": self.at_least,
            "ok": self.ok,
            "ratios": [round(ratio, 3) for ratio in self.ratios],
        }


def milliseconds(call: Callable[[], object]) -> Sample:
    """Return a sample of the duration of ``call``."""

    def sample() -> float:
        began = time.perf_counter()
        call()
        return (time.perf_counter() - began) * 1000

    return sample


def run(suite: Suite, rounds: int, only: str = "") -> Iterator[Result]:
    """Measure the benchmarks of ``suite`` whose names hold ``only``, those with a peer in every round."""
    with suite() as offered:
        benchmarks = [benchmark for benchmark in offered if only.lower() in benchmark.name.lower()]
        compared = {one.name: (one, one.peer) for one in benchmarks if one.peer is not None}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in compared}
        for benchmark, peer in compared.values():
            # The first sample compiles, connects and fills caches; it does not count.
            benchmark.measure()
            peer()
        for number in range(rounds):
            for name, (benchmark, peer) in compared.items():
                found[name].append(_round(benchmark, peer, peer_first=number % 2 == 1))
        for benchmark in benchmarks:
            if benchmark.name in found:
                yield _of_ratios(benchmark, found[benchmark.name])
            else:
                worst = min if benchmark.at_least else max
                yield Result(
                    name=benchmark.name,
                    unit=benchmark.unit,
                    value=worst(benchmark.measure() for _ in range(benchmark.samples)),
                    bar=benchmark.bar,
                    at_least=benchmark.at_least,
                )


def _of_ratios(benchmark: Benchmark, pairs: Sequence[tuple[float, float]]) -> Result:
    ratios = tuple(value / peer for value, peer in pairs)
    return Result(
        name=benchmark.name,
        unit=benchmark.unit,
        value=median(value for value, _ in pairs),
        peer_name=benchmark.peer_name,
        peer=median(peer for _, peer in pairs),
        # The median of the rounds' ratios: a round in which the machine was slow was slow for both.
        ratio=median(ratios),
        bar=benchmark.bar,
        at_least=benchmark.at_least,
        ratios=ratios,
    )


def _round(benchmark: Benchmark, peer: Sample, *, peer_first: bool) -> tuple[float, float]:
    values, peers = [], []
    for _ in range(benchmark.samples):
        if peer_first:
            peers.append(peer())
            values.append(benchmark.measure())
        else:
            values.append(benchmark.measure())
            peers.append(peer())
    return median(values), median(peers)


def table(results: Sequence[Result]) -> str:
    """Return the results as a table."""
    head = ("benchmark", "value", "peer", "ratio", "bar", "", "held against")
    rows = [
        (
            result.name,
            f"{result.value:.2f} {result.unit}",
            "" if result.peer is None else f"{result.peer:.2f} {result.unit}",
            "" if result.ratio is None else f"{result.ratio:.2f} ×",
            result.shown_bar,
            result.verdict,
            result.peer_name,
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if 1 <= column <= 4 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def write(results: Sequence[Result], path: Path, sections: Mapping[str, object] | None = None) -> None:
    """Write the results as JSON, and the documents in ``sections`` beside them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "python": platform.python_version(),
        "system": sys.platform,
        "cores": os.cpu_count(),
        "results": [result.as_json() for result in results],
        **(sections or {}),
    }
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
