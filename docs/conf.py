"""How the documentation is built: `tox run -e docs`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

from boundary_bench import __version__  # noqa: E402

project = "boundary-bench"
author = "the authors of boundary-bench"
release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "outside",
    "commands",
    "plain_docstrings",
    "dead_links",
]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "_ext"]

# Docstrings put code into single backticks.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say shapes and dtypes
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = ["Returns"]  # prose, in which a colon sets off no type
autoclass_content = "both"

html_theme = "furo"
html_title = "boundary-bench"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sourcelink = False
