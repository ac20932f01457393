"""Orders of portraits by the 1.x client, for the tests of its tasks and of their pictures."""

from __future__ import annotations

from typing import Any

from dashscope.client.base_api import BaseAsyncApi

TEMPLATE = "https://photos/template.jpg"
PLACE: dict[str, Any] = {
    "model": "facechain-generation",
    "task_group": "aigc",
    "task": "album",
    "function": "gen_potrait",
}


def order(resource_id: str, **parameters: Any) -> Any:
    resources = [{"resource_id": resource_id, "resource_type": "facelora"}]
    given: dict[str, Any] = {"style": "f_idcard_female", "size": "768*1024", "n": 2} | parameters
    return BaseAsyncApi.async_call(**PLACE, input={}, resources=resources, **given)


def order_without_training(*user_urls: str, template: str = TEMPLATE) -> Any:
    return BaseAsyncApi.async_call(
        **PLACE,
        input={"template_url": template, "user_urls": list(user_urls)},
        style="train_free_portrait_url_template",
        n=1,
    )
