"""Which photos of a set are trained on when more than 10 can be: the best of many, not ten of one moment.

The theory. A training takes 10 photos and learns what they have in common. Ten frames of one burst teach it
one pose, one light and one shirt. So photos that are nearly the same count once, and of the others those are
taken that differ most.

1. *Near-duplicates.* Two photos are nearly the same when their difference hashes
   (:mod:`shared.domain.difference_hash`) differ in at most 4 of 64 bits. That was measured on portraits that
   published packages ship, and on drawn ones. Made smaller, compressed, brightened, darkened, blurred or
   given grain, 92 % of the real and 91 % of the drawn ones stay within 4 bits. Frames of a burst do so in
   97 % and 87 % of all pairs where the camera has moved by up to 0.5 %, and in 81 % and 67 % where by 1 %.
   Different real portraits were 20 bits or more apart. Drawn ones stand before plain walls, and are nearer:
   4 % of the pairs of one person's poses and 0.3 % of those of different people are within 4 bits. With 6
   bits it would be 12 % and 2 %: a pose that is lost for nothing weighs more than a frame too many, which the
   next step passes over anyway.
   Of photos that are nearly the same the one with the most pixels is kept, then the newest.
2. *Variety.* Of the photos that are kept, the newest is taken first, and then always the one whose nearest
   taken photo is farthest away: farthest-point sampling.
3. *Time.* Among those that are equally far, the newest comes first.

New photos come before carried ones in each step: they are what the training is for. A photo without a hash is
like no other. For the second step it is as far from every other as pictures are on average that have nothing
to do with one another: in half of the bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from shared.domain.crowding import newest_first
from shared.domain.difference_hash import BITS, distance, is_hash
from shared.domain.photos import Photo, Verdict
from shared.domain.rules import MAX_PHOTOS

MAX_BITS_OF_NEAR_DUPLICATES = 4


class Choice(NamedTuple):
    """The photos to train on, and of near-duplicates the chosen photo that is trained in their place."""

    chosen: frozenset[Photo]
    in_place_of: dict[Photo, Photo]


def choose(usable: Sequence[Photo]) -> Choice:
    """Choose among the photos of a set that can be trained on: all of them where that are at most 10."""
    if len(usable) <= MAX_PHOTOS:
        return Choice(frozenset(usable), {})
    kept: list[Photo] = []
    alike: dict[Photo, Photo] = {}
    for photo in sorted(usable, key=_best_first):
        other = next((one for one in kept if is_near_duplicate(photo, one)), None)
        if other is None:
            kept.append(photo)
        else:
            alike[photo] = other
    chosen = _most_varied(kept)
    return Choice(chosen, {photo: other for photo, other in alike.items() if other in chosen})


def is_near_duplicate(one: Photo, other: Photo) -> bool:
    """Whether two photos are nearly the same picture."""
    if not is_hash(one.dhash) or not is_hash(other.dhash):
        return False
    return distance(one.dhash, other.dhash) <= MAX_BITS_OF_NEAR_DUPLICATES


def _most_varied(photos: Sequence[Photo]) -> frozenset[Photo]:
    """Return the 10 of ``photos`` that differ most."""
    left = sorted(photos, key=newest_first)
    chosen: list[Photo] = []
    nearest = dict.fromkeys(left, BITS)
    while left and len(chosen) < MAX_PHOTOS:
        # The first of those that are equally far is the newest.
        taken = max([photo for photo in left if photo.is_new] or left, key=nearest.__getitem__)
        left.remove(taken)
        chosen.append(taken)
        for photo in left:
            nearest[photo] = min(nearest[photo], _far(photo, taken))
    return frozenset(chosen)


def _far(one: Photo, other: Photo) -> int:
    return distance(one.dhash, other.dhash) if is_hash(one.dhash) and is_hash(other.dhash) else BITS // 2


def _best_first(photo: Photo) -> tuple[bool, int, int, str]:
    is_carried, latest, name = newest_first(photo)
    return is_carried, -photo.pixels, latest, name


def with_choice(photos: Sequence[Photo]) -> list[Photo]:
    """Return the photos of a set, each usable one that is not trained on with the verdict that says why."""
    choice = choose([photo for photo in photos if photo.verdict is Verdict.USABLE])
    return [
        _left_over(photo, choice.in_place_of.get(photo))
        if photo.verdict is Verdict.USABLE and photo not in choice.chosen
        else photo
        for photo in photos
    ]


def _left_over(photo: Photo, other: Photo | None) -> Photo:
    """Return a usable photo that is nearly the same as ``other``, or (None) one too many."""
    if other is None:
        return replace(photo, verdict=Verdict.OVER_LIMIT)
    return replace(photo, verdict=Verdict.SIMILAR, detail=other.name)
