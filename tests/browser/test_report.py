"""What a person does with a report: reads, searches, filters, opens, compares, prints."""

from __future__ import annotations

import pytest

from planner.model.preview import Preview

from .conftest import Opener
from .pages import Page
from .samples import CONTROLS, HOSTILE_TEXTS, SECRET, USUAL, creates, hostile, renamed, unbroken

ROWS = ".change > summary code"
ALL_OF_PROD = [
    "extension.warehouse",
    "role.guest",
    "deployment.shop",
    "deployment_template.shop",
    "extension.icu",
    "extension.legacy",
    "extension.stopwords_de",
    "extension.synonyms",
    "role.editor",
    "traffic_filter.office",
    "user.reader",
]
ALL = [
    "extension.stopwords_de",
    "extension.synonyms",
    "deployment_template.shop",
    "extension.stopwords_de",
    "extension.synonyms",
    *ALL_OF_PROD,
]


def status(page: Page) -> str:
    return str(page.run("document.querySelector('#status').textContent"))


def focused(page: Page) -> str:
    """The id of the row that has the focus, else the id of the element."""
    return str(page.run("(document.activeElement.closest('.change') || document.activeElement).id"))


def is_open(page: Page, row: str) -> bool:
    return bool(page.run(f"document.getElementById({row!r}).open"))


def colour(page: Page) -> str:
    return str(page.run("getComputedStyle(document.body).backgroundColor"))


def test_it_opens_with_every_change_to_be_seen_and_asks_for_nothing(report: Opener) -> None:
    page = report(USUAL)
    assert page.visible(ROWS) == ALL
    assert status(page) == "16 shown"
    assert page.visible("h1") == ["search-extensions"]
    assert page.run("document.querySelector('details.caution').open") is True


def test_what_could_not_be_planned_and_what_is_left_behind_is_seen(report: Opener) -> None:
    page = report(USUAL)
    assert page.visible(".failure pre") == ["https://ece-dr.example:12443 did not answer within 30 s."]
    assert page.visible(".card .notice code") == ["planner.yaml", "planner destroy -e attic"]


def test_it_can_be_read_without_scripts(page: Page, report: Opener) -> None:
    page.without_scripts()
    report(USUAL)
    assert page.visible(ROWS) == ALL
    assert page.visible("#filter, #theme, button, .keys") == []
    page.click("#c2-3 > summary")
    assert page.visible("#c2-3 .body") != []
    assert page.visible("#c2-2 .body") == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("legacy", ["extension.legacy"]),
        ("LEGACY", ["extension.legacy"]),
        ("html_strip", ["deployment_template.shop", "deployment_template.shop"]),  # in values, of closed rows
        ("8.14 synonyms", ["extension.synonyms"]),
        ("portable computer", ["extension.synonyms"]),  # in a file of its archive
        ("products.txt-new", ["extension.synonyms"]),
        ("environments/prod.yaml:3", ["extension.synonyms"]),
        (SECRET, []),
        ("no such thing", []),
        ("   ", ALL),
    ],
)
def test_search_goes_through_addresses_and_values(report: Opener, typed: str, found: list[str]) -> None:
    page = report(USUAL)
    page.press("/")
    page.type(typed)
    assert page.visible(ROWS) == found
    assert status(page) == ("16 shown" if len(found) == 16 else f"{len(found)} of 16 shown")


def test_filters_go_by_action_and_environment_and_together(report: Opener) -> None:
    page = report(USUAL)
    page.click("input[value=create] + span")
    assert page.visible(ROWS) == [*["extension.stopwords_de"] * 3, "traffic_filter.office"]
    assert page.visible(".environment h2") == ["dev", "staging", "prod"]
    page.click("input[name=env][value='2'] + span")
    assert page.visible(ROWS) == ["extension.stopwords_de", "traffic_filter.office"]
    assert page.visible(".environment h2") == ["prod"]
    assert page.visible(".rows h3") == ["Changes 2 of 9"]
    page.click("input[value=delete] + span")
    assert page.visible(ROWS) == ["extension.legacy", "extension.stopwords_de", "traffic_filter.office"]
    page.click("input[value=create] + span")
    page.click("input[value=delete] + span")
    assert page.visible(ROWS) == ALL_OF_PROD


def test_what_is_not_a_change_steps_back_while_changes_are_looked_for(report: Opener) -> None:
    page = report(USUAL)
    beside = ["Notes", "Left out", "Checks", "Outputs 2", "Dependencies"]
    assert page.visible("#changes .part:not(.rows) h3") == ["Dependencies", "Dependencies", *beside]
    page.click("input[name=env][value='2'] + span")
    assert page.visible("#changes .part:not(.rows) h3") == beside
    page.click("input[value=drift] + span")
    assert page.visible("#changes .part:not(.rows) h3") == []
    assert page.visible(".rows h3") == ["Changed outside of planner 2"]


