"""A comparison on the screen, or on stdout in another form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundary_bench.bench.analysis.compared import Contrasts, Wanted
    from boundary_bench.bench.analysis.costs import Spent
    from boundary_bench.bench.results.table import Results

Form = Literal["md", "tex", "csv", "html", "json"]


@dataclass(frozen=True)
class Output:
    """How to show it: None for the screen; decimals of points."""

    form: Form | None
    digits: int

    def show(self, results: Results, found: Contrasts, costs: Sequence[Spent], wanted: Wanted) -> None:
        """Print it."""
        from boundary_bench.bench.cli.screen import show
        from boundary_bench.bench.report.contrasts import contrast_csv, contrast_json, contrast_report
        from boundary_bench.bench.report.formats import html_fragment, latex, markdown

        if self.form == "csv":
            print(contrast_csv(found), end="")
        elif self.form == "json":
            print(contrast_json(results, found, costs, wanted), end="")
        else:
            report = contrast_report(results, found, costs, wanted, digits=self.digits)
            if self.form is None:
                show(report)
            else:
                print({"md": markdown, "tex": latex, "html": html_fragment}[self.form](report), end="")
