"""The source keeps the house's rules."""

from __future__ import annotations

import pytest

from tests.architecture import graphs
from tests.architecture.allowed import TABLE, table
from tests.architecture.rooms import FACES, FLOORS, faces, graph, imports, module_of, room_of, sources
from tests.architecture.rules import (
    ALLOWED,
    COMMANDS,
    HEAVY,
    LEARNED,
    NETWORKS,
    REFINERS_MAY_SEE,
    breaches,
    brought,
    eager,
    refused_forms,
    too_full,
    too_long,
    unused,
    upward,
    where_torch_is,
)
from tests.paths import REPOSITORY


def test_every_import_is_in_the_table() -> None:
    assert breaches(REPOSITORY) == []


def test_nothing_is_allowed_that_is_not_used() -> None:
    assert unused(REPOSITORY) == []


def test_every_room_has_its_row_and_no_other_does() -> None:
    assert set(ALLOWED) == set(graph())


def test_a_room_uses_only_rooms_that_stand_before_it() -> None:
    assert upward(ALLOWED) == []
    assert graphs.circles(graph()) == []


def test_rows_stand_floor_by_floor_and_faces_last() -> None:
    floors = [FLOORS.index(room.split("/")[0]) for room in ALLOWED]
    assert floors == sorted(floors)
    on_top = [room.startswith(FACES) for room in ALLOWED]
    assert on_top == sorted(on_top)


def test_refiners_see_what_a_segmentation_is_and_no_metric() -> None:
    seen = {other for room, others in ALLOWED.items() if room.startswith("refiners/") for other in others}
    assert {other for other in seen if other.startswith("metrics/")} <= REFINERS_MAY_SEE


def test_the_table_is_written_as_the_program_writes_it() -> None:
    assert table(graph(), list(ALLOWED)) == TABLE.read_text(encoding="utf-8")


def test_imports_say_what_they_import() -> None:
    found = {str(path): refused_forms(path.read_text(encoding="utf-8")) for path in sources()}
    assert {path: forms for path, forms in found.items() if forms} == {}


def test_the_face_of_a_floor_imports_nothing() -> None:
    assert [path for path in faces() if {*imports(path.read_text(encoding="utf-8"))}] == []


def test_modules_and_rooms_stay_readable() -> None:
    assert too_long(REPOSITORY) == {}
    assert too_full(REPOSITORY) == {}


def test_torch_is_imported_with_a_module_only_where_networks_live() -> None:
    assert where_torch_is(REPOSITORY) == set()


def test_no_name_stands_under_networks_in_vain() -> None:
    at = {
        (room, start)
        for path in sources()
        if eager(path.read_text(encoding="utf-8"), LEARNED)
        for room in [room_of(path)]
        for start in NETWORKS[room]
        if path.stem.startswith(start)
    }
    assert at == {(room, start) for room, starts in NETWORKS.items() for start in starts}


@pytest.mark.parametrize("module", [module_of(path) for path in sources() if module_of(path).startswith(COMMANDS)])
def test_a_verb_imports_nothing_heavy_before_it_is_called(module: str) -> None:
    paths = {module_of(path): path for path in sources()}
    found = {name: eager(paths[name].read_text(encoding="utf-8"), HEAVY) for name in brought(module)}
    assert {name: packages for name, packages in found.items() if packages} == {}
