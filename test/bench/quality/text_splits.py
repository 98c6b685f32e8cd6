"""Writes text.json: rows of tate_text.csv that are held out, and what TfidfVectorizer + LogisticRegression of scikit-learn, with their
defaults, score there. `medium` is grouped into its ten commonest values: the other rows are left out (ten), or are a class (other)."""

import collections, csv, gzip, json, pathlib
import numpy, sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

here = pathlib.Path(__file__).parent
with gzip.open(here / "../../fixtures/text/tate_text.csv.gz", "rt") as file:
    table = [row for row in csv.DictReader(file) if row["medium"]]
commonest = [value for value, _ in collections.Counter(row["medium"] for row in table).most_common(10)]
found = {"sklearn": sklearn.__version__, "commonest": commonest, "tasks": {}}
for task in ("ten", "other"):
    rows = [row for row in table if task == "other" or row["medium"] in commonest]
    texts = numpy.array([f"{row['title']} {row['artist']}" for row in rows], dtype=object)
    labels = numpy.array([row["medium"] if row["medium"] in commonest else "other" for row in rows])
    splits = []
    for seed in range(3):
        order = numpy.random.RandomState(seed).permutation(len(rows))
        test, train = numpy.sort(order[: len(rows) // 4]), numpy.sort(order[len(rows) // 4 :])
        model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)).fit(texts[train], labels[train])
        splits.append({"seed": seed, "test_rows": test.tolist(), "accuracy": round(model.score(texts[test], labels[test]), 4)})
    print(task, len(rows), [split["accuracy"] for split in splits])
    found["tasks"][task] = splits
(here / "text.json").write_text(json.dumps(found) + "\n")
