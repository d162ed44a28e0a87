"""How figures of a run are written on a console."""


def format_score(value: float | None) -> str:
    """Return a score with four significant digits, or all before its point; a dash for None."""
    if value is None:
        return "–"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def format_clock(seconds: float) -> str:
    """Return a time in minutes and seconds: ``1:05``."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}"
