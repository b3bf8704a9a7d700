from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.results.rows import Row
from boundary_bench.bench.results.store import Store


def row(identity: str = "a", **changes: Any) -> Row:
    arrays = {"hits": np.array([[1, 2], [3, 4]]), "share": np.array([0.1, np.nan], np.float32)}
    filled = Row(identity, "s0", None, "model", "identity", "region", "ok", seconds=0.25, arrays=arrays)
    return replace(filled, **changes)


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    experiment = {"x": 1, "distance_px": float("inf"), "day": date(2020, 1, 2)}
    store = Store.create(tmp_path / "run", {"experiment": experiment})
    failed = row("b", status="failed", error="ValueError: ü", arrays={}, cluster="c1")
    store.append([row(), failed])
    found = Store.open(tmp_path / "run").rows()
    assert set(found) == {"a", "b"}
    assert (found["b"].status, found["b"].error, found["b"].cluster) == ("failed", "ValueError: ü", "c1")
    assert (found["a"].cluster, found["a"].seconds, found["a"].error) == (None, 0.25, None)
    for name, array in row().arrays.items():
        assert found["a"].arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found["a"].arrays[name], array)
    assert store.manifest() == {"schema": 1, "experiment": {"x": 1, "distance_px": "inf", "day": "2020-01-02"}}


