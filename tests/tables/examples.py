"""Runs the examples of docs/export.md on exported tables, word for word, in the directory they name."""

import re
import sys

page = open(sys.argv[1], encoding="utf-8").read()
examples = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
if len(examples) != 2:
    sys.exit(f"FAIL: {len(examples)} examples in {sys.argv[1]}, but must be 2")
for text in examples:
    names = {}
    *body, last = text.splitlines()
    exec("\n".join(body), names)
    table = eval(last, names)
    cells = table.shape[0] * table.shape[1]
    if cells == 0:
        sys.exit(f"FAIL: no rows from\n{text}")
    print(f"{body[0]}: {table.shape[0]} rows, {table.shape[1]} columns")
