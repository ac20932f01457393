"""All texts of the pages, by name, in both languages; ``words_of_people`` has those about one person.

Read by ``rendering``. Texts hold no markup. ``{name}`` is filled with a value of the document.
"""

from __future__ import annotations

from shared.domain.words import Words
from shared.pages.words_of_consent import CONSENT
from shared.pages.words_of_people import ACTIONS, OWN, PERSON
from shared.pages.words_of_portraits import PORTRAITS

STATES: dict[str, Words] = {
    "state_COLLECTING": Words("Collecting", "收集照片"),
    "state_REJECTED": Words("Photos needed", "需要照片"),
    "state_QUEUED": Words("Waiting", "排队中"),
    "state_SUBMITTING": Words("Starting", "提交中"),
    "state_TRAINING": Words("Training", "训练中"),
    "state_SUCCEEDED": Words("Ready", "已完成"),
    "state_FAILED": Words("Failed", "失败"),
    "state_CANCELED": Words("Canceled", "已取消"),
    "state_unreadable": Words("Unreadable", "无法读取"),
    "verdict_usable": Words("Usable", "合格"),
    "verdict_pending": Words("Being checked", "检测中"),
    "verdict_aside": Words("Not needed", "无需使用"),
    "verdict_refused": Words("Not usable", "不合格"),
}

FRAME: dict[str, Words] = {
    "product": Words("FaceChain Autotrain", "FaceChain 自动训练"),
    "skip": Words("Skip to the content", "跳到正文"),
    "navigation": Words("Main", "主导航"),
    "overview": Words("Overview", "总览"),
    "people": Words("People", "人员"),
    "other_language": Words("中文", "English"),
    "sign_out": Words("Sign out", "退出"),
    "sign_in": Words("Sign in", "登录"),
    "local": Words("Local cloud", "本地环境"),
    "copy": Words("Copy", "复制"),
    "copied": Words("Copied", "已复制"),
    "stale": Words("No connection: this is the last known state.", "连接中断，显示的是最后一次的状态。"),
    "since": Words("since {at}", "自 {at} 起"),
    "about_until": Words("until about {at}", "预计到 {at}"),
    "next_try": Words("Next try: {at}", "下次重试：{at}"),
    "asked_pending": Words(
        "Asked for. The next run of the timer carries it out, within a minute.",
        "已提交请求，一分钟内由下一次定时运行执行。",
    ),
    "asked_done": Words("Done.", "已完成。"),
    "link_made": Words(
        "The link is made. Whoever has it sees this person's page and can add photos; it is shown once.",
        "链接已生成。持有链接者可以查看此人的页面并添加照片；链接只显示这一次。",
    ),
    "link_expires": Words("It ends on {at}.", "有效期至 {at}。"),
    "more": Words("Show more", "显示更多"),
    "nothing": Words("–", "–"),
    "revision": Words("Revision {number}", "第 {number} 版"),
    "photos_of": Words("{usable} of {count} photos usable", "{count} 张照片，{usable} 张合格"),
}

