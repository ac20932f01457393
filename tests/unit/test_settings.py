"""Every setting: its default, its good and its bad values, and its place in the template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.reconcile import TICK_MS
from shared.domain.photo_access import AccessSettings, Way
from shared.domain.photo_set import UNPACKING_TAKES_MS
from shared.domain.rules import Rules
from shared.settings import AUTO, ENVIRONMENT_NAMES, WAYS, Settings, SettingsError, read_settings

TEMPLATE = yaml.safe_load((Path(__file__).parents[2] / "template.yml").read_text(encoding="utf-8"))
FUNCTIONS = {
    name: resource["Properties"]["EnvironmentVariables"]
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "ALIYUN::FC3::Function"
}
OF_THE_PLATFORM = {"FC_REGION"}
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEEDED = {"WEBHOOK_SECRET": WEBHOOK_SECRET}
"""What another setting cannot do without."""


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_settings({}) == Settings()
    assert Settings().rules == Rules()
    assert Settings().dashscope_base_url == "https://dashscope.aliyuncs.com/api/v1"
    assert Settings().region == "cn-beijing"


@pytest.mark.parametrize(("field", "variable"), ENVIRONMENT_NAMES.items())
def test_each_text_is_read_from_its_variable_without_surrounding_blanks(field: str, variable: str) -> None:
    texts = {
        **{"photo_access": "file", "log_names": "hashed"},
        **{"webhook_secret": WEBHOOK_SECRET, "webhook_old_secret": WEBHOOK_SECRET},
    }
    value = texts.get(field, "https://value.example")
    environment = {**NEEDED, "ERASE_KEY": "key", variable: f"  {value}\n"}
    assert getattr(read_settings(environment), field) == value


@pytest.mark.parametrize("variable", ENVIRONMENT_NAMES.values())
@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_text_is_as_good_as_none(variable: str, blank: str) -> None:
    assert read_settings({variable: blank}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "rule", "value"),
    [
        ("QUIET_SECONDS", "1", "quiet_ms", 1000),
        ("QUIET_SECONDS", "86400", "quiet_ms", 86_400_000),
        ("QUIET_SECONDS", " 30 ", "quiet_ms", 30_000),
        ("QUIET_SECONDS", "", "quiet_ms", 120_000),
        ("SETTLE_SECONDS", "1.5", "settle_ms", 1500),
        ("SETTLE_SECONDS", "", "settle_ms", 60_000),
        ("MIN_PHOTOS", "1", "min_photos", 1),
        ("MIN_PHOTOS", "10", "min_photos", 10),
        ("MIN_PHOTOS", "", "min_photos", 1),
        ("CLOSE_AT_PHOTOS", "0", "close_at", 0),
        ("CLOSE_AT_PHOTOS", "10", "close_at", 10),
        ("CLOSE_AT_PHOTOS", "", "close_at", 10),
        ("READY_MARKER", "_SUCCESS", "ready_marker", "_SUCCESS"),
        ("READY_MARKER", "完成", "ready_marker", "完成"),
        ("READY_MARKER", "", "ready_marker", "_READY"),
        ("FACE_CHECK", "on", "face_check", True),
        ("FACE_CHECK", "off", "face_check", False),
        ("FACE_CHECK", " OFF ", "face_check", False),
        ("FACE_CHECK", "", "face_check", True),
        ("CONCURRENT_TRAININGS", "1", "concurrent_trainings", 1),
        ("CONCURRENT_TRAININGS", "100", "concurrent_trainings", 100),
        ("CONCURRENT_TRAININGS", "", "concurrent_trainings", 1),
        ("KEPT_FINE_TUNES", "1", "kept_fine_tunes", 1),
        ("KEPT_FINE_TUNES", "100000", "kept_fine_tunes", 100_000),
        ("KEPT_FINE_TUNES", "", "kept_fine_tunes", 20),
        ("DELETE_SUPERSEDED", "on", "delete_superseded", True),
        ("DELETE_SUPERSEDED", "", "delete_superseded", False),
        ("LINGER_SECONDS", "0", "linger_ms", 0),
        ("LINGER_SECONDS", "3600", "linger_ms", 3_600_000),
        ("LINGER_SECONDS", "", "linger_ms", 450_000),
        ("MAX_ATTEMPTS", "1", "max_attempts", 1),
        ("MAX_ATTEMPTS", "5", "max_attempts", 5),
        ("MAX_ATTEMPTS", "", "max_attempts", 2),
    ],
)
def test_each_rule_is_read_from_its_variable(variable: str, text: str, rule: str, value: object) -> None:
    assert getattr(read_settings({variable: text}).rules, rule) == value


@pytest.mark.parametrize(
    "text", ["a/b", ".done", "..", "x" * 129, "bell\x07", "Thumbs.db", "/", "\ud800", "_", ".txt"]
)
def test_a_marker_that_no_upload_could_have_as_its_name_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="READY_MARKER"):
        read_settings({"READY_MARKER": text})


@pytest.mark.parametrize("text", ["11", "-1", "ten"])
def test_a_set_cannot_close_at_more_photos_than_a_training_takes(text: str) -> None:
    with pytest.raises(SettingsError, match=r"CLOSE_AT_PHOTOS is .* from 0 to 10"):
        read_settings({"CLOSE_AT_PHOTOS": text})


NUMBERS = {
    "QUIET_SECONDS": 86_401,
    "SETTLE_SECONDS": 3601,
    "MIN_PHOTOS": 11,
    "CONCURRENT_TRAININGS": 101,
    "KEPT_FINE_TUNES": 100_001,
    "MAX_ATTEMPTS": 6,
}


NO_NUMBERS = ["0", "-1", "+1", "1.5.5", "1.", ".1", "1e2", "0x1", "one", "٣", "²", "1 0", "1_0", "nan"]


@pytest.mark.parametrize("variable", NUMBERS)
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_number_that_is_none_is_refused_by_name(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable} is .* number .*from 1 to"):
        read_settings({variable: text})


@pytest.mark.parametrize("variable", [*NUMBERS, "LIST_GRACE_SECONDS", "LINGER_SECONDS", "CLOSE_AT_PHOTOS"])
def test_a_whole_number_may_come_with_a_decimal_point_as_a_template_may_write_it(variable: str) -> None:
    whole = "120" if variable.endswith("SECONDS") else "5"
    assert read_settings({variable: f"{whole}.0"}) == read_settings({variable: whole})
    assert read_settings({variable: f" {whole}.000 "}) == read_settings({variable: whole})


@pytest.mark.parametrize("text", ["120.5", "120.05", "120.00000000001", "120,0", "120.0.0"])
def test_a_count_with_a_fraction_is_refused_with_its_range(text: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^LINGER_SECONDS is '120.*'; it must be a whole number from 0 to 3600$"
    ):
        read_settings({"LINGER_SECONDS": text})


@pytest.mark.parametrize("variable", sorted(set(NUMBERS) - {"QUIET_SECONDS", "SETTLE_SECONDS"}))
def test_a_count_has_no_decimals_but_a_duration_may(variable: str) -> None:
    assert read_settings({"QUIET_SECONDS": "1.5"}).rules.quiet_ms == 1_500
    with pytest.raises(SettingsError, match=variable):
        read_settings({variable: "1.5"})


@pytest.mark.parametrize(("variable", "too_much"), NUMBERS.items())
def test_a_number_beyond_its_range_is_refused(variable: str, too_much: int) -> None:
    read_settings({variable: str(too_much - 1)})
    with pytest.raises(SettingsError, match=f"to {too_much - 1}$"):
        read_settings({variable: str(too_much)})


@pytest.mark.parametrize("variable", ["FACE_CHECK", "DELETE_SUPERSEDED"])
@pytest.mark.parametrize("text", ["yes", "true", "1", "0", "of", "on off"])
def test_a_switch_is_on_or_off_and_nothing_else(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        read_settings({variable: text})


@pytest.mark.parametrize("text", ["URL", "file_id", "files", "on"])
def test_photos_get_to_dashscope_by_url_or_by_file_or_as_it_is_found_out(text: str) -> None:
    with pytest.raises(SettingsError, match="PHOTO_ACCESS"):
        read_settings({"PHOTO_ACCESS": text})


@pytest.mark.parametrize(
    ("environment", "way", "address", "door"),
    [
        ({}, None, "https://oss.example", "oss.example"),
        ({"PHOTO_ACCESS": "url"}, Way.URL, "https://oss.example", "oss.example"),
        ({"PHOTO_ACCESS": "file"}, Way.FILE, "https://oss.example", "oss.example"),
        ({"OSS_PUBLIC_DOMAIN": "Photos.Example"}, None, "https://Photos.Example", "photos.example"),
        ({"OSS_PUBLIC_DOMAIN": "http://a.localhost:9"}, None, "http://a.localhost:9", "a.localhost:9"),
    ],
)
def test_a_bound_domain_is_where_dashscope_downloads_from(
    environment: dict[str, str], way: Way | None, address: str, door: str
) -> None:
    settings = read_settings({"OSS_PUBLIC_ENDPOINT": "https://oss.example", **environment})
    assert (settings.public_address, settings.access) == (address, AccessSettings(way=way, door=door))


@pytest.mark.parametrize("text", ["photos.example/people", "ftp://photos.example", "a b", "https://"])
def test_a_domain_is_a_plain_domain(text: str) -> None:
    with pytest.raises(SettingsError, match="OSS_PUBLIC_DOMAIN"):
        read_settings({"OSS_PUBLIC_DOMAIN": text})


def test_without_a_public_endpoint_the_other_one_is_used() -> None:
    assert read_settings({"OSS_ENDPOINT": "http://a"}).oss_public_endpoint == "http://a"
    both = {"OSS_ENDPOINT": "http://a", "OSS_PUBLIC_ENDPOINT": "http://b"}
    assert read_settings(both).oss_public_endpoint == "http://b"


def test_a_required_setting_that_is_missing_is_named_as_in_the_environment() -> None:
    settings = read_settings({"OSS_BUCKET": "photos"})
    settings.require("oss_bucket")
    with pytest.raises(SettingsError, match=r"set OTS_ENDPOINT, DASHSCOPE_API_KEY in"):
        settings.require("ots_endpoint", "oss_bucket", "dashscope_api_key")


def test_secrets_do_not_show() -> None:
    settings = read_settings({"DASHSCOPE_API_KEY": "sk-s3cret", "STATUS_TOKEN": "t0ken-t0ken-t0ken"})
    assert "s3cret" not in repr(settings)
    assert "t0ken" not in repr(settings)


@pytest.mark.parametrize(
    "key",
    [
        "sk-s3cret李",
        "sk-s3cret\u200b",
        "\ufeffsk-s3cret",
        "“sk-s3cret”",
        "sk–s3cret",
        "sk-s3cret sk-s3cret",
        "sk-s3cret\nsk-s3cret",
        "sk-s3cret\tx",
        "sk-s3cret\r\nX-Header: x",
        "sk-s3cret\x00",
        "sk-s3cret\x7f",
        "sk-s3cret\u00a0x",
        "Bearer sk-s3cret",
    ],
    ids=ascii,
)
def test_a_key_with_characters_that_no_key_has_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(SettingsError, match="DASHSCOPE_API_KEY") as raised:
        read_settings({"DASHSCOPE_API_KEY": key})
    error: BaseException | None = raised.value
    while error is not None:
        assert "s3cret" not in repr(error)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("key", ["sk-0123456789abcdef", "sk-ws-a.b_C~d+e/f=", "k"])
def test_a_key_of_printable_ascii_is_taken_whatever_its_form(key: str) -> None:
    assert read_settings({"DASHSCOPE_API_KEY": f"\u3000{key}\u00a0\n"}).dashscope_api_key == key


# -- the template ---------------------------------------------------------------------------------


class Recording(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_the_template_gives_exactly_the_settings_that_are_read() -> None:
    environment = Recording()
    read_settings(environment)
    given = {name for variables in FUNCTIONS.values() for name in variables}
    assert given == environment.asked - OF_THE_PLATFORM


def test_the_function_that_the_internet_can_reach_cannot_spend_money() -> None:
    status = set(FUNCTIONS["StatusFunction"])
    assert "DASHSCOPE_API_KEY" not in status
    # Of the public ones it knows where an export can be fetched from.
    public = {"OSS_PUBLIC_ENDPOINT", "OSS_PUBLIC_DOMAIN"}
    assert {name for name in status if name.startswith("OSS_")} - public == {"OSS_ENDPOINT", "OSS_BUCKET"}
    for name in ("CollectFunction", "ReconcileFunction"):
        assert "STATUS_TOKEN" not in FUNCTIONS[name]


def parameter_of(variable: str) -> dict[str, Any]:
    """The template's parameter that a variable takes its value from."""
    given = [variables[variable] for variables in FUNCTIONS.values() if variable in variables]
    (reference,) = {str(value.get("Fn::Str", value)["Ref"]) for value in given}
    found: dict[str, Any] = TEMPLATE["Parameters"][reference]
    return found


