"""Multipart forms (RFC 7578): fields and one file, as pieces of bytes. For fields that are too long for a URL. Knows no route."""

from __future__ import annotations

import uuid
from typing import Callable, Iterator, Mapping, Tuple

from .transport import Body, pieces_of


def form_of(fields: Mapping[str, str], file: Body, media_type: str) -> Tuple[Callable[[], Iterator[bytes]], str]:
    """Returns a form, whose file is its part `file`, and the form's own media type. It can be sent as often as the file can."""
    boundary = uuid.uuid4().hex
    head = "".join(f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items())
    head += f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="table"\r\ncontent-type: {media_type}\r\n\r\n'

    def pieces() -> Iterator[bytes]:
        yield head.encode()
        yield from pieces_of(file)
        yield f"\r\n--{boundary}--\r\n".encode()

    return pieces, f"multipart/form-data; boundary={boundary}"
