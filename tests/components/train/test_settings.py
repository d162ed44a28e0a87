import pytest

from components.errors import InvalidSetting
from components.train.settings import Settings


@pytest.mark.parametrize("experiment", ["", "  "])
def test_an_experiment_needs_a_name(experiment: str) -> None:
    with pytest.raises(InvalidSetting, match="experiment must be a name"):
        Settings(experiment=experiment)
