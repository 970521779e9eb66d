"""Tables go to pandas, polars and pyarrow without a copy."""

import gc

import lora_limits
import pandas
import polars
import pyarrow
import pytest


@pytest.fixture(scope="module")
def table(root):
    return lora_limits.judge(root / "examples/judge/sweep.csv").widths


def addresses(column):
    """Where the values of an Arrow column lie."""
    return [chunk.buffers()[-1].address for chunk in column.chunks]


def test_every_reader_gets_the_same_cells(table):
    columns = table.to_dict()
    assert table.column_names == list(columns) and len(table) == table.num_rows == table.shape[0]
    assert pyarrow.table(table).to_pydict() == columns
    assert table.to_polars().to_dict(as_series=False) == columns
    frame = table.to_pandas()
    for name, cells in columns.items():
        found = [None if pandas.isna(cell) else cell for cell in frame[name]]
        assert found == cells, name


def test_no_number_is_copied(table):
    """Two readers find the values at one address: that of the table itself."""
    numbers = ["width", "loss", "runs", "eta_opt"]
    one, other = pyarrow.table(table), pyarrow.table(table)
    for name in numbers:
        assert addresses(one[name]) == addresses(other[name]) != []
    frame = polars.DataFrame(table)
    for name in numbers:
        assert frame[name].to_arrow().buffers()[-1].address == addresses(one[name])[0], name
    full = [name for name in numbers if one[name].null_count == 0]
    assert full
    for name in full:
        values = one[name].chunk(0).to_numpy(zero_copy_only=True)
        assert values.__array_interface__["data"][0] == addresses(one[name])[0], name
        # pandas takes whole columns of one type together unless it is told not to.
        series = one.select([name]).to_pandas(split_blocks=True, zero_copy_only=True)[name]
        assert series.to_numpy().__array_interface__["data"][0] == addresses(one[name])[0], name


def test_a_table_outlives_what_it_is_part_of(root):
    frame = polars.DataFrame(lora_limits.judge(root / "examples/judge/sweep.csv").widths)
    gc.collect()
    # What lay where the table lay would be written over.
    for _ in range(10):
        lora_limits.judge(root / "examples/judge/sweep.csv").widths.to_dict()
    assert frame["width"].to_list() == [64, 128, 256, 512, 1024] * 2


def test_it_shows_itself(table):
    shown, html = repr(table), table._repr_html_()
    assert shown.startswith(f"Table: {table.num_rows} rows × {len(table.column_names)} columns\n")
    assert html.startswith("<table>") and "<th>eta_opt</th>" in html
