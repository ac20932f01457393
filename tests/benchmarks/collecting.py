"""The process whose memory ``uploads`` measures: ``collect``, called once for each line of standard input.

A line is an event. The answer is a line of JSON with the outcome and with the megabytes of resident memory at
the peak, less those after all imports.
"""

from __future__ import annotations

import gc
import json
import logging
import re
import resource
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

from tests.benchmarks.stores import KEY_ID, SECRET

with warnings.catch_warnings():
    # The tablestore client warns at its import that its C++ codec is not for this Python.
    warnings.simplefilter("ignore")
    from functions import collect
    from shared.assembly import build_world
    from shared.errors import RetryLater
    from shared.workflow import (  # noqa: F401 (imported with the first event that needs them otherwise)
        closing,
        submit_next,
        unpacking,
    )

TIMEOUT_SECONDS = 60
_CONTEXT = SimpleNamespace(
    credentials=SimpleNamespace(access_key_id=KEY_ID, access_key_secret=SECRET, security_token=""),
    function=SimpleNamespace(timeout=TIMEOUT_SECONDS),
)
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def main() -> None:
    """Answer line by line."""
    logging.getLogger("tablestore").addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        build_world(_CONTEXT)
    gc.collect()
    before = _resident_kilobytes("VmRSS")
    for line in sys.stdin:
        _reset_the_peak()
        outcome = _collected(line.encode())
        peak = (_resident_kilobytes("VmHWM") - before) / 1024
        print(json.dumps({"outcome": outcome, "megabytes": peak}), flush=True)


def _collected(event: bytes) -> object:
    """Call the function as often as the platform would."""
    while True:
        try:
            return collect.handler(event, _CONTEXT)["outcomes"]
        except RetryLater as postponed:
            if postponed.code != "zip_unfinished":
                return f"{postponed.code}: {postponed.message}"


def _resident_kilobytes(name: str) -> int:
    """Return ``VmRSS``, or ``VmHWM``, its peak (Linux, proc(5))."""
    if _STATUS.exists():
        found = re.search(rf"^{name}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
        if found:
            return int(found[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def _reset_the_peak() -> None:
    if _CLEAR.exists():
        _CLEAR.write_text("5")


if __name__ == "__main__":
    main()
