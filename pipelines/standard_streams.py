"""Standard output and error of a command whose reader may go away, as in ``make runs | head``."""

import io
import os
import sys
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def outlive_readers() -> None:
    """Let this process go on when nobody reads its output or its errors any more.

    Without it a command ends with a traceback at the first line that nobody reads, and a training before it
    has a model.
    """
    sys.stdout, sys.stderr = map(_open_again, (sys.stdout, sys.stderr))


def _open_again(stream: object) -> io.TextIOWrapper:
    before = cast(io.TextIOWrapper, stream)
    raw = _DiscardingStream(before.fileno(), "w", closefd=False)
    # Python writes at once where PYTHONUNBUFFERED is set, as it is in a pod.
    file = raw if before.write_through else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        cast(io.BufferedWriter, file),
        before.encoding,
        before.errors,
        line_buffering=before.line_buffering,
        write_through=before.write_through,
    )


class _DiscardingStream(io.FileIO):
    """A file that becomes the null device when its reader is gone."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            null = os.open(os.devnull, os.O_WRONLY)
            # The processes that this one starts inherit the null device, too.
            os.dup2(null, self.fileno())
            os.close(null)
            return super().write(data)
