"""Places of compiled code and other caches where neither the installation nor the user's own folder can be written to.

Containers that run as a number without a home folder, and installations for many users, are such places. Libraries
read theirs when they are imported, so this comes before all others.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

PLACES = ("XDG_CACHE_HOME", "MPLCONFIGDIR", "NUMBA_CACHE_DIR")
"""Variables that name places of caches."""

made: list[Path] = []
"""The temporary folder that caches lie in; none where they have places of their own."""


def provide(package: Path) -> None:
    """Name a temporary folder in `PLACES` that would otherwise be none.

    Args:
        package: folder of the installed package.
    """
    home = Path(os.path.expanduser("~"))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    lacking = [] if _writable(cache) else ["XDG_CACHE_HOME"]
    if "MPLCONFIGDIR" not in os.environ and not (_writable(cache) and _writable(config)):
        lacking.append("MPLCONFIGDIR")
    compiled = package / "metrics" / "kernels" / "__pycache__"
    if lacking and not os.environ.get("NUMBA_CACHE_DIR") and not _writable(compiled):
        lacking.append("NUMBA_CACHE_DIR")
    if not lacking:
        return
    folder = _private_folder()
    made.append(folder)
    os.environ.update({name: str(folder) for name in lacking})
    if "NUMBA_CACHE_DIR" in lacking and "numba" in sys.modules:  # it has read the variable already
        sys.modules["numba"].config.CACHE_DIR = str(folder)


def note() -> str:
    """Where compiled code is kept if that is no lasting place and there is any; "" otherwise."""
    if not made or os.environ.get("NUMBA_CACHE_DIR") != str(made[0]) or "numba" not in sys.modules:
        return ""
    return (
        f"compiled code is kept in {made[0]}, since neither the installation nor a cache folder of the user can be "
        "written to; set NUMBA_CACHE_DIR to a folder that lasts"
    )


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which may have to be made itself."""
    if not folder.is_absolute():  # the home folder of a user who has none
        return False
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    return os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)


def _private_folder() -> Path:
    """A folder that nobody else can write to: the user's usual one, or a new one where that is not sure."""
    import atexit
    import shutil
    import tempfile

    usual = Path(tempfile.gettempdir(), f"boundary-bench-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
    try:
        usual.mkdir(mode=0o700, exist_ok=True)
        if _is_own(usual):
            return usual
    except OSError:
        pass
    new = Path(tempfile.mkdtemp(prefix="boundary-bench-"))
    atexit.register(shutil.rmtree, new, ignore_errors=True)
    return new


def _is_own(folder: Path) -> bool:
    """Whether it is this user's, no link, and closed to others: compiled code is run as it is found."""
    found = folder.lstat()
    if not hasattr(os, "getuid"):
        return stat.S_ISDIR(found.st_mode)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
