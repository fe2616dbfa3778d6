"""Where the bytes of documents are kept: under names that we make, in a folder of one account."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

from obstore.store import LocalStore

from shared.kernel.ids import new_id

PIECE_BYTES: Final = 256 * 1024


class DocumentStore:
    """The bytes of documents, in a folder that only this service's account may open."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._store = LocalStore(prefix=str(folder.resolve()))

    async def put(self, application_id: UUID, content: bytes) -> str:
        """Store the bytes; the key to get them by."""
        key = f"{application_id}/{new_id()}"
        await self._store.put_async(key, content)
        return key

    async def get(self, key: str) -> bytes:
        """The bytes under `key`; `FileNotFoundError` where there are none."""
        result = await self._store.get_async(key)
        return bytes(await result.bytes_async())

    async def holds(self, key: str) -> bool:
        """Whether there are bytes under `key`."""
        try:
            await self._store.head_async(key)
        except FileNotFoundError:
            return False
        return True

    async def pieces(self, key: str) -> AsyncIterator[bytes]:
        """As `get`, but piece by piece, so that a large file is never whole in memory."""
        result = await self._store.get_async(key)
        async for piece in result.stream(min_chunk_size=PIECE_BYTES):
            yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Remove the bytes under `key`; nothing happens where there are none."""
        try:
            await self._store.delete_async(key)
        except FileNotFoundError:
            return

    async def keys(self) -> dict[str, float]:
        """Every key, and the moment (seconds since 1970) that its bytes were written."""
        found: dict[str, float] = {}
        async for portion in self._store.list():
            found |= {one["path"]: one["last_modified"].timestamp() for one in portion}
        return found
