import pytest

from components.errors import InvalidSource
from components.ingest.sources.database_address import DatabaseAddress

PLACE = "postgresql://ana@db.example.org:5433/shop"


@pytest.mark.parametrize(
    ("text", "options", "table", "query"),
    [
        ("table=customers", {}, "customers", ""),
        ("sslmode=require&table=sales.customers", {"sslmode": "require"}, "sales.customers", ""),
        ("table=a%20b&sslmode=require", {"sslmode": "require"}, "a b", ""),
        (
            "query=SELECT a FROM t WHERE c = '1%20' AND d = '&x='",
            {},
            "",
            "SELECT a FROM t WHERE c = '1%20' AND d = '&x='",
        ),
        (
            "query=SELECT%20a%20FROM%20t%20LIMIT%201+1&sslmode=x",
            {"sslmode": "x"},
            "",
            "SELECT a FROM t LIMIT 1+1",
        ),
        ("query=SELECT+a%2B1+FROM+t", {}, "", "SELECT a+1 FROM t"),
        ("query= select 1 ;\n", {}, "", "select 1"),
        ("query=-- one\nWITH x AS (TABLE y) TABLE x", {}, "", "-- one\nWITH x AS (TABLE y) TABLE x"),
        ("query=/* all */ (VALUES (1))", {}, "", "/* all */ (VALUES (1))"),
    ],
)
def test_an_address_names_a_table_or_a_query(
    text: str, options: dict[str, str], table: str, query: str
) -> None:
    assert DatabaseAddress.parse(f"{PLACE}?{text}") == DatabaseAddress(PLACE, options, table, query)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ana:hidden@host/shop?table=t",
        "postgresql://ana:hid/den@host/shop?table=t",
        "postgresql://ana:@host/shop?table=t",
        "postgresql://ana@host/shop?password=hidden&table=t",
        "postgresql://ana@host/shop?table=t&sslpassword=hidden",
    ],
)
def test_an_address_with_a_password_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(InvalidSource, match="has a password") as refused:
        DatabaseAddress.parse(address)
    assert "hid" not in str(refused.value)
    assert "PGPASSWORD" in refused.value.remedy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names neither a table nor a query"),
        ("?sslmode=require", "names neither a table nor a query"),
        ("?table=t&query=select%201", "names both a table and a query"),
        ("?query=DELETE FROM t", "begins with 'DELETE', so it is not one that reads rows"),
        ("?query=selecta FROM t", "begins with 'selecta'"),
        ("?query=/* SELECT */ DROP TABLE t", "begins with 'DROP'"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        DatabaseAddress.parse(PLACE + text)


def test_its_text_is_a_part_of_a_sentence_without_the_query() -> None:
    assert str(DatabaseAddress.parse(f"{PLACE}?table=t")) == f"the table t at {PLACE}"
    assert str(DatabaseAddress.parse(f"{PLACE}?query=SELECT 'secret'")) == f"the query at {PLACE}"
