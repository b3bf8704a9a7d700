"""Commands that show what was measured: tables, figures, comparisons, reports, papers."""