def test_the_keys_search_move_open_and_clear(report: Opener) -> None:
    page = report(USUAL)
    page.press("j")
    assert focused(page) == "c0-0"
    page.press("j", "j", "k", "ArrowDown", "ArrowDown", "ArrowUp")
    assert focused(page) == "c1-0"
    page.press("Enter")
    assert is_open(page, "c1-0")
    page.press("Space")
    assert not is_open(page, "c1-0")
    page.press("/", "j", "k")
    assert focused(page) == "search"
    assert page.run("document.querySelector('#search').value") == "jk"
    page.press("Escape")
    assert (page.run("document.querySelector('#search').value"), page.visible(ROWS)) == ("", ALL)
    page.press("k")
    assert focused(page) == "c2-8"
    page.press("j")
    assert focused(page) == "c2-8"


def test_the_keys_pass_over_what_is_filtered_out(report: Opener) -> None:
    page = report(USUAL)
    page.click("input[value=delete] + span")
    page.press("j", "j")
    assert focused(page) == "c2-3"
    page.press("Escape", "j")
    assert focused(page) == "c2-4"


def test_the_first_stop_of_the_tabulator_leads_to_the_changes(report: Opener) -> None:
    page = report(USUAL)
    page.press("Tab")
    assert page.visible(":focus") == ["Skip to the changes"]
    page.press("Enter")
    assert focused(page) == "changes"


def test_the_focus_can_be_seen(report: Opener) -> None:
    page = report(USUAL)
    page.press("j")
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_all_that_is_shown_opens_and_closes_at_once(report: Opener) -> None:
    page = report(USUAL)
    page.click("input[value=create] + span")
    page.click("#expand")
    page.press("Escape")
    opened = page.run("[...document.querySelectorAll('.change[open]')].map((row) => row.id)")
    assert opened == ["c0-0", "c1-1", "c2-4", "c2-7"]
    page.click("#expand")
    assert len(page.visible(".change > .body")) == 16
    assert page.visible("#expand") == ["Close all"]
    page.click("#expand")
    assert page.visible(".change > .body") == []


def test_a_link_opens_its_row_even_when_it_is_filtered_out(report: Opener) -> None:
    page = report(USUAL)
    page.click("input[value=create] + span")
    page.click(".caution a[href='#c2-2']")
    page.until("document.getElementById('c2-2').open")
    assert focused(page) == "c2-2"
    assert page.visible(ROWS) == ALL


def test_a_node_of_the_graph_leads_to_its_row_and_lights_what_it_is_tied_to(report: Opener) -> None:
    page = report(USUAL)
    page.click("[data-env='2'] .part > summary")
    page.run("document.querySelector('.node[href=\"#c2-8\"]').focus()")
    lit = page.run("[...document.querySelectorAll('.edge.on')].length")
    assert lit == 1
    page.press("Enter")
    page.until("document.getElementById('c2-8').open")


def test_the_theme_follows_the_system_until_it_is_chosen_and_the_choice_stays(
    report: Opener, page: Page
) -> None:
    page.medium(prefers_color_scheme="dark")
    report(USUAL)
    assert (colour(page), page.visible("#theme")) == ("rgb(20, 23, 28)", ["Light"])
    page.click("#theme")
    assert (colour(page), page.visible("#theme")) == ("rgb(255, 255, 255)", ["Dark"])
    page.reload()
    assert colour(page) == "rgb(255, 255, 255)"


def test_a_resource_is_compared_side_by_side_across_environments(report: Opener) -> None:
    page = report(USUAL)
    page.click("#c0-1 > summary")
    page.click("#c0-1 .elsewhere button")
    assert page.visible("dialog h2") == ["extension.synonyms"]
    assert page.visible("dialog h3") == ["~ dev", "~ staging", "~ prod"]
    befores = page.visible("dialog tr:first-child .gone")
    assert befores == ['"8.15.*"', '"8.15.*"', '"8.14.*"']
    assert page.run("document.querySelectorAll('dialog [id]:not(h2), dialog .elsewhere').length") == 0
    page.press("Escape")
    assert page.visible("dialog") == []
    page.click(".across tr[data-across] button")
    assert page.visible("dialog h3") == ["~ dev", "~ staging", "~ prod"]


def test_cells_that_differ_are_marked_where_resources_are_compared(report: Opener) -> None:
    page = report(USUAL)
    page.click(".across tr[data-across] .compared.differs button")
    assert page.visible("dialog td.gone.apart:not(tbody:nth-of-type(2) td)")[:3] == [
        '"8.15.*"',
        '"8.15.*"',
        '"8.14.*"',
    ]
    assert '"8.16.*"' not in page.visible("dialog .apart")
    assert "12 B" in page.visible("dialog .apart")
    page.press("Escape")
    assert page.visible(".change .apart") == []


