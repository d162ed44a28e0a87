"""Letters without their accents, in which words of many languages are compared."""

import unicodedata


def fold_accents(text: str) -> str:
    """Return a text in lower case and without accents: ``é`` is ``e``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
