"""The texts of the app: the same in each language, and none that is missing or not used."""

import re

import pytest

from components.json_file import read_json
from pipelines.catalogue import ROOT

STATIC = ROOT / "components" / "_app" / "static"
TEXTS = {file.stem: read_json(file) for file in sorted((STATIC / "texts").glob("*.json"))}
MODULES = "".join(file.read_text(encoding="utf-8") for file in sorted(STATIC.rglob("*.js")))
# Of keys that are put together.
PREFIXES = (
    "tab_",
    "kind_",
    "sort_",
    "window_",
    "outcome_",
    "deviation_",
    "decision_",
    "performance_",
    "batch_is_",
    "batch_sum_",
)
# Keys that are put together, or chosen by a condition.
FOUND = {
    key for key in re.findall(r'"([a-z_]+)"', MODULES) if key in TEXTS["en"]
} | {key for key in TEXTS["en"] if key.startswith(PREFIXES)} | {"language"}  # fmt: skip


def test_english_and_german_ship() -> None:
    assert set(TEXTS) == {"de", "en"}


@pytest.mark.parametrize("language", TEXTS)
def test_each_language_has_the_same_keys_with_the_same_values_to_put_in(language: str) -> None:
    def list_names(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert list(TEXTS[language]) == sorted(TEXTS["en"])
    for key, text in TEXTS[language].items():
        assert text.strip()
        assert list_names(text) == list_names(TEXTS["en"][key]), key


def test_every_text_that_is_said_exists_and_each_is_said() -> None:
    said = set(re.findall(r'\bsay\("([a-z_]+)"', MODULES))
    assert len(said) > 30
    assert said <= set(TEXTS["en"])
    assert set(TEXTS["en"]) == FOUND
