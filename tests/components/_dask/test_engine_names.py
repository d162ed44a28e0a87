import pytest

from components._dask.engine_names import check_engine
from components.errors import InvalidSetting


@pytest.mark.parametrize("stated", ["", "local", "dask"])
def test_an_engine_passes(stated: str) -> None:
    check_engine(stated)


def test_what_is_no_engine_is_refused() -> None:
    with pytest.raises(
        InvalidSetting, match=r"engine = 'Desk' is out of range\.\nengine must be local or dask"
    ):
        check_engine("Desk")
