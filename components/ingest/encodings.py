"""Text encodings: which one a file is in, found from all of its bytes."""

import codecs
import re
from pathlib import Path

from charset_normalizer import from_bytes

from components.errors import InvalidSource
from components.ingest.rows import Faults

_CHUNK = 1 << 20
# Bytes of text that is not ASCII: enough to tell encodings apart, few enough to take no time.
_EVIDENCE = 1 << 16
# UTF-32 begins with the mark of UTF-16, so it comes first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Files of these have a mark or nulls, and are told before it comes to guessing.
_NOT_GUESSED = ["utf_7", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"]
# Among encodings that fit equally well, the likeliest.
_COMMONEST = "cp1252"
_WESTERN_SIGNS = "€‚„…‘’“”–—™§©®°«»¡·"
_REMEDY = "Save the file as UTF-8."


def find_encoding(file: Path, source: str) -> str:
    """Return the name of a text file's encoding, as Python's codecs know it.

    A byte-order mark decides; then UTF-8 if every byte fits; then what charset-normalizer finds in the
    lines that are not plain ASCII.

    Raises
    ------
    InvalidSource
        Where nothing fits, or the file is UTF-8 with a few damaged lines.
    """
    with file.open("rb") as start:
        head = start.read(4)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked and not _decodes(file, marked):
        raise InvalidSource(f"{source} begins as {marked} text and does not go on so.", _REMEDY)
    certain = marked or "utf-8"
    if marked or _decodes(file, certain):
        return certain
    for guess in _guesses(_evidence(file, source)):
        if _decodes(file, guess):
            return guess
    raise InvalidSource(f"The text encoding of {source} cannot be found.", _REMEDY)


def _decodes(file: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with file.open("rb") as chunks:
        try:
            while chunk := chunks.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _evidence(file: Path, source: str) -> bytes:
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
    # Text in another encoding is almost never valid UTF-8 by chance: such a file was UTF-8 once.
    if n_utf8 > damaged.total:
        raise InvalidSource(
            f"{source} is UTF-8 text with damaged characters in {damaged}.",
            "Correct these lines, or export it again.",
        )
    return bytes(evidence)


def _guesses(evidence: bytes) -> list[str]:
    """Return the encodings that the evidence may be in, the likeliest first."""
    matches = from_bytes(evidence, cp_exclusion=_NOT_GUESSED)
    guesses = [str(match.encoding) for match in matches]
    best = matches.best()
    # In a few short words no language is recognised, and many encodings fit equally well.
    is_open = best is None or best.coherence == 0
    equals = [match for match in matches if best and match.coherence == best.coherence]
    is_likely = is_open or any(_COMMONEST in match.could_be_from_charset for match in equals)
    return [_COMMONEST, *guesses] if is_likely and _is_western(evidence) else guesses


def _is_western(evidence: bytes) -> bool:
    """Return whether text read as cp1252 looks Western European: accented letters are the fewer."""
    text = evidence.decode(_COMMONEST, errors="replace")
    if not all(sign.isascii() or sign.isalpha() or sign in _WESTERN_SIGNS for sign in text):
        return False
    letters = "".join(word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii())
    n_accented = sum(not letter.isascii() for letter in letters)
    # These are Turkish letters in a related encoding, far more often than they are Icelandic.
    return n_accented <= 0.6 * len(letters) and not set(letters) & set("ÐÝÞðýþ")
