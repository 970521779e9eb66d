"""Writes a CSV table as Parquet: by pandas as it does by default, by polars with snappy, and with zstd.

    rewrite.py TABLE.csv DIRECTORY
"""

import sys
from pathlib import Path

import pandas as pd
import polars as pl

table, directory = Path(sys.argv[1]), Path(sys.argv[2])
pd.read_csv(table).to_parquet(directory / "pandas.parquet")
pl.read_csv(table).write_parquet(directory / "polars.parquet", compression="snappy")
pl.read_csv(table).write_parquet(directory / "zstd.parquet", compression="zstd")
