"""The switches of the accounts by name: on the command line, in a file, and over HTTP."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import pytest

from aliyun_local import __main__ as command
from aliyun_local.cloud import CloudOptions, LocalCloud
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.mocking import mock_aliyun
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.ros.behaviour import RosBehaviour
from aliyun_local.switches import SwitchError, Switches
from tests.emulators.control.support import Control, Steered


@pytest.fixture
def switches() -> Switches:
    return Switches(oss=OssBehaviour(), dashscope=Behaviour(), ros=RosBehaviour())


@pytest.mark.parametrize("kind", [OssBehaviour, Behaviour, RosBehaviour])
def test_every_switch_is_documented_in_the_docstring_of_its_class(kind: type) -> None:
    documented = re.findall(r"^    (\w+): ", inspect.getdoc(kind) or "", re.MULTILINE)
    assert documented == [one.name for one in fields(kind)]


def test_the_readme_shows_the_help_of_the_command() -> None:
    readme = (Path(command.__file__).parent / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("$ aliyun-local --help\n")[2].partition("```")[0]
    assert (
        shown.partition("options:")[2].split()
        == command.parser().format_help().partition("options:")[2].split()
    )


@pytest.mark.parametrize("kind", [OssBehaviour, Behaviour, RosBehaviour])
def test_every_default_is_a_legal_value_of_its_switch(switches: Switches, kind: type) -> None:
    shown = switches.as_json()
    switches.set(json.loads(json.dumps(shown)))
    assert switches.as_json() == shown
    assert list(shown) == ["oss", "dashscope", "ros"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("oss.public_data_access=on", True),
        ("oss.public_data_access = TRUE", True),
        ("oss.public_data_access=off", False),
        (
            "oss.domains=photos.localhost=photos, b.example.com=b",
            {"photos.localhost": "photos", "b.example.com": "b"},
        ),
        ('oss.domains={"a.example.com": "a"}', {"a.example.com": "a"}),
        ("oss.domains=", {}),
        ("dashscope.fetch=submit", "submit"),
        ("dashscope.kept_fine_tunes=3", 3),
        ("dashscope.training_seconds=1.5", 1.5),
        ("dashscope.training_seconds=2", 2),
    ],
)
def test_a_switch_is_written_as_text_and_read_by_its_type(
    switches: Switches, text: str, value: object
) -> None:
    switches.set_text(text)
    service, _, name = text.partition("=")[0].strip().partition(".")
    assert switches.as_json()[service][name] == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("oss.public_data_access", "is not SERVICE.NAME=VALUE"),
        ("public_data_access=on", "is not SERVICE.NAME=VALUE"),
        ("ots.public_data_access=on", "'ots' has no switches; oss, dashscope and ros have some"),
        ("oss.public_data_acces=on", "did you mean public_data_access?"),
        ("oss.qqq=on", "there are public_data_access, domains"),
        ("oss.public_data_access=1", "must be true or false"),
        ("oss.public_data_access=", "must be true or false"),
        ("oss.domains=photos.localhost", "must be names with texts"),
        ('oss.domains={"a": 1}', "must be names with texts"),
        ("dashscope.fetch=never", 'must be one of "submit", "start", "both"'),
        ("dashscope.kept_fine_tunes=1.5", "must be a whole number from 0"),
        ("dashscope.kept_fine_tunes=-1", "must be a whole number from 0"),
        ("dashscope.kept_fine_tunes=true", "must be a whole number from 0"),
        ("dashscope.training_seconds=NaN", "must be a number from 0"),
        ("dashscope.training_seconds=Infinity", "must be a number from 0"),
        ("dashscope.training_seconds=soon", "must be a number from 0"),
    ],
)
def test_a_wrong_switch_is_refused_with_what_it_may_be(switches: Switches, text: str, says: str) -> None:
    before = switches.as_json()
    with pytest.raises(SwitchError, match=re.escape(says)):
        switches.set_text(text)
    assert switches.as_json() == before


@dataclass(kw_only=True)
class Odd:
    limit: int | None = 3
    status: Literal[400, 403] = 403


def test_a_switch_may_have_one_of_several_types() -> None:
    odd = Odd()
    switches = Switches(oss=odd, dashscope=Behaviour())  # type: ignore[arg-type]
    switches.set_text("oss.limit=null")
    switches.set_text("oss.status=400")
    assert (odd.limit, odd.status) == (None, 400)
    with pytest.raises(SwitchError, match="must be a whole number from 0 or null"):
        switches.set_text("oss.limit=few")
    with pytest.raises(SwitchError, match="must be one of 400, 403"):
        switches.set_text("oss.status=404")


def test_of_several_switches_all_are_set_or_none(switches: Switches) -> None:
    before = switches.as_json()
    with pytest.raises(SwitchError, match=r"dashscope\.fetch"):
        switches.set({"oss": {"public_data_access": True}, "dashscope": {"fetch": 1}})
    with pytest.raises(SwitchError, match="oss must be an object"):
        switches.set({"dashscope": {"fetch": "start"}, "oss": ["public_data_access"]})
    assert switches.as_json() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "has no object 'switches'"),
        ('{"switches": null}', "has no object 'switches'"),
        ('{"switches": {"oss": {"public_data_access": "on"}}}', "must be true or false"),
        (None, "cannot be read as JSON"),
    ],
)
def test_a_file_without_good_switches_is_refused_by_its_name(
    switches: Switches, tmp_path: Path, content: str | None, says: str
) -> None:
    file = tmp_path / "report.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SwitchError, match=re.escape(says)) as raised:
        switches.set_like(file)
    assert "report.json" in str(raised.value)


# -- the command -----------------------------------------------------------------------------------------


def started_with(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> CloudOptions:
    """Return the options of the cloud that the command makes; it is not started."""
    made: list[CloudOptions] = []

    class Made(LocalCloud):
        def __init__(self, options: CloudOptions, *_: object, **__: object) -> None:
            made.append(options)

    monkeypatch.setattr(command, "LocalCloud", Made)
    monkeypatch.setattr(command, "_run", lambda _: 0)
    assert command.main(arguments) == 0
    return made[0]


def test_the_command_is_like_a_file_and_its_own_switches_go_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    given: Mapping[str, object] = {
        "oss": {"public_data_access": True, "damaged_picture_status": 400},
        "dashscope": {"fetch": "start"},
    }
    file.write_text(json.dumps({"switches": given, "made_at": "2026-09-01"}))
    arguments = ("--switch", "oss.public_data_access=off", "--like", str(file), "--port", "oss_public=0")
    options = started_with(monkeypatch, *arguments)
    assert options.oss_behaviour == OssBehaviour(damaged_picture_status=400)
    assert options.behaviour == Behaviour(fetch="start")
    assert options.ports == {"oss_public": 0}
    assert started_with(monkeypatch).oss_behaviour == OssBehaviour()


@pytest.mark.parametrize("arguments", [("--switch", "oss.nothing=1"), ("--like", "/nowhere/report.json")])
def test_the_command_says_what_is_wrong_and_ends(
    arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    assert f"error: {arguments[0]} {arguments[1]}" in capsys.readouterr().err


def test_the_readme_of_the_package_shows_the_help_of_the_command() -> None:
    readme = (Path(command.__file__).parent / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("$ aliyun-local --help\n")[2].partition("```")[0]
    # Interpreters and terminals wrap it at other places.
    assert "".join(shown.split()) == "".join(command.parser().format_help().split())


# -- over HTTP -------------------------------------------------------------------------------------------


def test_switches_are_shown_and_set_while_the_cloud_runs_until_a_reset(
    control: Control, steered: Steered
) -> None:
    first = control("GET", "/behaviour").json()
    assert first["oss"]["public_data_access"] is False
    change = {
        "oss": {"public_data_access": True, "domains": {"a.localhost": "a"}},
        "dashscope": {"max_files": 7},
    }
    answer = control("PUT", "/behaviour", change)
    assert answer.status_code == 200
    assert answer.json() == control("GET", "/behaviour").json()
    assert steered.emulators.oss_behaviour.domains == {"a.localhost": "a"}
    assert steered.emulators.studio.behaviour.max_files == 7
    control("POST", "/reset", {})
    assert control("GET", "/behaviour").json() == first


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"ots": {}}, "there is no field 'ots'; there are oss, dashscope"),
        ({"oss": {"public_data_access": 1}}, "oss.public_data_access is 1; it must be true or false"),
        ({"oss": None}, "oss must be an object"),
        ([], "not a JSON object"),
    ],
)
def test_a_wrong_switch_over_http_is_a_400_that_says_so(control: Control, body: object, says: str) -> None:
    answer = control("PUT", "/behaviour", body)
    assert (answer.status_code, says in answer.json()["error"]) == (400, True)


def test_a_reset_brings_back_the_switches_with_which_a_mock_and_a_cloud_began() -> None:
    began = OssBehaviour(domains={"photos.localhost": "photos"})
    with mock_aliyun(oss_behaviour=began) as mock, LocalCloud(CloudOptions(oss_behaviour=began)) as cloud:
        for one in (mock, cloud):
            one.controls.switches.set({"oss": {"domains": {}}, "dashscope": {"max_files": 7}})
            assert (one.oss_behaviour.domains, one.controls.switches.dashscope.max_files) == ({}, 7)
            one.controls.reset()
            assert one.oss_behaviour == OssBehaviour(domains={"photos.localhost": "photos"})
            assert one.controls.switches.dashscope.max_files == 100
