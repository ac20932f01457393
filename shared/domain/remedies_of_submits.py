"""Our own troubles of the submit, the training and its end, in plain words.

Part of the table in ``remedies_of_our_own``.
"""

from __future__ import annotations

from shared.domain.words import Told, Words

OF_SUBMITS: dict[str, Told] = {
    "fine_tunes_full": Told(
        Words(
            "The account keeps as many running and succeeded fine-tunes as it may.",
            "账号下运行中和已成功的训练任务数已达上限。",
        ),
        Words(
            "Delete models that are no longer needed, or have the cap raised and set KEPT_FINE_TUNES.",
            "请删除不再需要的模型，或申请提高上限后修改 KEPT_FINE_TUNES。",
        ),
    ),
    "queue_halted": Told(
        Words("The queue waits as a whole.", "队列已整体暂停。"),
        Words("GET /readyz says why; it goes on by itself.", "原因见 GET /readyz；恢复后自动继续。"),
    ),
    "submit_lost": Told(
        Words("The last submit did not reach DashScope.", "上一次提交没有到达 DashScope。"),
        Words("Nothing needs to be done: it is sent again.", "无需操作，系统会再次提交。"),
    ),
    "submit_unclear": Told(
        Words(
            "DashScope did not answer the submit, and a fine-tune of that time may be this training or not.",
            "DashScope 没有答复提交，同一时段的训练任务可能属于此次训练，也可能不属于。",
        ),
        Words(
            "Nothing is paid for again. Compare the fine-tune with DashScope's console; "
            "once it has ended, upload another photo to train again.",
            "系统不会重复付费提交。请在 DashScope 控制台核对该训练任务；待其结束后，上传新照片即可重新训练。",
        ),
    ),
    "other_account": Told(
        Words(
            "The API key has been changed, and whether it is of the same account cannot be told.",
            "API Key 已更换，无法确认是否属于同一账号。",
        ),
        Words(
            "Set DASHSCOPE_API_KEY to the earlier key again until this training has ended.",
            "请将 DASHSCOPE_API_KEY 改回原来的 Key，直到这次训练结束。",
        ),
    ),
    "no_output": Told(
        Words(
            "DashScope says that the training has succeeded, and not yet what its model is called.",
            "DashScope 表示训练已成功，但尚未给出模型名称。",
        ),
        Words(
            "Nothing needs to be done: it is asked again, and then the name is made from the fine-tune's id.",
            "无需操作，系统会再次查询；仍无结果时，按训练任务的 ID 推定模型名称。",
        ),
    ),
    "cancel_failed": Told(
        Words(
            "The training takes longer than it may, and DashScope does not cancel it.",
            "训练已超时，而 DashScope 未能将其取消。",
        ),
        Words(
            "Cancel the fine-tune in DashScope's console; until it has ended it uses the slot. "
            "Cancelling is tried again by itself.",
            "请在 DashScope 控制台取消该训练任务；在它结束之前训练位一直被占用。系统会继续尝试取消。",
        ),
    ),
    "no_id": Told(
        Words(
            "The fine-tune has no id to ask DashScope for.",
            "训练任务没有可供查询的 ID。",
        )
    ),
    "upload_failed": Told(
        Words(
            "DashScope's file service did not store a photo.",
            "DashScope 文件服务未能保存照片。",
        ),
        Words(
            "Nothing needs to be done: it is stored again, or left out once only this photo is refused.",
            "无需操作：会重新上传；如仅此照片被拒绝，则不用于训练。",
        ),
    ),
    "list_too_long": Told(
        Words(
            "DashScope's list of fine-tunes is too long to be read whole; nothing is paid for without it.",
            "DashScope 的训练任务列表过长，无法完整读取；为避免重复付费，暂不提交。",
        ),
        Words(
            "Delete fine-tunes that are not needed any more, or use an API key of another workspace.",
            "请删除不再需要的训练任务，或改用其他业务空间的 API Key。",
        ),
    ),
    "list_incomplete": Told(
        Words(
            "DashScope's list of fine-tunes could not be read to its end; nothing is paid for without it.",
            "无法完整读取 DashScope 的训练任务列表；为避免重复付费，暂不提交。",
        )
    ),
}
