"""Every administrative act leaves a row, in the transaction of the act."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.kernel.ids import new_id
from shared.persistence.database import Tx

_INSERT = text(
    "insert into audit_entry (id, at, actor, role, act, subject, detail) "
    "values (:id, :at, :actor, :role, :act, :subject, cast(:detail as jsonb))"
)


async def record(tx: Tx, *, at: datetime, actor: str, role: str, act: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    """Note that `actor` (an account id, or `system`) in `role` did `act` to `subject`. `detail` holds ids, codes and figures only."""
    await tx.execute(
        _INSERT,
        {
            "id": new_id(),
            "at": at,
            "actor": actor,
            "role": role,
            "act": act,
            "subject": subject,
            "detail": json.dumps(detail or {}, default=str),
        },
    )