def test_the_code_knows_the_templates_times() -> None:
    resources = TEMPLATE["Resources"]
    (timer,) = [
        one["Properties"]["TriggerConfig"]["cronExpression"]
        for one in resources.values()
        if one["Type"] == "ALIYUN::FC3::Trigger" and one["Properties"]["TriggerType"] == "timer"
    ]
    assert timer == f"@every {TICK_MS // 60_000}m"
    longest = max(one["Properties"].get("Timeout", 0) for one in resources.values())
    assert longest * 1000 <= UNPACKING_TAKES_MS, (
        "a run that unpacks a zip may be alive when the next one begins"
    )


WITH_DEFAULT = [
    "DASHSCOPE_HTTP_BASE_URL",
    "QUIET_SECONDS",
    "MIN_PHOTOS",
    "CLOSE_AT_PHOTOS",
    "SETTLE_SECONDS",
    "READY_MARKER",
    "CARRY_OVER",
    "SWEEP_SECONDS",
    "FACE_CHECK",
    "PHOTO_ACCESS",
    "CONCURRENT_TRAININGS",
    "KEPT_FINE_TUNES",
    "DELETE_SUPERSEDED",
    "MAX_ATTEMPTS",
    "LINGER_SECONDS",
    "LOG_NAMES",
]


