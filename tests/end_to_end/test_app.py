"""The app in a browser, with a real server behind it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from components._problem.spec import Problem
from tests.browser import Browser
from tests.components.serve.models import PREDICT, write_model
from tests.model_server import ModelServer, run_model_server
from tests.sweeps_proxy import find_free_port

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

PHONE = 390
PROBLEM = {
    "target": "y",
    "value": {"tp": 40, "fp": -10},
    "monitoring": {"unit": "EUR"},
    "description": "Who buys?",
    "actionable": ["amount", "visits", "city", "member"],
}
CARD = (
    "# Model card\n\nPredicts **y**.\n\n## Quality\n\n| Metric | Model |\n| --- | --- |\n| ROC AUC | 0.9 |\n"
)
EXPLAIN = PREDICT.replace("predict", "explain")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    write_model(path, threshold=0.4)
    Problem.from_settings(PROBLEM).save(path / "problem.json")
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ModelServer]:
    card = folder.parent / "card.md"
    card.write_text(CARD, encoding="utf-8")
    with run_model_server(folder, "--app", "--app_card", str(card)) as running:
        yield running


def wait_for_answer(page: "Page") -> None:
    """Wait until the answer is that of the values in the form."""
    page.wait_for_selector(".answer-body:not(.old):not([aria-busy]) .decision")


def read_probability(page: "Page") -> str:
    wait_for_answer(page)
    return page.locator(".answer-body > p").nth(2).inner_text()


def read_row(page: "Page") -> dict[str, Any]:
    """Add 1 to the amount, and return the row that the page sends then."""
    wait_for_answer(page)
    with page.expect_request(lambda request: request.url.endswith(EXPLAIN)) as sent:
        page.locator("[name=amount]").press("ArrowUp")
    row: dict[str, Any] = json.loads(sent.value.post_data or "")["instances"][0]
    wait_for_answer(page)
    return row


def test_the_answer_follows_the_form_and_is_the_servers(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app", locale="en-GB") as (page, visit):
        wait_for_answer(page)
        assert page.title() == "Predict y"
        before = read_probability(page)
        assert page.get_by_text("All values are usual ones").is_visible()
        page.locator("[name=visits]").fill("9")
        page.locator("[name=city]").select_option("Oslo")
        page.locator("[name=amount]").fill("-120.5")
        after = read_probability(page)
        assert after != before
        row = read_row(page)
        assert (row["visits"], row["city"]) == (9, "Oslo")
        (prediction,) = httpx.post(server.url + PREDICT, json={"instances": [row]}).json()["predictions"]
        positive, probability = list(prediction["probabilities"].items())[-1]
        shown = read_probability(page)
        assert shown.startswith(f"The probability of “{positive}” is {probability:.1%}.")
        assert page.locator(".decision").inner_text() == str(prediction["decision"])
        assert "EUR on average" in page.locator(".answer-body").inner_text()
        assert page.locator(".bars tbody tr").count() >= 2
        assert (visit.faults, visit.requests) == ([], [])


def test_a_value_may_be_unknown(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app") as (page, visit):
        wait_for_answer(page)
        page.get_by_label("visits is unknown").check()
        assert page.locator("[name=visits]").is_disabled()
        assert page.get_by_text("In training this was never unknown.").is_visible()
        assert read_row(page)["visits"] is None
        page.get_by_label("visits is unknown").uncheck()
        assert isinstance(read_row(page)["visits"], int)
        assert visit.faults == []


def test_what_training_did_not_see_is_warned_about_and_answered(
    server: ModelServer, browser: Browser
) -> None:
    with browser.open_served(f"{server.url}/app", locale="en-GB") as (page, visit):
        wait_for_answer(page)
        page.locator("[name=amount]").fill("99999")
        assert page.get_by_text("Outside the values seen in training (-300 to 300)").is_visible()
        page.locator("[name=since]").fill("2031-05-06T00:00")
        assert page.get_by_text("Outside the values seen in training").count() == 2
        row = read_row(page)
        assert (row["amount"], row["since"]) == (100_000, "2031-05-06T00:00:00")
        assert visit.faults == []


def test_what_is_no_value_of_the_column_is_not_sent(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app") as (page, visit):
        wait_for_answer(page)
        page.locator("[name=visits]").fill("2.5")
        assert page.get_by_text("This must be a whole number.").is_visible()
        assert page.locator("[name=visits]").get_attribute("aria-invalid") == "true"
        assert page.locator(".answer-body.old").count() == 1
        assert page.get_by_text("This answer is for earlier values.").is_visible()
        # Nor is a change searched for it.
        page.get_by_role("button", name="Find the smallest change").click()
        assert page.evaluate("document.activeElement.name") == "visits"
        page.locator("[name=visits]").fill("3")
        wait_for_answer(page)
        assert visit.faults == []


def test_a_found_change_flips_the_decision_and_changes_only_what_a_person_can(
    server: ModelServer, browser: Browser
) -> None:
    with browser.open_served(f"{server.url}/app") as (page, visit):
        wait_for_answer(page)
        before, kept = page.locator(".decision").inner_text(), read_row(page)
        page.get_by_role("button", name="Find the smallest change").click()
        page.wait_for_selector(".found li")
        assert 1 <= page.locator(".found li").count() <= 2
        page.get_by_role("button", name="Use these values").click()
        page.wait_for_function("text => document.querySelector('.decision').textContent !== text", arg=before)
        changed = {name for name, value in read_row(page).items() if value != kept[name]}
        assert changed <= {*PROBLEM["actionable"]}
        assert visit.faults == []


@pytest.fixture
def address() -> tuple[int, str]:
    port = find_free_port()
    return port, f"http://127.0.0.1:{port}/app/"


def test_what_was_typed_outlives_a_server_that_stops_and_starts(
    folder: Path, browser: Browser, address: tuple[int, str]
) -> None:
    port, url = address
    with ExitStack() as stack:
        first = stack.enter_context(run_model_server(folder, "--app", port=port))
        page, _ = stack.enter_context(browser.open_served(url))
        wait_for_answer(page)
        first.process.kill()
        first.process.wait()
        page.locator("[name=visits]").fill("7")
        page.get_by_label("city is unknown").check()
        page.wait_for_selector("[role=alert]:visible")
        assert "The model does not answer at the moment" in page.locator("[role=alert]").inner_text()
        page.get_by_role("button", name="Try again now").click()
        assert page.locator("[role=alert]").is_visible()
        stack.enter_context(run_model_server(folder, "--app", port=port))
        page.wait_for_selector("[role=alert]", state="hidden")
        wait_for_answer(page)
        row = read_row(page)
        assert (row["visits"], row["city"]) == (7, None)
        page.reload()
        wait_for_answer(page)
        assert page.locator("[name=visits]").input_value() == "7"
        assert page.get_by_label("city is unknown").is_checked()
        # Nothing outlives the tab.
        assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_another_version_of_the_model_is_said_and_the_form_made_again(
    folder: Path, browser: Browser, address: tuple[int, str]
) -> None:
    port, url = address
    with ExitStack() as stack:
        first = stack.enter_context(run_model_server(folder, "--app", "--model_version", "one", port=port))
        page, _ = stack.enter_context(browser.open_served(url))
        wait_for_answer(page)
        page.locator("[name=visits]").fill("7")
        first.process.kill()
        first.process.wait()
        stack.enter_context(run_model_server(folder, "--app", "--model_version", "two", port=port))
        page.locator("[name=amount]").fill("5")
        page.wait_for_selector("[role=alert]:has-text('from version one to two')")
        wait_for_answer(page)
        assert page.locator("[name=visits]").input_value() == "7"
        assert read_row(page)["visits"] == 7
        page.get_by_role("button", name="Close").click()
        assert page.locator("[role=alert]").is_hidden()


def test_a_page_that_is_opened_before_the_texts_can_be_had_waits(
    server: ModelServer, browser: Browser
) -> None:
    with browser.open_served("about:blank") as (page, _):
        page.route("**/texts/de.json", lambda route: route.abort())
        page.goto(f"{server.url}/app")
        page.wait_for_selector("#unavailable:visible")
        page.unroute("**/texts/de.json")
        wait_for_answer(page)


@pytest.mark.parametrize("file", ["served.js", "reading/zones.js", "main.js"])
def test_a_page_is_loaded_again_if_one_of_its_modules_did_not_come(
    server: ModelServer, browser: Browser, file: str
) -> None:
    with browser.open_served("about:blank") as (page, _):
        page.route(f"**/{file}", lambda route: route.abort(), times=2)
        page.goto(f"{server.url}/app")
        page.wait_for_selector("#unavailable:visible")
        wait_for_answer(page)


def test_a_tab_whose_module_did_not_come_can_be_tried_again(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app") as (page, _):
        wait_for_answer(page)
        page.route("**/health.js", lambda route: route.abort(), times=1)
        page.locator("#tab-health").click()
        page.locator("#panel-health").get_by_role("button", name="Try again").click()
        page.locator(".tiles dd").first.wait_for()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(
    server: ModelServer, browser: Browser, color_scheme: str
) -> None:
    settings = {"color_scheme": color_scheme, "has_touch": True}
    with browser.open_served(f"{server.url}/app", width=PHONE, **settings) as (page, visit):
        wait_for_answer(page)
        page.locator("[name=amount]").fill("99999")
        assert page.locator(".summary").is_visible()
        for tab in ("Predict", "Model"):
            page.get_by_role("tab", name=tab).click()
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
        assert visit.faults == []


def test_the_keyboard_is_enough(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app") as (page, visit):
        wait_for_answer(page)

        def move_to(selector: str) -> None:
            for _ in range(60):
                page.keyboard.press("Tab")
                if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                    return
            pytest.fail(f"Tab does not reach {selector}")

        move_to("[role=tab]")
        page.keyboard.press("ArrowRight")
        assert page.locator("#panel-model").is_visible()
        page.keyboard.press("ArrowLeft")
        move_to("[name=amount]")
        page.keyboard.press("Control+A")
        page.keyboard.type("250")
        move_to("[name=visits]")
        before = int(page.locator("[name=visits]").input_value())
        page.keyboard.press("ArrowUp")
        assert page.locator("[name=visits]").input_value() == str(before + 1)
        move_to("#field-3-unknown")
        page.keyboard.press("Space")
        move_to(".flip button")
        page.keyboard.press("Enter")
        page.wait_for_selector(".found li, .found p:not(:has-text('Searching'))")
        assert page.evaluate("document.activeElement.matches('.flip button')")
        row = read_row(page)
        assert (row["amount"], row["visits"], row["member"]) == (251, before + 1, None)
        assert visit.faults == []


def test_german_speakers_get_a_german_page_and_may_choose(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app", locale="de-CH") as (page, visit):
        wait_for_answer(page)
        assert page.locator("html").get_attribute("lang") == "de"
        assert page.title() == "Vorhersage: y"
        assert "Wahrscheinlichkeit" in page.locator(".answer-body").inner_text()
        page.locator("[name=visits]").fill("8")
        page.get_by_label("Sprache").select_option("en")
        wait_for_answer(page)
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("[name=visits]").input_value() == "8"
        page.reload()
        wait_for_answer(page)
        assert page.title() == "Predict y"
        assert visit.faults == []


def test_the_model_is_described(server: ModelServer, browser: Browser) -> None:
    with browser.open_served(f"{server.url}/app") as (page, visit):
        page.get_by_role("tab", name="Model").click()
        text = page.locator("#panel-model").inner_text()
        assert "Who buys?" in text
        assert "from a probability of 40.0%" in text
        assert page.locator(".card strong").inner_text() == "y"
        assert page.get_by_role("cell", name="0.9").is_visible()
        assert "[object" not in text
        assert visit.faults == []


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_other_tasks_have_an_answer_too(task: Any, tmp_path: Path, browser: Browser) -> None:
    write_model(tmp_path, task)
    with (
        run_model_server(tmp_path, "--app") as running,
        browser.open_served(f"{running.url}/app") as (page, visit),
    ):
        wait_for_answer(page)
        page.locator("[name=amount]").fill("-250")
        wait_for_answer(page)
        assert page.locator(".bars").first.is_visible()
        assert page.get_by_role("button", name="Find the smallest change").count() == (task == "multiclass")
        row = read_row(page)
        (prediction,) = httpx.post(running.url + PREDICT, json={"instances": [row]}).json()["predictions"]
        shown = page.locator(".decision").inner_text().replace(",", "")
        if task == "regression":
            assert float(shown) == pytest.approx(prediction["value"], rel=1e-4)
        else:
            assert shown == str(prediction["decision"])
        assert visit.faults == []


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, PHONE])
def test_axe_has_no_serious_findings(
    server: ModelServer, browser: Browser, color_scheme: str, width: int
) -> None:
    axe = Axe()
    with browser.open_served(f"{server.url}/app", width=width, color_scheme=color_scheme) as (page, _):
        wait_for_answer(page)
        page.locator("[name=amount]").fill("99999")
        page.locator("[name=visits]").fill("2.5")
        for tab in ("Predict", "Model"):
            page.get_by_role("tab", name=tab).click()
            found = axe.run(page).response["violations"]
            assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []


# A model that decides "yes" if x + z is at least 10, on a page that has the server's modules.
FLIP = """async ([row, actionable, most]) => {
  const {findFlip} = await import('/app/what_if.js');
  const ranges = {x: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], z: [0, 4, 8, 12, 16, 20, 24, 28, 32, 36]};
  const columns = Object.entries(ranges).map(([name, quantiles]) =>
    ({kind: 'integer', name, quantiles, is_actionable: actionable.includes(name)}));
  columns.push({name: 'c', kind: 'string', quantiles: [], categories: ['a', 'b'], is_actionable: true});
  let n_rows = 0;
  const predict = async (rows) => rows.map(({x, z}) => {
    n_rows += 1;
    const yes = Math.min(1, (Math.min(x, most) + Math.min(z, most)) / 20);
    return {probabilities: {yes, no: 1 - yes}, decision: yes >= 0.5 ? 'yes' : 'no'};
  });
  const found = await findFlip(row, 'no', {columns}, {predict});
  const changes = found && Object.fromEntries(found.changes.map(({column, to}) => [column.name, to]));
  return [changes, n_rows < 500];
}"""


@pytest.mark.parametrize(
    ("row", "actionable", "most", "expected"),
    [
        # Of the range of z, 3 are less than of the range of x.
        ({"x": 4, "z": 3, "c": "a"}, ["x", "z"], 99, {"z": 6}),
        ({"x": 4, "z": 3, "c": "a"}, ["x"], 99, {"x": 7}),
        # One value is not enough.
        ({"x": 0, "z": 0, "c": "a"}, ["x", "z"], 6, {"x": 4, "z": 6}),
        # A value that nobody knows cannot be changed.
        ({"x": None, "z": 0, "c": "a"}, ["x", "z"], 99, {"z": 10}),
        ({"x": 4, "z": 3, "c": "a"}, [], 99, None),
    ],
)
def test_the_smallest_change_is_found(
    server: ModelServer,
    browser: Browser,
    row: dict[str, Any],
    actionable: list[str],
    most: int,
    expected: dict[str, int] | None,
) -> None:
    with browser.open_served(f"{server.url}/app") as (page, _):
        changes, is_cheap = page.evaluate(FLIP, [row, actionable, most])
    assert is_cheap
    if expected is None or len(expected) == 1:
        assert changes == expected
    else:
        assert changes.keys() == expected.keys()
        assert min(changes["x"], most) + min(changes["z"], most) >= 10


# The predictor takes longest for the first row; rows 2 to 4 are asked for meanwhile.
LIVE = """async () => {
  const {LiveAnswer} = await import('/app/what_if.js');
  const asked = [], shown = [];
  const predict = async ([row]) => {
    asked.push(row);
    await new Promise((resolve) => setTimeout(resolve, 200 / row));
    return [row];
  };
  const live = new LiveAnswer({predict}, (answer) => shown.push(answer), (error) => { throw error; });
  live.ask(1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  [2, 3, 4].forEach((row) => live.ask(row));
  await new Promise((resolve) => setTimeout(resolve, 400));
  live.ask(5);
  await new Promise((resolve) => setTimeout(resolve, 20));
  live.stop();
  await new Promise((resolve) => setTimeout(resolve, 200));
  return [asked, shown];
}"""


def test_answers_come_in_order_and_rows_that_were_replaced_are_not_asked(
    server: ModelServer, browser: Browser
) -> None:
    with browser.open_served(f"{server.url}/app") as (page, _):
        asked, shown = page.evaluate(LIVE)
    # The answer for 5 came after the model had been replaced.
    assert asked[:2] == [1, 4]
    assert shown == [1, 4]


def test_what_a_model_says_is_never_read_as_html(tmp_path: Path, browser: Browser) -> None:
    write_model(tmp_path, threshold=0.4)
    hostile = "<img src=x onerror=alert(1)>"
    Problem.from_settings({**PROBLEM, "owner": hostile, "description": hostile}).save(
        tmp_path / "problem.json"
    )
    card = tmp_path / "card.md"
    card.write_text(f"# {hostile}\n\n{hostile} **{hostile}** [x](javascript:alert(1))\n", encoding="utf-8")
    with (
        run_model_server(tmp_path, "--app", "--app_card", str(card)) as running,
        browser.open_served(f"{running.url}/app") as (page, visit),
    ):
        wait_for_answer(page)
        page.get_by_role("tab", name="Model").click()
        assert page.locator(".card strong").inner_text() == hostile
        assert page.locator("img, .card a").count() == 0
        assert (visit.faults, visit.requests) == ([], [])
