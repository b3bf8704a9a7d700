"""The page of a run as people use it: mouse, keyboard, screen reader, phone, paper."""

from __future__ import annotations

import json
import re

import pytest

from boundary_bench.bench.report.formats import render
from boundary_bench.bench.results.table import Results
from tests.bench.report.page.town import CLASSES, EVIL, REFINERS, WORSE
from tests.browser.conftest import playwright

axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe is not here; install the extra `browser`"
)

# The page answers some events a moment later (a hash that changed, a dialog that closed), so what follows an event
# is expected, which waits for it, and not read once.
expect = playwright.expect
SEVERE = ("serious", "critical")
SCORES = "#table-scores"


def column(page, place: int, table: str = SCORES) -> list[str]:
    """Keys of a column from top to bottom."""
    cells = page.locator(f"{table} tbody tr > :nth-child({place + 1})")
    return cells.evaluate_all("cells => cells.map(cell => cell.dataset.key)")


def set_keys(page, place: int, keys: list[str]) -> None:
    page.locator(f"{SCORES} tbody tr > :nth-child({place + 1})").evaluate_all(
        "(cells, keys) => cells.forEach((cell, i) => { cell.dataset.key = keys[i]; })", keys
    )


def opened_crop(page):
    """The dialog of the first enlarged part, by its link."""
    dialog = page.locator("dialog[open]")
    page.locator(".zoom").first.click()
    expect(dialog).to_have_count(1)
    return dialog


def test_numbers_are_sorted_as_numbers_and_what_is_undefined_comes_last_either_way(visit):
    page = visit().page
    keys = ["9", "", "10", "-2", "1e-5", "0.5", "-0.1", "", "100", "3"]
    set_keys(page, 2, keys)
    button, head = page.locator(f"{SCORES} .sort").nth(2), page.locator(f"{SCORES} thead th").nth(2)
    assert head.get_attribute("aria-sort") is None
    button.click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert column(page, 2) == ["100", "10", "9", "3", "0.5", "1e-5", "-0.1", "-2", "", ""]
    button.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert column(page, 2) == ["-2", "-0.1", "1e-5", "0.5", "3", "9", "10", "100", "", ""]


def test_sorting_moves_whole_rows_and_names_only_one_column_as_sorted(visit):
    page = visit().page
    rows = page.locator(f"{SCORES} tbody tr")
    before = sorted(rows.all_inner_texts())
    page.locator(f"{SCORES} .sort").nth(3).click()
    page.locator(f"{SCORES} .sort").nth(1).click()
    expect(page.locator(f"{SCORES} thead th").nth(1)).to_have_attribute("aria-sort", "ascending")
    assert sorted(rows.all_inner_texts()) == before
    names = column(page, 1)
    assert names == page.evaluate(
        "names => names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))", names.copy()
    )
    assert set(names) == {"identity", *REFINERS}
    expect(page.locator(f"{SCORES} th[aria-sort]")).to_have_count(1)


def test_a_definition_opens_on_hover_and_on_focus_and_escape_closes_it(visit):
    page = visit().page
    card, button = page.locator("#definition-0"), page.locator(f"{SCORES} .define").first
    expect(card).to_be_hidden()
    button.hover()
    expect(card).to_be_visible()
    expect(card).to_contain_text("intersection over union")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    page.mouse.move(2, 2)
    page.locator(f"{SCORES} .sort").nth(2).focus()
    page.keyboard.press("Tab")
    expect(card).to_be_visible()
    box = card.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(button).to_be_focused()


def test_the_slider_moves_the_line_between_before_and_after(visit):
    page = visit().page
    shot = page.locator(".shot").first
    after, slider = shot.locator(".after"), shot.locator("input[type=range]")
    expect(after).to_have_css("clip-path", "inset(0px 0px 0px 50%)")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(after).to_have_css("clip-path", "inset(0px 0px 0px 60%)")
    page.keyboard.press("Home")
    expect(after).to_have_css("clip-path", re.compile(r"inset\(0px( 0px 0px 0%)?\)"))
    box = shot.locator(".stage").bounding_box()
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 20)
    expect(slider).to_have_value("25")
    expect(after).to_have_css("clip-path", "inset(0px 0px 0px 25%)")


def test_what_the_line_uncovers_are_other_pixels(visit):
    page = visit().page
    stage, slider = page.locator(".shot .stage").first, page.locator(".shot input[type=range]").first
    slider.evaluate("each => { each.value = 0; each.dispatchEvent(new Event('input')); }")
    shown_after = stage.screenshot()
    slider.evaluate("each => { each.value = 100; each.dispatchEvent(new Event('input')); }")
    assert stage.screenshot() != shown_after


def test_filters_show_the_right_images_and_say_how_many(visit):
    page = visit().page
    shots, status = page.locator(".shot"), page.locator("#shown")
    every = shots.evaluate_all("all => all.map(each => ({...each.dataset}))")
    assert len(every) == 16
    assert status.get_attribute("role") == "status"
    page.select_option("[data-filter=refiner]", EVIL)
    page.select_option("[data-filter=kind]", "most harmed")
    wanted = [each for each in every if each["refiner"] == EVIL and each["kind"] == "most harmed"]
    expect(status).to_have_text(f"{len(wanted)} of 16 images")
    seen = page.locator(".shot:visible").evaluate_all("all => all.map(each => ({...each.dataset}))")
    assert seen == wanted
    assert 0 < len(wanted) < 16
    page.select_option("[data-filter=refiner]", index=0)
    page.select_option("[data-filter=kind]", index=0)
    page.select_option("[data-filter=classes]", WORSE)
    with_class = [each for each in every if WORSE in json.loads(each["classes"])]
    assert with_class
    expect(page.locator(".shot:visible")).to_have_count(len(with_class))
    page.select_option("[data-filter=classes]", index=0)
    expect(page.locator(".shot:visible")).to_have_count(16)


