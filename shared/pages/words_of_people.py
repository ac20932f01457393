"""The texts of a person's pages, in both languages: what stands there, and what an action costs.

Read by ``words``.
"""

from __future__ import annotations

from shared.domain.words import Words

PERSON: dict[str, Words] = {
    "what_next": Words("What happens next", "下一步"),
    "blocked": Words("Blocked", "受阻"),
    "about": Words("about {at}", "约 {at}"),
    "place_in_queue": Words("Place {position} in the queue", "排队第 {position} 位"),
    "eta": Words("Ready between {earliest} and {latest}", "预计 {earliest} 至 {latest} 完成"),
    "nothing_next": Words("Nothing more happens by itself.", "不会再自动进行任何操作。"),
    "new_photos": Words("New photos start a new revision.", "上传新照片将开始新的版本。"),
    "timeline": Words("Timeline", "时间线"),
    "goes_on": Words("now", "进行中"),
    "behind": Words("behind {count}", "前面 {count} 人"),
    "no_photos": Words("No photo has arrived yet", "还没有收到照片"),
    "no_photos_hint": Words(
        "Put photos into people/{name}/ of the bucket.", "请将照片放入存储空间的 people/{name}/。"
    ),
    "photos_removed": Words(
        "The pictures were removed {at}, when their time was over. Names and verdicts are kept.",
        "照片已到保留期限，于 {at} 删除；文件名和结论仍保留。",
    ),
    "from_revision": Words("from revision {number}", "来自第 {number} 版"),
    "from_archive": Words("from {name}", "来自 {name}"),
    "overruled": Words(
        "Used by an administrator in spite of its verdict ({verdict}).",
        "管理员已忽略判定（{verdict}）并使用。",
    ),
    "announced": Words(
        "Announced: {count} photos, {missing} still missing.", "声明共 {count} 张，还缺 {missing} 张。"
    ),
    "photo_of": Words("Photo {name}", "照片 {name}"),
    "model": Words("Trained model", "训练好的模型"),
    "model_hint": Words("The resource_id of portrait generation.", "生成写真时使用的 resource_id。"),
    "make_portraits": Words("Make portraits with it", "用它生成写真"),
    "portrait_cost": Words(
        "The key comes from DASHSCOPE_API_KEY. DashScope bills 0.18 CNY a picture; this call makes four.",
        "密钥取自环境变量 DASHSCOPE_API_KEY。DashScope 按每张 0.18 元计费，此调用生成四张。",
    ),
    "revisions": Words("Revisions", "版本"),
    "cost": Words("{cost} CNY", "{cost} 元"),
    "unread_person": Words("The record of this person cannot be read", "无法读取此人的记录"),
    "details": Words("Identifiers", "标识"),
    "job": Words("Job", "任务"),
    "fine_tune": Words("Fine-tune", "训练任务"),
    "dashscope_says": Words("DashScope says", "DashScope 状态"),
    "attempts": Words("Attempts", "尝试次数"),
}

ACTIONS: dict[str, Words] = {
    "actions": Words("Actions", "操作"),
    "train": Words("Train now", "立即训练"),
    "train_cost": Words(
        "The set is closed as it is and joins the queue. The training costs {price} CNY.",
        "照片集按现状关闭并进入队列。训练费用为 {price} 元。",
    ),
    "retry": Words("Try again", "重新训练"),
    "retry_cost": Words(
        "The same photos are trained once more, which costs another {price} CNY.",
        "用同一组照片重新训练，另需 {price} 元。",
    ),
    "cancel": Words("Cancel", "取消"),
    "cancel_cost_waiting": Words(
        "Nothing has been sent to DashScope, so nothing is billed. The photos stay.",
        "尚未提交到 DashScope，不产生费用。照片会保留。",
    ),
    "cancel_cost_running": Words(
        "The training stops at DashScope. The {price} CNY may be billed all the same, without a result.",
        "DashScope 上的训练将停止，仍可能收取 {price} 元，且不会有结果。",
    ),
    "approve": Words("Approve", "批准训练"),
    "approve_cost": Words(
        "The set is trained as it is. The training costs {price} CNY.",
        "按现在的照片进行训练，费用 {price} 元。",
    ),
    "first": Words("Put first", "排到最前"),
    "first_cost": Words(
        "Costs nothing more. Everybody else who waits is trained later.", "不另收费，其他排队人员会相应推迟。"
    ),
    "photo_delete": Words("Delete photo", "删除照片"),
    "photo_delete_cost": Words(
        "The upload is deleted from the bucket for good. A training that has begun keeps its copy.",
        "原图将从存储空间永久删除；已开始的训练仍使用其副本。",
    ),
    "photo_use": Words("Use it anyway", "仍然使用"),
    "photo_use_cost": Words(
        "The verdict is overruled. DashScope may refuse the photo, or the likeness may suffer.",
        "将忽略判定。DashScope 可能拒绝该照片，效果也可能变差。",
    ),
    "share": Words("Share link", "分享链接"),
    "share_cost": Words(
        "Opens this person's page and nothing else. Whoever has the link can add photos.",
        "只能打开此人的页面。持有链接者可以添加照片。",
    ),
    "days": Words("Days that it works (1 to 90)", "有效天数（1 到 90）"),
    "make_link": Words("Make the link", "生成链接"),
    "release": Words("Release model", "释放模型"),
    "release_cost": Words(
        "DashScope deletes the model for good, and a place becomes free. To have it again costs {price} CNY.",
        "DashScope 将永久删除该模型并腾出一个名额；再次训练需 {price} 元。",
    ),
}

