"""A form or a request that is sent twice files one proposal."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.quotas.proposals.kind import ProposalRefused, Proposed
from services.quotas.store import idempotency
from shared.persistence.database import Tx


async def once(
    tx: Tx, account: str, key: str, asked: Mapping[str, Any], now: datetime, file: Callable[[Tx], Awaitable[Proposed | ProposalRefused]]
) -> Proposed | ProposalRefused:
    """The proposal that was filed under this key, now or when it was sent before. A refusal leaves the key to be used again."""
    request_hash = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    known = await idempotency.claim(tx, account, key, request_hash, now)
    if known is not None:
        return Proposed(UUID(known[1]["proposal"])) if known[0] == request_hash else ProposalRefused("key_reused")
    outcome = await file(tx)
    if isinstance(outcome, ProposalRefused):
        await idempotency.free(tx, account, key)
        return outcome
    await idempotency.keep(tx, account, key, {"proposal": str(outcome.proposal)})
    return outcome
