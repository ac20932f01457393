"""``doctor``: whether an account can have a stage, and whether the stage there is well.

``deploy`` makes the first part of these checks. Each check names what to do. Whether services are switched
on is ROS's to tell (ROS, "GetServiceProvisions"), with the address that does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from local.stages.context import Context
from local.stages.errors import NotStarted, ServiceError, StageError, remedy_of
from local.stages.events import console_url
from local.stages.names import FUNCTIONS
from local.stages.ros import Stack
from local.stages.status_api import ApiError
from local.stages.values import Values

SERVICES = {
    "FC": ("Function Compute", "https://fcnext.console.aliyun.com"),
    "OSS": ("OSS", "https://oss.console.aliyun.com"),
    "OTS": ("Tablestore", "https://otsnext.console.aliyun.com"),
    "SLS": ("Simple Log Service", "https://sls.console.aliyun.com"),
}
"""The services of the stack by ROS's names for them, and where each is switched on."""
FACECHAIN_URL = "https://help.aliyun.com/zh/model-studio/facechain-quick-start"
KEY_URL = "https://bailian.console.aliyun.com/?tab=model#/api-key"
DASHSCOPE_SECONDS = (5, 20)
_BETTER_IDENTITY = (
    "Better deploy as a RAM user with the policy of docs/deploying.md, not by the account's own key."
)
_NO_PICTURE = "https://example.invalid/no-picture.jpg"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check came to: ``ok``, ``warning``, ``failed`` or ``skipped``."""

    name: str
    state: str
    text: str
    remedy: str = ""


def check_account(context: Context, values: Values, *, is_new: bool) -> list[Finding]:
    """Check what a deployment needs of the account, and show it."""
    findings = check_services(context, values.key)
    if is_new:
        taken_over = [f"taken over from an earlier stack: {what}" for what in values.taken_over]
        texts = taken_over or ["the names of bucket and instance are free"]
        findings += _shown(context, [Finding(name="names", state="ok", text=text) for text in texts])
    return findings


def check_services(context: Context, key: str) -> list[Finding]:
    """Check credentials, services, rights and DashScope's key, and show it."""
    context.output.step("Checking the account")
    found = [_credentials(context), *_services(context), _rights(context), check_key(context, key)]
    return _shown(context, found)


def check_stage(context: Context, stack: Stack) -> list[Finding]:
    """Check a stage that is deployed: its stack, functions and status API."""
    context.output.step(f"Checking stage {context.name}")
    findings = [_stack(stack)]
    findings += _functions(context, stack)
    findings += _obstacles(context, stack)
    return _shown(context, findings)


def raise_failed(findings: list[Finding]) -> None:
    """Raise if a check has failed.

    Raises:
        NotStarted: one has.
    """
    failed = [one for one in findings if one.state == "failed"]
    if failed:
        raise NotStarted("not deployed: " + "; ".join(one.text for one in failed))


def _shown(context: Context, findings: list[Finding]) -> list[Finding]:
    for one in findings:
        context.output.mark(one.state, one.text, one.remedy)
    return findings


def _credentials(context: Context) -> Finding:
    caller = context.caller
    where = f" (the local cloud at {context.endpoints.ros})" if context.endpoints.is_local else ""
    return Finding(name="credentials", state="ok", text=f"account {caller.account_id}, {caller.arn}{where}")


def _services(context: Context) -> list[Finding]:
    try:
        provisions = context.ros.provisions(tuple(SERVICES))
    except ServiceError as problem:
        state = "skipped" if problem.code in ("InvalidAction.NotFound", "NotImplemented") else "warning"
        return [
            Finding(
                name="services",
                state=state,
                text=f"cannot tell which services are on: {problem.code}",
                remedy=remedy_of(problem.code),
            )
        ]
    return [_service(one) for one in provisions]


def _service(one: dict[str, Any]) -> Finding:
    code, status = str(one.get("ServiceName", "")), str(one.get("Status", "Unknown"))
    title, url = SERVICES.get(code, (code, ""))
    name = f"service {code}"
    if status == "Enabled":
        return Finding(name=name, state="ok", text=f"{title} is switched on")
    if status == "Disabled":
        return Finding(
            name=name,
            state="failed",
            text=f"{title} is not switched on",
            remedy=f"Switch it on: {one.get('EnableUrl') or one.get('EnableURL') or url}",
        )
    reason = one.get("StatusReason") or "no reason given"
    return Finding(name=name, state="warning", text=f"{title}: ROS cannot tell whether it is on ({reason})")


def _rights(context: Context) -> Finding:
    """Say what is known of the caller's rights. RAM offers no call that tries one without using it."""
    caller = context.caller
    if caller.kind == "Account":
        return Finding(
            name="rights",
            state="ok",
            text="the account itself has every right",
            remedy="" if context.endpoints.is_local else _BETTER_IDENTITY,
        )
    try:
        found = context.ros.needed_policy(context.template_text)
    except ServiceError as problem:
        return Finding(name="rights", state="skipped", text=f"rights are not checked: {problem.code}")
    return Finding(
        name="rights",
        state="skipped",
        text=f"rights cannot be tried; the stack needs {len(found)} kinds of actions, and ram:PassRole",
        remedy="docs/deploying.md has them as a policy; ROS names one that is missing when it meets it.",
    )


