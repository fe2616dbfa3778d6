"""People and helpers of these tests: everybody who acts on an application, and a whole form to fill in."""

from typing import TypeVar

from services.applications.domain.viewers import Viewer
from shared.kernel.ids import new_id

T = TypeVar("T")
PROGRAMME, YEAR, COUNTRY = "scholarship", 2016, "PE"

COORDINATOR = Viewer(new_id(), "coordinator", COUNTRY)
ABROAD = Viewer(new_id(), "coordinator", "CL")
REVIEWER = Viewer(new_id(), "reviewer")
OFFICER = Viewer(new_id(), "officer")
AUDITOR = Viewer(new_id(), "auditor")
OPERATOR = Viewer(new_id(), "operator")
