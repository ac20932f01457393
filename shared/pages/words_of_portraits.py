"""The texts of galleries, in both languages: styles and states in words, labels, and what an order costs.

Read by ``words``.
"""

from __future__ import annotations

from shared.domain.words import Words

STYLES: dict[str, Words] = {
    "style_f_idcard_male": Words("ID photo, men", "证件照（男）"),
    "style_f_idcard_female": Words("ID photo, women", "证件照（女）"),
    "style_f_business_male": Words("Business portrait, men", "商务写真（男）"),
    "style_f_business_female": Words("Business portrait, women", "商务写真（女）"),
    "style_m_springflower_female": Words("Spring flowers, women", "春日花海（女）"),
    "style_f_summersport_female": Words("Summer sport, women", "夏日运动（女）"),
    "style_f_autumnleaf_female": Words("Autumn leaves, women", "秋日落叶（女）"),
    "style_m_winterchinese_female": Words("Chinese winter, women", "冬日国风（女）"),
    "style_f_hongkongvintage_female": Words("Vintage Hong Kong, women", "复古港风（女）"),
    "style_f_lightportray_female": Words("Soft light, women", "轻写真（女）"),
    "style_portrait_url_template": Words("After a template picture", "按模板图片"),
    "style_other": Words("Another style", "其他风格"),
}

ORDERS: dict[str, Words] = {
    "order_QUEUED": Words("Waiting", "排队中"),
    "order_SUBMITTING": Words("Being sent", "提交中"),
    "order_GENERATING": Words("Being made", "生成中"),
    "order_STORING": Words("Being stored", "保存中"),
    "order_SUCCEEDED": Words("Ready", "已完成"),
    "order_FAILED": Words("Failed", "失败"),
    "order_CANCELED": Words("Canceled", "已取消"),
}

GALLERY: dict[str, Words] = {
    "portraits": Words("Portraits", "写真"),
    "portraits_none": Words("No portrait has been ordered yet", "还没有写真订单"),
    "portraits_none_hint": Words(
        "Order some below; they are made within minutes.", "可在下方下单，几分钟内生成。"
    ),
    "portrait_alt": Words(
        "AI-generated portrait {place} of {count}: {style}",
        "AI 生成的写真，第 {place} 张，共 {count} 张：{style}",
    ),
    "ai_generated": Words("AI-generated", "AI 生成"),
    "order_of": Words("Order {number}: {style}", "订单 {number}：{style}"),
    "pictures_of": Words("{made} of {count} pictures", "{count} 张中的 {made} 张"),
    "pictures_missing": Words(
        "DashScope has not made {count} of them.", "其中 {count} 张 DashScope 没有生成。"
    ),
    "open": Words("Open", "查看"),
    "open_this": Words("Open portrait {place} of order {number}", "查看订单 {number} 的第 {place} 张写真"),
    "download": Words("Download", "下载"),
    "download_this": Words(
        "Download portrait {place} of order {number}", "下载订单 {number} 的第 {place} 张写真"
    ),
    "download_all": Words("Download all portraits (zip)", "下载全部写真（zip）"),
    "order": Words("Order portraits", "生成写真"),
    "order_cost": Words(
        "DashScope bills {price} CNY for each picture that it makes; of the model of revision {revision}.",
        "DashScope 按每张 {price} 元计费；使用第 {revision} 版的模型。",
    ),
    "order_style": Words("Style", "风格"),
    "order_template": Words(
        "Template: a URL, or a key below templates/ (for the style “After a template picture”)",
        "模板：URL，或 templates/ 下的键（用于“按模板图片”）",
    ),
    "order_offer": Words("Pictures, and their price", "张数和价格"),
    "order_choice": Words("{count} for {price} CNY", "{count} 张，{price} 元"),
    "order_cancel": Words("Cancel order", "取消订单"),
    "order_cancel_cost": Words(
        "The order has not been sent, or is not sent again. What was billed before stays billed.",
        "订单尚未提交，或不再提交。此前已计的费用不会退还。",
    ),
    "portraits_blocked": Words("No portraits are made right now", "目前无法生成写真"),
    "own_portraits": Words("Your portraits", "你的写真"),
    "own_portraits_wait": Words("More portraits are on their way.", "更多写真正在生成。"),
    "pictures_billed": Words("Portraits billed: {count}.", "共计费 {count} 张写真。"),
    "portraits_cost": Words("portraits {cost} CNY", "写真 {cost} 元"),
}
PORTRAITS: dict[str, Words] = {**STYLES, **ORDERS, **GALLERY}
