"""What the command line imports, and what it says of itself."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from boundary_bench import __version__
from boundary_bench.bench.cli import COMMANDS, main
from tests.bench.cli.street import call

HEAVY = ("numpy", "pandas", "torch", "cv2", "matplotlib", "scipy", "numba", "pyarrow", "PIL")


def imported(arguments: list[str]) -> tuple[set[str], str]:
    """Which of all modules a call of `bench` in a fresh process imports, and what it prints on stdout."""
    code = (
        "import sys\nfrom boundary_bench.bench.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split()), done.stdout


def test_help_names_every_verb_and_imports_nothing_heavy():
    modules, out = imported(["--help"])
    assert modules.isdisjoint(HEAVY)
    ours = {module for module in modules if module.startswith("boundary_bench.bench.cli.")}
    assert ours == {f"boundary_bench.bench.cli.{name}" for name in ("several", "termination")}
    assert all(f"\n  {command} " in out for command in COMMANDS)


def test_evaluate_never_imports_torch(street):
    modules, out = imported(["evaluate", *street.scored, "--workers", "1"])
    assert "torch" not in modules
    assert "numpy" in modules
    assert "mIoU" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_verb_explains_itself_without_anything_heavy(command, capsys):
    assert call(command, "--help") == 0
    assert f"bench {command}" in capsys.readouterr().out
    assert import_module(f"boundary_bench.bench.cli.{COMMANDS[command][0]}").command.__doc__


def test_lines_of_the_help_fit_a_terminal(capsys):
    assert call("--help") == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_version(capsys):
    assert call("--version") == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_an_unknown_verb_is_refused(capsys):
    assert call("evalute") == 2
    assert "evaluate" in capsys.readouterr().err


def test_python_m_bench_is_the_same_program():
    done = subprocess.run(
        [sys.executable, "-m", "boundary_bench", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{__version__}\n"


def test_an_error_of_the_program_stays_a_traceback(street, monkeypatch):
    import boundary_bench.bench.engine.runner

    def broken(*_args, **_options):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(boundary_bench.bench.engine.runner, "measure", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        main(["evaluate", *street.scored])
