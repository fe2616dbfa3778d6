"""Which events this service takes in. `hear` takes a whole batch; what each event leads to is the table in `domain.choose`."""

from services.notifications.use_cases import hear
from shared.messaging.service import Handle

handle: Handle = hear