OVERVIEW: dict[str, Words] = {
    "not_ready": Words("Nobody can be trained right now", "目前无法训练"),
    "paused": Words("The queue is paused", "队列已暂停"),
    "paused_by": Words("{because}: paused by {by}", "{because}（{by} 暂停）"),
    "queue_blocked": Words("The queue does not move", "队列没有进展"),
    "slot": Words("In training", "正在训练"),
    "slot_free": Words("The training slot is free", "训练位空闲"),
    "slot_free_hint": Words(
        "The next complete photo set starts at once.", "下一组完整的照片会立即开始训练。"
    ),
    "places": Words("{used} of {places} in use", "已用 {used} / {places}"),
    "busy": Words("Busy in the last 24 h", "过去 24 小时占用"),
    "progress_of": Words("Training of {name}", "{name} 的训练进度"),
    "queue": Words("Queue", "队列"),
    "queue_empty": Words("Nobody waits.", "无人排队。"),
    "waiting": Words("Waiting", "排队人数"),
    "oldest_wait": Words("Oldest wait", "最长等待"),
    "queue_more": Words("The first {count} are shown.", "仅显示前 {count} 个。"),
    "position": Words("Place", "位置"),
    "person": Words("Person", "人员"),
    "waits": Words("Waits", "已等待"),
    "ready_about": Words("Ready about", "预计完成"),
    "state": Words("State", "状态"),
    "photos": Words("Photos", "照片"),
    "changed": Words("Changed", "更新时间"),
    "all_states": Words("All states", "全部状态"),
    "name_begins": Words("Name begins with", "姓名开头"),
    "filter": Words("Show", "显示"),
    "all_people": Words("All people", "全部人员"),
    "nobody_yet": Words("Nobody is here yet", "还没有人员"),
    "nobody_yet_hint": Words(
        "Put somebody's photos into people/<name>/ of the bucket. They appear here within seconds.",
        "将某人的照片放入存储空间的 people/<姓名>/，几秒内就会显示在这里。",
    ),
    "nobody_found": Words("Nobody matches.", "没有符合条件的人员。"),
    "show_all": Words("Show everybody", "显示全部人员"),
    "unreadable": Words("Records that cannot be read", "无法读取的记录"),
    "recent": Words("Recent results", "最近结果"),
    "recent_empty": Words("No training has ended yet.", "还没有训练结束。"),
    "took": Words("took {length}", "用时 {length}"),
    "spend": Words("Spent", "费用"),
    "today": Words("Today", "今天"),
    "month": Words("This month", "本月"),
    "total": Words("In all", "总计"),
    "spend_hint": Words(
        "CNY, days and months of Beijing. Trainings billed: {count}.",
        "单位：元，按北京时间计；共计费 {count} 次训练。",
    ),
    "reserved": Words("On their way: {sum} CNY", "进行中：{sum} 元"),
    "left_of_day": Words("Left today: {left} of {most} CNY", "今日剩余：{left} / {most} 元"),
    "left_of_month": Words("Left this month: {left} of {most} CNY", "本月剩余：{left} / {most} 元"),
    "left_of_all": Words("Left in all: {left} of {most} CNY", "总额剩余：{left} / {most} 元"),
    "models": Words("Models kept", "保留的模型"),
    "models_of": Words("{kept} of {allowed}", "{kept} / {allowed}"),
    "models_unknown": Words("Not known yet", "暂时未知"),
    "models_nearly_full": Words(
        "Nearly full: release models that nobody needs any more, or the queue will stop.",
        "即将达到上限：请释放不再需要的模型，否则队列将停止。",
    ),
    "pause": Words("Pause the queue", "暂停队列"),
    "pause_cost": Words(
        "No new training begins until you resume. A running one goes on, and photos are still checked.",
        "恢复之前不会开始新的训练；正在进行的训练继续，照片仍会检测。",
    ),
    "because": Words("Reason, shown to everybody", "原因（所有人可见）"),
    "resume": Words("Resume the queue", "恢复队列"),
    "resume_cost": Words(
        "Waiting sets are trained again, at {price} CNY each.", "排队的照片集将继续训练，每次 {price} 元。"
    ),
    "probe": Words("Try again now", "立即重试"),
    "gone_receiver": Words("Nothing more is sent to: {receiver}", "已停止发送消息：{receiver}"),
    "try_receivers": Words("Send a test message", "发送测试消息"),
    "try_receivers_cost": Words(
        "Everybody who is told of messages gets one, for free. Whoever takes it is told of everything again.",
        "向所有接收方各发送一条测试消息，不产生费用；收下消息的接收方会重新收到全部消息。",
    ),
    "probe_cost": Words("Costs nothing: no training is repeated.", "不产生费用，不会重复训练。"),
}

