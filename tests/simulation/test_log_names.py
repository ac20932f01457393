"""With ``LOG_NAMES`` hashed no line of a whole story names a person or a file."""

from __future__ import annotations

import logging
import re

import pytest

from shared import logs
from shared.log_names import LogNames
from tests.simulation.seeds import play

NAMED = re.compile(
    r"person [0-9]|Zo(ë|e\\|%|\\)|(?<![0-9a-f])[0-9]{1,2}\.jpg|late |copy [0-9]|\.zip|READY|ready\.txt"
)


class Lines(logging.Handler):
    """Keeps every line."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record.getMessage())


@pytest.mark.parametrize("seed", [6, 13, 18, 65])
def test_no_line_of_a_whole_seed_names_anybody(seed: int) -> None:
    plain, hashed = Lines(), Lines()
    logger = logging.getLogger("facechain_autotrain")
    for lines, names in ((plain, None), (hashed, LogNames("a key"))):
        logger.addHandler(lines)
        logs.hide_names(names)
        try:
            play(seed)
        finally:
            logger.removeHandler(lines)
            logs.hide_names(None)
    assert [line for line in plain.kept if NAMED.search(line)], "names stand in the lines otherwise"
    assert not [line for line in hashed.kept if NAMED.search(line)]
    assert len(hashed.kept) == len(plain.kept)
