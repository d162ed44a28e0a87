"""Footers: rows below a table that do not belong to it, such as totals, notes and counts of rows.

The rows are checked from the last one upwards until one belongs to the table. A row is a footer if one of
these rules applies:

- It has no value in any cell.
- Only its first cell is filled, and begins like a note ("Source: ...", "* ...", "(3 rows)") or has at least
  four words; other rows have no such cell there.
- One cell names a total ("Total", "Summe", ...), and all others are numbers or empty. A cell is empty that
  most rows fill, or at least half of the numbers are the sums of the rows above.
- One cell names a mean ("Average", ...), and all others are means of the rows above, or empty.
- It has numbers only, and each is the sum or the mean of the rows above.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from components._files.sums import SumFunction
from components._table.notice import Notice
from components.errors import format_list

# Rows at the end that are checked.
TAIL = 50
_TOTAL = re.compile(
    r"\W*(grand[ -]?|sub[ -]?)?(totale?s?|totaal|totalt|sums?|summen?|gesamt|gesamtsumme|gesamtergebnis|"
    r"saldo|insgesamt|somme|suma|soma|som|summa|yhteensä|összesen|razem|celkem|spolu|toplam|итого|всего|σύνολο|"
    r"合計|总计|總計|합계|total general|total général)\W*",
    re.IGNORECASE,
)
# These are also names of categories. So the numbers beside them must be means.
_MEAN = re.compile(
    r"\W*(mean|average|avg|durchschnitt|mittelwert|moyenne|promedio|media|média|gemiddelde|medel|genomsnitt|"
    r"gennemsnit|średnia|průměr|átlag|ortalama|среднее|平均|평균)\W*",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"[\s\"'(\[]*([*†‡#§©¹²³]|-{2,}|={2,}|(sources?|quellen?|fuentes?|fonti?|fonte|bron|kilde|källa|źródło|zdroj|"
    r"forrás|kaynak|источник|notes?|nota|anm|anmerkung(en)?|hinweise?|remarks?|legend|generated|exported|created|"
    r"printed|erstellt|exportiert|copyright|page|seite|end of|as of)\b|\d[\d.,]* (rows?|records?|zeilen?|"
    r"datensätze|lignes?|filas?|righe|linhas?)\b|(rows|records|zeilen|count|totals?|sum|summe|gesamt)\s*[:=]\s*\d)",
    re.IGNORECASE,
)
_WORDS = 4
# With fewer rows, numbers equal sums by chance.
_FEW = 5


@dataclass(frozen=True)
class Footer:
    """A row that is left out below the table.

    Attributes
    ----------
    cells : list of str
        Its cells.
    kind : str
        What it is: ``"a total"``, ``"a note"``; empty for a row without values.
    """

    cells: list[str]
    kind: str

    def __str__(self) -> str:
        text = " ".join(cell.strip() for cell in self.cells if cell.strip())
        return f"{self.kind} ({text[:60]!r})"


def find_footers(
    tail: Sequence[Sequence[str | None]], n_before: int, compute_sums: SumFunction
) -> tuple[list[Footer], list[Notice]]:
    """Return the footers among the last rows of a table, the last one first.

    Parameters
    ----------
    tail : sequence of sequence of str or None
        The last rows, at most ``TAIL``.
    n_before : int
        Rows of the table before those.
    compute_sums : callable
        Returns the sums of columns over the first rows.

    Returns
    -------
    footers : list of Footer
        The rows that do not belong to the table.
    notices : list of Notice
        A warning if the last row of the table looks like a total.
    """
    rows = [[(cell or "").strip() for cell in row] for row in tail]
    footers: list[Footer] = []
    for at in range(len(rows) - 1, 0, -1):
        row, above = rows[at], [other for other in rows[:at] if any(other)]
        if not any(row):
            footers.append(Footer(row, ""))
        elif is_note(row, above):
            footers.append(Footer(row, "a note"))
        elif _is_total(row, above, n_before + at, compute_sums):
            footers.append(Footer(row, "a total"))
        else:
            return footers, _collect_kept_notices(row, above)
    return footers, []


def is_note(row: Sequence[str], above: Sequence[Sequence[str]]) -> bool:
    """Return whether a row of stripped cells, at most as long as others, is a note and has no values."""
    filled = [cell for cell in row if cell]
    is_single = len(row) == 1 and bool(above) and len(above[-1]) == 1
    # In a table of one column every row is one cell.
    if is_single or not filled or not row[0]:
        return False
    is_note = bool(_NOTE.match(row[0]))
    if len(filled) > 1:
        # A comma of the sentence is the delimiter of the table.
        return is_note and bool(above) and len(row) < len(above[-1])
    others = [other for other in above if any(other[1:])]
    is_common = any(_NOTE.match(other[0]) or len(other[0].split()) >= _WORDS for other in others)
    is_sentence = len(row[0].split()) >= _WORDS
    is_total = bool(_TOTAL.fullmatch(row[0])) and _find_total_label(row, above) is not None
    return (is_note or is_sentence or is_total) and not is_common and len(others) >= 0.7 * len(above)


def collect_footer_notices(footers: Sequence[Footer]) -> list[Notice]:
    """Return the notices about rows left out below the table."""
    named = [str(footer) for footer in reversed(footers) if footer.kind]
    if not footers:
        return []
    if not named:
        return [Notice("note", f"{len(footers)} rows without values at the end are left out.")]
    rows = "The last row is" if len(footers) == 1 else f"The last {len(footers)} rows are"
    text = f"{rows} left out: {format_list(named, 3)}."
    return [Notice("warning", text, "To keep every row, write in problem.yaml: skip_footer: 0")]


def _collect_kept_notices(row: Sequence[str], above: Sequence[Sequence[str]]) -> list[Notice]:
    """Return a warning if the last row of the table has the name of a total."""
    labels = [cell for cell in row if _TOTAL.fullmatch(cell)]
    if not labels:
        return []
    if _find_total_label(row, above) is None:
        if sum(_parse_magnitude(cell) is not None for cell in row) < sum(map(bool, row)) - 1:
            return []
        text = f"The last row is named {labels[0]!r}. It is kept because other rows have such a name too."
        return [
            Notice("warning", text, "If they are totals of the rows above them, remove them from the file.")
        ]
    text = f"The last row is named {labels[0]!r}. It is kept because it is not the sum of the rows above."
    return [Notice("warning", text, "If it is a total, write in problem.yaml: skip_footer: 1")]


def _find_total_label(row: Sequence[str], above: Sequence[Sequence[str]]) -> str | None:
    """Return the cell that names a total; None if there is none or other rows have one in the same column."""
    for i, cell in enumerate(row):
        if cell and _TOTAL.fullmatch(cell):
            is_common = any(i < len(other) and _TOTAL.fullmatch(other[i]) for other in above)
            return None if is_common else cell
    return None


def _is_total(
    row: Sequence[str], above: Sequence[Sequence[str]], n_above: int, compute_sums: SumFunction
) -> bool:
    if not above:
        return False
    numbers = {i: cell for i, cell in enumerate(row) if _parse_magnitude(cell) is not None}
    shares = [sum(bool(other[i]) for other in above if i < len(other)) / len(above) for i in range(len(row))]
    has_gap = any(not cell and share > 0.8 for cell, share in zip(row, shares, strict=True))
    is_labelled = len(numbers) == sum(map(bool, row)) - 1
    if _find_total_label(row, above) is not None:
        n_equal = sum(_compare_to_sums(row, list(numbers), n_above, compute_sums))
        is_sum = 0 < n_equal >= len(numbers) / 2 and (is_labelled or n_equal == len(numbers) > 1)
        return bool(numbers) and (is_sum or (is_labelled and has_gap))
    if is_labelled and any(_MEAN.fullmatch(cell) for cell in row):
        return (
            bool(numbers)
            and n_above > 2
            and all(_compare_to_sums(row, list(numbers), n_above, compute_sums, is_mean=True))
        )
    has_only_numbers = len(numbers) == sum(map(bool, row))
    is_enough = len(numbers) > 1 or n_above >= _FEW
    is_large = any(
        _is_larger(cell, [other[i] for other in above if i < len(other)]) for i, cell in numbers.items()
    )
    if not (numbers and has_gap and has_only_numbers and is_enough and is_large and n_above > 2):
        return False
    sums = _compare_to_sums(row, list(numbers), n_above, compute_sums)
    means = _compare_to_sums(row, list(numbers), n_above, compute_sums, is_mean=True)
    return any(sums) and all(is_sum or is_mean for is_sum, is_mean in zip(sums, means, strict=True))


def _is_larger(cell: str, others: Sequence[str]) -> bool:
    sizes = [size for other in others if (size := _parse_magnitude(other)) is not None]
    return bool(sizes) and (_parse_magnitude(cell) or 0.0) > max(sizes)


def _compare_to_sums(
    row: Sequence[str], columns: list[int], n_above: int, compute_sums: SumFunction, *, is_mean: bool = False
) -> list[bool]:
    """Return, for each column, whether the row has the sum, or the mean, of the rows above."""
    results = []
    for i, sums in zip(columns, compute_sums(n_above, columns), strict=True):
        is_equal = False
        for total, count in sums:
            expected = total / count if is_mean and count else total
            is_equal |= any(_is_close(value, expected, step, count) for value, step in _parse_numbers(row[i]))
        results.append(is_equal)
    return results


def _is_close(value: float, expected: float, step: float, count: int) -> bool:
    # The total is rounded, and so are the numbers that were added up.
    return count > 1 and abs(value - expected) <= max(1e-9 * abs(expected), 0.5 * step * math.sqrt(count))


def _parse_numbers(cell: str) -> list[tuple[float, float]]:
    """Return the possible values of a cell, one per decimal mark, with the place value of its last digit."""
    numbers = []
    for decimal, thousands in ((".", ","), (",", ".")):
        text = re.sub(rf"[\s'’{re.escape(thousands)}]", "", cell).replace(decimal, ".").strip("$€£%")
        try:
            numbers.append((float(text), 10.0 ** -len(text.partition(".")[2])))
        except ValueError:
            continue
    return numbers


def _parse_magnitude(cell: str) -> float | None:
    if not cell or not any(sign.isdigit() for sign in cell):
        return None
    values = [abs(value) for value, _ in _parse_numbers(cell) if math.isfinite(value)]
    return max(values, default=None)
