"""The problems of portraits, for ``problem_catalogue``."""

from __future__ import annotations

from shared.domain.words import Words
from shared.http_api.problem_kinds import ProblemKind

OF_PORTRAITS: dict[str, ProblemKind] = {
    "invalid_style": ProblemKind(
        400,
        Words("There is no such style of portraits.", "没有这种写真风格。"),
        Words(
            "Set style to one of: {known}; or send a template.",
            "style 须为以下之一：{known}；或提供 template。",
        ),
    ),
    "invalid_template": ProblemKind(
        400,
        Words("The template is not usable.", "模板无效。"),
        Words(
            "Send its URL, https:// without a query and a password, or the key of an object below {prefix}; "
            "and no other style with it.",
            "请提供其 URL（https://，不含查询参数和密码），或 {prefix} 下对象的键；不要同时指定其他风格。",
        ),
    ),
    "invalid_count": ProblemKind(
        400,
        Words("So many pictures cannot be ordered at once.", "一次不能生成这么多张。"),
        Words("Set count to a whole number from 1 to {most}.", "count 须为 1 到 {most} 的整数。"),
    ),
    "invalid_revision": ProblemKind(
        400,
        Words("There is no such revision.", "版本无效。"),
        Words(
            "Set revision to a whole number from 1 on, or leave it out.",
            "revision 须为从 1 开始的整数，也可省略。",
        ),
    ),
    "invalid_price": ProblemKind(
        400,
        Words("The price is missing, or is none.", "缺少价格，或价格无效。"),
        Words(
            "Set price_cny to the whole price of the order: count times the price_cny of "
            "GET /people/{{person_id}}/portraits.",
            "price_cny 须为订单总价：count 乘以 GET /people/{{person_id}}/portraits 中的 price_cny。",
        ),
    ),
    "price_differs": ProblemKind(
        409,
        Words(
            "The price of the order is {price} CNY (pictures: {count}).",
            "订单价格为 {price} 元（{count} 张）。",
        ),
        Words(
            "Nothing is ordered. Send price_cny={price} to order them at this price.",
            "没有下单。如接受此价格，请发送 price_cny={price}。",
        ),
    ),
    "unknown_portrait": ProblemKind(
        404,
        Words("There is no such portrait, or it has been removed.", "没有这张写真，或已被删除。"),
        Words(
            "Take its href from GET /people/{{person_id}}/portraits.",
            "请使用 GET /people/{{person_id}}/portraits 中的 href。",
        ),
    ),
    "no_portraits": ProblemKind(
        404,
        Words("There is no portrait of this person yet.", "此人还没有写真。"),
        Words(
            "Order some with POST /people/{{person_id}}/portraits.",
            "可用 POST /people/{{person_id}}/portraits 下单。",
        ),
    ),
    "portraits_too_large": ProblemKind(
        409,
        Words(
            "The portraits have {bytes} bytes or more, of which the function gives {most} at once.",
            "写真共 {bytes} 字节或更多，函数一次最多返回 {most} 字节。",
        ),
        Words(
            "Ask for one revision at a time, with revision, or download them one by one.",
            "请用 revision 参数逐个版本下载，或逐张下载。",
        ),
    ),
}
