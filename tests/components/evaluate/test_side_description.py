from components._metrics.estimate import Estimate
from components.evaluate.column_differences import ColumnDifference
from components.evaluate.row_origin import RowOrigin
from components.evaluate.side_comparison import SideComparison
from components.evaluate.side_description import describe_sides, judge_sides, list_differences

DIFFERENCES = [
    ColumnDifference("age", 0.3, "up to 40", 0.5, 0.2),
    ColumnDifference("plan", 0.1, "pro", 0.1, 0.2),
]
KNOWN = RowOrigin(Estimate(0.8312, 0.82, 0.842), [("age", 0.9), ("plan", 0.1)])
UNKNOWN = RowOrigin(Estimate(0.51, 0.49, 0.53), [("age", 1.0)])


def test_no_difference_is_good_news() -> None:
    sides = SideComparison(100, 100, None, [], UNKNOWN)
    assert judge_sides(sides) == [("good", "Training and test rows do not differ beyond chance.")]
    assert list_differences(sides) == []


def test_differences_are_said_with_columns_and_score() -> None:
    sides = SideComparison(100, 100, None, DIFFERENCES, KNOWN)
    assert describe_sides(sides) == [
        "The test rows differ from the training rows in: age, plan.",
        "A model can tell test rows from training rows: ROC AUC 0.831 (95 % interval 0.820 to 0.842), "
        "where 0.5 is chance, by age (90%), plan (10%).",
    ]
    assert {level for level, _ in judge_sides(sides)} == {"warning"}
    assert list_differences(sides) == [
        ["age", "up to 40", "50.0%", "20.0%", 0.3],
        ["plan", "pro", "10.0%", "20.0%", 0.1],
    ]


def test_a_score_near_chance_and_few_rows_are_not_mentioned() -> None:
    for origin in (UNKNOWN, None):
        sides = SideComparison(100, 100, None, DIFFERENCES[:1], origin)
        assert describe_sides(sides) == ["The test rows differ from the training rows in: age."]
