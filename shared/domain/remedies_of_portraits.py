"""What keeps an order of portraits from going on, in plain words, with what to do.

Read by :mod:`shared.domain.remedies_of_our_own`.
"""

from __future__ import annotations

from shared.domain.words import NOTHING, Told, Words

OF_PORTRAITS: dict[str, Told] = {
    "portraits_off": Told(
        Words(
            "Portraits are switched off by PORTRAITS=off: no order is sent to DashScope.",
            "PORTRAITS=off 已关闭写真：订单不会提交给 DashScope。",
        ),
        Words(
            "Set PORTRAITS to on_request or to styles: the orders go on at the next run of the timer. Or "
            "cancel the order.",
            "请将 PORTRAITS 设为 on_request 或风格列表，下一次定时运行时订单自动继续；也可取消订单。",
        ),
    ),
    "portraits_slot_held": Told(
        Words(
            "One order has had DashScope's only task of portraits for more than a quarter of an hour; the "
            "others wait.",
            "一个订单占用 DashScope 唯一的写真任务已超过一刻钟，其他订单在等待。",
        ),
        Words(
            "Nothing for now: a task that does not end is given up after four hours, one of which DashScope "
            "tells nothing after a day. The tick's log line names the order.",
            "暂时无需处理：一直不结束的任务四小时后放弃，DashScope 不返回状态的任务一天后放弃。"
            "定时运行的日志会指明订单。",
        ),
    ),
    "portraits_not_shown": Told(
        Words(
            "DashScope does not show the portraits that it has made.",
            "DashScope 没有返回已生成的写真。",
        ),
        NOTHING,
    ),
    "task_not_listed": Told(
        Words(
            "DashScope does not tell how the task is doing, and does not list it.",
            "DashScope 没有返回任务的进展，任务列表中也没有该任务。",
        ),
        NOTHING,
    ),
    "portrait_not_downloaded": Told(
        Words(
            "A portrait that DashScope has made could not be downloaded.",
            "DashScope 已生成的写真下载失败。",
        ),
        NOTHING,
    ),
    "portrait_not_labelled": Told(
        Words(
            "A portrait cannot be labelled as generated, so it is not stored.",
            "无法在写真中写入 AI 生成标识，因此没有保存。",
        ),
        Words(
            "Order it again; if it stays so, look at the file that DashScope makes, and report it.",
            "请重新下单；若一直如此，请检查 DashScope 生成的文件并反馈。",
        ),
    ),
    "portrait_gone": Told(
        Words(
            "DashScope no longer serves a portrait that it has made; it keeps them for a day.",
            "DashScope 已不再提供写真的下载；写真只保留一天。",
        ),
        Words("Order it again.", "请重新下单。"),
    ),
    "portrait_too_large": Told(
        Words("A portrait is larger than it may be.", "写真文件超过大小限制。"),
        Words("Order it again.", "请重新下单。"),
    ),
}
"""Codes of what keeps portraits from being made or stored."""
