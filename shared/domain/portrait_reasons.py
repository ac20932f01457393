"""Why an order of portraits stands where it stands, in Chinese; the order keeps the English sentence.

Some codes are those of trainings too, of which :mod:`shared.domain.reasons` says something else. Read by
``views`` when somebody reads Chinese.
"""

from __future__ import annotations

from shared.domain.reason import Reason
from shared.domain.reasons import Language, in_words

CHINESE: dict[str, str] = {
    "portraits_lost": "订单没有到达 DashScope，系统会自动再提交一次。",
    "portraits_lost_twice": "订单连续两次没有到达 DashScope；请重新下单。",
    "function_died": "函数在查询写真时多次中断；可能已计费。",
    "portraits_unclear": "DashScope 没有答复订单，其任务列表也无法确认哪一个属于此订单；可能已计费。",
    "portraits_failed": "DashScope 没有说明原因；请重新下单，或重新训练。",
    "portraits_overdue": "DashScope 在四小时内没有生成写真；可能已计费。",
    "portraits_canceled": "在再次尝试之前取消；DashScope 已计的费用见订单的费用。",
    "task_unknown": "DashScope 已不再保存该任务；可能已计费。",
    "portrait_gone": "写真已生成，但 DashScope 已不再提供下载；请重新下单。",
    "portrait_too_large": "写真已生成，但文件过大，无法保存；请重新下单。",
    "portrait_not_labelled": "写真已生成，但无法写入 AI 生成标识，因此没有保存；请重新下单。",
    "model_released": "生成写真之前模型已在 DashScope 删除；请重新训练。",
    "canceled_before_submit": "提交之前已取消，不产生费用。",
    "canceled_at_dashscope": "该任务已在 DashScope 被取消；请重新下单。",
    "no_time": "函数运行太慢，未能提交订单，系统会自动再次提交。",
    "erased": "此人的数据已删除。",
}
"""By the code; every other is DashScope's own, whose words are left as they came."""


def order_reason(why: Reason, language: Language) -> str:
    """Return the sentence of an order's reason."""
    if language is Language.CHINESE and why.code in CHINESE:
        return CHINESE[why.code]
    return in_words(why.code, why.message, language)
