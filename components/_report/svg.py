"""SVG of shapes and texts, short and escaped, at places in per cent."""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

Place = tuple[float, float]


def draw_grid(xs: Iterable[float], ys: Iterable[float]) -> str:
    """Return lines across the square at places in per cent."""
    lines = [f"M{_write(x)} 0v100" for x in xs] + [f"M0 {_write(y)}h100" for y in ys]
    return f'<path class="line grid" d="{"".join(lines)}"/>' if lines else ""


def list_colours(colours: str | Sequence[str], n_items: int) -> Sequence[str]:
    """Return a colour for each item."""
    return [colours] * n_items if isinstance(colours, str) else colours


def draw_shapes(
    paths: Sequence[str],
    colours: str | Sequence[str],
    tips: Sequence[str],
    kind: str,
    opacity: float,
    style: str = "",
) -> str:
    """Return paths by colour; without tips, neighbours of one colour are one path, because it is shorter.

    Parameters
    ----------
    paths : sequence of str
        Data of the paths; an empty one is left out.
    colours : str or sequence of str
        One colour for all or one for each.
    tips : sequence of str
        Texts shown while the pointer is over each; empty for none.
    kind : str
        Classes of ``chart.css``.
    opacity : float
        From 0 to 1.
    style : str
        More CSS.
    """
    tipped = zip(list_colours(colours, len(paths)), paths, tips or ("",) * len(paths), strict=True)
    groups = []
    for colour, items in groupby(tipped, key=lambda item: item[0]):
        drawn = [(path, tip) for _, path, tip in items if path]
        if drawn:
            look = ";".join(filter(None, (f"--c:{escape(colour)}", style, _write_opacity(opacity))))
            groups.append(f'<g class="{kind}" style="{look}">{"".join(_join_paths(drawn))}</g>')
    return "".join(groups)


def _join_paths(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    for tip, same in groupby(items, key=lambda item: item[1]):
        if tip:
            yield from (f'<path d="{path}"><title>{escape(tip)}</title></path>' for path, _ in same)
        else:
            yield f'<path d="{"".join(path for path, _ in same)}"/>'


def _write_opacity(opacity: float) -> str:
    return f"opacity:{opacity:.2g}" if opacity < 1 else ""


def draw_rectangle(x0: float, y0: float, x1: float, y1: float) -> str:
    """Return the path of a rectangle between two corners."""
    return f"M{_write(x0)} {_write(y0)}H{_write(x1)}V{_write(y1)}H{_write(x0)}z"


def draw_steps(boxes: Sequence[tuple[float, float, float, float]]) -> str:
    """Return the outline of rectangles that touch, by the left end, base, right end and top of each."""
    left, base, _, _ = boxes[0]
    tops = "".join(f"V{_write(top)}H{_write(right)}" for _, _, right, top in boxes)
    return f"M{_write(left)} {_write(base)}{tops}V{_write(base)}z"


def draw_path(places: Sequence[Place], *, is_stepped: bool = False) -> str:
    """Return the path through places, along the axes if it is stepped."""
    (x, y), *others = places
    if is_stepped:
        rest = "".join(f"H{_write(u)}V{_write(v)}" for u, v in others)
    else:
        rest = "L" * bool(others) + " ".join(f"{_write(u)} {_write(v)}" for u, v in others)
    return f"M{_write(x)} {_write(y)}{rest}"


def draw_dot(x: float, y: float) -> str:
    """Return the path of a line without length, whose round ends are a dot."""
    return f"M{_write(x)} {_write(y)}h0"


def draw_text(x: float, y: float, text: str, more: str = "", tip: str = "") -> str:
    """Return a text; ``more`` are attributes, and ``tip`` is shown while the pointer is over it."""
    title = f"<title>{escape(tip)}</title>" if tip else ""
    return f'<text x="{_write(x)}%" y="{_write(y)}%" {more}>{escape(text)}{title}</text>'


def _write(number: float) -> str:
    """Return a place with two decimals, without those that say nothing."""
    return f"{round(number, 2):g}"


def has_nan(numbers: Iterable[float]) -> bool:
    """Return whether a place has no number."""
    return any(map(math.isnan, numbers))
