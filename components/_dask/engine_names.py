"""The names of the engines."""

from components.errors import InvalidSetting

# Empty: the stage decides.
_ENGINES = ("", "local", "dask")


def check_engine(stated: str) -> None:
    """Refuse an engine that there is not.

    Raises
    ------
    InvalidSetting
        There is no such engine.
    """
    if stated not in _ENGINES:
        raise InvalidSetting.from_out_of_range(
            "engine", stated, "local or dask, or empty to decide by the table"
        )
