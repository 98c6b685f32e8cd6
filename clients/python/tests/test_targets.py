"""What fit and score are given as y, and what is left of a fit that fails, without a server."""

import subprocess
import sys
import unittest
import warnings

from trainyard import NotSucceededError, TrainyardClassifier, TrainyardRegressor
from trainyard._inputs import classes_of, read_target


class Server:
    """A client whose models answer each row with its first value."""

    def __init__(self):
        self.state = "succeeded"

    def upload(self, table, name, **options):
        self.options = options
        return {"id": "d", "columns": [{"name": name} for name in table.decode().split("\n")[0].split(",")]}

    def submit(self, spec):
        self.spec = spec
        return {"id": "j"}

    def watch(self, _id):
        return [{"type": "metrics", "to": 1, "series": {"loss": [0.5]}}]

    def job(self, id):
        return {"id": id, "state": self.state, "model": {"id": "m"}}

    def model(self, _id):
        return {"inputs": [{"name": name} for name in self.spec["data"]["dataset"]["features"]]}

    def predict(self, _id, rows):
        return [{"value": row[0], "label": str(row[0])} for row in rows]


class NAType:
    """Named as that of pandas.NA."""


class Targets(unittest.TestCase):
    def test_without_a_value_or_of_several_types_are_refused(self):
        for missing in (None, float("nan"), NAType()):
            with self.assertRaisesRegex(ValueError, "Input y contains NaN"):
                read_target([1, missing], 2)
        with self.assertRaisesRegex(ValueError, r"Mix of label input types \(int, str\)"):
            classes_of([1, "a"])


class SeveralTargets(unittest.TestCase):
    def test_are_refused_by_a_classifier_with_the_cure(self):
        with self.assertRaisesRegex(ValueError, "1d array.*MultiOutputClassifier"):
            TrainyardClassifier().fit([[1], [2]], [[0, 1], [1, 0]])

    def test_of_a_regressor_are_a_number_in_every_row(self):
        for y, told in (
            ([[1, 2], [3]], "as many targets for each sample"),
            ([[], []], "one at the least"),
            ([[1, 2], [3, None]], "contains NaN"),
            ([[1, 2], [3, "a"]], "could not convert|must be numbers"),
        ):
            with self.subTest(told), self.assertRaisesRegex(ValueError, told):
                TrainyardRegressor().fit([[1], [2]], y)


class Weights(unittest.TestCase):
    def test_that_leave_one_class_are_refused(self):
        with self.assertRaisesRegex(ValueError, "only one class has rows of a weight above 0: 'a'"):
            TrainyardClassifier().fit([[1], [2]], ["a", "b"], sample_weight=[1, 0])

    def test_that_are_none_are_refused_before_anything_is_sent(self):
        for weights, told in (
            ([1, 2, 3], "inconsistent numbers of samples"),
            ([1, -1], "Negative values in data passed to `sample_weight`"),
            ([1, float("nan")], "contains NaN or infinity"),
            ([0, 0], "at least one non-zero"),
            ([[1], [2]], "must be 1D array or scalar"),
        ):
            with self.subTest(told), self.assertRaisesRegex(ValueError, told):
                TrainyardRegressor().fit([[1], [2]], [1, 2], sample_weight=weights)


class Scores(unittest.TestCase):
    X = [[0], [1], [1], [0]]

    def setUp(self):
        self.models = [kind(client=Server()).fit(self.X, [0, 1, 1, 0]) for kind in (TrainyardClassifier, TrainyardRegressor)]

    def test_read_a_column_as_a_list(self):
        for model in self.models:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.assertEqual(model.score(self.X, self.X), 1)
            self.assertEqual(model.score(self.X, [0, 1, 1, 1], sample_weight=[1, 1, 1, 0]), 1)

    def test_refuse_other_numbers_of_samples(self):
        for model in self.models:
            for options in ({"y": [0, 1, 1]}, {"y": [0, 1, 1, 0, 1]}, {"y": [0, 1, 1, 0], "sample_weight": [1] * 3}):
                with self.assertRaisesRegex(ValueError, "inconsistent numbers of samples"):
                    model.score(self.X, **options)
            with self.assertRaisesRegex(ValueError, "must be 1D"):
                model.score(self.X, [0, 1, 1, 0], sample_weight=[[1]] * 4)


class Fits(unittest.TestCase):
    def test_that_fail_leave_the_fit_before(self):
        server = Server()
        model = TrainyardClassifier(client=server).fit([[0], [1]], ["a", "b"])
        before = dict(vars(model))
        server.state = "failed"
        with self.assertRaises(NotSucceededError):
            model.fit([[0, 1], [1, 0], [1, 1]], ["c", "d", "e"])
        self.assertEqual({name: str(value) for name, value in vars(model).items()}, {name: str(value) for name, value in before.items()})

    def test_name_columns_that_spaces_alone_tell_apart_by_position(self):
        server = Server()
        TrainyardRegressor(client=server).fit([{"a": 0, "a ": 1}, {"a": 1, "a ": 0}], [0, 1])
        self.assertEqual(server.spec["data"]["dataset"]["features"], ["x0", "x1"])
        TrainyardRegressor(client=server).fit([{"a ": 0}, {"a ": 1}], [0, 1])
        self.assertEqual(server.spec["data"]["dataset"]["features"], ["a"])

    def test_take_words_such_as_NA_as_labels(self):
        server = Server()
        TrainyardRegressor(client=server).fit([["NA"], ["None"]], [0, 1])
        self.assertEqual(server.options["missing"], "")


class Package(unittest.TestCase):
    def test_is_imported_without_docstrings(self):
        subprocess.run([sys.executable, "-OO", "-c", "import trainyard"], check=True)


if __name__ == "__main__":
    unittest.main()
