"""The JSON API against its own description (`tests/asking.py`)."""

from services.applications.domain.lifecycle import State
from shared.web.service_tokens import ServiceTokens
from tests.asking import Known, ask_everything
from tests.integration.applications.calling import Api
from tests.integration.applications.people import COORDINATOR, OFFICER, new_applicant

OF_SERVICES = {"GET /api/v1/people/{person_id}/address", "POST /api/v1/referees/{referee_id}/address"}
"""What no person may ask."""


async def test_whatever_is_asked_is_answered_as_the_description_says(api: Api) -> None:
    """As an officer, the coordinator, and an applicant with an application, in this order: who may withdraw it comes last."""
    ana, application = await api.world.reach(State.SUBMITTED, new_applicant())
    ServiceTokens.from_folder(api.folder / "keys", "notifications")  # a neighbour that was never started is answered 503, rightly
    known: Known = {"application_id": [str(application.id)], "version": [application.version]}
    viewers = (OFFICER, COORDINATOR, ana)
    refused = [await ask_everything(api.service.api, api.token(viewer), known) for viewer in viewers]
    assert set.intersection(*refused) == OF_SERVICES