OTHERS: dict[str, Words] = {
    "sign_in_hint": Words(
        "Enter the read token or the admin token of this deployment. Its administrator has both.",
        "请输入此部署的只读令牌或管理令牌，可向管理员索取。",
    ),
    "sign_in_refused": Words(
        "This is not a token of this deployment. Copy it whole and try again.",
        "此令牌无效，请完整复制后重试。",
    ),
    "token": Words("Token", "令牌"),
    "go_back": Words("Back to the overview", "返回总览"),
    "default_domain": Words("Bind a domain to see this page", "请绑定域名以查看此页面"),
    "default_domain_why": Words(
        "Your browser has downloaded this page: Function Compute's default domain sends pages as files.",
        "浏览器将此页面下载成了文件：函数计算的默认域名会强制下载所有页面。",
    ),
    "default_domain_do": Words(
        "Bind a domain of your own to the function: deploy the stack with the parameter StatusDomain. "
        "Until then the JSON answers work at this address.",
        "请为函数绑定自己的域名：部署时设置参数 StatusDomain。在此之前，该地址的 JSON 接口仍可使用。",
    ),
}

LISTS: dict[str, Words] = {
    "models_short": Words("Models", "模型"),
    "all_models": Words("All models", "全部模型"),
    "models_in_account": Words("In the DashScope account", "DashScope 账号中"),
    "model_newest": Words("In use", "使用中"),
    "model_replaced": Words("Replaced", "已被替换"),
    "model_released": Words("Released", "已释放"),
    "trained": Words("Trained", "训练时间"),
    "no_models": Words("No model yet", "还没有模型"),
    "no_models_hint": Words(
        "Each training that succeeds leaves one here. The account keeps only so many.",
        "每次训练成功后会列在这里。账号保留的模型数量有限。",
    ),
    "links": Words("Links", "链接"),
    "links_of": Words("Share links of {name}", "{name} 的分享链接"),
    "link": Words("Link", "链接"),
    "link_works": Words("Works", "有效"),
    "link_revoked": Words("Revoked", "已撤销"),
    "link_ended": Words("Ended", "已过期"),
    "made": Words("Made", "生成时间"),
    "ends": Words("Ends", "失效时间"),
    "no_links": Words("No link on record", "还没有链接"),
    "no_links_hint": Words("Make one for this person's phone.", "可为此人生成一个，在手机上打开。"),
    "links_hint": Words(
        "A link that was made or revoked just now appears with the next run of the timer, within a minute. "
        "Its address is kept nowhere and cannot be shown again.",
        "刚生成或撤销的链接会在一分钟内由下一次定时运行列出。链接地址不会保存，无法再次显示。",
    ),
    "revoke": Words("Revoke", "撤销"),
    "revoke_cost": Words(
        "The link opens nothing from now on. Photos that were sent by it stay.",
        "该链接立即失效。已通过它上传的照片会保留。",
    ),
    "all_links": Words("All links of this person", "此人的全部链接"),
    "back_to_person": Words("Back to the person", "返回此人"),
    "events_of": Words("History of {name}", "{name} 的历史记录"),
    "all_events": Words("Whole history", "全部历史记录"),
    "events_cut": Words("Earlier events are no longer shown.", "更早的记录不再显示。"),
    "ignored": Words("Uploads that belong to nobody", "不属于任何人的上传"),
    "ignored_hint": Words(
        "These objects are in the bucket, but are no photo of a person. They are trained on for nobody.",
        "这些对象在存储空间中，但不是任何人的照片，不会用于训练。",
    ),
    "ignored_none": Words("There are none.", "没有此类上传。"),
    "ignored_dropped": Words("There were more; the newest are shown.", "还有更多，仅显示最新的。"),
    "object": Words("Object", "对象"),
    "why": Words("Why", "原因"),
    "noted": Words("Noted", "记录时间"),
    "as_csv": Words("Download as CSV", "下载 CSV"),
}

WORDS: dict[str, Words] = {
    **{**STATES, **FRAME, **OVERVIEW, **LISTS, **OTHERS},
    **{**PERSON, **ACTIONS, **OWN, **CONSENT, **PORTRAITS},
}
