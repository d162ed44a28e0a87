import pytest

from components._report.colours import DARK, LIGHT, PALETTE

TEXTS = ("ink", "muted", "link", "good-text", "bad-text")
GROUNDS = ("page", "card", "soft", "good", "warning", "error")
HUES = tuple(colour.removeprefix("var(--").removesuffix(")") for colour in PALETTE)


def _compute_luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _compute_contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    low, high = sorted(map(_compute_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_a_text_is_legible_on_every_ground(colours: dict[str, str], text: str, ground: str) -> None:
    assert _compute_contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_hue_of_most_marks_stands_out(colours: dict[str, str]) -> None:
    assert _compute_contrast(colours["blue"], colours["card"]) >= 3


def test_both_sets_have_the_same_names_and_the_hues_of_charts() -> None:
    assert list(LIGHT) == list(DARK)
    assert set(HUES) <= set(LIGHT)
