"""No form of what is stored changes in silence: each is compared with the committed samples of its format."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from local.packaging import ROOT
from shared.clients.job_rows import from_columns, to_columns
from shared.domain import formats
from shared.domain.formats import Format
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.photos import Photo
from shared.domain.slot import Slot
from tests.upgrades import stored_forms
from tests.upgrades.filled import KEPT_APART, filled
from tests.upgrades.releases import PREVIOUS_RELEASE
from tests.upgrades.stored_forms import FORMS, file_of, sample_of

OTHER_DEFAULTS = {"linger_ms": "`LINGER_SECONDS` is 450 by default (it was 300)"}
"""Defaults that are others now, with the words of the changelog: nothing is misunderstood by that."""
HOW = f"Raise the format in shared/domain/formats.py, as {stored_forms.__name__} tells."


@pytest.mark.parametrize("kind", FORMS)
def test_this_version_stores_what_the_samples_of_its_format_show(kind: str) -> None:
    format_, _ = FORMS[kind]
    path = file_of(kind, format_)
    assert path.exists(), f"{path.name} is missing: python -m tests.upgrades.stored_forms writes it"
    assert json.loads(sample_of(kind)) == json.loads(path.read_text("utf-8")), HOW


def test_every_format_has_samples() -> None:
    said = {value for value in vars(formats).values() if isinstance(value, Format)}
    assert {format_ for format_, _ in FORMS.values()} == said
    names = {f"{name.lower()}" for name, value in vars(formats).items() if isinstance(value, Format)}
    assert set(FORMS) == names


@pytest.mark.parametrize("kind", [Job, Photo, Slot, Health])
def test_no_field_of_a_sample_is_at_its_default(kind: type[Any]) -> None:
    value = filled(kind)
    for one in fields(kind):
        if one.name not in KEPT_APART:
            assert getattr(value, one.name) not in (one.default, None, "", ()), one.name


@pytest.mark.parametrize("kind", FORMS)
def test_additions_only_add(kind: str) -> None:
    format_, _ = FORMS[kind]
    for additions in range(format_.additions):
        earlier, later = (
            file_of(kind, format_._replace(additions=number)) for number in (additions, additions + 1)
        )
        before, after = (json.loads(path.read_text("utf-8")) for path in (earlier, later))
        for name in OTHER_DEFAULTS.keys() & before.get("defaults", {}).keys():
            before["defaults"][name] = after["defaults"][name]
        assert _is_in(before, after), (
            f"{later.name} lacks or changes something of {earlier.name}: raise the number, not the additions"
        )


def test_another_default_is_told_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert all(words in text for words in OTHER_DEFAULTS.values())


@pytest.mark.parametrize("path", sorted(stored_forms.STORED.glob("jobs-*.json")), ids=lambda path: path.stem)
def test_a_row_of_every_format_so_far_is_read_and_loses_nothing(path: Path) -> None:
    row = json.loads(path.read_text("utf-8"))["row"]
    columns = {name: _closed(value) for name, value in row.items()}
    job = from_columns({**columns, "revision": 3, "version": 5})
    written = to_columns(job)
    assert _is_in(
        row, {name: json.loads(value) if _is_json(value) else value for name, value in written.items()}
    )


@pytest.mark.parametrize(
    ("earlier", "later", "adds"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
    ],
)
def test_what_counts_as_an_addition(earlier: object, later: object, adds: bool) -> None:
    assert _is_in(earlier, later) is adds


@pytest.mark.parametrize("page", ["docs/upgrades.md", "docs/zh-CN/upgrades.md"])
def test_the_page_of_upgrades_names_the_release_that_is_played_and_each_format(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert f"`{PREVIOUS_RELEASE[:7]}`" in text
    for kind, (format_, _) in FORMS.items():
        assert f"| `{kind.upper()}` {format_.number} |" in text


def test_samples_that_are_there_are_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stored_forms, "STORED", tmp_path)
    assert stored_forms.main() == 0
    changed = file_of("jobs", formats.JOBS)
    assert changed.parent == tmp_path
    changed.write_text("{}", "utf-8")
    assert stored_forms.main() == 1
    assert changed.read_text("utf-8") == "{}"
    assert "raise the format of jobs first" in capsys.readouterr().out


def _is_in(earlier: object, later: object) -> bool:
    """Whether ``later`` has all of ``earlier``, and perhaps more."""
    if isinstance(earlier, dict) and isinstance(later, dict):
        return all(name in later and _is_in(part, later[name]) for name, part in earlier.items())
    if isinstance(earlier, list) and isinstance(later, list):
        return all(any(_is_in(part, other) for other in later) for part in earlier)
    return type(earlier) is type(later) and earlier == later


def _closed(value: object) -> object:
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _is_json(value: object) -> bool:
    return isinstance(value, str) and value[:1] in ("{", "[")
