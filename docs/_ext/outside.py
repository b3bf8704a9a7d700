"""Pages of the repository that lie outside of `docs/` and are linked from there become pages of the site.

They are copied, with all that they link in turn, to `docs/outside/`, in the repository's own tree; what is no Markdown
becomes a download. So links stand in the sources as they work in the repository.
"""

from __future__ import annotations

import re
import shutil
from os.path import relpath
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).parents[1]
REPOSITORY = DOCS.parent
COPIES = DOCS / "outside"
LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)#\s]+)")
FIRST_PAGES = ("README.md", "comparison.md")
"""What stands for a folder."""


def page_of(target: Path) -> Path:
    """The file that a link means."""
    pages = (target / name for name in FIRST_PAGES)
    return next((page for page in pages if page.is_file()), target)


def place_of(file: Path) -> Path:
    """Where a file of the repository lies for the site."""
    return file if file.is_relative_to(DOCS) else COPIES / file.relative_to(REPOSITORY)


def targets(page: Path) -> list[Path]:
    """The files outside of `docs/` that a page links to."""
    found = LINK.findall(page.read_text(encoding="utf-8"))
    linked = [page_of((page.parent / each).resolve()) for each in found]
    return [each for each in linked if each.is_file() and not each.is_relative_to(DOCS)]


def relinked(text: str, page: Path) -> str:
    """A page's text with its links as they work in the site."""

    def moved(match: re.Match[str]) -> str:
        target = place_of(page_of((page.parent / match[1]).resolve()))
        return Path(relpath(target, place_of(page).parent)).as_posix()

    return LINK.sub(moved, text)


def copy_all(_app: Sphinx) -> None:
    """Copy what the pages of `docs/` link to, and what that links to."""
    shutil.rmtree(COPIES, ignore_errors=True)
    waiting, seen = [file for page in DOCS.glob("**/*.md") for file in targets(page)], set[Path]()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        copy = place_of(file)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            copy.write_text(_as_page(file), encoding="utf-8")
            waiting += targets(file)
        else:
            shutil.copyfile(file, copy)


def _as_page(file: Path) -> str:
    """The text of a copy: in no table of contents, its links moved, and with a title if it has none."""
    text = relinked(file.read_text(encoding="utf-8"), file)
    title = "" if re.search(r"^# ", text, re.MULTILINE) else f"# {file.parent.relative_to(REPOSITORY)}\n\n"
    return f"---\norphan: true\n---\n\n{title}{text}"


def relink(app: Sphinx, name: str, source: list[str]) -> None:
    """Links of a page of `docs/` to pages outside."""
    page = Path(app.srcdir, name).with_suffix(".md")
    if not page.is_relative_to(COPIES):
        source[0] = relinked(source[0], page)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", lambda app, _config: copy_all(app))
    app.connect("source-read", relink)
    return {"parallel_read_safe": True}
