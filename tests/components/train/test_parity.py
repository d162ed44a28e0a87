import numpy as np
import pandas as pd
import pytest

from components._model.package import Package
from components._problem.task import TASKS, TaskKind
from components.train.parity import _disturb_rows, compile_and_compare
from tests.components._model.tables import KINDS, draw_rows, draw_table, fit_package


@pytest.mark.parametrize("kind", TASKS)
def test_a_model_that_predicts_the_same_is_compiled(kind: TaskKind) -> None:
    parity = compile_and_compare(fit_package("lightgbm", kind), draw_table(kind), seed=0)
    assert parity.compiled is not None
    assert parity.compiled.columns == list(KINDS)
    # As many rows as there are, and as many disturbed.
    assert parity.n_rows == 600
    assert parity.difference is not None
    assert parity.difference < 1e-12
    assert parity.to_lineage() == {
        "form": "compiled",
        "rows_compared": 600,
        "largest_difference": parity.difference,
        "refused_because": "",
    }


class Tampered(Package):
    """A model of which the pipeline predicts something else than its parts."""

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        predicted = super().predict(rows)
        predicted[-1] += 2e-6
        return predicted


def test_a_model_that_predicts_otherwise_is_refused_and_says_by_how_much() -> None:
    package = fit_package("lightgbm", "binary")
    parity = compile_and_compare(Tampered(**vars(package)), draw_table("binary"), seed=0)
    assert parity.compiled is None
    assert parity.difference == pytest.approx(2e-6)
    assert parity.reason == "its predictions differ by 2.0e-06 from the pipeline's; 1e-06 is allowed"
    assert parity.to_lineage()["form"] == "scikit-learn"


def test_an_estimator_without_a_plain_form_is_refused() -> None:
    package = fit_package("linear", "regression")

    class Other:
        pass

    package.pipeline[-1].members[0] = Other()
    parity = compile_and_compare(package, draw_table("regression"), seed=0)
    assert (parity.compiled, parity.reason) == (None, "Other has no serving form")


def test_rows_are_disturbed_in_every_column() -> None:
    rows = draw_rows(300)[list(KINDS)]
    disturbed = _disturb_rows(rows, KINDS, np.random.default_rng(0))
    assert list(disturbed) == list(KINDS)
    assert (disturbed.isna().sum() > rows.isna().sum()).all()
    assert (disturbed["city"] == "unknown \N{REPLACEMENT CHARACTER} category").sum() > 10
    assert disturbed["visits"].abs().max() >= 1_000
    assert disturbed["since"].max().year > 2000
    # The rows themselves are as they were.
    pd.testing.assert_frame_equal(rows, draw_rows(300)[list(KINDS)])
