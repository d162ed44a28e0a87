"""The kinds of columns."""

from typing import Literal

Kind = Literal["integer", "float", "boolean", "string", "datetime"]
