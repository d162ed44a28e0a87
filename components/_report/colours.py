"""The colours of pages and charts, each by day and by night, as variables of CSS."""

# The hues are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), clear with any colour vision.
# By night they are lighter.
LIGHT = {
    "ink": "#1F2937",
    "muted": "#5B6472",
    "line": "#E5E7EB",
    "page": "#F6F7F9",
    "card": "#FFFFFF",
    "soft": "#F9FAFB",
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "red": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "grey": "#8A94A6",
    "good": "#F1FAF6",
    "warning": "#FEF9EE",
    "error": "#FDF3EE",
    "link": "#005F96",
    "bad-text": "#A63F00",
    "good-text": "#00694D",
}
DARK = {
    "ink": "#E6EAF0",
    "muted": "#A3ADBB",
    "line": "#2E3744",
    "page": "#0F141A",
    "card": "#171D25",
    "soft": "#1D242E",
    "blue": "#58A6E6",
    "orange": "#F0B23C",
    "green": "#3DBB93",
    "red": "#F0803C",
    "purple": "#DD9CC0",
    "sky": "#9AD4F5",
    "grey": "#8A94A6",
    "good": "#14281F",
    "warning": "#2C2413",
    "error": "#301D14",
    "link": "#79B8F0",
    "bad-text": "#FF9A5C",
    "good-text": "#5AD1AB",
}

BLUE = "var(--blue)"
ORANGE = "var(--orange)"
GREEN = "var(--green)"
RED = "var(--red)"
PURPLE = "var(--purple)"
SKY = "var(--sky)"
GREY = "var(--grey)"
INK = "var(--ink)"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, INK)
