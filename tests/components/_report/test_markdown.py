import pytest

from components._report.markdown import escape_markdown, render_markdown_table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words, 3.5 and (more)", "plain words, 3.5 and (more)"),
        ("*a* _b_ `c` [d]", r"\*a\* \_b\_ \`c\` \[d\]"),
        ("a|b", r"a\|b"),
        ("two\nlines", "two lines"),
        ("<script>&", "&lt;script&gt;&amp;"),
        ("# title", r"\# title"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_text_of_a_user_is_shown_as_it_was_written(text: str, expected: str) -> None:
    assert escape_markdown(text) == expected


def test_a_table_escapes_what_would_end_a_cell() -> None:
    assert render_markdown_table(("a|b",), [("c|d",)]) == "| a\\|b |\n| --- |\n| c\\|d |"