@pytest.mark.parametrize("variable", WITH_DEFAULT)
def test_the_templates_default_is_the_codes_default(variable: str) -> None:
    assert read_settings({variable: str(parameter_of(variable)["Default"])}) == Settings()


@pytest.mark.parametrize("variable", ["FACE_CHECK", "DELETE_SUPERSEDED", "PHOTO_ACCESS", "LOG_NAMES"])
def test_every_value_that_the_template_allows_is_understood(variable: str) -> None:
    for value in parameter_of(variable)["AllowedValues"]:
        read_settings({variable: value, "ERASE_KEY": "key"})


def test_no_number_reaches_a_function_as_one() -> None:
    numbers = {name for name, one in TEMPLATE["Parameters"].items() if one["Type"] == "Number"}
    for variables in FUNCTIONS.values():
        for variable, value in variables.items():
            assert isinstance(value, dict), variable
            assert value.get("Ref") not in numbers, f"{variable}: Fn::Str makes a string of {value['Ref']}"


@pytest.mark.parametrize("variable", NUMBERS)
def test_the_templates_range_is_the_codes_range(variable: str) -> None:
    parameter = parameter_of(variable)
    assert parameter["MinValue"] == 1
    assert parameter["MaxValue"] == NUMBERS[variable] - 1


def test_secrets_are_parameters_that_do_not_echo() -> None:
    for variable in ("DASHSCOPE_API_KEY", "STATUS_TOKEN"):
        assert parameter_of(variable)["NoEcho"] is True


