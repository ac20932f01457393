"""The operations that the product calls: what they are called here and in the documents, and in which story.

``about`` of an operation that concerns one photo is that photo of the struck person; its snapshot counts as
the photo (:meth:`tests.simulation.stores.SimulatedBucket.told_of`).
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from shared.domain.object_keys import CONSENT_NAME, job_id, person_key, snapshot_folder
from shared.domain.result_keys import portraits_folder
from shared.domain.trouble_kinds import Api, Service
from tests.simulation.matrix.stages import (
    ASKED,
    BOX,
    CARRIED,
    CHECKED_BY_FILE,
    CONSENTED,
    ERASED,
    FILES,
    FULL,
    KEPT,
    LABELLED,
    MANY,
    OVERDUE,
    PHOTOS,
    PORTRAYED,
    RESTORED,
    SIDEWAYS,
    STRUCK,
    STRUCK_PHOTO,
    UNANSWERED,
    Stage,
)

SERVICES = {"oss": Service.OSS, "dashscope": Service.DASHSCOPE, "ots": Service.TABLESTORE}
"""By the gate's name."""

_PHOTO = f"people/{STRUCK}/{STRUCK_PHOTO}"
_JOB = job_id(STRUCK, 1)
_PERSON = (f"people/{STRUCK}/", f"results/{STRUCK}/", person_key(STRUCK))


class Step(Enum):
    """What an operation is a part of: whether a step may be given up, and what comes of that."""

    DESCRIBE = "ask what an upload is"
    CONSENT = "look whether the person has consented"
    PREPARE = "prepare a photo"
    CHECK = "check a photo's face"
    TURN = "turn a photo in which no face was found"
    CLEAR = "delete the turned pictures that nobody needs"
    UNPACK = "unpack a zip"
    COMPARE = "compare the photos of a large set"
    COPY = "copy a photo of the revision before"
    RESTORE = "read an earlier result"
    LOOK = "look through the person's folder"
    NOTICE = "notice folders that are called like ours"
    COUNT = "read the list of fine-tunes"
    ROOM = "make room for another fine-tune"
    STORE = "store a photo with DashScope"
    SUBMIT = "submit"
    ASK = "ask how the training is doing"
    CANCEL = "cancel a training that is overdue"
    DELIVER = "write the result"
    FORGET = "delete the photos that are stored with DashScope"
    RECORD = "write or read the person's row"
    REMEMBER = "ask which uploads are known"
    TICK = "read or write the rows that all share"
    ASKED = "carry out what an administrator asks for"
    ERASE = "erase a person"
    RETAIN = "remove what has been kept long enough"
    ORDER = "ask for portraits"
    FOLLOW = "ask how the portraits are doing"
    FIND = "look for an order of portraits whose answer was lost"
    FETCH = "fetch the portraits that are made"
    KEEP = "store the portraits"
    LABEL = "have the visible label written into a portrait"


class Operation(NamedTuple):
    """An operation.

    Attributes:
        service, name: as the gate calls them.
        documented: as the table of the service's errors calls it.
        api: the breaker that it belongs to.
        step: what it is a part of.
        stage: a story in which it is called.
        is_part: whether it is one row of a batch: the errors are those of rows, in an answer that has come.
        this_object: what a call about the struck object is about; none: no call is about one object.
        this_person: the same of the struck person.
    """

    service: str
    name: str
    documented: str
    api: Api
    step: Step
    stage: Stage = PHOTOS
    this_object: tuple[str, ...] = ()
    this_person: tuple[str, ...] = _PERSON
    is_part: bool = False

    def __str__(self) -> str:
        return f"{self.service}.{self.name} of {self.stage.name}"

    @property
    def is_main(self) -> bool:
        """Whether it is the first of those that are one in the documents: it stands for them as an API."""
        own = (self.service, self.documented)
        first = next(one for one in OPERATIONS if (one.service, one.documented) == own)
        return self.service == "ots" or self.is_struck_by_itself or self == first

    @property
    def is_struck_by_itself(self) -> bool:
        """Whether those that are one in the documents are left alone: struck as well, nobody comes so far."""
        return self.step in (Step.KEEP, Step.LABEL)


