"""What people type into the widgets, and how values are written there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from components._app.modules import STATIC
from components._app.notation import describe_notation
from components._table.reading import Reading
from components._table.schema import Column, Schema
from tests.browser import Browser, Visit
from tests.components._app.cells import draw_cells
from tests.components._app.models import MOST_DIFFERENCE, open_page
from tests.components._app.test_notation import COLUMNS, describe, make_column
from tests.components.serve.models import PREDICT, ROW, make_schema, write_model
from tests.model_server import run_model_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

N_ROWS = 1_000
FLOATS = [0, 0.5, -0.25, 1234.5, 1e-7, 1.5e300, 12_345_678.9, 0.1 + 0.2, -17, 842, 842.5, 1e21, 599_999.75]


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serve_static() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(STATIC)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator["Page"]:
    with serve_static() as url, browser.open_served(f"{url}texts/en.json") as (opened, _):
        yield opened


def read_typed(page: "Page", column: Column, *texts: str) -> list[dict[str, Any]]:
    code = """async ([column, notation, texts]) => {
        const {TypedReader} = await import("/values.js");
        const reader = new TypedReader(column, notation);
        return texts.map((text) => reader.read(text));
    }"""
    found: list[dict[str, Any]] = page.evaluate(code, [describe(column), describe_notation(), texts])
    return found


PLAIN, GERMAN = make_column("float"), COLUMNS["German euros"]


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        # The column's own notation.
        (GERMAN, "1.234,56 €", 1234.56),
        (GERMAN, "1.234", 1234),
        (PLAIN, "1.234", 1.234),
        (COLUMNS["Swiss francs"], "CHF 1’234.50", 1234.5),
        (COLUMNS["scaled"], "1.5k €", 1500),
        (COLUMNS["clock"], "11:22 PM", 1402),
        (COLUMNS["clock"], "1h 30min", 90),
        # Plain numbers, and others that mean one number only.
        (GERMAN, "1234.5", 1234.5),
        (GERMAN, "12,345,678.9", 12_345_678.9),
        (PLAIN, "1.234,56", 1234.56),
        (PLAIN, "1234,5", 1234.5),
        (PLAIN, "-0,125", -0.125),
        (PLAIN, "1 234 567,8", 1_234_567.8),
        (PLAIN, "1,234,567", 1_234_567),
        (COLUMNS["plain whole numbers"], "1,0", 1),
        # Marks of an unknown value.
        (GERMAN, " k.A. ", None),
        (COLUMNS["sentinel"], "-999.0", None),
        (COLUMNS["folded categories"], " BERN", "Bern"),
        (COLUMNS["categories"], "NULL", None),
        (COLUMNS["German dates"], "31.12.2024", "2024-12-31T00:00:00"),
        (COLUMNS["German dates"], "31.12.24 10:20:30.75", "2024-12-31T10:20:30"),
        (COLUMNS["American dates"], "May 1st, 2024 at 5:30 PM", "2024-05-01T17:30:00"),
        (COLUMNS["seconds"], "86400", "1970-01-02T00:00:00"),
    ],
)
def test_a_text_is_read_by_the_column_then_by_what_it_can_only_mean(
    page: "Page", column: Column, text: str, expected: Any
) -> None:
    assert read_typed(page, column, text) == [{"value": expected}]


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        (PLAIN, "1,234", {"fault": "ambiguous_number", "one": "1234", "other": "1.234"}),
        (COLUMNS["decimal comma"], "1.234", {"fault": "ambiguous_number", "one": "1,234", "other": "1234"}),
        (PLAIN, "12 kg", {"fault": "not_a_number"}),
        (PLAIN, "1.2.3", {"fault": "not_a_number"}),
        (GERMAN, "1e999", {"fault": "too_large"}),
        (COLUMNS["plain whole numbers"], "2.5", {"fault": "not_whole"}),
        (COLUMNS["plain whole numbers"], "2,5", {"fault": "not_whole"}),
        (COLUMNS["clock"], "soon", {"fault": "not_a_time"}),
        (COLUMNS["German dates"], "12/31/2024", {"fault": "not_a_date"}),
        (COLUMNS["German dates"], "31.02.2024", {"fault": "not_a_date"}),
    ],
)
def test_what_is_ambiguous_or_unreadable_is_said(
    page: "Page", column: Column, text: str, expected: dict[str, str]
) -> None:
    assert read_typed(page, column, text) == [expected]


@pytest.mark.parametrize("name", [name for name, column in COLUMNS.items() if column.kind == "float"])
def test_a_number_is_written_so_that_its_column_reads_it(name: str, page: "Page") -> None:
    code = """async ([column, numbers]) => {
        const {formatNumber} = await import("/values.js");
        return numbers.map((number) => formatNumber(column, number));
    }"""
    column = COLUMNS[name]
    texts = page.evaluate(code, [describe(column), FLOATS])
    assert [found["value"] for found in read_typed(page, column, *texts)] == FLOATS
    if column.reading and column.reading.is_clock:
        assert texts[FLOATS.index(842)] == "14:02"
        assert texts[FLOATS.index(842.5)] == "14:02:30"


@pytest.mark.parametrize("name", COLUMNS)
def test_the_example_of_a_notation_can_be_read(name: str, page: "Page") -> None:
    code = "async (column) => (await import('/values.js')).makeExample(column)"
    column = COLUMNS[name]
    if column.kind in ("integer", "float", "datetime"):
        (found,) = read_typed(page, column, page.evaluate(code, describe(column)))
        assert "fault" not in found


@pytest.mark.parametrize(
    ("number", "text"),
    [(1 / 3, "0,333333"), (-10_469.474, "-10469,47"), (1_234_567, "1234567"), (999.9999, "1000"), (0, "0")],
)
def test_a_number_in_a_sentence_is_rounded_but_a_large_one_only_to_decimals(
    page: "Page", number: float, text: str
) -> None:
    code = """async ([column, number]) =>
        (await import("/values.js")).formatRounded(column, number)"""
    assert page.evaluate(code, [describe(GERMAN), number]) == text


def test_minutes_in_a_sentence_are_rounded_to_seconds(page: "Page") -> None:
    code = "async (column) => (await import('/values.js')).formatRounded(column, 510.0001)"
    assert page.evaluate(code, describe(COLUMNS["clock"])) == "8:30"


@pytest.mark.parametrize(
    ("name", "unit", "shown"),
    [("Area in m²", "m²", "Area in m²"), ("fee (EUR)", "eur", "fee (EUR)"), ("fee", "€", "fee €")],
)
def test_a_unit_is_beside_a_name_that_does_not_have_it(
    page: "Page", name: str, unit: str, shown: str
) -> None:
    code = """async ([column, notation]) => {
        const {Form} = await import("/form.js");
        const {Texts} = await import("/texts.js");
        const en = await (await fetch("/texts/en.json")).json();
        const form = new Form({columns: [column], notation}, new Texts({en}, "en"), () => {});
        return form.element.querySelector("label").textContent;
    }"""
    facts = {"name": name, "unit": unit, "minimum": None, "maximum": None, "default": None}
    assert page.evaluate(code, [{**describe(PLAIN), **facts}, describe_notation()]) == shown


def test_classes_beyond_the_likeliest_are_counted(page: "Page") -> None:
    code = """async () => {
        const {renderAnswer} = await import("/answer.js");
        const {Texts} = await import("/texts.js");
        const en = await (await fetch("/texts/en.json")).json();
        const probabilities = {a: 0.4, b: 0.2, c: 0.1, d: 0.1, e: 0.1, f: 0.06, g: 0.04};
        const description = {target: "y", task: "multiclass", columns: [], positive: null};
        const elements = renderAnswer({probabilities, decision: "a"}, {}, description, new Texts({en}, "en"));
        return elements.find((element) => element.tagName === "TABLE").tBodies[0].lastChild.textContent;
    }"""
    assert page.evaluate(code) == "2 others10.0%"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose table has German numbers and dates."""
    folder = tmp_path_factory.mktemp("model")
    write_model(folder, threshold=0.4)
    readings = {
        "amount": Reading("float", decimal=",", thousands=".", affixes=("€",)),
        "since": Reading("datetime", formats=("%d.%m.%Y",)),
        "city": Reading("string", is_folded=True),
    }
    schema = make_schema()
    columns = tuple(
        Column(**{**vars(column), "reading": readings.get(column.name)}) for column in schema.columns
    )
    Schema(columns, schema.n_rows).save(folder / "schema.json")
    return folder


