"""Text encodings: find the encoding of a file from all of its bytes."""

import codecs
import math
import re
from encodings.aliases import aliases
from pathlib import Path

from components._files.alphabets import DOUBLE_BYTE, SINGLE_BYTE
from components._files.plausibility import rate_encoding
from components._files.row_stream import Faults
from components.errors import InvalidSource, suggest_name

_CHUNK_BYTES = 1 << 20
# Bytes of text that is not ASCII: enough to distinguish encodings, and few enough to be quick.
_EVIDENCE = 1 << 13
# UTF-32 begins with the mark of UTF-16, so it comes first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_REMEDY = "Save the file as UTF-8."


def find_encoding(file: Path, source: str) -> str:
    """Return the name of a text file's encoding, as Python's codecs know it.

    A byte-order mark decides. Without one it is UTF-8 if all bytes fit. Otherwise it is the usual encoding in
    which the lines that are not ASCII are the most plausible text; cp1252 has the highest prior probability.

    Raises
    ------
    InvalidSource
        No encoding fits, or the file is UTF-8 with a few damaged lines.
    """
    with file.open("rb") as start:
        head = start.read(4)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if _can_decode(file, marked or "utf-8"):
        return marked or "utf-8"
    if marked:
        raise InvalidSource(f"{source} has the byte-order mark of {marked}, but other text.", _REMEDY)
    for guess in _rank_encodings(_read_evidence(file, source)):
        if _can_decode(file, guess):
            return guess
    raise InvalidSource(f"The text encoding of {source} cannot be found.", _REMEDY)


def check_encoding(option: str, file: Path, source: str) -> str:
    """Return the encoding of an option, as Python's codecs name it.

    Raises
    ------
    InvalidSource
        The name is not known, or the file has another encoding.
    """
    try:
        encoding = codecs.lookup(option).name
        "".encode(encoding)
    except LookupError as error:
        known = [*SINGLE_BYTE, *DOUBLE_BYTE, "utf-8", "utf-16", *sorted(set(aliases))]
        raise InvalidSource(
            f"encoding: {option!r} is not known.", suggest_name(option, known, "encoding")
        ) from error
    if encoding == "utf-8":
        with file.open("rb") as start:
            encoding = "utf-8-sig" if start.read(3) == codecs.BOM_UTF8 else encoding
    if not _can_decode(file, encoding):
        raise InvalidSource(
            f"encoding: {option} does not fit {source}: some bytes are not valid in it.",
            "Correct the line in problem.yaml. Without the line, ingest finds the encoding.",
        )
    return encoding


def _can_decode(file: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    # To look for a byte that is not ASCII is much faster than to decode.
    is_ascii_known = encoding == "utf-8"
    with file.open("rb") as chunks:
        try:
            while chunk := chunks.read(_CHUNK_BYTES):
                if is_ascii_known and chunk.isascii() and decoder.getstate()[0] == b"":
                    continue
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _read_evidence(file: Path, source: str) -> bytes:
    """Return the lines that are neither ASCII nor UTF-8, or enough of them."""
    evidence = bytearray()
    n_utf8 = 0
    damaged = Faults()
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.isascii():
                continue
            try:
                line.decode()
                n_utf8 += 1
            except UnicodeDecodeError:
                damaged.add(f"line {number}")
                if len(evidence) < _EVIDENCE:
                    evidence += line[:_EVIDENCE]
    # Text in another encoding is almost never valid UTF-8 by chance: the file was UTF-8 before.
    if n_utf8 > damaged.total:
        raise InvalidSource(
            f"{source} is UTF-8 text with damaged characters in {damaged}.",
            "Correct these lines, or export the file again.",
        )
    return bytes(evidence)


def _rank_encodings(evidence: bytes) -> list[str]:
    """Return the possible encodings of the evidence, the most likely first."""
    # Each word counts once: a frequent category is not more evidence than a rare one. In no encoding do these
    # delimiters occur as the second byte of a character.
    words = b" ".join(word for word in dict.fromkeys(re.split(rb'[\s,;"]+', evidence)) if not word.isascii())
    ratings = {encoding: rate_encoding(words, encoding) for encoding in (*SINGLE_BYTE, *DOUBLE_BYTE)}
    possible = [encoding for encoding, rating in ratings.items() if rating > -math.inf]
    return sorted(possible, key=lambda encoding: -ratings[encoding])
