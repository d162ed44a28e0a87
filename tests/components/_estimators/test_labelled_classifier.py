import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from components._estimators.labelled_classifier import LabelledClassifier
from components._problem.task import Label

X = np.array([[-2.0], [-1.0], [0.4], [2.0]])


def add_labels(labels: list[Label], threshold: float | None = None) -> LabelledClassifier:
    codes = np.arange(len(X)) * len(labels) // len(X)
    return LabelledClassifier(LogisticRegression(C=100).fit(X, codes), labels, threshold)


@pytest.mark.parametrize(
    ("labels", "kind"), [(["no", "yes"], "U"), ([10, 3], "i"), ([False, True], "b"), (["c", "a", "b"], "U")]
)
def test_predictions_are_labels_of_the_likeliest_class(labels: list[Label], kind: str) -> None:
    model = add_labels(labels)
    assert model.classes_.tolist() == labels
    probabilities = model.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    predicted = model.predict(X)
    assert predicted.dtype.kind == kind
    assert predicted.tolist() == [labels[code] for code in probabilities.argmax(axis=1)]


def test_the_threshold_decides_on_the_second_class() -> None:
    positive = add_labels(["no", "yes"]).predict_proba(X)[:, 1]
    threshold = float(positive[1])
    assert add_labels(["no", "yes"], threshold).predict(X).tolist() == ["no", "yes", "yes", "yes"]
    above = float(np.nextafter(threshold, 1))
    assert add_labels(["no", "yes"], above).predict(X).tolist() == ["no", "no", "yes", "yes"]


def test_it_is_not_fitted_again() -> None:
    with pytest.raises(NotImplementedError, match="LabelledClassifier is made of fitted parts"):
        add_labels(["no", "yes"]).fit(X, np.zeros(4))
