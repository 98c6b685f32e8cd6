"""The rows that quality_torch.py holds out, so that both sides are scored on the same ones.

Debian 12: apt-get install -y --no-install-recommends python3-sklearn
           /usr/bin/python3 quality_splits.py > quality-splits.json
Prints {data: [[row, ...] for each of ten seeds]}; rows count from 0, in the order of the CSV.
"""
import csv, json, os
from sklearn.model_selection import train_test_split

here = os.path.dirname(os.path.abspath(__file__))
splits = {}
for recipe in json.load(open(os.path.join(here, "quality.json"))):
    path = os.path.join(here, "..", "..", "fixtures", "datasets", recipe["data"] + ".csv")
    target = [row[recipe["target"]] for row in csv.DictReader(open(path))]
    if recipe["task"] == "regression":
        stratify = None
    else:
        classes = sorted(set(target))
        stratify = [classes.index(label) for label in target]
    rows = list(range(len(target)))
    splits[recipe["data"]] = [
        sorted(train_test_split(rows, test_size=0.2, random_state=seed, stratify=stratify)[1]) for seed in range(10)
    ]
print(json.dumps(splits, separators=(",", ":")))
