"""Makes the receivers that are set: the webhook, and the robots of group chats. Called by the assembly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.clients.vetted_connections import Poster

if TYPE_CHECKING:
    from shared.settings import Settings
    from shared.workflow.message_ports import Receiver


def receivers_of(settings: Settings, poster: Poster | None = None) -> tuple[Receiver, ...]:
    """Return everybody who wants to be told."""
    poster = poster or Poster(allow_private=settings.webhook_allow_private)
    found: list[Receiver] = []
    if settings.webhook_url:
        from shared.clients.webhook import Webhook

        secrets = tuple(filter(None, (settings.webhook_secret, settings.webhook_old_secret)))
        found.append(Webhook(settings.webhook_url, secrets, poster))
    if settings.dingtalk_url or settings.feishu_url:
        from shared.clients.robots import DingTalk, Feishu

        if settings.dingtalk_url:
            found.append(DingTalk(settings.dingtalk_url, settings.dingtalk_secret, poster))
        if settings.feishu_url:
            found.append(Feishu(settings.feishu_url, settings.feishu_secret, poster))
    return tuple(found)
