"""Small ways to break what versions have agreed on; each has to be found by a story.

A mutant is this version with a few texts changed. It is played beside the previous release, or beside the
next one, from the stage that is named.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from tests.upgrades.releases import Change

Beside = Literal["previous", "following"]


class Mutant(NamedTuple):
    """A way to break compatibility.

    Attributes:
        name: what is wrong.
        changes: what is changed of this version.
        stage: the point at which the mutant hands over to the other version, or takes over from it.
        beside: the other version.
        hands_over: whether the mutant comes first.
    """

    name: str
    changes: tuple[Change, ...]
    stage: str
    beside: Beside
    hands_over: bool


_ROWS, _CONTROL = "shared/clients/job_rows.py", "shared/clients/control_table.py"
_KEPT = "columns = {**job.unknown, **written}"

MUTANTS = (
    Mutant(
        "a column is renamed",
        (
            Change(_ROWS, _KEPT, f'{_KEPT}\n    columns["model"] = columns.pop("finetuned_output")'),
            Change(
                _ROWS,
                "    check_format(columns, formats.JOBS)\n",
                "    check_format(columns, formats.JOBS)\n"
                '    columns = {**columns, "finetuned_output": columns.get("model", "")}\n',
            ),
        ),
        "training",
        "previous",
        True,
    ),
    Mutant(
        "unknown columns are dropped on a rewrite",
        (Change(_ROWS, _KEPT, "columns = written"),),
        "collecting",
        "following",
        False,
    ),
    Mutant(
        "unknown fields of photos are dropped on a rewrite",
        (Change("shared/domain/row_size.py", "return unknown | {", "return {"),),
        "collecting",
        "following",
        False,
    ),
    Mutant(
        "unknown fields of the slot are dropped on a rewrite",
        (Change(_CONTROL, "return {**value.unknown, **written}", "return written"),),
        "queued",
        "following",
        False,
    ),
    Mutant(
        "the lanes are numbered otherwise",
        (
            Change("shared/domain/lanes.py", "QUEUE_LANE = 3", "QUEUE_LANE = 4"),
            Change("shared/domain/lanes.py", "COLLECTING_LANE = 4", "COLLECTING_LANE = 3"),
        ),
        "paused",
        "previous",
        True,
    ),
    Mutant(
        "the slot's holders have another name",
        (Change(_CONTROL, '_STORED_AS = {"', '_STORED_AS = {"holders": "held_by", "'),),
        "training",
        "previous",
        True,
    ),
    Mutant(
        "the slot is stored as a list",
        (
            Change(
                _CONTROL,
                "self._save(SLOT, before.version, _fields_of(after))",
                'self._save(SLOT, before.version, {"slot": [_fields_of(after)]})',
            ),
            Change(
                _CONTROL,
                "        value = _value(columns)\n        stored_as",
                "        value = _value(columns)\n"
                '        value = value["slot"][0] if "slot" in value else value\n'
                "        stored_as",
            ),
        ),
        "training",
        "previous",
        True,
    ),
    Mutant(
        "the format is raised for a column more",
        (Change("shared/domain/formats.py", "JOBS = Format(1,", "JOBS = Format(2,"),),
        "queued",
        "previous",
        True,
    ),
    Mutant(
        "a state has another word",
        (Change("shared/domain/states.py", 'TRAINING = "TRAINING"', 'TRAINING = "RUNNING"'),),
        "training",
        "previous",
        False,
    ),
    Mutant(
        "people have other keys",
        (Change("shared/domain/object_keys.py", "hexdigest()[:20]", "hexdigest()[1:21]"),),
        "finished",
        "previous",
        False,
    ),
    Mutant(
        "requests have other keys",
        (
            Change("shared/clients/request_rows.py", 'PREFIX = "request/"', 'PREFIX = "asked/"'),
            Change("shared/clients/request_table.py", '_END = "request0"', '_END = "asked0"'),
        ),
        "a request in flight",
        "previous",
        True,
    ),
    Mutant(
        "revoked links are noted elsewhere",
        (Change("shared/clients/request_table.py", '_REVOKED = "revoked/"', '_REVOKED = "withdrawn/"'),),
        "a share link revoked",
        "previous",
        True,
    ),
)
