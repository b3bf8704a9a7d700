"""`bench report`: a page beside the run, or where it is wanted."""

from __future__ import annotations

from tests.bench.cli.street import call
from tests.bench.cli.test_start import imported
from tests.bench.report.page.town import build


def test_it_writes_the_page_and_says_where_and_how_big(tmp_path, capsys):
    run = build(tmp_path)
    options = ("--images", 2, "--permutations", 20)
    assert call("report", run, *options) == 0
    beside = run / "report.html"
    assert capsys.readouterr().out == f"{beside} ({beside.stat().st_size / 1e6:.1f} MB)\n"
    assert call("report", run, *options, "--out", tmp_path / "new" / "page.html") == 0
    assert (tmp_path / "new" / "page.html").read_bytes() == beside.read_bytes()


def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path, capsys):
    run = build(tmp_path)
    assert call("report", run, "--against", "nobody") == 2
    assert "mend" in capsys.readouterr().err
    assert not (run / "report.html").exists()
    assert call("report", tmp_path / "nothing") == 2


def test_only_the_report_needs_templates(street):
    assert "jinja2" not in imported(["--help"])[0]
    assert "jinja2" not in imported(["evaluate", *street.scored, "--workers", "1"])[0]
