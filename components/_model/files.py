"""Recipes and models on disk: skops files, loaded with a list of trusted types, never pickle."""

import json
import platform
import warnings
import zipfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import Pipeline

from components._recipe.recipe import Step
from components.errors import SuiteError

# Libraries whose versions must be those that a stored object was made with.
_LIBRARIES = ("numpy", "pandas", "scikit-learn", "skops")
# The same if it is installed; the images of the first recipe steps do not have it.
_ESTIMATORS = "lightgbm"
TRUSTED = (
    "collections.OrderedDict",
    "components._recipe.preprocess.Preprocessor",
    "components._recipe.engineer.Engineer",
    "components._estimators.compact_forest.CompactForest",
    "components._estimators.ensemble.EnsembleClassifier",
    "components._estimators.ensemble.EnsembleRegressor",
    "components._estimators.feature_subset.FeatureSubset",
    "components._estimators.logarithm.LogarithmRegressor",
    "components._estimators.neighbours.NeighboursClassifier",
    "components._estimators.neighbours.NeighboursRegressor",
    "components._estimators.perceptron.PerceptronClassifier",
    "components._estimators.perceptron.PerceptronRegressor",
    "components._estimators.pieces.NumberPieces",
    "components._estimators.ranks.NormalRanks",
    "components._estimators.gaussian.GaussianClassifier",
    "components._estimators.labelled_classifier.LabelledClassifier",
    "components._recipe.select.Selector",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
)


class IncompatibleModel(SuiteError):
    """A stored recipe or model was made with other versions, or holds types that are not trusted."""


def get_library_versions() -> dict[str, str]:
    """Return the versions of Python and the libraries that a stored recipe or model depends on."""
    versions = {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}
    with suppress(PackageNotFoundError):
        versions[_ESTIMATORS] = version(_ESTIMATORS)
    return versions


def save_recipe(recipe: Pipeline, folder: str | Path) -> None:
    """Write a fitted recipe as a skops file, and a description of its steps."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    save_pipeline(recipe, path / "recipe.skops")
    steps: list[tuple[str, Step]] = recipe.steps
    description: dict[str, Any] = {"versions": get_library_versions()}
    description["steps"] = [
        {"step": name, "does": step.describe(), "columns": step.get_feature_names_out().tolist()}
        for name, step in steps
    ]
    (path / "recipe.json").write_text(json.dumps(description, indent=2, ensure_ascii=False), encoding="utf-8")


def load_recipe(folder: str | Path) -> Pipeline:
    """Read a recipe that ``save_recipe`` wrote.

    Raises
    ------
    IncompatibleModel
        It was made with other versions of the libraries.
    """
    path = Path(folder)
    made_with = json.loads((path / "recipe.json").read_text(encoding="utf-8"))["versions"]
    check_versions(made_with, f"The recipe in {path}")
    return load_pipeline(path / "recipe.skops")


def save_pipeline(pipeline: Pipeline, file: Path) -> None:
    """Write a fitted pipeline as a skops file, packed: LightGBM's texts shrink to a half."""
    skops.io.dump(pipeline, file, compression=zipfile.ZIP_DEFLATED, compresslevel=1)


def load_pipeline(file: Path) -> Pipeline:
    """Read a skops file that holds only trusted types.

    Raises
    ------
    IncompatibleModel
        It holds other types.
    """
    unknown = sorted(set(skops.io.get_untrusted_types(file=file)) - set(TRUSTED))
    if any(name.startswith("components.") for name in unknown):
        raise IncompatibleModel(
            f"{file} was made by another version of kfp-tabular: this version does not have "
            f"{', '.join(unknown)}.",
            "Use the version that made it, or make it again with this one.",
        )
    if unknown:
        raise IncompatibleModel(
            f"{file} holds types that are not trusted: {', '.join(unknown)}.",
            "Use only files that kfp-tabular made, or make the model again.",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        return skops.io.load(file, trusted=list(TRUSTED))


def check_versions(made_with: dict[str, str], what: str) -> None:
    """Refuse a file that was made with library versions that are not installed.

    Python's version is not compared, because a skops file holds no byte code.

    Raises
    ------
    IncompatibleModel
        A version differs; the message names all that do.
    """
    installed = get_library_versions()
    # A recipe that was made without LightGBM does not need it.
    compared = [*_LIBRARIES, *({_ESTIMATORS} & made_with.keys())]
    differing = [
        f"{name} {made_with.get(name, 'unknown')} (here {installed.get(name, 'missing')})"
        for name in sorted(compared)
        if made_with.get(name) != installed.get(name)
    ]
    if differing:
        raise IncompatibleModel(
            f"{what} was made with {', '.join(differing)}.",
            "Install the versions of its constraints.txt, or make it again with the installed ones.",
        )