ARRAYS = hnp.arrays(
    st.sampled_from([np.uint8, np.int32, np.int64, np.float32, np.float64, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


@given(st.lists(st.dictionaries(st.sampled_from("pqrs"), ARRAYS), min_size=1, max_size=5))
def test_any_arrays_come_back(tmp_path_factory: pytest.TempPathFactory, measurements: list[dict[str, Any]]) -> None:
    store = Store.create(tmp_path_factory.mktemp("store") / "run", {})
    store.append([row(str(i), arrays=arrays) for i, arrays in enumerate(measurements)])
    found = store.rows()
    for i, arrays in enumerate(measurements):
        assert found[str(i)].arrays.keys() == arrays.keys()
        for name, array in arrays.items():
            back = found[str(i)].arrays[name]
            assert (back.dtype, back.shape) == (array.dtype, array.shape)
            if array.dtype != np.int64 or not array.size or abs(array.astype(float)).max() <= 2**53:
                np.testing.assert_array_equal(back, array)


@pytest.mark.usefixtures("shards_in_order")
def test_an_identity_counts_once_and_a_measured_row_beats_a_failed_one(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "run", {})
    store.append([row("a", status="failed", arrays={}), row("b")])
    assert store.done() == {"b"}
    store.append([row("a"), row("b", sample="later")])
    store.append([row("a", status="failed", arrays={})])
    assert {identity: found.status for identity, found in store.rows().items()} == {"a": "ok", "b": "ok"}
    assert store.done() == {"a", "b"}
    assert store.rows()["a"].arrays["hits"].tolist() == [[1, 2], [3, 4]]
    assert store.rows()["b"].sample == "s0"


def test_shards_never_have_the_same_name(tmp_path: Path) -> None:
    stores = [Store.create(tmp_path / name, {}) for name in ("one", "other")]
    for store in stores * 3:
        store.append([row("a")])
    names = {path.name for store in stores for path in (store.folder / "shards").iterdir()}
    assert len(names) == 6
    assert all(re.fullmatch(r"[0-9a-f]{32}\.parquet", name) for name in names)


def test_missing_and_empty_rows_are_done(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "run", {})
    store.append([row("a", status="missing", arrays={}), row("b", status="empty")])
    assert store.done() == {"a", "b"}


def test_half_written_shards_are_not_seen(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "run", {})
    store.append([row("a")])
    shard = next((tmp_path / "run" / "shards").glob("*.parquet"))
    (shard.parent / ".other.tmp").write_bytes(shard.read_bytes()[:50])
    assert store.done() == {"a"}
    assert store.notes == []


@pytest.mark.parametrize("damage", [lambda data: data[:60], lambda data: b"", lambda data: b"PAR1" + b"x" * 100])
def test_an_unreadable_shard_is_left_out_with_a_note(tmp_path: Path, damage: Any) -> None:
    store = Store.create(tmp_path / "run", {})
    store.append([row("a")])
    shard = next((tmp_path / "run" / "shards").glob("*.parquet"))
    store.append([row("b")])
    shard.write_bytes(damage(shard.read_bytes()))
    assert store.done() == {"b"}
    assert len(store.notes) == 1
    assert shard.name in store.notes[0]


def test_a_failing_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.create(tmp_path / "run", {})

    def full(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match=r"output run: no space left; allowed: a folder with room.*--resume"):
        store.append([row("a")])
    assert list((tmp_path / "run" / "shards").iterdir()) == []


def test_a_run_is_not_overwritten_unasked(tmp_path: Path) -> None:
    Store.create(tmp_path / "run", {}).append([row("a")])
    with pytest.raises(InputError, match="--resume continues it, --overwrite discards it"):
        Store.create(tmp_path / "run", {})
    assert Store.open(tmp_path / "run").done() == {"a"}
    (tmp_path / "run" / "notes.txt").write_text("mine")
    assert Store.create(tmp_path / "run", {}, overwrite=True).done() == set()
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"


def test_other_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "data.csv").write_text("mine")
    with pytest.raises(InputError, match="shards without a manifest"):
        Store.create(tmp_path, {}, overwrite=True)
    assert (tmp_path / "shards" / "data.csv").exists()
    with pytest.raises(InputError, match=r"no manifest\.json"):
        Store.open(tmp_path)


@pytest.mark.parametrize("text", ['{"schema": 2}', "{}", "[]"])
def test_another_schema_is_refused(tmp_path: Path, text: str) -> None:
    Store.create(tmp_path / "run", {})
    (tmp_path / "run" / "manifest.json").write_text(text)
    found = json.loads(text)["schema"] if text.startswith('{"s') else None
    with pytest.raises(InputError, match=f"(schema {found}; allowed: schema 1|no object)"):
        Store.open(tmp_path / "run")


def test_costs_come_back_and_runs_without_them_are_read(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "run", {})
    store.append([row("a", memory_bytes=2**40, patches=7), row("b")])
    found = store.rows()
    assert (found["a"].memory_bytes, found["a"].patches) == (2**40, 7)
    assert (found["b"].memory_bytes, found["b"].patches) == (None, None)
    (shard,) = (tmp_path / "run" / "shards").iterdir()
    earlier = pq.read_table(shard).drop_columns(["memory_bytes", "patches"])
    pq.write_table(earlier, shard)
    found = store.rows()
    assert set(found) == {"a", "b"}
    assert (found["a"].seconds, found["a"].memory_bytes, found["a"].patches) == (0.25, None, None)


def test_a_damaged_byte_never_changes_a_number(tmp_path: Path) -> None:
    """Checksums of pages: what is still read is what was written."""
    store = Store.create(tmp_path / "run", {})
    store.append([row(str(i), arrays={"a": np.arange(40.0) + i}) for i in range(5)])
    (shard,) = (tmp_path / "run" / "shards").iterdir()
    whole = shard.read_bytes()
    rng = np.random.default_rng(0)
    left_out = 0
    for place in rng.integers(0, len(whole), 300):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        shard.write_bytes(damaged)
        found = Store(tmp_path / "run").rows()
        left_out += not found
        for identity, each in found.items():
            np.testing.assert_array_equal(each.arrays["a"], np.arange(40.0) + int(identity))
    assert 100 < left_out < 300


def test_leftovers_of_interrupted_writes_are_removed(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "run", {})
    store.append([row("a")])
    for name in (".manifest.json.x.tmp", "shards/.x.parquet.y.tmp", "notes.tmp"):
        (tmp_path / "run" / name).write_text("half")
    store.tidy()
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"manifest.json", "shards", "notes.tmp"}
    assert store.done() == {"a"}