def _oss(
    name: str, documented: str, api: Api, step: Step, stage: Stage = PHOTOS, about: str = _PHOTO
) -> Operation:
    return Operation("oss", name, documented, api, step, stage, (about,) if about else ())


def _of_fine_tune(
    name: str, step: Step, stage: Stage = PHOTOS, about: tuple[str, ...] = (_JOB,)
) -> Operation:
    return Operation("dashscope", name, name, Api.TRAINING, step, stage, about, ())


def _ots(name: str, step: Step, *, of_rows: bool = True, stage: Stage = PHOTOS) -> Operation:
    rows = (person_key(STRUCK),) if of_rows else ()
    return Operation("ots", name, name.partition(" ")[0], Api.TABLES, step, stage, (), rows)


def _row(name: str, documented: str, step: Step, stage: Stage = PHOTOS) -> Operation:
    rows = (person_key(STRUCK),)
    return Operation("ots", name, documented, Api.TABLES, step, stage, (), rows, is_part=True)


def _of_check(name: str) -> Operation:
    return Operation("dashscope", name, name, Api.FACE_CHECK, Step.CHECK, CHECKED_BY_FILE, (_PHOTO,))


def _of_portraits(name: str, step: Step, stage: Stage = PORTRAYED, documented: str = "") -> Operation:
    about = job_id(STRUCK, stage.revisions)
    return Operation("dashscope", name, documented or name, Api.PORTRAITS, step, stage, (about,), ())


def _of_label(name: str, documented: str, api: Api) -> Operation:
    """Return one about the object by which OSS is given the portrait, which lies beside the snapshots."""
    return _oss(name, documented, api, Step.LABEL, LABELLED, snapshot_folder(_JOB))


def _of_erasure(name: str) -> Operation:
    return Operation("oss", name, name, Api.LISTING, Step.ERASE, ERASED, this_person=())


_ZIP = f"people/{STRUCK}/{BOX.struck_upload}"
_RESULT = f"results/{STRUCK}/1.json"
_PORTRAITS = portraits_folder(STRUCK, PORTRAYED.revisions)
_CONSENT = f"people/{STRUCK}/{CONSENT_NAME}"

