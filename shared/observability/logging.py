"""Logs: one structured line per happening, with named fields from an allow-list, so that no personal data slips in.

A field that the list does not know is dropped and its name is written under `dropped`; that makes an oversight visible
without making it a leak. Texts of exceptions are written only for kinds of errors whose text cannot hold what people typed.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, Final, Literal, TextIO, cast

import structlog

_FIELDS: Final = """
    event level timestamp module logger service process request_id correlation_id causation_id method route path status milliseconds
    size_bytes language role roles account_id actor_id person_id application_id place_id decision_id event_id event_type subject
    subjectversion key cell programme country year limit reason code topic partition offset offsets member transport lag batch count
    rows done name sweep every_seconds seconds attempt attempts channel template error error_type cause frames url host port folder
    file version expected found problem hint dropped started stopped signal pid exit_code address database migration setting key_id
    audience scope waits oldest_seconds age_seconds broken checks invariants
    """
FIELDS: Final = frozenset(_FIELDS.split())
"""Names that a log line may carry. Ids are random, codes are stable words; names, addresses and answers are not in here."""

SAFE_TEXTS: Final = (OSError, ImportError, SyntaxError, AssertionError, NotImplementedError, RuntimeError)
"""Kinds of exceptions whose text is written: they speak of the machine and the program, not of people."""

Record = MutableMapping[str, Any]
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class _Stream:
    """Writes to the given stream, or to whatever standard error is at that moment."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return (self._stream or sys.stderr).write(text)

    def flush(self) -> None:
        (self._stream or sys.stderr).flush()

    def isatty(self) -> bool:
        return (self._stream or sys.stderr).isatty()


class _Handler(logging.StreamHandler[Any]):
    """Ours, so that a second configuration replaces it and leaves others alone."""


def configure_logging(
    log_format: Literal["console", "json"] = "console", *, service: str = "", level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Set up logging for this process, also for libraries that use the standard `logging`. May be called again."""
    out = _Stream(stream)
    common, render = _processors(log_format, service, colours=out.isatty())
    _configure_structlog(common, render, level, out)
    handler = _Handler(out)
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=common, processors=last))
    root = logging.getLogger()
    root.handlers[:] = [*(one for one in root.handlers if not isinstance(one, _Handler)), handler]
    root.setLevel(max(level, logging.WARNING))


_Processors = list[structlog.typing.Processor]


def _processors(log_format: str, service: str, *, colours: bool) -> tuple[_Processors, _Processors]:
    common: _Processors = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _service(service),
        describe_error,
        keep_known_fields,
    ]
    if log_format == "json":
        return common, [structlog.processors.JSONRenderer(ensure_ascii=False)]
    return common, [_frames_below, structlog.dev.ConsoleRenderer(colors=colours)]


def _configure_structlog(common: _Processors, render: _Processors, level: int, out: _Stream) -> None:
    structlog.configure(
        processors=[*common, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, out)),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger; `name` is the module's. Use as `log.info("offer.expired", place_id=..., cell=...)`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger


def keep_known_fields(_logger: object, _method: str, record: Record) -> Record:
    """Drop every field that `FIELDS` does not name, and say which names were dropped."""
    unknown = sorted(name for name in record if name not in FIELDS and not name.startswith("_"))
    for name in unknown:
        del record[name]
    if unknown:
        record["dropped"] = unknown
    return record


def describe_error(_logger: object, _method: str, record: Record) -> Record:
    """Turn `exc_info` into the kind of error, the lines of the program that it passed, and its text where that is safe."""
    info = record.pop("exc_info", None)
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    elif info is True:
        info = sys.exc_info()
    if not info or info[1] is None:
        return record
    error = info[1]
    record["error_type"] = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, SAFE_TEXTS) or getattr(error, "safe_text", False):
        record["error"] = str(error)
    if error.__cause__ is not None:
        record["cause"] = type(error.__cause__).__qualname__
    record["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(info[2])[-12:]]
    return record


def _frames_below(_logger: object, _method: str, record: Record) -> Record:
    """On a terminal the lines that an error passed stand below it, one each."""
    frames = record.pop("frames", None)
    if frames:
        record["exception"] = "\n".join(f"    {frame}" for frame in frames)
    return record


def _service(name: str) -> structlog.typing.Processor:
    def add(_logger: object, _method: str, record: Record) -> Mapping[str, Any]:
        if name:
            record.setdefault("service", name)
        return record

    return add


# structlog's own default prints every variable of a failing function; so even a process that sets up nothing has ours.
_configure_structlog(*_processors("console", "", colours=False), logging.INFO, _Stream(None))
