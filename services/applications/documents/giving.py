"""Documents given out: as files to save, and nothing else."""

from urllib.parse import quote

from starlette.responses import Response


def as_download(filename: str, content_type: str, content: bytes) -> Response:
    """The file as something to save: no browser ever shows or runs it on our origin."""
    plain = "".join(letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "_" for letter in filename)
    return Response(
        content,
        media_type=content_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )


def as_picture(content_type: str, content: bytes) -> Response:
    """A picture of a page of ours. It was written by us, and an address that is opened by itself still runs nothing."""
    return Response(
        content,
        media_type=content_type,
        headers={
            "Content-Disposition": "inline",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=600",
        },
    )
