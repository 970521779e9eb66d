"""Runs the README's examples on exported tables, word for word, in the directory they speak of."""

import re
import sys

readme = open(sys.argv[1], encoding="utf-8").read()
section = re.search(r"^## Every run as a table$(.*?)^## ", readme, re.M | re.S).group(1)
examples = re.findall(r"^```python\n(.*?)^```$", section, re.M | re.S)
if len(examples) != 2:
    sys.exit(f"FAIL: {len(examples)} examples in the README's section, but must be 2")
for text in examples:
    names = {}
    *body, last = text.splitlines()
    exec("\n".join(body), names)
    table = eval(last, names)
    cells = table.shape[0] * table.shape[1]
    if cells == 0:
        sys.exit(f"FAIL: no rows from\n{text}")
    print(f"{body[0]}: {table.shape[0]} rows, {table.shape[1]} columns")
