from components._estimators.description import format_parameters, get_title


def test_a_family_has_a_title_and_a_trial_without_one_says_so() -> None:
    assert get_title("lightgbm") == "LightGBM"
    assert get_title("") == "no family"
    # A family that another version searched.
    assert get_title("forgotten") == "forgotten"


def test_numbers_have_three_significant_digits() -> None:
    assert format_parameters({"strength": 0.12345, "size": 1234, "kind": None}) == (
        "strength 0.123, size 1234, kind None"
    )
