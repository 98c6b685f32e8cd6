"""The client and the estimators against a real server, by Python's standard library alone."""

import os
import pickle
import tempfile
import unittest

from live import LiveTest
from trainyard import Client, InvalidRequestError, NotFoundError, NotSucceededError, TrainyardClassifier, TrainyardRegressor

LAYERS = [{"type": "linear", "units": 8}, "tanh", "linear"]
ROWS = [{"size": at, "kind": "ab"[at % 2], "price": 3.0 * at + 10 * (at % 2)} for at in range(40)]


class Jobs(LiveTest):
    def test_show_their_epochs_as_they_come(self):
        client = Client()
        job = client.submit({"name": "py-moons", "data": {"generator": {"type": "moons"}}, "model": {"layers": LAYERS}, "epochs": 30})
        frames = list(client.watch(job["id"]))
        losses = [loss for frame in frames if frame["type"] == "metrics" for loss in frame["series"]["loss"]]
        self.assertEqual((len(losses), frames[-1]["type"], frames[-1]["state"]), (30, "end", "succeeded"))
        self.assertEqual([frame["seq"] for frame in frames[:-1]], list(range(1, len(frames))))
        self.assertEqual(client.metrics(job["id"], series=["loss"])["series"]["loss"], losses)
        self.assertIn(job["id"], [listed["id"] for listed in client.jobs(name="py-moons")])
        client.delete_job(job["id"])
        with self.assertRaises(NotFoundError):
            client.job(job["id"])

    def test_are_found_by_tags_and_options(self):
        client = Client()
        spec = {"name": "py-tagged", "tags": {"team": "py"}, "data": {"generator": {"type": "xor"}}, "model": {"layers": LAYERS}, "epochs": 2}
        ids = [client.train({**spec, "optimizer": {"type": "adam", "lr": lr}})["id"] for lr in (0.01, 0.1)]
        found = client.jobs(filter='tags.team = "py" and metrics.loss > 0', order_by='-params."/optimizer/lr"')
        self.assertEqual([job["id"] for job in found], ids[::-1])
        self.assertEqual(client.label_job(ids[0], tags={"team": None}, note="out")["note"], "out")
        self.assertEqual([job["id"] for job in client.jobs(filter='tags.team = "py"')], ids[1:])

    def test_under_one_key_are_one_job(self):
        client = Client()
        spec = {"name": "py-twice", "data": {"generator": {"type": "xor"}}, "model": {"layers": LAYERS}, "epochs": 1}
        ids = {client.submit(spec, idempotency_key="py-twice")["id"] for _ in range(2)}
        self.assertEqual(len(ids), 1)

    def test_that_fail_say_why(self):
        spec = {
            "data": {"inline": {"features": [[1e15], [-1e15]], "targets": [1e15, 2.5]}},
            "model": {"layers": ["linear"]},
            "optimizer": {"type": "sgd", "lr": 1e6},
        }
        with self.assertRaisesRegex(NotSucceededError, "job_.* failed: .+"):
            Client().train(spec)

    def test_with_mistakes_are_refused_with_every_field(self):
        with self.assertRaises(InvalidRequestError) as raised:
            Client().validate({"data": {"generator": {"type": "moons"}}, "model": {"layers": [{"type": "linear", "unit": 4}]}, "epochs": 0})
        self.assertEqual([error.pointer for error in raised.exception.errors], ["/model/layers/0/unit", "/epochs"])


class DataSets(LiveTest):
    def test_of_dicts_columns_and_files_train_and_predict(self):
        client = Client()
        dataset = client.upload(ROWS, "py-prices")
        self.assertEqual([column["name"] for column in dataset["columns"]], ["size", "kind", "price"])
        columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
        self.assertEqual(client.upload(columns, "py-prices")["id"], dataset["id"])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "prices.csv")
            with open(path, "w", encoding="utf-8") as file:
                file.write("size,kind\n1,a\n2,b\n")
            self.assertEqual(client.upload(path)["rows"], 2)
        job = client.train({"name": "py-prices", "data": {"dataset": {"id": dataset["id"], "target": "price"}}, "model": {"layers": LAYERS}})
        rows = [{"size": 3, "kind": "a"}, {"size": None, "kind": "b"}] * 500
        answers = client.predict("py-prices", rows)
        self.assertEqual((len(answers), answers[0], answers[1]), (1000, answers[-2], answers[-1]))
        self.assertEqual(client.predict("py-prices", [[3, "a"]]), answers[:1])
        self.assertEqual(client.model("py-prices")["job"], job["id"])
        self.assertIn("r2", client.evaluate("py-prices", dataset["id"]))
        self.assertTrue(client.onnx("py-prices"))
        with self.assertRaisesRegex(InvalidRequestError, "/instances/0/sise"):
            client.predict("py-prices", [{"sise": 3}])