@pytest.fixture(scope="module")
def form(folder: Path, browser: Browser) -> Iterator[Visit]:
    with open_page(browser, folder, folder) as visit:
        visit.frame.evaluate("""() => {
            const own = predictor.predict;
            predictor.predict = (rows, isExplained) => {
                globalThis.row = rows[0];
                return own.call(predictor, rows, isExplained);
            };
        }""")
        yield visit


def wait_for_value(form: Visit, name: str, value: Any) -> None:
    form.frame.wait_for_function(
        "([name, value]) => JSON.stringify(globalThis.row?.[name]) === value", arg=[name, json.dumps(value)]
    )


def put_in(form: Visit, name: str, text: str) -> None:
    form.frame.locator(f"[name={name}]").evaluate(
        """(input, text) => {
            const data = new DataTransfer();
            data.setData("text", text);
            input.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, cancelable: true}));
        }""",
        text,
    )


def test_numbers_are_typed_and_shown_as_in_the_table(form: Visit) -> None:
    amount = form.frame.locator("[name=amount]")
    note = form.frame.locator("#field-0-note")
    assert "," in amount.input_value()
    amount.fill("1.234,56 €")
    wait_for_value(form, "amount", 1234.56)
    amount.fill("12,5")
    wait_for_value(form, "amount", 12.5)
    amount.press("ArrowUp")
    assert amount.input_value() == "13,5"
    wait_for_value(form, "amount", 13.5)
    amount.fill("-")
    wait_for_value(form, "amount", None)
    assert note.inner_text() == "This is read as unknown."
    amount.fill("12 kg")
    assert note.inner_text() == "This is not a number. Write it like 1234,5."
    amount.fill("1 234")
    wait_for_value(form, "amount", 1234)
    assert form.faults == []


