"""Two officers decide at the same moment: one decision counts, and the other officer is told."""

from tests.flows.stack import House


async def test_two_officers_at_once(house: House) -> None:
    """Both saw the same state; the second act is refused with the state that it met, and one place is given."""
    house.at(house.call("training", 2016).opens)
    ana = await house.applicant("ana@example.org")
    application = await house.apply(ana, "training", "PE")
    await house.nominate(application)
    seen = await house.look(application)
    one, two = await house.staff("officer"), await house.staff("officer", number=2)
    answers = await house.together(one.approve(seen), two.approve(seen))
    assert sum(isinstance(answer, Exception) for answer in answers) == 1, answers
    await house.until(application, "offered")
    assert (await house.cell("training", "PE"))["offered"] == 1
    assert (await house.check()).broken == 0