class Sweeps(LiveTest):
    def test_have_trials_and_a_winner(self):
        client = Client()
        sweep = client.run_sweep(
            {
                "name": "py-sweep",
                "job": {"data": {"generator": {"type": "moons"}}, "model": {"layers": LAYERS}, "split": {"validation": 0.3}, "epochs": 5},
                "parameters": {"/optimizer/lr": {"values": [0.001, 0.1]}},
                "method": {"type": "grid"},
            }
        )
        self.assertEqual(sweep["progress"]["succeeded"], 2)
        self.assertEqual(sorted(trial["number"] for trial in client.trials(sweep["id"])), [0, 1])


class Schedules(LiveTest):
    def test_are_made_run_and_deleted(self):
        client = Client()
        with self.assertRaisesRegex(InvalidRequestError, "/source/url"):
            client.import_dataset({"url": "https://127.0.0.1/x.csv"})
        job = {"data": {"dataset": {"target": "y"}}, "model": {"layers": ["linear"]}}
        source = {"url": "https://127.0.0.1/x.csv"}
        made = client.create_schedule({"name": "py-nightly", "cron": "@daily", "source": source, "job": job})
        self.assertTrue(client.change_schedule(made["id"], paused=True)["paused"])
        run = client.run_schedule(made["id"])
        self.assertEqual([each["id"] for each in client.schedule_runs(made["id"])], [run["id"]])
        self.assertIn(made["id"], [each["id"] for each in client.schedules()])
        client.delete_schedule(made["id"])
        with self.assertRaises(NotFoundError):
            client.schedule(made["id"])


class Estimators(LiveTest):
    def test_need_neither_numpy_nor_scikit_learn(self):
        X = [[at % 7, at % 5] for at in range(70)]
        y = ["high" if a > 3 else "low" for a, _ in X]
        model = TrainyardClassifier(epochs=40, name="py-classes").fit(X, y)
        self.assertEqual(list(model.classes_), ["high", "low"])
        self.assertGreater(model.score(X, y), 0.95)
        for row in model.predict_proba(X[:3]):
            self.assertAlmostEqual(sum(row), 1, places=12)
        self.assertEqual(len(model.history_["loss"]), 40)
        again = pickle.loads(pickle.dumps(model))
        self.assertEqual(list(again.predict(X)), list(model.predict(X)))
        model.delete()
        with self.assertRaises(NotFoundError):
            again.predict(X)

    def test_take_labels_missing_values_and_columns_that_say_nothing(self):
        X = [{"size": row["size"] if row["size"] % 9 else None, "none": None, "kind": row["kind"]} for row in ROWS]
        y = [row["price"] for row in ROWS]
        model = TrainyardRegressor(epochs=150, name="py-values").fit(X, y)
        self.assertGreater(model.score(X, y), 0.8)
        self.assertEqual((list(model.feature_names_in_), model.n_features_in_), (["size", "none", "kind"], 3))

    def test_take_words_for_missing_values_as_labels(self):
        X, y = [["NA"], ["None"], ["?"], ["b"]] * 20, [1.0, 5.0, 9.0, 13.0] * 20
        model = TrainyardRegressor(epochs=100, name="py-words").fit(X, y)
        self.assertGreater(model.score(X, y), 0.9)

    def test_take_a_thousand_columns(self):
        X, y = [[float(row == column) for column in range(1000)] for row in range(4)], [1, 2, 3, 4]
        model = TrainyardRegressor(hidden_layer_sizes=(), epochs=1, name="py-wide").fit(X, y)
        self.assertEqual((model.n_features_in_, len(model.predict(X))), (1000, 4))

    def test_without_hidden_layers_are_searched_for(self):
        X = [[at % 7, at % 5] for at in range(70)]
        spec = {"model": {"auto": {"trials": 1}}}
        model = TrainyardClassifier(hidden_layer_sizes=None, spec=spec, name="py-search").fit(X, [a > 3 for a, _ in X])
        self.assertGreater(model.score(X, [a > 3 for a, _ in X]), 0.9)

    def test_take_any_spec_and_hold_rows_out(self):
        X, y = [[row["size"]] for row in ROWS], [row["price"] for row in ROWS]
        spec = {"model": {"layers": ["linear"]}, "optimizer": {"type": "sgd", "lr": 0.1}, "epochs": 7}
        model = TrainyardRegressor(validation_fraction=0.25, spec=spec).fit(X, y)
        self.assertEqual(len(model.history_["val_loss"]), 7)
        with self.assertRaisesRegex(ValueError, "leave it out"):
            TrainyardRegressor(spec={"task": "regression"}).fit(X, y)


if __name__ == "__main__":
    unittest.main()
