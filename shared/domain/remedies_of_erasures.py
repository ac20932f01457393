"""Why an erasure waits, in plain words, with what to do.

Read by :mod:`shared.domain.remedies_of_our_own`.
"""

from __future__ import annotations

from shared.domain.words import NOTHING, Told, Words

OF_ERASURES: dict[str, Told] = {
    "erase_key_missing": Told(
        Words(
            "Nobody can be erased: ERASE_KEY is not set, without which what was erased might come back.",
            "未设置 ERASE_KEY，无法删除人员：缺少它，已删除的内容可能再次出现。",
        ),
        Words(
            "Set the parameter EraseKey to a random value and keep it for good: the erasure goes on then.",
            "请将参数 EraseKey 设为随机值并长期保留，之后删除自动继续。",
        ),
    ),
    "erase_key_changed": Told(
        Words(
            "ERASE_KEY is not the one that people were erased with, so none of them would be known again.",
            "ERASE_KEY 与此前删除人员时所用的不同，已删除的人员将无法识别。",
        ),
        Words(
            "Set EraseKey to the value of before; make deploy keeps it in .local/stages.",
            "请将 EraseKey 恢复为之前的值；make deploy 将其保存在 .local/stages 中。",
        ),
    ),
    "not_found_and_listed": Told(
        Words(
            "DashScope does not find a fine-tune of the person, and its list has it.",
            "百炼找不到此人的训练任务，但列表中仍有该任务。",
        ),
        Words(
            "Look whether DASHSCOPE_API_KEY is of the account and workspace that trained it, or delete the "
            "model in the console of Model Studio. It is tried again each day.",
            "请检查 DASHSCOPE_API_KEY 是否属于训练该模型的账号和业务空间，或在百炼控制台中删除模型；"
            "系统每天重试。",
        ),
    ),
    "rows_not_read": Told(
        Words(
            "The rows that all share cannot be read, so traces of the person may be in them.",
            "无法读取共用的行，其中可能仍有此人的痕迹。",
        ),
        NOTHING,
    ),
    "sweep_not_read": Told(
        Words(
            "The row of the sweep cannot be read, in which later uploads are to be noted.",
            "无法读取清扫进度的行，因而无法登记之后的上传。",
        ),
        NOTHING,
    ),
    "health_not_written": Told(
        Words(
            "The row of what fails cannot be written, and it names work on the person.",
            "无法写入故障记录的行，其中含有与此人有关的处理。",
        ),
        NOTHING,
    ),
}
