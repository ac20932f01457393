"""What keeps an order of portraits from going on: a pause, a halt, ``PORTRAITS``, a cap, or its own trouble.

Of several the one with the widest scope is told, as of jobs. Called by ``portraits``.
"""

from __future__ import annotations

from shared.domain.blocks import Block, block_of_api, block_of_pause, block_of_portraits
from shared.domain.caps import what_holds_portraits
from shared.domain.job import Job
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.trouble_kinds import Api
from shared.http_api.blocked import block_of, block_of_money, block_of_ticks, widest
from shared.http_api.forecast import Outlook


def what_blocks_order(job: Job, order: PortraitOrder, outlook: Outlook) -> Block | None:
    """Return what keeps ``order`` from going on; None when nothing does, or nothing is left to be done."""
    if order.state.is_terminal or not job.delivered:
        return None
    health, now = outlook.health, outlook.now
    found = [
        block_of_ticks(health, now),
        block_of(order.retry) if order.retry is not None else None,
        block_of_api(Api.WRITING, health) if order.state in (OrderState.QUEUED, OrderState.STORING) else None,
    ]
    if order.state is OrderState.QUEUED:
        held = what_holds_portraits(order, outlook.slot, outlook.rules, now)
        found += [
            block_of_pause(outlook.slot),
            block_of_portraits(outlook.slot.portraits, now),
            block_of_money(held),
        ]
    return widest(block for block in found if block)
