"""Exported tables as pandas and polars see them: the types that columns.csv states, null told from
NaN, and the same numbers in CSV and in Parquet, to the bit."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq

TABLES = ["runs", "steps", "losses"]
POLARS = {"string": pl.String, "int64": pl.Int64, "float64": pl.Float64, "boolean": pl.Boolean}
# Whole numbers with null are Int64 where pandas is told to tell null from NaN.
PANDAS = {"string": "string", "int64": "Int64", "float64": "Float64", "boolean": "boolean"}


def check(holds, what):
    if not holds:
        sys.exit(f"FAIL: {what}")


def bits(series):
    """The numbers of a polars column as integers, so that NaN is like NaN and 0 not like -0."""
    return series.fill_null(0.0).to_numpy().view(np.int64)


def same(one, other, what):
    """Whether two polars tables hold the same, to the bit, with null in the same places."""
    check(one.columns == other.columns and one.dtypes == other.dtypes, f"{what}: columns")
    for name in one.columns:
        a, b = one[name], other[name]
        check((a.is_null() == b.is_null()).all(), f"{what}: null in {name}")
        if a.dtype == pl.Float64:
            # Signs and payloads of a NaN do not survive text.
            nan = a.is_nan().fill_null(False)
            check((nan == b.is_nan().fill_null(False)).all(), f"{what}: NaN in {name}")
            equal = (bits(a) == bits(b)) | nan.to_numpy()
        else:
            equal = a.eq_missing(b).to_numpy()
        check(equal.all(), f"{what}: {name}")


def in_polars(path, columns):
    """Both formats; the CSV as it is opened at once, and with the types of columns.csv."""
    parquet = pl.read_parquet(f"{path}.parquet")
    stated = {c["column"]: POLARS[c["type"]] for c in columns}
    check(dict(parquet.schema) == stated, f"{path}: polars' types")
    csv = pl.read_csv(f"{path}.csv", schema=stated)
    same(csv, parquet, f"{path} in polars")
    guessed = pl.read_csv(f"{path}.csv", infer_schema_length=None)
    for name, dtype in stated.items():
        # Nothing can be guessed of a column without values.
        told = guessed[name].dtype
        check(told == dtype or guessed[name].is_null().all(), f"{path}: {name} is {told}")
    return parquet


def in_pandas(path, columns, polars):
    """Both formats, opened as they are and with null told from NaN."""
    plain = pd.read_parquet(f"{path}.parquet")
    stated = {c["column"]: c for c in columns}
    check(list(plain.columns) == list(stated), f"{path}: pandas' columns")
    for name, column in stated.items():
        kind = column["type"]
        null = bool(plain[name].isna().any()) and kind == "int64"
        expected = {"string": "str", "boolean": "bool"}.get(kind, kind)
        told = str(plain[name].dtype)
        # Without a type for null, pandas has whole numbers with null as floats.
        check(told == ("float64" if null else expected), f"{path}: {name} is {told}")
    csv = pd.read_csv(f"{path}.csv")
    for name, column in stated.items():
        if column["type"] == "float64":
            a, b = (t[name].to_numpy(float).view(np.int64) for t in (plain, csv))
            nan = np.isnan(plain[name].to_numpy(float)) & np.isnan(csv[name].to_numpy(float))
            check(((a == b) | nan).all(), f"{path} in pandas: {name}")
        else:
            check(plain[name].equals(csv[name].astype(plain[name].dtype)), f"{path} in pandas: {name}")
    told_apart = pd.read_parquet(f"{path}.parquet", dtype_backend="pyarrow")
    for name in stated:
        nulls = polars[name].null_count()
        check(int(told_apart[name].isna().sum()) == nulls, f"{path}: null in pandas' {name}")
    typed = pd.read_csv(f"{path}.csv", dtype={n: PANDAS[c["type"]] for n, c in stated.items()})
    check([str(d) for d in typed.dtypes] == [PANDAS[c["type"]] for c in columns], f"{path}: typed")


def main(folder):
    said = pl.read_csv(folder / "columns.csv", infer_schema_length=None)
    said = said.with_columns(pl.col(pl.String).fill_null(""))
    tables = {}
    for table in TABLES:
        columns = said.filter(pl.col("table") == table).to_dicts()
        path = folder / table
        tables[table] = in_polars(path, columns)
        in_pandas(path, columns, tables[table])
        for column in columns:
            null = tables[table][column["column"]].null_count()
            check(null == 0 or column["null_if"], f"{table}: {column['column']} is null")
        inside = json.loads(pq.read_metadata(f"{path}.parquet").metadata[b"columns"])
        check(inside == columns, f"{table}: what is said inside")
        print(f"{table}: {tables[table].height} rows, {len(columns)} columns")
    runs, steps, losses = (tables[table] for table in TABLES)
    # Both are there, and each means what it should.
    check(runs["test_loss"].is_nan().any(), "no NaN")
    check((runs["test_loss"].is_null() == (runs["test_points"] == 0)).all(), "null test_loss")
    check(runs["diverged_at"].null_count() not in (0, runs.height), "diverged_at")
    check(runs["run"].is_unique().all(), "a run is there twice")
    for table in (steps, losses):
        check(set(table["run"]) == set(runs["run"]), "the tables do not join")
        check(not table.select("run", "step").is_duplicated().any(), "a step is there twice")
    last = losses.group_by("run", maintain_order=True).last()
    check(runs.join(last, on="run")["train_loss"].equals(
        runs.join(last, on="run")["train_loss_right"].rename("train_loss"), null_equal=True
    ), "the last loss of a run")


main(Path(sys.argv[1]))