def test_every_way_to_dashscope_can_be_set() -> None:
    assert (AUTO, *(way.value for way in Way)) == WAYS
    assert [Settings(photo_access=way).way for way in WAYS] == [None, *Way]


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"WEBHOOK_URL": "https://a.example/"}, "set WEBHOOK_SECRET"),
        ({"WEBHOOK_URL": "http://a.example/", **NEEDED}, "WEBHOOK_URL: it must begin with https"),
        ({"WEBHOOK_SECRET": "whsec_short"}, "WEBHOOK_SECRET must be"),
        ({"WEBHOOK_OLD_SECRET": "secret"}, "WEBHOOK_OLD_SECRET must be"),
        ({"DINGTALK_URL": "https://u:password@a.example/"}, "DINGTALK_URL: it must name a host"),
        ({"FEISHU_URL": "feishu?token"}, "FEISHU_URL: it must begin"),
        ({"WEBHOOK_ALLOW_PRIVATE": "yes"}, "WEBHOOK_ALLOW_PRIVATE is 'yes'"),
    ],
)
def test_receivers_that_make_no_sense_are_refused_without_their_secrets(
    environment: dict[str, str], problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem) as caught:
        read_settings(environment)
    assert not any(word in str(caught.value) for word in ("password", "token", "short"))


