"""The OSS account of the local cloud, from the environment to the switches of the account."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.__main__ import DEMO_DEFAULTS
from local.deployment import ENDPOINT_PARAMETERS
from local.options import PORT_NAMES, OptionError, Options, read_options
from local.stack import Stack


@pytest.mark.parametrize(
    ("given", "account"),
    [
        ({}, "today"),
        ({"LOCAL_OSS_ACCOUNT": ""}, "today"),
        ({"LOCAL_OSS_ACCOUNT": " Old "}, "old"),
        ({"LOCAL_OSS_ACCOUNT": "photos.localhost"}, "photos.localhost"),
    ],
)
def test_the_account_is_one_of_today_unless_the_environment_says_otherwise(
    given: dict[str, str], account: str
) -> None:
    assert read_options(given, Options()).oss_account == account


@pytest.mark.parametrize("text", ["new", "photos", "photos.localhost:9011", "http://a.b", "-a.b", "a..b"])
def test_another_account_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(OptionError, match=r"LOCAL_OSS_ACCOUNT is .* it must be today, old or a domain"):
        read_options({"LOCAL_OSS_ACCOUNT": text}, Options())


def test_the_public_door_has_a_port_of_its_own() -> None:
    assert read_options({}, Options()).ports["oss_public"] == 9011
    assert read_options({"LOCAL_PORT_OSS_PUBLIC": "9999"}, Options()).ports["oss_public"] == 9999
    assert set(read_options({}, DEMO_DEFAULTS).ports.values()) == {0}
    assert ENDPOINT_PARAMETERS["OssPublicEndpoint"] == "{oss_public}"


@pytest.mark.parametrize(
    ("account", "public_data_access", "domains"),
    [("today", False, {}), ("old", True, {}), ("photos.localhost", False, {"photos.localhost": "my-photos"})],
)
def test_the_stack_has_the_account_that_was_chosen_and_functions_know_both_doors(
    tmp_path: Path, account: str, public_data_access: bool, domains: dict[str, str]
) -> None:
    options = Options(
        data=tmp_path,
        ports=dict.fromkeys(PORT_NAMES, 0),
        oss_account=account,
        parameters={"BucketName": "my-photos"},
    )
    with Stack(options) as stack:
        assert stack.bucket == "my-photos"
        assert stack.oss_behaviour.public_data_access == public_data_access
        assert stack.oss_behaviour.domains == domains
        endpoints = stack.endpoints
        assert endpoints["OSS_PUBLIC_ENDPOINT"] == stack.url("oss_public") != endpoints["OSS_ENDPOINT"]
        known = [function.environment for function in stack.resources.functions.values()]
        given = [
            (one["OSS_ENDPOINT"], one["OSS_PUBLIC_ENDPOINT"]) for one in known if "OSS_PUBLIC_ENDPOINT" in one
        ]
        assert given == [(endpoints["OSS_ENDPOINT"], endpoints["OSS_PUBLIC_ENDPOINT"])] * 3
