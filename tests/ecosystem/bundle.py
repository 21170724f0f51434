"""A publication folder holds what its descriptor says, and its Parquet files what its CSV files say.

    bundle.py FOLDER
"""

import csv
import json
import pathlib
import sys

import frictionless
import pyarrow.parquet as pq


def cell(text, kind):
    if text == "":
        return None
    if kind == "string":
        # A text that a spreadsheet would take for a formula has an apostrophe in CSV.
        return text[1:] if text[:2] in ("'=", "'+", "'-", "'@") else text
    return int(text) if kind == "integer" else float(text)


def main(folder):
    folder = pathlib.Path(folder)
    # The descriptor against the schema of data packages, and every cell against its field.
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.to_summary()
    package = json.loads((folder / "datapackage.json").read_text())
    for resource in package["resources"]:
        kinds = [field["type"] for field in resource["schema"]["fields"]]
        with open(folder / resource["path"], newline="", encoding="utf-8") as lines:
            header, *rows = csv.reader(lines)
        table = pq.read_table(folder / resource["mxcensus-parquet"])
        assert table.column_names == header, resource["path"]
        want = [tuple(cell(text, kind) for text, kind in zip(row, kinds)) for row in rows]
        got = list(zip(*(column.to_pylist() for column in table.columns)))
        assert got == want, (resource["path"], next((a, b) for a, b in zip(got, want) if a != b))
        print(f"{resource['path']}: {len(rows)} rows, valid, and the same in Parquet")


main(*sys.argv[1:])
