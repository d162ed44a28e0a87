"""Lines for a console, wrapped at its width."""

import textwrap


def wrap_line(text: str, width: int, indent: int) -> list[str]:
    """Return a line as several that are not wider than a console, if their words allow.

    Parameters
    ----------
    text : str
        The line; blanks between its words are kept.
    width : int
        Columns of the console.
    indent : int
        Blanks before each line but the first.
    """
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
