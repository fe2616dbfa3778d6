"""Unseen signs that turn the order of letters come in by no way: not by a form of the staff, and not by a program."""

import pytest
from pydantic import ValidationError
from starlette.datastructures import FormData

from services.applications.api.shapes import ScoreBody
from services.applications.staff.kit import text_of
from services.quotas.api import ConsentBody, ReasonBody
from services.quotas.pages.asking import fields_of
from shared.kernel.writing import unsteered

TURNED = " \u202aa\u202eb\u2067 c\u2069\u202c "


def test_they_are_taken_out_of_what_staff_write() -> None:
    assert text_of({"note": TURNED}, "note") == "ab c"
    assert fields_of(FormData({"reason": TURNED})) == {"reason": "ab c"}
    assert ScoreBody(expected_version=1, points={}, reason=TURNED).reason == " ab c "
    assert ReasonBody(reason=TURNED).reason == "ab c"
    assert ConsentBody(country="PE", answer="yes", note=TURNED).note == " ab c "
    with pytest.raises(ValidationError, match="at least 1 character"):
        ReasonBody(reason="\u202e")
    with pytest.raises(ValidationError, match="valid string"):
        ReasonBody.model_validate({"reason": 7})


@pytest.mark.parametrize("kept", ["\u200fשל\u200e", "\u061c١", "می\u200cخواهم", "👩\u200d👧", "Nin\u0303o", "क्\u200dष"])
def test_what_a_script_needs_stays(kept: str) -> None:
    assert unsteered(kept) == kept
