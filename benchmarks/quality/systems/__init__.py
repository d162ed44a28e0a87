"""The systems that are compared: where each lives, and the file that fits it."""

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.environments import find_interpreter

_FOLDER = Path(__file__).parent
CHILD = _FOLDER / "child.py"


@dataclass(frozen=True)
class System:
    """A system.

    Attributes
    ----------
    adapter : Path
        File with its ``fit``.
    environment : str or None
        Virtual environment of its own; None: this one.
    requirements : tuple of str
        What pip installs there.
    modules : tuple of str
        What must import there.
    preset : str
        Setting that the adapter is told of.
    """

    adapter: Path
    environment: str | None = None
    requirements: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    preset: str = ""

    def find_interpreter_of_system(self) -> Path:
        """Return the interpreter to run it with; raises NotInstalled."""
        if self.environment is None:
            return Path(sys.executable)
        return find_interpreter(self.environment, self.requirements, self.modules)


def _make_autogluon(preset: str) -> System:
    return System(
        _FOLDER / "autogluon_.py",
        "autogluon",
        ("autogluon.tabular[lightgbm,catboost,xgboost,fastai]==1.6.3", "pyarrow"),
        ("autogluon.tabular", "lightgbm", "catboost", "xgboost", "fastai.tabular.all", "pyarrow"),
        preset,
    )


def _make_of_flaml(adapter: str) -> System:
    return System(
        _FOLDER / adapter,
        "flaml",
        # Its extra forgets CatBoost on Python 3.11, and it looks for columns of dtype object, which pandas 3
        # no longer makes of strings.
        ("flaml[automl]==2.7.0", "catboost==1.2.10", "pandas<3", "pyarrow"),
        ("flaml.automl", "lightgbm", "catboost", "xgboost", "pyarrow"),
    )


SYSTEMS: dict[str, System] = {
    "ours": System(_FOLDER / "ours.py"),
    "autogluon_best": _make_autogluon("best_v150"),
    "autogluon_high": _make_autogluon("high_quality"),
    "autogluon_good": _make_autogluon("good_quality"),
    "autogluon_medium": _make_autogluon("medium_quality"),
    "flaml": _make_of_flaml("flaml_.py"),
    "catboost": _make_of_flaml("catboost_.py"),
    "lightgbm": System(_FOLDER / "lightgbm_.py"),
}
OURS = "ours"
BASELINE = "lightgbm"