OWN: dict[str, Words] = {
    "own_title": Words("Your photos", "你的照片"),
    "own_hello": Words("Hello, {name}", "你好，{name}"),
    "own_hint": Words(
        "Five to ten photos make a good model: one face, from the front, in good light.",
        "五到十张照片效果最好：只有你一人，正面，光线充足。",
    ),
    "choose": Words("Choose photos", "选择照片"),
    "take": Words("Take a photo", "拍一张照片"),
    "send": Words("Send photos", "上传照片"),
    "send_limit": Words("Up to 20 MB each.", "每张不超过 20 MB。"),
    "uploading": Words("Sending {name}", "正在上传 {name}"),
    "upload_ok": Words("Sent; it is checked within seconds.", "已上传，几秒内完成检测。"),
    "upload_failed": Words("Could not be sent. Try it again.", "上传失败，请重试。"),
    "upload_large": Words("Larger than 20 MB. Choose a smaller one.", "超过 20 MB，请选择较小的照片。"),
    "done": Words("I am done", "我已传完"),
    "done_hint": Words(
        "We begin as soon as it is your turn. You need not stay here.", "轮到你时自动开始，无需停留在此页面。"
    ),
    "own_none": Words("No photo yet", "还没有照片"),
    "own_none_hint": Words(
        "Choose some above; each is checked within seconds.", "请在上方选择，每张会在几秒内检测完成。"
    ),
    "step_photos": Words("Photos", "照片"),
    "step_wait": Words("Your turn", "排队"),
    "step_train": Words("Training", "训练"),
    "step_ready": Words("Ready", "完成"),
    "own_ready": Words("Your model is ready", "你的模型已完成"),
    "own_ready_hint": Words(
        "The studio can make portraits of you with it now.", "工作室现在可以用它为你制作写真。"
    ),
    "own_privacy": Words(
        "Only whoever has this link, and the studio, see this page.",
        "只有持有此链接的人和工作室能看到此页面。",
    ),
    "step_done": Words("done", "已完成"),
    "step_current": Words("in progress", "进行中"),
    "step_ahead": Words("still to come", "未开始"),
    "progress": Words("Progress", "进度"),
    "own_wrong": Words("It did not work", "没有成功"),
    "own_wrong_hint": Words(
        "Ask the studio, or send other photos: they start it anew.", "请联系工作室，或上传其他照片重新开始。"
    ),
    "own_delayed": Words(
        "Something on our side takes longer. You need not do anything; your photos are safe.",
        "我们这边需要更多时间。无需任何操作，你的照片已妥善保存。",
    ),
    "own_rejected": Words(
        "None of the photos can be used yet. What to do stands below each; then send others.",
        "目前没有可用的照片。请按每张照片下方的说明处理，再上传其他照片。",
    ),
    "own_training": Words("Your model is being trained", "正在训练你的模型"),
    "own_training_hint": Words(
        "This takes some minutes; you need not stay here.", "需要几分钟，无需停留在此页面。"
    ),
    "own_queued": Words(
        "Your photos are complete. Training begins when it is your turn.", "照片已收齐，轮到你时开始训练。"
    ),
    "own_checking": Words("Your photos are being checked", "正在检测你的照片"),
    "own_collecting": Words("Send more photos, or say that you are done", "可以继续上传照片，或点“我已传完”"),
    "own_begin": Words("Begin with some photos of yourself", "请先上传几张自己的照片"),
}
