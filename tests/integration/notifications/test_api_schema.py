"""The JSON API against its own description (`tests/asking.py`)."""

from shared.kernel.ids import derived_id
from tests.asking import ask_everything
from tests.integration.notifications.house import House
from tests.integration.notifications.test_pages import told


async def test_whatever_is_asked_is_answered_as_the_description_says(house: House) -> None:
    """As somebody with messages, and as an officer who reads of mails that failed and sends them again."""
    house.sink.refusing = {"ana@example.org": "550 5.1.1 nobody here"}.get
    ana = await told(house)
    await house.work()
    found = [str(row["id"]) for row in await house.rows("select id from message")]
    known = {"message_id": found, "before": found, "state": ["failed", "sent"], "application": [str(derived_id("application", "ana"))]}
    of_staff = {"GET /messages/api/v1/outgoing", "POST /messages/api/v1/outgoing/{message_id}/resend"}
    assert await ask_everything(house.service.api, house.token(ana), known) == of_staff
    assert await ask_everything(house.service.api, house.token(derived_id("officer"), "officer"), known) == set()