OPERATIONS: tuple[Operation, ...] = (
    _oss("HeadObject", "HeadObject", Api.READING, Step.DESCRIBE),
    _oss("PostObject saveas", "PostProcessTask", Api.PROCESSING, Step.PREPARE),
    _oss("GetObject range", "GetObject", Api.READING, Step.PREPARE),
    _oss("GetObject range", "GetObject", Api.READING, Step.UNPACK, BOX, _ZIP),
    _oss("HeadObject", "HeadObject", Api.READING, Step.CONSENT, CONSENTED, _CONSENT),
    _oss("GetObject range", "GetObject", Api.READING, Step.CONSENT, CONSENTED, _CONSENT)._replace(
        this_person=()
    ),
    _oss("PutObject", "PutObject", Api.WRITING, Step.DELIVER, about=_RESULT),
    _oss("PutObject upload", "PutObject", Api.WRITING, Step.UNPACK, BOX, _ZIP),
    _oss("PostObject turn", "PostProcessTask", Api.PROCESSING, Step.TURN, SIDEWAYS),
    _oss("DeleteObject", "DeleteObject", Api.WRITING, Step.CLEAR, SIDEWAYS),
    _oss("GetObject bitmap", "GetObject", Api.PROCESSING, Step.COMPARE, MANY),
    _oss("CopyObject", "CopyObject", Api.WRITING, Step.COPY, CARRIED),
    _oss("GetObject", "GetObject", Api.READING, Step.STORE, FILES),
    _oss("GetObject", "GetObject", Api.READING, Step.RESTORE, RESTORED, _RESULT),
    _oss("ListObjects", "ListObjects", Api.LISTING, Step.LOOK, about=""),
    Operation("oss", "ListObjects folders", "ListObjects", Api.LISTING, Step.NOTICE, this_person=()),
    Operation("dashscope", "DetectFaces", "DetectFaces", Api.FACE_CHECK, Step.CHECK, PHOTOS, (_PHOTO,)),
    _of_fine_tune("CreateFineTune", Step.SUBMIT),
    _of_fine_tune("GetFineTune", Step.ASK),
    _of_fine_tune("CancelFineTune", Step.CANCEL, OVERDUE),
    _of_fine_tune("DeleteFineTune", Step.ROOM, FULL, ()),
    _of_fine_tune("ListFineTunes", Step.COUNT, about=()),
    Operation("dashscope", "UploadFiles", "UploadFiles", Api.TRAINING, Step.STORE, FILES, (_PHOTO,)),
    _of_check("UploadFiles"),
    _of_check("GetFile"),
    _oss("GetObject", "GetObject", Api.READING, Step.CHECK, CHECKED_BY_FILE),
    _of_fine_tune("ListFiles", Step.COUNT, FILES, ()),
    _of_fine_tune("DeleteFile", Step.FORGET, FILES),
    _ots("BatchGetRow control requests", Step.TICK, of_rows=False),
    _ots("GetRow", Step.TICK, of_rows=False),
    _ots("GetRange jobs_in_hand", Step.TICK, of_rows=False),
    _ots("PutRow control", Step.TICK, of_rows=False),
    _ots("BatchGetRow jobs", Step.TICK, of_rows=False),
    _row("a row of BatchGetRow jobs", "BatchGetRow", Step.RECORD),
    _ots("GetRange jobs", Step.RECORD),
    _ots("PutRow jobs", Step.RECORD),
    _ots("BatchWriteRow seen", Step.RECORD, stage=CARRIED),
    _row("a row of BatchWriteRow seen", "BatchWriteRow", Step.RECORD, CARRIED),
    _ots("GetRange requests", Step.ASKED, of_rows=False, stage=ASKED),
    _ots("PutRow requests", Step.ASKED, of_rows=False, stage=ASKED),
    _ots("BatchGetRow seen", Step.REMEMBER, of_rows=False, stage=CARRIED),
    _of_erasure("GetBucketVersioning"),
    _of_erasure("ListMultipartUploads"),
    _ots("GetRange seen", Step.ERASE, stage=ERASED),
    _ots("DeleteRow jobs", Step.ERASE, stage=ERASED),
    _ots("BatchWriteRow requests", Step.ERASE, of_rows=False, stage=ERASED),
    _oss("DeleteObject", "DeleteObject", Api.WRITING, Step.RETAIN, KEPT),
    _oss("ListObjects", "ListObjects", Api.LISTING, Step.RETAIN, KEPT, f"submissions/{_JOB}/"),
    _of_fine_tune("DeleteFineTune", Step.RETAIN, KEPT),
    _of_portraits("GeneratePortraits", Step.ORDER),
    _of_portraits("GetTask", Step.FOLLOW),
    _of_portraits("ListTasks", Step.FIND, UNANSWERED)._replace(this_object=()),
    _of_portraits("GetTask", Step.FIND, UNANSWERED),
    _of_portraits("DownloadPortrait", Step.FETCH, documented="GetObject"),
    _oss("PutObject portrait", "PutObject", Api.WRITING, Step.KEEP, PORTRAYED, _PORTRAITS),
    _of_label("PutObject picture", "PutObject", Api.WRITING),
    _of_label("GetObject labelled", "GetObject", Api.PROCESSING),
    _of_label("DeleteObject", "DeleteObject", Api.WRITING),
)
OF_PORTRAITS = (Step.ORDER, Step.FOLLOW, Step.FIND, Step.FETCH, Step.KEEP, Step.LABEL)
