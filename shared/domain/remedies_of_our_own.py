"""Our own troubles in plain words, with what to do, in English and in Chinese; read by ``remedies``.

A trouble is our own when its code is: the code stands in this table, and in no table of a service.
"""

from __future__ import annotations

from shared.domain.remedies_of_consent import OF_CONSENT
from shared.domain.remedies_of_erasures import OF_ERASURES
from shared.domain.remedies_of_money import OF_MONEY
from shared.domain.remedies_of_portraits import OF_PORTRAITS
from shared.domain.remedies_of_retention import OF_RETENTION
from shared.domain.remedies_of_submits import OF_SUBMITS
from shared.domain.words import NOTHING as NOTHING
from shared.domain.words import Told as Told
from shared.domain.words import Words

OUR_OWN: dict[str, Told] = {
    # The deployment as a whole.
    "no_good_tick": Told(
        Words(
            "No run of the timer has come to its end for five minutes, so nothing goes on by itself.",
            "定时函数已有五分钟以上没有正常运行完成，任务不会自动推进。",
        ),
        Words(
            "Look at the timer trigger of the function reconcile, and at its log.",
            "请检查 reconcile 函数的定时触发器和日志。",
        ),
    ),
    "queue_paused": Told(
        Words(
            "An administrator has paused the queue; what has been submitted goes on.",
            "管理员已暂停队列；已提交的训练继续进行。",
        ),
        Words(
            "Resume it when the reason is gone: POST /queue/resume, or the button on the overview.",
            "原因消除后请恢复队列：POST /queue/resume，或使用总览页上的按钮。",
        ),
    ),
    "tables_unavailable": Told(
        Words("Tablestore does not answer.", "表格存储没有响应。"),
        Words(
            "Look at the Tablestore instance and its network; it goes on by itself once that answers.",
            "请检查表格存储实例及其网络；恢复响应后自动继续。",
        ),
    ),
    "not_there_yet": Told(
        Words(
            "The event tells of an object that is not there yet, or not any more.",
            "事件所指的对象尚不存在，或已被删除。",
        ),
    ),
    "still_written": Told(
        Words(
            "The object was written piece by piece (AppendObject) a moment ago, and more may come.",
            "该对象刚以追加方式（AppendObject）写入，可能尚未写完。",
        ),
        Words(
            "Nothing needs to be done: it is looked at once nothing has been added for 30 seconds.",
            "无需操作：30 秒内没有追加写入后会自动处理。",
        ),
    ),
    "function_died": Told(
        Words(
            "Runs of the function have died again and again while they had this in hand.",
            "函数在处理此项时多次异常终止。",
        ),
        Words(
            "Read the function's log and give the function more memory or time; "
            "if it is about a photo, upload another one.",
            "请查看函数日志，并为函数分配更多内存或更长的超时时间；如与照片有关，请换一张上传。",
        ),
    ),
    "unforeseen": Told(
        Words(
            "An error that nobody foresaw has stopped this step.",
            "这一步因未预料到的错误而中断。",
        ),
        Words(
            "It is tried again by itself. If it stays, read the function's log, and report it.",
            "暂时无需操作，系统会自动重试；若一直如此，请查看函数日志并反馈。",
        ),
    ),
    "unreadable_row": Told(
        Words(
            "Newer code has written the row of this job, and this version cannot read it.",
            "该任务的记录由更新版本的代码写入，当前版本无法读取。",
        ),
        Words(
            "Deploy the newer code again; until then the job is left alone.",
            "请重新部署更新的版本；在此之前该任务不会被改动。",
        ),
    ),
    "no_time": Told(
        Words(
            "Too little of the function's time was left for this step.",
            "函数剩余的时间不足以完成这一步。",
        )
    ),
    "conflict": Told(
        Words("Another run of the functions was faster.", "另一次运行抢先完成了修改。"),
    ),
    # A set and its uploads.
    "set_changed": Told(
        Words(
            "More photos came while the set was being closed.",
            "照片集关闭时又有新照片到达。",
        )
    ),
    "set_crowded": Told(
        Words(
            "Too many photos of this person wait for their check.",
            "此人等待检查的照片过多。",
        ),
        Words(
            "Nothing needs to be done: the checks make room. Fewer photos at a time go faster.",
            "无需操作，检查完成后自动继续；分批上传会更快。",
        ),
    ),
    "busy_person": Told(
        Words(
            "Many photos of this person come at the same time, and this one has not had its turn.",
            "此人的照片同时到达得太多，尚未轮到这一张。",
        )
    ),
    "result_gone": Told(
        Words(
            "An earlier result of this person is in the list of the bucket and cannot be read.",
            "存储空间的列表中有此人以前的结果，但无法读取。",
        ),
        Words(
            "Nothing needs to be done if it has just been deleted: the next look shows that it is gone.",
            "若该结果刚被删除则无需操作，下次检查时会确认。",
        ),
    ),
    "result_of_newer_code": Told(
        Words(
            "The bucket has a result of this person by newer code; nothing is paid for on a guess.",
            "存储空间中有较新版本写入的此人结果；系统不会在不确定时付费训练。",
        ),
        Words(
            "Deploy that version again, or delete the result to train anew.",
            "请重新部署该版本；若要重新训练，请删除该结果文件。",
        ),
    ),
    "other_spelling_trains": Told(
        Words(
            "Photos of this person are being trained that an earlier version has recorded under another "
            "spelling of the name.",
            "早期版本以名称的另一种编码形式记录了此人的照片，这些照片正在训练。",
        ),
        Words(
            "Nothing needs to be done: it goes on once that training has ended.",
            "无需操作，该训练结束后自动继续。",
        ),
    ),
    "archive_changed": Told(
        Words(
            "The zip was replaced while it was being unpacked.",
            "压缩包在解压时被替换。",
        ),
        Words(
            "Nothing needs to be done: the new one is unpacked.",
            "无需操作，系统会解压新的压缩包。",
        ),
    ),
    "zip_unfinished": Told(
        Words(
            "The zip has more in it than one run can unpack.",
            "压缩包内容较多，一次运行未能全部解压。",
        ),
        Words(
            "Nothing needs to be done: the next run goes on with it.",
            "无需操作，下一次运行会继续解压。",
        ),
    ),
    "short_answer": Told(
        Words("OSS's answer broke off while a zip was being read.", "读取压缩包时，OSS 的响应中断。"),
    ),
    "replaced": Told(
        Words("The file was replaced while it was being read.", "文件在读取时被替换。"),
        Words(
            "Nothing needs to be done: the new one is looked at.",
            "无需操作，系统会处理新的文件。",
        ),
    ),
    "object_too_large": Told(
        Words("The file is larger than it may be.", "文件超过大小限制。"),
        Words("Upload a smaller version.", "请上传更小的版本。"),
    ),
    "photos_lost": Told(
        Words(
            "The prepared photos and their uploads are gone.",
            "已处理的照片和上传的原图都已不存在。",
        ),
        Words("Upload photos to train again.", "请上传照片重新训练。"),
    ),
    "daily_limit": Told(
        Words(
            "The person has had as many trainings today as MAX_TRAININGS_PER_PERSON_PER_DAY allows.",
            "此人今天的训练次数已达到 MAX_TRAININGS_PER_PERSON_PER_DAY 的上限。",
        ),
        Words(
            "Nothing needs to be done: the next begins tomorrow, Beijing time. To train sooner, "
            "raise the setting.",
            "无需操作，北京时间次日自动开始下一次训练；如需提前，请调高该设置。",
        ),
    ),
    **OF_CONSENT,
    **OF_ERASURES,
    **OF_RETENTION,
    **OF_MONEY,
    **OF_PORTRAITS,
    **OF_SUBMITS,
}
"""Our own codes in the words of people."""
