from components.notify.message import failure_text, report_text


def test_a_path_of_vertex_ends_in_the_runs_name() -> None:
    text = failure_text("projects/1/locations/eu/pipelineJobs/training-1", None)
    assert text == "The run training-1 failed."


def test_a_long_message_is_cut() -> None:
    text = failure_text("training-1", "x" * 5_000)
    assert text.endswith("xx…")
    assert len(text) < 2_100


def test_a_message_stays_literal() -> None:
    text = report_text("FAILED", "training-1", "````\n# not a heading", None)
    assert text.count("````") == 2
    assert text.index("# not a heading") < text.rindex("````")
