"""A handler inside an instance: its event, context, environment and imports, and its way to fail."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.emulators.function_compute.support import FUNCTION, Deploy

REPOSITORY = Path(__file__).resolve().parents[3]


def test_an_event_arrives_as_the_bytes_that_were_sent_and_bytes_return_as_they_are(deploy: Deploy) -> None:
    compute = deploy("def handler(event, context):\n    return event[::-1]\n")
    assert compute.invoke("f", b"\x00\xff\xfeabc").body == b"cba\xfe\xff\x00"
    assert compute.invoke("f", b"").body == b""


def test_a_large_event_and_a_large_result_pass_whole(deploy: Deploy) -> None:
    compute = deploy("def handler(event, context):\n    return event + event\n")
    event = os.urandom(3 * 1024 * 1024)
    assert compute.invoke("f", event).body == event + event


def test_a_result_that_is_no_text_leaves_as_json(deploy: Deploy) -> None:
    compute = deploy(
        """
        import datetime, decimal
        def handler(event, context):
            return {"b": decimal.Decimal("1.5"), "a": datetime.date(2026, 1, 2), "c": None}
        """
    )
    assert json.loads(compute.invoke("f", b"").body) == {"a": "2026-01-02", "b": 1.5, "c": None}
    assert compute.invoke("f", b"").body.startswith(b'{\n    "a"')


def test_the_context_tells_request_function_region_account_and_credentials(deploy: Deploy) -> None:
    compute = deploy(
        """
        import json
        def handler(event, context):
            c = context
            return json.dumps([c.request_id, c.function.name, c.function.handler, c.function.memory,
                c.function.timeout, c.service.name, c.region, c.account_id, c.retry_count,
                c.credentials.access_key_id, c.credentials.accessKeySecret, c.credentials.security_token,
                c.tracing.span_context, c.getLogger().name])
        """
    )
    result = compute.invoke("f", b"")
    request_id, *fixed, key, secret, token, span, logger = json.loads(result.body)
    assert request_id == result.request_id
    assert fixed == ["f", "index.handler", 512, 20, "", "cn-beijing", "42", 0]
    assert key.startswith("STS.")
    assert secret
    assert token.startswith("CAIS")
    assert (span, logger) == (None, "root")


def test_credentials_are_renewed_with_every_invocation_of_a_warm_instance(deploy: Deploy) -> None:
    compute = deploy(
        """
        import os
        def handler(event, context):
            assert context.credentials.security_token == os.environ["ALIBABA_CLOUD_SECURITY_TOKEN"]
            return context.credentials.access_key_id + " " + str(os.getpid())
        """
    )
    first, first_process = compute.invoke("f", b"").body.split()
    second, second_process = compute.invoke("f", b"").body.split()
    assert first != second
    assert first_process == second_process


def test_python_3_12_has_credentials_in_the_environment_only(deploy: Deploy) -> None:
    compute = deploy(
        """
        import os
        def handler(event, context):
            return [hasattr(context, "credentials"), os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"][:4]]
        """,
        replace(FUNCTION, runtime="python3.12"),
    )
    assert json.loads(compute.invoke("f", b"").body) == [False, "STS."]


def test_the_environment_is_the_functions_own_and_that_of_the_service(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("HTTP_PROXY", "http://nowhere")
    compute = deploy(
        "import os\ndef handler(event, context):\n    return dict(os.environ)\n",
        replace(FUNCTION, environment={"NAME": "值", "TABLE": "jobs"}),
    )
    seen = json.loads(compute.invoke("f", b"").body)
    assert seen["NAME"] == "值"
    assert seen["FC_FUNCTION_NAME"] == "f"
    assert seen["TZ"] == "UTC"
    own = {name for name in seen if not name.startswith(("FC_", "ALIBABA_CLOUD_", "LC_"))}
    assert own == {"NAME", "TABLE", "PATH", "LANG", "TZ", "NO_PROXY"}


@pytest.mark.parametrize("handler", ["functions/collect.run", "functions.collect.run"])
def test_a_handler_in_a_folder_is_found_with_slash_and_with_dot(
    deploy: Deploy, tmp_path: Path, handler: str
) -> None:
    (tmp_path / "code" / "shared").mkdir(parents=True)
    (tmp_path / "code" / "shared" / "__init__.py").write_text("value = 7\n")
    compute = deploy(
        "from shared import value\ndef run(event, context):\n    return value\n",
        replace(FUNCTION, handler=handler),
    )
    assert compute.invoke("f", b"").body == b"7"


def test_a_function_cannot_import_the_emulators_even_from_their_own_checkout(deploy: Deploy) -> None:
    compute = deploy(
        f"""
        import sys
        sys.path.insert(0, {str(REPOSITORY)!r})
        def handler(event, context):
            try:
                import aliyun_local.function_compute.compute
            except ModuleNotFoundError as problem:
                return str(problem)
            return "imported"
        """
    )
    assert compute.invoke("f", b"").body == b"No module named 'aliyun_local'"


def test_the_modules_of_the_emulator_are_not_importable_by_their_bare_names(deploy: Deploy) -> None:
    compute = deploy("import schedules\ndef handler(event, context):\n    return 'imported'\n")
    assert b"No module named 'schedules'" in compute.invoke("f", b"").body


def test_a_functions_own_package_may_have_the_emulators_name(deploy: Deploy, tmp_path: Path) -> None:
    (tmp_path / "code" / "aliyun_local").mkdir(parents=True)
    (tmp_path / "code" / "aliyun_local" / "__init__.py").write_text("")
    (tmp_path / "code" / "aliyun_local" / "settings.py").write_text("value = 'own'\n")
    (tmp_path / "code" / "models.py").write_text("value = 'models'\n")
    compute = deploy(
        """
        import models
        from aliyun_local.settings import value
        def handler(event, context):
            return value + models.value
        """
    )
    assert compute.invoke("f", b"").body == b"ownmodels"


def test_an_exception_becomes_the_documented_envelope(deploy: Deploy, tmp_path: Path) -> None:
    compute = deploy("def handler(event, context):\n    raise KeyError('图')\n")
    result = compute.invoke("f", b"")
    body = json.loads(result.body)
    assert result.error_type == "UnhandledInvocationError"
    assert (body["errorMessage"], body["errorType"]) == ("'图'", "KeyError")
    assert body["stackTrace"] == [
        [f'File "{tmp_path}/code/index.py"', "line 2", "in handler", "raise KeyError('图')"]
    ]
    assert any("[ERROR] KeyError" in line for line in compute.logs("f"))


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import nothing_of_this_name\n", "ImportModuleError"),
        ("def other(event, context):\n    pass\n", "HandlerNotFound"),
        ("def handler(event, context)\n", "SyntaxError"),
        ("def handler(event, context):\n    return object()\n", "TypeError"),
    ],
)
def test_a_handler_that_cannot_be_called_is_a_function_error(deploy: Deploy, source: str, kind: str) -> None:
    result = deploy(source).invoke("f", b"")
    assert result.error_type == "UnhandledInvocationError"
    assert json.loads(result.body)["errorType"] == kind


@pytest.mark.parametrize("preloaded", [(), ("json",)], ids=["started", "forked"])
def test_processes_that_a_handler_spawns_find_its_code(deploy: Deploy, preloaded: tuple[str, ...]) -> None:
    compute = deploy(
        """
        from multiprocessing import get_context
        def double(number):
            return 2 * number
        def handler(event, context):
            with get_context("spawn").Pool(1) as pool:
                return pool.map(double, [21])
        """,
        preloaded=preloaded,
    )
    assert json.loads(compute.invoke("f", b"").body) == [42]
