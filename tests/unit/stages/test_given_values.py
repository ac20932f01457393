"""Parameters and secrets as they are given, and names as they are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from aliyun_local.template import Template
from local.packaging import ROOT
from local.stages.errors import NotStarted
from local.stages.names import checked_stage, names_of
from local.stages.parameters import HIDDEN, read_parameters, secret_names, shown
from local.stages.secret_values import ask_for_key, given_secrets, keep_secrets, kept_secrets
from local.stages.values import stands_for

TEMPLATE = Template.from_file(ROOT / "template.yml")


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_parameters_of_the_command_line_go_before_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "wishes.yml"
    file.write_text("QuietSeconds: 60\nCarryOver: off\nBucketName: photos\n")
    values = read_parameters(["QuietSeconds=90", "CorsOrigins=https://a?b=c"], file, TEMPLATE)
    assert values == {
        "QuietSeconds": "90",
        "CarryOver": "off",
        "BucketName": "photos",
        "CorsOrigins": "https://a?b=c",
    }


@pytest.mark.parametrize("pair", ["Unknown=1", "DashScopeApiKey=sk-secret", "CodeLayer=x", "sk-secret"])
def test_unknown_and_secret_parameters_are_refused_without_being_shown(pair: str) -> None:
    with pytest.raises(NotStarted) as refusal:
        read_parameters([pair], None, TEMPLATE)
    assert "sk-secret" not in str(refusal.value)


def test_every_secret_of_the_template_has_a_variable_and_is_hidden() -> None:
    names = secret_names(TEMPLATE)
    values = shown(TEMPLATE, dict.fromkeys(names, "sk-1") | {"BucketName": "photos"})
    assert {values[name] for name in names} == {HIDDEN}
    assert values["BucketName"] == "photos"
    environment = {
        "DASHSCOPE_API_KEY": "k",
        "STATUS_TOKEN": "s",
        "ADMIN_TOKEN": "a",
        "LINK_KEY": "l",
        "ERASE_KEY": "e",
    }
    receivers = dict.fromkeys(
        (
            *("WEBHOOK_URL", "WEBHOOK_SECRET", "WEBHOOK_OLD_SECRET"),
            *("DINGTALK_URL", "DINGTALK_SECRET", "FEISHU_URL", "FEISHU_SECRET"),
        ),
        "r",
    )
    found = given_secrets(names, {**environment, **receivers, "STATUS_PRIVATE_KEY": "p"})
    assert set(found) == set(names)


def test_the_template_takes_what_stands_for_each_secret_that_ros_hides() -> None:
    layer = "acs:fc:cn-beijing:1234567890123456:layers/photos-code/versions/1"
    values = {"BucketName": "photos-of-a-stage", "InstanceName": "photos", "CodeLayer": layer}
    hidden = {name: stands_for(name) for name in secret_names(TEMPLATE)}
    domain = {"StatusDomain": "photos.example.com", "StatusCertificate": "-----BEGIN CERTIFICATE-----\nx"}
    TEMPLATE.resolve({**values, **domain, **hidden})


def test_a_file_of_secrets_goes_before_the_environment_and_must_be_ones_own(tmp_path: Path) -> None:
    file = private(tmp_path / "s", "# mine\nexport ADMIN_TOKEN='from file'\nSTATUS_PRIVATE_KEY=a\\nb\n")
    found = given_secrets(("AdminToken", "StatusPrivateKey"), {"ADMIN_TOKEN": "other"}, file)
    assert found == {"AdminToken": "from file", "StatusPrivateKey": "a\nb"}
    for mode in (0o640, 0o604):
        file.chmod(mode)
        with pytest.raises(NotStarted, match="chmod 600"):
            given_secrets(("AdminToken",), {}, file)


def test_a_line_of_another_form_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(NotStarted) as refusal:
        given_secrets(("AdminToken",), {}, private(tmp_path / "s", "sk-just-the-key\n"))
    assert "sk-just" not in str(refusal.value)


def test_tokens_are_kept_for_their_owner_alone_and_the_key_is_not(tmp_path: Path) -> None:
    keep_secrets("dev", {"AdminToken": "a", "DashScopeApiKey": "sk-1"}, tmp_path)
    assert kept_secrets("dev", tmp_path) == {"AdminToken": "a"}
    file = tmp_path / "dev.secrets"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "sk-1" not in file.read_text()


def test_the_key_is_asked_for_only_where_somebody_can_answer() -> None:
    assert ask_for_key(lambda _: " sk-1 ", is_terminal=True) == "sk-1"
    with pytest.raises(NotStarted, match="DASHSCOPE_API_KEY"):
        ask_for_key(lambda _: "sk-1", is_terminal=False)
    with pytest.raises(NotStarted, match="no API key"):
        ask_for_key(lambda _: "", is_terminal=True)


@pytest.mark.parametrize("stage", ["", "-a", "A", "a_b", "a" * 21, "a-", "1a", "ä", "../x"])
def test_a_stage_cannot_be_called_like_that(stage: str) -> None:
    with pytest.raises(NotStarted):
        checked_stage(stage)


@pytest.mark.parametrize("stage", ["a", "production", "a" * 20])
def test_the_names_of_a_stage_fit_every_service_and_the_template(stage: str) -> None:
    account = "1234567890123456"
    names = names_of(stage, account)
    assert len(names.app) <= 40
    assert len(names.bucket) <= 63
    # SLS, "CreateProject": AppName-ACCOUNT; RAM: AppName-function.
    assert len(f"{names.app}-{account}") <= 63
    values = {"AppName": names.app, "BucketName": names.bucket, "InstanceName": names.instance}
    secrets = {"DashScopeApiKey": "sk-1", "StatusToken": "t" * 16}
    layer = f"acs:fc:cn-beijing:{account}:layers/{names.layer}/versions/1"
    TEMPLATE.resolve({**values, **secrets, "CodeLayer": layer})
    # What has to be unique among all accounts.
    elsewhere = names_of(stage, "6543210987654321")
    assert names.bucket != elsewhere.bucket
    assert names.instance != elsewhere.instance