def test_nobody_is_told_unless_a_receiver_is_set_and_their_secrets_do_not_show() -> None:
    assert not read_settings({}).has_receivers
    assert not read_settings(NEEDED).has_receivers
    url = "http://127.0.0.1:8000/token"
    for name in ("WEBHOOK_URL", "DINGTALK_URL", "FEISHU_URL"):
        settings = read_settings({**NEEDED, name: url, "WEBHOOK_ALLOW_PRIVATE": "on"})
        assert settings.has_receivers
        assert url in settings.message_secrets
        assert "token" not in repr(settings)
        assert WEBHOOK_SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("2.5", 250), ("2.50", 250), ("2", 200), ("2.0", 200), ("0.18", 18), ("1000000.0", 10**8), ("0", 0)],
)
def test_sums_of_money_are_read_to_the_fen(text: str, fen: int) -> None:
    names = ("TRAINING_PRICE_CNY", "MAX_CNY_PER_DAY", "MAX_CNY_PER_MONTH", "MAX_CNY_PER_PERSON")
    rules = read_settings(dict.fromkeys((*names, "MAX_CNY_IN_ALL"), text)).rules
    read = (rules.training_price_fen, rules.max_fen_per_day, rules.max_fen_per_month)
    assert {*read, rules.max_fen_per_person, rules.max_fen_in_all} == {fen}


@pytest.mark.parametrize("text", ["2.505", "-1", "1e3", "2,5", "¥2", "12345678"])
def test_a_sum_that_is_none_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(SettingsError, match="MAX_CNY_PER_DAY"):
        read_settings({"MAX_CNY_PER_DAY": text})


def test_trainings_are_on_unless_something_else_is_said() -> None:
    said = {text: read_settings({"TRAININGS": text}).rules.trainings.value for text in ("", "OFF", "approve")}
    assert said == {"": "on", "OFF": "off", "approve": "approve"}
    with pytest.raises(SettingsError, match="on, off, approve"):
        read_settings({"TRAININGS": "no"})
