from components._problem.metric_scale import MetricScale


def test_errors_are_positive_and_smaller_is_better() -> None:
    scale = MetricScale.from_metric("neg_root_mean_squared_error")
    assert scale == MetricScale("root_mean_squared_error", True)
    assert (scale.title, scale.better) == ("RMSE", "smaller is better")
    assert scale.to_metric_value(-3.0) == 3.0


def test_scores_stay_as_they_are_and_larger_is_better() -> None:
    scale = MetricScale.from_metric("roc_auc")
    assert scale == MetricScale("roc_auc", False)
    assert (scale.title, scale.better) == ("ROC AUC", "larger is better")
    assert scale.to_metric_value(0.8) == 0.8
