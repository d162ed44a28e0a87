from pipelines.local.wrapped_line import wrap_line


def test_a_line_is_wrapped_below_its_text_and_keeps_its_columns() -> None:
    assert wrap_line("› tune      4.0 s", 40, 2) == ["› tune      4.0 s"]
    assert wrap_line("! one two three", 9, 2) == ["! one two", "  three"]
    assert wrap_line("! " + "x" * 20, 9, 2) == ["!", "  " + "x" * 20]
