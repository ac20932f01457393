"""Which photos are trained on when more than 10 can be: near-duplicates once, then variety, then time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.choosing import MAX_BITS_OF_NEAR_DUPLICATES, choose, is_near_duplicate
from shared.domain.crowding import newest_first
from shared.domain.difference_hash import NO_HASH, distance
from shared.domain.photos import Photo, Verdict
from shared.domain.rules import MAX_PHOTOS
from tests.unit.support import NOW, few_examples, photo, photo_set

FAR = [f"{1 << 8 * group:016x}" for group in range(8)]


def seen(number: int, dhash: str, *, pixels: int = 0, age: int = 0, carried: bool = False) -> Photo:
    return photo(
        f"{number:02}",
        dhash=dhash,
        pixels=pixels,
        uploaded_at=NOW - 1000 * age,
        from_revision=1 if carried else 0,
    )


def unlike(count: int) -> list[Photo]:
    """So many photos, each of which is far from all others, the last the newest."""
    blocks = [0xFFF << 12 * number for number in range(5)]
    hashes = [a ^ b for a in [0, *blocks] for b in [0xF0F0F0F0F0F0F0F0, 0x0F0F0F0F0F0F0F0F]]
    return [seen(number, f"{hashes[number]:016x}", age=count - number) for number in range(count)]


def names(photos: object) -> list[str]:
    return sorted(one.name for one in photos)  # type: ignore[attr-defined]  # any collection of photos


def test_up_to_ten_photos_are_all_trained_on_however_alike_they_are() -> None:
    burst = [seen(number, "0" * 16) for number in range(MAX_PHOTOS)]
    assert choose(burst) == (frozenset(burst), {})


def test_of_many_frames_of_one_burst_one_is_trained_on_beside_the_others() -> None:
    others = unlike(9)
    burst = [seen(20 + number, "ffffffffffffff00", age=number) for number in range(26)]
    choice = choose([*others, *burst])
    assert names(choice.chosen) == names([*others, burst[0]])
    assert choice.in_place_of == dict.fromkeys(burst[1:], burst[0])


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ({"pixels": 2, "age": 9}, {"pixels": 1, "age": 0}, 0),
        ({"pixels": 1, "age": 9}, {"pixels": 1, "age": 0}, 1),
        ({"pixels": 1, "age": 0}, {"pixels": 1, "age": 0}, 0),
        ({"pixels": 9, "age": 0, "carried": True}, {"pixels": 1, "age": 9}, 1),
    ],
    ids=["more pixels", "newer", "by name", "not carried"],
)
def test_of_near_duplicates_the_better_is_kept(
    first: dict[str, int], second: dict[str, int], kept: int
) -> None:
    pair = [seen(50, "ffffffffffffff00", **first), seen(51, "ffffffffffffff01", **second)]  # type: ignore[arg-type]  # "carried" is a truth
    choice = choose([*unlike(9), *pair])
    assert pair[kept] in choice.chosen
    assert choice.in_place_of == {pair[1 - kept]: pair[kept]}


@pytest.mark.parametrize(("bits", "is_near"), [(4, True), (5, False)])
def test_near_are_two_that_differ_in_four_of_sixty_four_bits(bits: int, is_near: bool) -> None:
    one, other = seen(1, "0" * 16), seen(2, f"{(1 << bits) - 1:016x}")
    assert is_near_duplicate(one, other) is is_near is is_near_duplicate(other, one)


@pytest.mark.parametrize("dhash", ["", NO_HASH])
def test_a_photo_without_a_hash_is_like_no_other(dhash: str) -> None:
    assert not is_near_duplicate(seen(1, dhash), seen(2, dhash))
    assert not is_near_duplicate(seen(1, dhash), seen(2, "0" * 16))


def test_without_hashes_the_newest_are_trained_on_those_of_one_moment_by_their_names() -> None:
    photos = [photo(f"{number:02}", uploaded_at=NOW - 1000 * (number // 4)) for number in range(15)]
    assert names(choose(photos).chosen) == [f"{number:02}" for number in range(MAX_PHOTOS)]


def test_those_that_differ_most_are_trained_on_and_what_is_left_is_too_many() -> None:
    far = unlike(10)
    # Within 7 to 10 bits of the newest: no near-duplicates, and nearer than any of the others.
    newest = int(far[-1].dhash, 16)
    near = [seen(30 + bits, f"{newest ^ ((1 << bits) - 1):016x}", age=-1 - bits) for bits in (7, 8, 9, 10)]
    choice = choose([*near, *far])
    taken = sorted(choice.chosen, key=newest_first)
    assert taken[0] == near[-1], "the newest is always trained on"
    assert len({one.name for one in taken} & set(names(near))) == 1
    assert choice.in_place_of.keys() <= set(near)


def test_new_photos_come_before_carried_ones() -> None:
    carried = [replace(one, from_revision=1, name=f"c{one.name}") for one in unlike(10)]
    new = [seen(40 + number, f"{0xAAAA << 12 * number:016x}"[-16:]) for number in range(3)]
    chosen = choose([*carried, *new]).chosen
    assert set(new) <= chosen
    assert len(chosen) == MAX_PHOTOS


def test_a_near_duplicate_of_a_photo_that_is_too_many_is_too_many_itself() -> None:
    hashes = [f"{0x1111111111111111 * digit ^ shift:016x}" for digit in range(1, 16) for shift in (0,)]
    spread = [seen(number, dhash) for number, dhash in enumerate(hashes)]
    doubles = [replace(one, name=f"{one.name} again") for one in spread]
    choice = choose([*spread, *doubles])
    assert len(choice.chosen) == MAX_PHOTOS
    assert set(choice.in_place_of.values()) == choice.chosen
    closed = photo_set(*spread, *[replace(one, etag=f"E-{one.name}") for one in doubles]).closed()
    by_name = {one.name: one for one in closed.photos}
    for one in doubles:
        original = by_name[one.name.removesuffix(" again")]
        trained = original.verdict is Verdict.USABLE
        assert by_name[one.name].verdict is (Verdict.SIMILAR if trained else Verdict.OVER_LIMIT)
        assert by_name[one.name].detail == (original.name if trained else "")


a_hash = st.one_of(
    st.sampled_from(["", NO_HASH, *FAR]), st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")
)


@few_examples
@given(
    st.lists(
        st.builds(
            seen,
            st.integers(0, 99),
            a_hash,
            pixels=st.integers(0, 2),
            age=st.integers(0, 3),
            carried=st.booleans(),
        ),
        max_size=25,
        unique_by=lambda one: one.name,
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_there_is_the_choice_is_sound_and_the_same_in_any_order(
    photos: list[Photo], shuffled: object
) -> None:
    choice = choose(photos)
    assert choice.chosen <= set(photos)
    assert len(choice.chosen) <= MAX_PHOTOS
    if len(photos) > MAX_PHOTOS:
        for photo_left, other in choice.in_place_of.items():
            assert other in choice.chosen
            assert photo_left not in choice.chosen
            assert distance(photo_left.dhash, other.dhash) <= MAX_BITS_OF_NEAR_DUPLICATES
        assert not any(is_near_duplicate(a, b) for a in choice.chosen for b in choice.chosen if a != b)
        new = [one for one in photos if one.is_new]
        assert not new or any(one.is_new for one in choice.chosen)
        if any(not one.is_new for one in choice.chosen):
            # Every new photo is trained on, or one that is nearly the same is.
            assert all(one in choice.chosen or one in choice.in_place_of for one in new)
    else:
        assert choice.chosen == set(photos)
    assert choose(sorted(photos, key=lambda one: one.name[::-1])) == choice
