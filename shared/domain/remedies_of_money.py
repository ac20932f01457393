"""Why nothing is spent now, in plain words, with what to do: caps, ``TRAININGS`` and an approval.

Read by :mod:`shared.domain.remedies_of_our_own`.
"""

from __future__ import annotations

from shared.domain.words import Told, Words

OF_MONEY: dict[str, Told] = {
    "day_cap": Told(
        Words(
            "The next training or order would cost more than MAX_CNY_PER_DAY leaves for today.",
            "下一次训练或下一个写真订单将超过 MAX_CNY_PER_DAY 今天剩余的额度。",
        ),
        Words(
            "Nothing needs to be done: the queue goes on at midnight, Beijing time. To go on sooner, raise "
            "the setting. It has to be at least the price of a training.",
            "无需操作，北京时间零点自动继续；如需提前，请调高该设置。该设置不能低于一次训练的价格。",
        ),
    ),
    "month_cap": Told(
        Words(
            "The next training or order would cost more than MAX_CNY_PER_MONTH leaves for this month.",
            "下一次训练或下一个写真订单将超过 MAX_CNY_PER_MONTH 本月剩余的额度。",
        ),
        Words(
            "The queue goes on at the beginning of the next month, Beijing time. To go on sooner, raise the "
            "setting. It has to be at least the price of a training.",
            "北京时间下月初自动继续；如需提前，请调高该设置。该设置不能低于一次训练的价格。",
        ),
    ),
    "total_cap": Told(
        Words(
            "The next training or order would cost more than MAX_CNY_IN_ALL leaves.",
            "下一次训练或下一个写真订单将超过 MAX_CNY_IN_ALL 剩余的总额度。",
        ),
        Words(
            "Raise the setting, or set it to 0 for no cap: the queue goes on at the next run of the timer.",
            "请调高该设置，或设为 0 取消上限；下一次定时运行时队列自动继续。",
        ),
    ),
    "person_cap": Told(
        Words(
            "The next training or order would cost more than MAX_CNY_PER_PERSON allows for this person.",
            "下一次训练或下一个写真订单将超过 MAX_CNY_PER_PERSON 允许此人花费的金额。",
        ),
        Words(
            "Raise the setting, or cancel the job or the order. The others in the queue go on.",
            "请调高该设置，或取消此任务或订单；队列中的其他人不受影响。",
        ),
    ),
    "trainings_off": Told(
        Words(
            "Trainings are switched off by TRAININGS=off: photos are checked, and nothing is paid for.",
            "TRAININGS=off 已关闭训练：照片照常检测，不产生训练费用。",
        ),
        Words(
            "Set TRAININGS to on or approve: the queue goes on at the next run of the timer.",
            "请将 TRAININGS 设为 on 或 approve；下一次定时运行时队列自动继续。",
        ),
    ),
    "not_approved": Told(
        Words(
            "The set is complete and waits for the word of an administrator, since TRAININGS=approve.",
            "照片集已完整；因 TRAININGS=approve，需等待管理员批准。",
        ),
        Words(
            "Approve it on the person's page, or with POST /jobs/{job_id}/approve. The others go on.",
            "请在此人的页面上批准，或调用 POST /jobs/{job_id}/approve；其他人不受影响。",
        ),
    ),
}
"""Codes of what keeps trainings from being paid for."""
