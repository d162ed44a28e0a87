import pytest

from components._expectations.rule_parser import (
    Calculation,
    ColumnValue,
    Comparison,
    Junction,
    Literal,
    RuleError,
    parse_rule,
)


def test_a_rule_is_a_tree_of_what_it_compares() -> None:
    rule = parse_rule("price - 2 >= `list price`")
    assert rule.columns == ("price", "list price")
    assert rule.root == Comparison(
        ">=", Calculation("-", ColumnValue("price"), Literal(2)), ColumnValue("list price")
    )


def test_a_chain_of_comparisons_is_all_of_them() -> None:
    low, value, high = Literal(0), ColumnValue("x"), ColumnValue("y")
    assert parse_rule("0 < x <= y").root == Junction(
        "and", (Comparison("<", low, value), Comparison("<=", value, high))
    )


def test_a_rule_may_have_several_lines_and_read_a_column_twice() -> None:
    assert parse_rule("a > 1\nand a < 3 ").columns == ("a",)


@pytest.mark.parametrize("name", ["µ", "Größe", "ﬁeld", "客户"])
def test_a_name_is_read_as_it_is_written(name: str) -> None:
    """Python's parser would read the first as another letter."""
    assert parse_rule(f"{name} > 1").columns == (name,)


@pytest.mark.parametrize("name", ["class", "2024", "a'b", 'say "x"', "null", "true", "a=b", "x)("])
def test_backticks_take_any_name(name: str) -> None:
    assert parse_rule(f"`{name}` is not null or other == '`'").columns == (name, "other")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a ** 2 > 1", r"'a \*\* 2' is not part of the language: it has comparisons"),
        ("__import__('os').system('ls') == 0", "is not part of the language"),
        ("f(a) > 1", r"'f\(a\)' is not part"),
        ("a.b > 1", "'a.b' is not part"),
        ("a[0] > 1", r"'a\[0\]' is not part"),
        ("[a for a in b] == 1", "is not part"),
        ("(lambda: a) == 1", "'lambda: a' is not part"),
        ("f'{a}' == 'x'", "is not part"),
        ("a == b'x'", "is not part"),
        ("a > 1j", "'1j' is not part"),
        ("a > 1 & b > 2", "'1 & b' is not part of the language: write and, or"),
        ("~a", "'~a' is not part of the language: write not"),
        ("b > 1 if a > 1 else b < 1", "put the condition under when"),
        ("a = b", r"'a = b' is not a rule \(near '= b'\): compare with =="),
        ("a >", "is not a rule .*backticks: `a b`"),
        ("list price > 1", r"is not a rule \(near 'price > 1'\)"),
        ("class > 1", "is not a rule .*backticks"),
        ("a > 1; b > 2", r"near '; b > 2'"),
        ("a == null", "write 'is null' or 'is not null'"),
        ("a is b", "after is there must be null or not null, not 'b'"),
        ("a in b", r"after in there must be a list of values such as \['a', 'b'\], not 'b'"),
        ("a in []", "after in there must be a list"),
        ("a in [b]", "after in there must be a list"),
        ("1 < 2", "'1 < 2' names no column"),
        ("a + 1", "'a \\+ 1' is a value, not a condition"),
        ("`a``b` > 1", "'`a``b`' is not one column"),
        ("`` > 1", "a column's name in backticks is empty"),
        ("a > 1e999", "the number 1e999 is too large"),
        (f"a > {10**400}", "the number 10000000000000000000 is too large"),
        ("a\x00 > 1", "cannot be read|is not a rule"),
        ("-" * 200 + "a > 1", "is nested too deeply"),
        ("not " * 200 + "a", "is nested too deeply"),
        ("(" * 300 + "a" + ")" * 300 + " > 1", "is not a rule|is nested too deeply"),
        ("a > 1 or " * 200 + "a > 2", "the rule has 1,805 characters; at most 1,000 are allowed"),
        ("", "is not a rule"),
    ],
)
def test_what_is_not_in_the_language_is_named(text: str, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        parse_rule(text)