def test_what_is_an_environments_own_is_not_marked_and_what_else_differs_is(report: Opener) -> None:
    page = report(renamed("dev", "prod"))
    assert page.visible(".across .compared") == ["Compared", "differs: version Compare"]
    page.click(".across button")
    assert page.visible("dialog .apart") == ['"8.1"', '"8.2"']
    assert page.visible("dialog [data-own] td") == ['"dev-words"', '"prod-words"']


@pytest.mark.parametrize("width", [320, 400, 560, 800, 1280])
@pytest.mark.parametrize("table", [".across:not(.standings)", ".standings"])
def test_the_last_column_is_in_the_window(report: Opener, page: Page, width: int, table: str) -> None:
    page.size(width)
    report(renamed(*(f"environment-{number}" for number in range(12))))
    boxes = page.run(
        f"[...document.querySelectorAll('{table} td:last-child')].map((each) => each.getBoundingClientRect())"
        ".map((box) => [box.left, box.right])"
    )
    assert boxes
    assert all(0 <= left < right <= width for left, right in boxes), boxes


def test_hostile_values_stay_text(report: Opener) -> None:
    page = report(hostile())
    page.click("#expand")
    page.click("tr[data-across] button")
    assert page.visible("dialog h3") == [f"+ {text}" for text in HOSTILE_TEXTS[:2]]
    page.press("Escape")
    one, two, three, four, five = HOSTILE_TEXTS
    assert page.visible("h1") == [three]
    page.click("#c0-1 .users > summary")
    assert page.visible("#c0-1 .users code")[:4] == [one, two, three, four]
    assert page.visible("#c0-1 table:first-of-type tbody tr:nth-child(2) .come") == [f'"{five}"']
    assert (
        page.run("document.querySelectorAll('img, iframe, object, body script, svg:not(.chain)').length") == 0
    )
    shown = "\\x1b]0;title\\x07 a\\u202eb\\u2066c\\ud800\\x00\\x85\\u2028"
    assert page.visible("#c0-1 table:first-of-type tbody tr:nth-child(2) .gone") == [f'"{shown}"']
    assert page.visible("#c0-1 table:last-of-type .come") == ["12 B", two, four, shown]
    assert not set(CONTROLS) - set("]0;title abc") & set(page.run("document.body.textContent"))
    page.press("/")
    page.type(one)
    assert page.visible("#changes .rows > h3") == ["Changed outside of planner 1", "Changes 2"] * 2


def test_in_print_everything_is_open_and_the_controls_are_gone(report: Opener, page: Page) -> None:
    page.medium("print", prefers_color_scheme="dark")
    report(USUAL)
    assert colour(page) == "rgb(255, 255, 255)"
    assert page.visible("#filter, #theme, button, .search, .keys") == []
    assert len(page.visible(".change > .body")) == 16
    assert len(page.visible("svg")) == 4
    assert page.printed().startswith(b"%PDF-")


def test_a_print_of_a_part_says_that_it_is_one(report: Opener) -> None:
    page = report(USUAL)
    page.press("/", "i", "c", "u")
    page.medium("print")
    assert page.visible("#status") != []
    assert status(page) == "1 of 16 shown"


@pytest.mark.parametrize("width", [320, 800, 1280, 1920])
@pytest.mark.parametrize("preview", [USUAL, unbroken()], ids=["usual", "unbroken"])
def test_nothing_is_wider_than_the_window(report: Opener, page: Page, preview: Preview, width: int) -> None:
    page.size(width)
    report(preview)
    page.click("#expand")
    page.click("[data-env='0'] .part > summary")
    assert page.run("document.documentElement.scrollWidth") <= width


def test_where_it_is_narrow_the_sides_stand_below_each_other(report: Opener, page: Page) -> None:
    def top(selector: str) -> float:
        found = f"document.querySelector({selector!r}).getBoundingClientRect().top"
        return float(page.run(found))

    report(USUAL)
    page.click("#c2-5 > summary")
    assert abs(top("#c2-5 .gone") - top("#c2-5 .come")) < 1
    page.size(400)
    assert top("#c2-5 .gone") < top("#c2-5 .come") - 10


def test_ten_thousand_resources_can_be_searched_and_walked_through(report: Opener) -> None:
    page = report(creates(10_000))
    assert status(page) == "10,000 shown"
    page.press("/", *"09876")
    assert status(page) == "1 of 10,000 shown"
    assert page.visible(ROWS) == ["extension.synonyms_09876"]
    page.press("ArrowDown", "Enter")
    assert "Synonyms of the shop number 9876" in page.visible("#c0-9876 .body")[0]
    page.press("Escape", "j")
    assert focused(page) == "c0-9877"
    assert status(page) == "10,000 shown"


@pytest.mark.parametrize(
    "preview", [Preview("empty", "", ""), Preview("none", "a" * 40, "b" * 40, unaffected=("dev",))]
)
def test_a_preview_of_nothing_opens_too(report: Opener, preview: Preview) -> None:
    page = report(preview)
    page.press("j", "k", "/", "x", "Escape")
    assert page.visible(".headline") == ["Merging would change nothing."]