def check_key(context: Context, key: str) -> Finding:
    """Check DashScope's key, and FaceChain's approval, by a face check of no picture, which is free.

    A key that may use FaceChain is told that the picture cannot be had; another one is refused before that
    (DashScope, "facechain-facedetect": 401 and 403 without approval).
    """
    name = "DashScope"
    if not key:
        return Finding(name=name, state="skipped", text="DashScope's key is ROS's alone; the stage checks it")
    try:
        with requests.Session() as session:
            # A local cloud is not asked through a proxy.
            session.trust_env = not context.endpoints.is_local
            answer = session.post(
                f"{context.endpoints.dashscope}/services/vision/facedetection/detect",
                headers={"Authorization": f"Bearer {key}"},
                json={"model": "facechain-facedetect", "input": {"images": [_NO_PICTURE]}, "parameters": {}},
                timeout=DASHSCOPE_SECONDS,
            )
    except requests.RequestException as problem:
        return Finding(
            name=name, state="warning", text=f"DashScope does not answer ({type(problem).__name__})"
        )
    code = _code_of(answer)
    if answer.status_code == 401 or code in ("InvalidApiKey", "InvalidToken"):
        return Finding(
            name=name,
            state="failed",
            text=f"DashScope refuses the API key ({code})",
            remedy=f"Model Studio has to be on, and the key of its Beijing region: {KEY_URL}",
        )
    if answer.status_code == 403:
        return Finding(
            name=name,
            state="failed",
            text=f"the account may not use FaceChain ({code})",
            remedy=f"FaceChain needs an approved application: {FACECHAIN_URL}",
        )
    if code == "Arrearage":
        return Finding(name=name, state="failed", text="the account is in arrears", remedy=remedy_of(code))
    return Finding(name=name, state="ok", text="DashScope takes the key, and FaceChain's face check answers")


def _code_of(answer: requests.Response) -> str:
    try:
        document = answer.json()
    except ValueError:
        document = None
    return (
        str(document.get("code") or answer.status_code)
        if isinstance(document, dict)
        else str(answer.status_code)
    )


def _stack(stack: Stack) -> Finding:
    if stack.is_well:
        return Finding(
            name="stack", state="ok", text=f"{stack.name} is {stack.status} since {stack.updated_at}Z"
        )
    if stack.is_busy:
        return Finding(
            name="stack",
            state="warning",
            text=f"{stack.name} is {stack.status}",
            remedy="'deploy' waits for it.",
        )
    return Finding(
        name="stack",
        state="failed",
        text=f"{stack.name} is {stack.status}: {stack.reason}",
        remedy=f"Deploy again, or look at its events: {console_url(stack.stack_id)}",
    )


def _functions(context: Context, stack: Stack) -> list[Finding]:
    wanted = stack.parameters.get("CodeLayer", "")
    findings = []
    for name in FUNCTIONS:
        full = f"{stack.parameters.get('AppName', context.names.app)}-{name}"
        try:
            function = context.layers.function(full)
        except ServiceError as problem:
            findings.append(Finding(name=full, state="warning", text=f"{full}: {problem.code}"))
            continue
        findings.append(_function(full, function, wanted))
    return findings


def _function(name: str, function: dict[str, Any] | None, wanted: str) -> Finding:
    if function is None:
        return Finding(name=name, state="failed", text=f"the function {name} is gone", remedy="Deploy again.")
    layers = [
        str(one.get("arn") or one) if isinstance(one, dict) else str(one)
        for one in function.get("layers") or ()
    ]
    if wanted and wanted not in layers:
        return Finding(
            name=name,
            state="failed",
            text=f"{name} runs {', '.join(layers) or 'no layer'} and not {wanted}",
            remedy="Somebody has changed it beside the stack; set its layer back, or deploy newer code.",
        )
    return Finding(name=name, state="ok", text=f"{name} runs {wanted or 'the code of the stack'}")


def _obstacles(context: Context, stack: Stack) -> list[Finding]:
    try:
        api = context.status_api(stack)
        api.health()
        reasons = api.obstacles()
    except (ApiError, StageError) as problem:
        return [
            Finding(
                name="status API",
                state="failed",
                text=str(problem).splitlines()[0],
                remedy="Look at the log of the function status: 'logs --errors'.",
            )
        ]
    found = [
        Finding(
            name=str(one.get("code")),
            state="failed",
            text=str(one.get("message") or one.get("code")),
            remedy=str(one.get("remedy") or ""),
        )
        for one in reasons
    ]
    return found or [Finding(name="status API", state="ok", text="the status API answers: ready to train")]
