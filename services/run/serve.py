"""One process of one service, with its settings from the environment. Stops gracefully at SIGTERM or SIGINT."""

import asyncio

from services.run.collector import spare_the_collector
from services.run.databases import unreadable
from services.run.opened import clock_of
from services.run.ports import listen_exactly
from services.run.production import faults
from services.run.registry import build, settings_of
from services.run.serving import lifespans, run_workers, serve_app, until_signalled
from shared.messaging.service import Service
from shared.messaging.transport import Transport
from shared.observability.logging import configure_logging, get_logger
from shared.settings import CommonSettings

log = get_logger(__name__)


class WrongSetting(Exception):
    """A setting does not fit what was asked for; the text says which, and what to do."""

    safe_text = True


async def api(name: str, host: str, port: int) -> None:
    """The API process of one service."""
    _, service = _opened(name)
    app, listener = service.api, listen_exactly(host, port)

    async def work(stop: asyncio.Event) -> None:
        spare_the_collector()
        async with lifespans([service]):
            log.info("serving", service=name, host=host, port=port)
            await serve_app(app, stop, sockets=[listener], behind_gateway=True)

    try:
        await until_signalled(work)
    finally:
        await service.db.close()


async def worker(name: str) -> None:
    """The worker process of one service."""
    settings, service = _opened(name)
    transport = transport_of(settings)

    async def work(stop: asyncio.Event) -> None:
        service.load_work()
        spare_the_collector()
        log.info("working", service=name, transport=settings.transport)
        await run_workers([service], transport, clock_of(settings), stop, state_file=settings.worker_state_file)

    try:
        await until_signalled(work)
    finally:
        await service.db.close()


def transport_of(settings: CommonSettings) -> Transport:
    """The transport of a worker that is a process of its own."""
    from shared.messaging.kafka import KafkaTransport

    if settings.transport != "kafka":
        raise WrongSetting(
            f"PUENTE_TRANSPORT is {settings.transport!r}: it joins services of one process only (puente demo). "
            "For a process of its own set PUENTE_TRANSPORT=kafka and PUENTE_KAFKA_BOOTSTRAP=host:port"
        )
    if not settings.kafka_bootstrap:
        raise WrongSetting("PUENTE_KAFKA_BOOTSTRAP is empty: name the brokers, such as PUENTE_KAFKA_BOOTSTRAP=127.0.0.1:9092")
    return KafkaTransport(settings)


def refuse_demonstration(settings: CommonSettings) -> None:
    """`WrongSetting` where PUENTE_PRODUCTION is set and something is left that is for demonstrations only."""
    found = faults(settings) if settings.production else []
    if found:
        raise WrongSetting("\n".join(["PUENTE_PRODUCTION is true, so this does not start:", *found]))


def _opened(name: str) -> tuple[CommonSettings, Service]:
    settings = settings_of(name)
    configure_logging(settings.log_format, service=name)
    if not settings.database_url:
        raise WrongSetting(
            "PUENTE_DATABASE_URL is empty: name the server, such as postgresql://user:password@host/puente_{service}; "
            "the embedded one is for puente demo and the commands beside it"
        )
    if wrong := unreadable(settings.database_url):
        raise WrongSetting(wrong)
    refuse_demonstration(settings)
    return settings, build(name, settings, clock_of(settings))
