import pytest

from components.errors import InvalidSetting
from components.register.settings import Settings


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [("", "churned", "churned"), ("", " price/m² ", "price-m²"), ("fancy name", "churned", "fancy name")],
)
def test_a_model_is_named_after_the_setting_or_its_target(name: str, target: str, expected: str) -> None:
    assert Settings(name).name_for(target) == expected


@pytest.mark.parametrize("name", ["a/b", "a:b", "it's", " x"])
def test_a_name_that_addresses_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidSetting, match=r"model_name = .* is out of range"):
        Settings(name)