def test_dates_are_pasted_as_in_the_table(form: Visit) -> None:
    since = form.frame.locator("[name=since]")
    note = form.frame.locator("#field-6-note")
    put_in(form, "since", " 24.12.1970 18:30\n")
    wait_for_value(form, "since", "1970-12-24T18:30:00")
    put_in(form, "since", "12/24/1970")
    assert note.inner_text() == "“12/24/1970” is not a date of this column. Write it like 31.12.2026."
    assert since.input_value() == "1970-12-24T18:30"
    form.frame.get_by_label("since is unknown").check()
    assert note.inner_text() == ""
    form.frame.get_by_label("since is unknown").uncheck()
    put_in(form, "since", "n/a")
    wait_for_value(form, "since", None)
    assert form.frame.get_by_label("since is unknown").is_checked()
    form.frame.get_by_label("since is unknown").uncheck()
    assert form.faults == []


def test_a_category_in_another_case_is_the_one_of_training(form: Visit) -> None:
    product = form.frame.locator("[name=product]")
    product.fill(" p3 ")
    wait_for_value(form, "product", "p3")
    product.fill("N/A")
    wait_for_value(form, "product", None)
    assert form.faults == []


@pytest.mark.slow
def test_rows_of_texts_are_answered_or_refused_as_by_a_server(folder: Path, form: Visit) -> None:
    cells = draw_cells(2 * N_ROWS, seed=7)
    rows = [
        {**ROW, "amount": one, "since": other} for one, other in zip(cells[::2], cells[1::2], strict=True)
    ]
    # Most random texts are neither numbers nor dates; of these rows only one cell is.
    rows += [{**ROW, name: cell} for cell in cells for name in ("amount", "since")]
    code = """async (rows) => Promise.all(rows.map((row) => predictor.predict([row]).then(
        ([prediction]) => Object.values(prediction.probabilities), () => null)))"""
    found = form.frame.evaluate(code, rows)
    with run_model_server(folder) as server, httpx.Client(base_url=server.url) as client:
        answers = [client.post(PREDICT, json={"instances": [row]}) for row in rows]
    assert {answer.status_code for answer in answers} == {200, 400}
    for row, outputs, answer in zip(rows, found, answers, strict=True):
        if answer.status_code == 400:
            assert outputs is None, row
        else:
            expected = list(answer.json()["predictions"][0]["probabilities"].values())
            assert outputs == pytest.approx(expected, abs=MOST_DIFFERENCE, rel=0), row
    assert sum(outputs is not None for outputs in found) > 300
