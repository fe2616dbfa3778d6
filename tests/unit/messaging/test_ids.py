"""Ids made one at a time and many at once are of one kind, and the driver's class is the same id."""

from uuid import UUID

from shared.kernel import ids
from shared.persistence.database import new_ids, quick


def test_many_ids_are_as_one_id_is() -> None:
    one, many = ids.new_id(), new_ids(500)
    later = ids.new_id()
    assert len(set(many)) == 500
    for made in (one, *many, later):
        assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert all(one.bytes[:6] <= made.bytes[:6] <= later.bytes[:6] for made in many)
    assert new_ids(0) == []


def test_chance_reaches_every_bit_that_is_its_own() -> None:
    """Each bit but those of the moment, the version and the variant is now set and now not."""
    many = [made.int & (1 << 80) - 1 for made in new_ids(300)]
    always = [bit for bit in range(80) if len({made >> bit & 1 for made in many}) == 1]
    assert always == [62, 63, 76, 77, 78, 79]


def test_the_drivers_id_is_the_same_id() -> None:
    """Found under each other, equal, written alike: nobody has to know which of the two he holds."""
    plain = ids.new_id()
    fast = quick(plain)
    assert isinstance(fast, UUID)
    assert (fast == plain, plain == fast, hash(fast) == hash(plain), str(fast) == str(plain)) == (True, True, True, True)
    assert {plain: 1}[fast] == {fast: 1}[plain] == 1


def test_a_receipt_has_ten_characters_and_any_of_them_stands_anywhere() -> None:
    """Drawn as one number: were it too small, the last characters would always be the alphabet's first."""
    receipts = [ids.new_receipt() for _ in range(2_000)]
    assert len(set(receipts)) == len(receipts)
    assert all([len(part) for part in one.split("-")] == [4, 4, 2] for one in receipts), receipts[0]
    for place in (0, 1, 2, 3, 5, 6, 7, 8, 10, 11):
        assert {one[place] for one in receipts} == set(ids.RECEIPT_ALPHABET)
