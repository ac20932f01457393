"""What can become of an administrator's request, by the code that the run writes down, in words.

Read by ``administration`` and by ``local/api_reference``. The codes are those of
:mod:`shared.workflow.administering`; the text behind a code's colon is for the log.
"""

from __future__ import annotations

from shared.domain.portrait_work import MAX_ORDERS
from shared.domain.reasons import Words

OUTCOMES: dict[str, Words] = {
    "done": Words(
        "The queue and every API that is refused are tried again; GET /readyz says what is still refused.",
        "已重新尝试队列和所有被拒绝的服务；仍被拒绝的见 GET /readyz。",
    ),
    "paused": Words(
        "The queue is paused: what has been submitted goes on, and nothing more is submitted.",
        "队列已暂停：已提交的训练继续进行，不再提交新的训练。",
    ),
    "resumed": Words("The queue goes on.", "队列已恢复。"),
    "not_paused": Words("The queue was not paused.", "队列并未暂停。"),
    "canceled": Words(
        "The job is cancelled. It had not been sent to DashScope: nothing is billed.",
        "任务已取消。它尚未提交给 DashScope，不产生费用。",
    ),
    "canceled_later": Words(
        "The job is cancelled. It had been sent to DashScope before; its reason tells whether it was billed.",
        "任务已取消。它此前曾提交给 DashScope；是否计费见任务的原因说明。",
    ),
    "cancel_asked": Words(
        "The job is being cancelled at DashScope. In the end its own reason says what became of it, and "
        "whether it was billed.",
        "正在 DashScope 上取消该任务；最终结果及是否计费见任务的原因说明。",
    ),
    "cancel_asked_already": Words(
        "The job is being cancelled already; look at the job.", "该任务正在取消中，请查看任务。"
    ),
    "ended_already": Words(
        "The job had ended before; look at the job for its outcome and its cost.",
        "任务此前已结束；结果和费用请查看任务。",
    ),
    "rejected_already": Words(
        "The set has no usable photo and nothing is submitted; there is nothing to cancel.",
        "照片集没有合格照片，未提交任何训练，无需取消。",
    ),
    "still_unpacking": Words(
        "A zip of the set is being unpacked; ask again in a minute.",
        "照片集中的压缩包正在解压，请一分钟后再试。",
    ),
    "marker_sent": Words(
        "Somebody has sent word that these are all; the set closes as with any marker.",
        "有人已声明照片已全部上传；照片集按标记文件的规则关闭。",
    ),
    "consent_noted": Words(
        "The consent is in the person's folder; what waits for it goes on.",
        "同意书已存入此人的文件夹；等待同意的处理会继续。",
    ),
    "withdrawal_noted": Words(
        "The withdrawal is in the person's folder; nothing more is sent, and the person is erased.",
        "撤回已存入此人的文件夹；不再发送任何数据，并删除此人。",
    ),
    "moved_first": Words("The job is at the head of the queue.", "该任务已排到队首。"),
    "first_already": Words("The job was at the head of the queue.", "该任务原本就在队首。"),
    "approved": Words(
        "The set is approved and back at its place in the queue; its training is billed at the list price.",
        "照片集已批准并回到队列中的原位置；训练按目录价计费。",
    ),
    "approved_already": Words("The set had been approved before.", "该照片集此前已批准。"),
    "set_changed": Words(
        "The set has opened and closed again since: look at its photos as they are now and approve it again.",
        "此后照片集重新打开过，照片已变化；请查看现在的照片后重新批准。",
    ),
    "not_queued": Words(
        "The job is not queued, so it has no place in the queue.", "该任务不在队列中，没有排队位置。"
    ),
    "retried": Words(
        "The photos are trained once more, as the person's next revision; it is billed like any training.",
        "这些照片将作为此人的下一个版本重新训练，按一次训练计费。",
    ),
    "not_failed": Words(
        "Only a job that failed or was cancelled can be tried again. Upload another photo to train again.",
        "只有失败或已取消的任务才能重试；如需重新训练，请上传新照片。",
    ),
    "photos_removed": Words(
        "The photos of this set were removed in their time (KEEP_PHOTOS_DAYS). Upload photos to train again.",
        "该照片集的照片已按保留期限（KEEP_PHOTOS_DAYS）删除；如需重新训练，请上传照片。",
    ),
    "not_newest": Words(
        "The person has a newer revision; look at that one.", "此人已有更新的版本，请查看该版本。"
    ),
    "no_usable_photo": Words(
        "The set has no usable photo; upload one, or overrule a verdict.",
        "照片集没有合格照片；请上传照片，或改用某张照片。",
    ),
    "closing": Words("The set closes now and joins the queue.", "照片集现在关闭并进入队列。"),
    "not_collecting": Words(
        "The person has no open set: it is queued, trained or has ended. Upload a photo to open one.",
        "此人没有正在收集的照片集：可能在排队、训练或已结束。上传照片即可开始新的照片集。",
    ),
    "held_back": Words(
        "This is the person of the smoke test, whose photos are checked and never trained.",
        "此人是冒烟测试专用的：其照片只做检测，从不训练。",
    ),
    "photo_deleted": Words("The photo is deleted.", "照片已删除。"),
    "photo_deleted_later": Words(
        "The photo is deleted from the bucket. The set had been submitted with it, and that does not change.",
        "照片已从存储空间删除；该照片集此前已提交，训练内容不变。",
    ),
    "photo_replaced": Words(
        "A photo of this name has been uploaded since; it stays. Ask again if it is to be deleted too.",
        "此后又上传了同名照片，该照片予以保留；如也需删除，请再次请求。",
    ),
    "photo_unknown": Words(
        "There is no photo of this name; take the name from the person's document.",
        "没有这个名称的照片；请使用人员文档中的名称。",
    ),
    "photo_used": Words(
        "The photo is used, whatever the face check says of it; its set has opened again for that.",
        "该照片将被使用，不再理会人脸检测的结论；照片集已为此重新打开。",
    ),
    "set_submitted": Words(
        "The set has been submitted or has ended; upload the photo again for the next revision.",
        "该照片集已提交或已结束；请重新上传照片，它将属于下一个版本。",
    ),
    "verdict_stands": Words(
        "Only a verdict of the face check can be overruled; with this photo the training would fail.",
        "只能否决人脸检测的结论；使用这张照片会导致 DashScope 训练失败。",
    ),
    "link_made": Words("The share link is noted.", "分享链接已登记。"),
    "link_revoked": Words("The share link opens nothing any more.", "分享链接已失效。"),
    "released": Words(
        "The model is deleted at DashScope, and the account keeps one fewer. It makes no more portraits.",
        "模型已在 DashScope 删除，账号保留的模型减少一个；不能再用它生成写真。",
    ),
    "released_already": Words("The model had been deleted before.", "模型此前已删除。"),
    "release_refused": Words(
        "DashScope does not delete this fine-tune; delete its model in the console of Model Studio.",
        "DashScope 不允许删除该训练任务；请在百炼控制台中删除模型。",
    ),
    "message_taken": Words(
        "Everybody who was sent the message has taken it; GET /webhooks/deliveries has the answers.",
        "所有接收方都已收下消息；各自的应答见 GET /webhooks/deliveries。",
    ),
    "message_refused": Words(
        "A receiver has not taken the message; GET /webhooks/deliveries says why.",
        "有接收方没有收下消息；原因见 GET /webhooks/deliveries。",
    ),
    "message_unknown": Words(
        "The job keeps this message no longer, or the person's data has been erased.",
        "任务已不再保存该消息，或此人的数据已被清除。",
    ),
    "no_receiver": Words(
        "Nobody is told of what happens: set WebhookUrl with WebhookSecret, or the URL of a robot.",
        "未设置任何接收方：请设置 WebhookUrl 和 WebhookSecret，或机器人的地址。",
    ),
    "portraits_ordered": Words(
        "The portraits are ordered; they are made in their turn, and the order says how far it has come.",
        "写真已下单，按顺序生成；进度见订单。",
    ),
    "portraits_canceled": Words(
        "The order is cancelled; its cost says whether anything is billed.",
        "订单已取消；是否计费见订单的费用。",
    ),
    "portraits_off": Words(
        "Portraits are switched off by PORTRAITS=off; set it to on_request to order some.",
        "PORTRAITS=off 已关闭写真；如需下单，请将其设为 on_request。",
    ),
    "model_released": Words(
        "The model was deleted at DashScope and makes no more portraits; train again.",
        "模型已在 DashScope 删除，不能再生成写真；请重新训练。",
    ),
    "too_many_portraits": Words(
        f"The model has had {MAX_ORDERS} orders, and its row holds no more; train again for others.",
        f"该模型已有 {MAX_ORDERS} 个订单，达到上限；如需更多，请重新训练。",
    ),
    "order_unknown": Words(
        "There is no order of this number; take it from the person's portraits.",
        "没有这个编号的订单；请使用此人写真列表中的编号。",
    ),
    "order_not_queued": Words(
        "The order has been sent to DashScope, or has ended; only one that waits can be cancelled.",
        "订单已提交给 DashScope 或已结束；只能取消等待中的订单。",
    ),
    "no_model": Words("The job has no model.", "该任务没有模型。"),
    "erased": Words(
        "Everything of the person is removed; GET /erasures/{id} has the certificate.",
        "此人的全部数据已删除；删除证明见 GET /erasures/{id}。",
    ),
    "overtaken_by_erasure": Words(
        "The person was erased meanwhile; what was left of it is not done any more.",
        "其间该人员已被删除；尚未完成的部分不再执行。",
    ),
    "erased_in_part": Words(
        "The person is removed, but for what the certificate lists; it was tried again for a month.",
        "此人的数据已删除，但仍有部分未能删除（已重试一个月），清单见删除证明。",
    ),
    "being_erased": Words(
        "The person is being erased; later uploads are a new person's.",
        "此人的数据正在删除；之后上传的照片属于新的人员。",
    ),
    "nothing_held": Words("Nothing is held about a person of this name.", "没有关于此人的任何数据。"),
    "export_removed": Words(
        "The export was there for a day and is deleted; GET /people/{id}/export begins another.",
        "导出文件保留一天后已删除；GET /people/{id}/export 会重新导出。",
    ),
    "export_failed": Words(
        "The export could not be made within a day; GET /readyz and the log say what is in the way.",
        "导出未能在一天内完成；原因见 GET /readyz 和日志。",
    ),
    "job_unknown": Words(
        "There is no job of this id; take the id from a job_id field.",
        "没有这个 ID 的任务；请使用 job_id 字段的值。",
    ),
    "person_unknown": Words("No photo of this person has arrived yet.", "尚未收到此人的照片。"),
    "failed": Words(
        "A service has refused it for an hour; GET /readyz says what is in the way. Ask again afterwards.",
        "服务持续拒绝达一小时；原因见 GET /readyz，解决后请重新请求。",
    ),
    "unknown": Words(
        "The version that is deployed does not know what was asked for; deploy one version everywhere.",
        "已部署的版本不认识该请求；请为所有函数部署同一版本。",
    ),
}
"""What becomes of a request, by the first word that the run writes down."""
CHANGED_NOTHING = frozenset(
    {
        *("not_paused", "rejected_already", "still_unpacking", "not_queued", "not_failed", "not_newest"),
        *("no_usable_photo", "not_collecting", "photo_unknown", "photo_replaced", "set_submitted"),
        *("set_changed", "verdict_stands", "release_refused", "no_model", "job_unknown", "person_unknown"),
        *("held_back", "message_refused", "message_unknown", "no_receiver", "failed", "unknown"),
        *("being_erased", "photos_removed", "nothing_held", "export_failed"),
        *("portraits_off", "model_released", "too_many_portraits", "order_unknown", "order_not_queued"),
    }
)
"""Outcomes after which all is as it was, though something else was asked for."""