def test_zooming_opens_a_crop_and_escape_closes_it(visit):
    page = visit().page
    dialog = opened_crop(page)
    assert dialog.locator("svg").count() == 3
    expect(dialog.locator("svg").first).to_have_css("image-rendering", "pixelated")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(re.compile("#gallery$"))
    page.locator(".zoom").first.press("Enter")
    dialog.locator(".close").click()
    expect(dialog).to_have_count(0)


def test_going_back_closes_a_crop_and_going_forward_opens_it_again(visit):
    page = visit().page
    dialog = opened_crop(page)
    page.evaluate("history.back()")
    expect(dialog).to_have_count(0)
    page.evaluate("history.forward()")
    expect(dialog).to_have_attribute("id", "shot-0-zoom")


def test_a_link_to_a_crop_can_be_passed_on(visit, report):
    page = visit().page
    page.goto(f"{report.as_uri()}#shot-1-zoom")
    page.reload()
    expect(page.locator("dialog[open]")).to_have_attribute("id", "shot-1-zoom")
    page.goto(report.as_uri())


@pytest.mark.parametrize(("form", "kind"), [("LaTeX", "tex"), ("CSV", "csv")])
def test_what_is_saved_is_what_the_command_line_prints(visit, form, kind):
    one = visit()
    with one.page.expect_download() as waiting:
        one.page.locator("#tables > .downloads .download", has_text=form).click()
    assert waiting.value.suggested_filename == f"comparison.{kind}"
    assert waiting.value.path().read_bytes() == render(Results.load(one.run), kind).encode()


def test_every_table_can_be_saved_three_ways(visit):
    page = visit().page
    tables = page.locator(".table")
    assert tables.count() >= 8
    forms = tables.evaluate_all("all => all.map(t => [...t.querySelectorAll('.download')].map(a => a.textContent))")
    assert forms == [["LaTeX", "CSV", "BibTeX"]] * tables.count()


def test_lines_of_a_plot_can_be_put_away(visit):
    page = visit().page
    plot = page.locator(".plot").first
    button, line = plot.locator(".legend button").nth(1), plot.locator(":scope > svg [data-line='1']")
    expect(line).to_be_visible()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(line).to_be_hidden()


def test_names_are_text_whatever_they_hold(visit):
    page = visit().page
    page.wait_for_timeout(200)
    assert page.locator("img, body script:not(:last-of-type)").count() == 0
    assert page.locator(f"{SCORES} th", has_text=EVIL).count() == 2
    assert page.locator("#classes thead", has_text=CLASSES[2]).count() > 0


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (375, "dark"), (1280, "light")])
def test_no_severe_fault_of_accessibility(visit, width, scheme):
    page = visit(viewport={"width": width, "height": 800}, color_scheme=scheme).page
    found = axe.Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in SEVERE] == []


def test_no_severe_fault_on_paper_or_in_a_dialog(visit):
    page = visit().page
    dialog = opened_crop(page)
    found = axe.Axe().run(page).response["violations"]
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.emulate_media(media="print")
    found += axe.Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in SEVERE] == []


def test_a_phone_scrolls_tables_not_the_page(visit):
    page = visit(viewport={"width": 375, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert page.locator(f"{SCORES} .scroll").evaluate("each => each.scrollWidth > each.clientWidth")


def test_the_button_turns_light_into_dark_and_back(visit):
    page = visit(color_scheme="light").page
    body, button = page.locator("body"), page.locator("#theme")
    ground = lambda each: each.evaluate("each => getComputedStyle(each).backgroundColor")  # noqa: E731
    light, dark = ground(body), ground(visit(color_scheme="dark").page.locator("body"))
    assert light != dark
    button.click()
    expect(button).to_have_text("Light")
    expect(body).to_have_css("background-color", dark)
    button.click()
    expect(button).to_have_text("Dark")
    expect(body).to_have_css("background-color", light)


def test_paper_has_both_pictures_side_by_side_and_no_buttons(visit):
    page = visit(color_scheme="dark").page
    page.emulate_media(media="print")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    before, after = (page.locator(f".shot .{side}").first.bounding_box() for side in ("before", "after"))
    assert after["x"] >= before["x"] + before["width"]
    assert after["y"] == before["y"]
    assert page.locator(".shot .after").first.evaluate("each => getComputedStyle(each).clipPath") == "none"
    for gone in ("#theme", ".filters", ".slider", ".downloads", ".define"):
        assert not page.locator(gone).first.is_visible()


def test_without_scripts_everything_can_be_read(visit):
    page = visit(java_script_enabled=False).page
    assert page.locator(f"{SCORES} tbody tr").count() == 10
    assert page.locator(".shot").first.is_visible()
    assert not page.locator(".filters").is_visible()
    assert not page.locator("#theme").is_visible()
