"""Problems of what browsers send: forms, sessions, files. A part of ``problem_catalogue``."""

from __future__ import annotations

from shared.domain.words import Words
from shared.http_api.problem_kinds import ProblemKind

OF_BROWSERS: dict[str, ProblemKind] = {
    "invalid_photo": ProblemKind(
        400,
        Words(
            "No photo can have this name.",
            "照片名称无效。",
        ),
        Words(
            "Use the name of a file, without hidden parts and control characters.",
            "请使用普通文件名，不要以“.”开头，不含控制字符。",
        ),
    ),
    "unreadable_content": ProblemKind(
        400,
        Words(
            "The content of the request cannot be read.",
            "无法读取请求体。",
        ),
        Words(
            "Send a form or an object of JSON, and the Content-Type that says which.",
            "请发送表单或 JSON 对象，并用 Content-Type 说明类型。",
        ),
    ),
    "wrong_token": ProblemKind(
        401,
        Words(
            "The token is wrong.",
            "令牌错误。",
        ),
        Words(
            "Enter the value of STATUS_TOKEN, or of ADMIN_TOKEN to change something.",
            "请输入 STATUS_TOKEN 的值；管理操作请使用 ADMIN_TOKEN 的值。",
        ),
    ),
    "ticket_ended": ProblemKind(
        401,
        Words(
            "This address has signed in as long as it could.",
            "该登录地址已失效。",
        ),
        Words(
            "Sign in with the token, or start again what has printed the address.",
            "请用令牌登录，或重新启动以获得新的地址。",
        ),
    ),
    "not_from_a_form": ProblemKind(
        403,
        Words(
            "The request does not come from a page of this API that is still valid.",
            "该请求不是由本站的有效页面发出的。",
        ),
        Words(
            "Load the page again and send it once more; programs send a bearer token.",
            "请刷新页面后重新提交；程序请使用 Bearer 令牌。",
        ),
    ),
    "invalid_days": ProblemKind(
        400,
        Words(
            "A link cannot be valid for so long.",
            "链接有效期无效。",
        ),
        Words(
            "Set days to a whole number from 1 to {most}.",
            "days 须为 1 到 {most} 的整数。",
        ),
    ),
    "no_files": ProblemKind(
        400,
        Words(
            "The form brings no photo, or too many.",
            "表单中没有照片，或照片过多。",
        ),
        Words(
            "Choose 1 to {most} photos, 20 MB together; send more with another form.",
            "请选择 1 到 {most} 张照片，总大小不超过 20 MB；更多照片请分次发送。",
        ),
    ),
    "upload_too_large": ProblemKind(
        413,
        Words(
            "The file is too large.",
            "文件过大。",
        ),
        Words(
            "Send 20 MB at most; a photo in JPEG is far smaller.",
            "请发送不超过 20 MB 的文件；JPEG 照片通常小得多。",
        ),
    ),
    "unusable_file": ProblemKind(
        415,
        Words(
            "{name} is no photo that can be used.",
            "{name} 不是可用的照片。",
        ),
        Words(
            "{why} Nothing was stored.",
            "{why}没有保存任何内容。",
        ),
    ),
}
