import numpy as np
import pytest

from components._problem.task import TaskKind
from components.errors import InvalidSetting
from components.monitor.comparison import LoadedModel
from components.monitor.faults import FAULTS, choose_fault, put_fault
from tests.components.monitor.models import write_monitored_model


@pytest.fixture(scope="module", params=["binary", "regression"])
def model(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> LoadedModel:
    folder = tmp_path_factory.mktemp("model")
    kind: TaskKind = request.param
    write_monitored_model(folder, kind)
    return LoadedModel.load(folder / "model")


def test_the_column_that_matters_most_is_broken(model: LoadedModel) -> None:
    for kind, column in {
        "unit-change": "amount",
        "missing": "amount",
        "category": "city",
        "label": "",
    }.items():
        assert choose_fault(kind, model.monitored, model.kinds, 0).column == column


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_changes_what_it_says_and_as_many_rows_are_left(kind: str, model: LoadedModel) -> None:
    rows = model.monitored.reference
    fault = choose_fault(kind, model.monitored, model.kinds, 0)
    broken = put_fault(rows, fault, model.monitored, 0)
    assert len(broken) == len(rows)
    before = rows.columns[fault.column] if fault.column else None
    after = broken.columns[fault.column] if fault.column else None
    if kind == "label":
        assert np.nanmean(broken.truth) > np.nanmean(rows.truth)
    elif kind == "concept":
        changed = broken.truth != rows.truth
        assert 0.3 < changed.mean() < 0.6
        np.testing.assert_array_equal(broken.outputs, rows.outputs)
    else:
        assert before is not None
        assert after is not None
        checks = {
            "covariate": lambda: after.mean() > before.mean(),
            "missing": lambda: 0.3 < after.isna().mean() - before.isna().mean() < 0.5,
            "unit-change": lambda: np.allclose(after.dropna(), 100 * before.dropna()),
            "category": lambda: 0.4 < (after == "(a new value)").mean() < 0.6,
        }
        assert checks[kind]()
        assert not np.array_equal(broken.outputs, rows.outputs)


def test_an_unknown_fault_names_those_that_there_are(model: LoadedModel) -> None:
    with pytest.raises(InvalidSetting, match="There is no fault 'sabotage'") as raised:
        choose_fault("sabotage", model.monitored, model.kinds, 0)
    assert "unit-change" in raised.value.remedy


def test_a_fault_that_no_column_can_have_is_an_error(model: LoadedModel) -> None:
    with pytest.raises(InvalidSetting, match="no column that can have the fault 'category'"):
        choose_fault("category", model.monitored, {"amount": "float"}, 0)
