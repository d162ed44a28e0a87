from components.notify.message import describe_failure, render_report


def test_a_path_of_vertex_ends_in_the_runs_name() -> None:
    text = describe_failure("projects/1/locations/eu/pipelineJobs/training-1", None)
    assert text == "The run training-1 failed."


def test_a_long_message_is_cut() -> None:
    text = describe_failure("training-1", "x" * 5_000)
    assert text.endswith("xx…")
    assert len(text) < 2_100


def test_a_message_stays_literal() -> None:
    text = render_report("FAILED", "training-1", "````\n# not a heading", None)
    assert text.count("````") == 2
    assert text.index("# not a heading") < text.rindex("````")
