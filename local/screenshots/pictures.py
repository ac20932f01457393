"""The list of the pictures: which page, of whom, at which moment, how it is looked at, and its alt text.

Read by ``run`` and ``camera``, which take them, and by the test that compares them with README and docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from local.packaging import ROOT

FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 1_500_000
"""What all pictures together may take: every clone of the repository brings them."""

OVERVIEW, SIGN_IN = "/", "/sign-in"
"""The addresses of pages that belong to nobody."""


class Moment(Enum):
    """A point of the run at which pictures are taken, in the order in which they come.

    ``COLLECTING``: photos that people have sent from their own page have been checked. ``BUSY``: one has a
    model, one is half-way, the others wait. ``ENDED``: the one who was half-way has a model too.
    ``PORTRAYED``: portraits have been made of one of them.
    """

    COLLECTING = "collecting"
    BUSY = "busy"
    ENDED = "ended"
    PORTRAYED = "portrayed"


class Kind(Enum):
    """A kind of page: one that belongs to nobody, the page about a person, the person's own page."""

    GENERAL = "general"
    PERSON = "person"
    OWN = "own"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture to take.

    Attributes:
        name: the file's, without its ending.
        alt: its text in README and docs, in the language of the page.
        target: a path of the status function, or whose page it is.
        moment: when it is taken.
        kind: which page it shows.
        locale: the language that the browser asks for.
        theme: ``light`` or ``dark``.
        is_phone: taken at a phone's width, else at that of a desk.
        height: how much of the page is shown, in pixels of CSS.
    """

    name: str
    alt: str
    target: str
    moment: Moment
    kind: Kind = Kind.GENERAL
    locale: str = "en-US"
    theme: str = "light"
    is_phone: bool = False
    height: int = 844

    @property
    def file(self) -> str:
        """The file's name in :data:`FOLDER`."""
        return f"{self.name}.webp"


VISITORS = {"Zoë": 6, "沈月": 8}
"""Who sends photos from the own page, with the number of the portrait they have."""
IN_TRAINING = "林小雨"
"""Who is half-way when the local cloud is busy; ``FIRST`` has a model by then."""
FIRST = "maria"
WITH_STRAYS = "amara"

_CHINESE = "zh-CN"

PICTURES: tuple[Picture, ...] = (
    Picture(
        name="overview",
        alt="The overview: one person in training with a progress bar, four in the queue, everybody's state,"
        " recent results, money spent and models kept",
        target=OVERVIEW,
        moment=Moment.BUSY,
        height=1140,
    ),
    Picture(
        name="overview-zh",
        alt="总览：一人正在训练并显示进度，四人排队，以及所有人的状态、最近结果、费用和保留的模型",
        target=OVERVIEW,
        moment=Moment.BUSY,
        locale=_CHINESE,
        height=1140,
    ),
    Picture(
        name="own-photos",
        alt="A person's own page on a phone: photos with a verdict each, one refused with the reason",
        target="Zoë",
        moment=Moment.COLLECTING,
        kind=Kind.OWN,
        is_phone=True,
    ),
    Picture(
        name="own-photos-zh",
        alt="手机上的个人页面：每张照片都有检测结果，一张不合格并说明原因",
        target="沈月",
        moment=Moment.COLLECTING,
        kind=Kind.OWN,
        locale=_CHINESE,
        is_phone=True,
    ),
    Picture(
        name="own-training",
        alt="A person's own page on a phone in dark colours: the model is being trained, with a progress bar",
        target=IN_TRAINING,
        moment=Moment.BUSY,
        kind=Kind.OWN,
        theme="dark",
        is_phone=True,
    ),
    Picture(
        name="own-training-zh",
        alt="手机上的个人页面（深色）：正在训练模型，显示进度",
        target=IN_TRAINING,
        moment=Moment.BUSY,
        kind=Kind.OWN,
        locale=_CHINESE,
        theme="dark",
        is_phone=True,
    ),
    Picture(
        name="own-ready",
        alt="A person's own page on a phone: the model is ready",
        target=FIRST,
        moment=Moment.BUSY,
        kind=Kind.OWN,
        is_phone=True,
    ),
    Picture(
        name="own-ready-zh",
        alt="手机上的个人页面：模型已完成",
        target=IN_TRAINING,
        moment=Moment.ENDED,
        kind=Kind.OWN,
        locale=_CHINESE,
        is_phone=True,
    ),
    Picture(
        name="person-dark",
        alt="The page about a person in dark colours: the model, the photos, the time each step took",
        target=IN_TRAINING,
        moment=Moment.ENDED,
        kind=Kind.PERSON,
        theme="dark",
        height=900,
    ),
    Picture(
        name="person-dark-zh",
        alt="人员页面（深色）：模型、带检测结果的照片、带用时的时间线",
        target=IN_TRAINING,
        moment=Moment.ENDED,
        kind=Kind.PERSON,
        locale=_CHINESE,
        theme="dark",
        height=900,
    ),
    Picture(
        name="gallery",
        alt="The page about a person with a gallery: two orders of portraits, each picture labelled as"
        " generated",
        target=FIRST,
        moment=Moment.PORTRAYED,
        kind=Kind.PERSON,
        height=1160,
    ),
    Picture(
        name="gallery-zh",
        alt="人员页面的写真：两个订单，每张图片均标注为 AI 生成",
        target=FIRST,
        moment=Moment.PORTRAYED,
        kind=Kind.PERSON,
        locale=_CHINESE,
        height=1160,
    ),
    Picture(
        name="own-portraits",
        alt="A person's own page on a phone: portraits to look at and to download",
        target=FIRST,
        moment=Moment.PORTRAYED,
        kind=Kind.OWN,
        is_phone=True,
    ),
    Picture(
        name="own-portraits-zh",
        alt="手机上的个人页面：查看和下载写真",
        target=FIRST,
        moment=Moment.PORTRAYED,
        kind=Kind.OWN,
        locale=_CHINESE,
        is_phone=True,
    ),
    Picture(
        name="person-waiting",
        alt="The page about a person who waits: the place in the queue, photos with verdicts and remedies",
        target=WITH_STRAYS,
        moment=Moment.BUSY,
        kind=Kind.PERSON,
        height=1080,
    ),
    Picture(
        name="overview-phone",
        alt="The overview on a phone in dark colours",
        target=OVERVIEW,
        moment=Moment.BUSY,
        theme="dark",
        is_phone=True,
    ),
    Picture(
        name="sign-in",
        alt="Signing in with a token",
        target=SIGN_IN,
        moment=Moment.BUSY,
        height=560,
    ),
)
"""Every picture that is in the repository."""
