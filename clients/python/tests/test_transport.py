"""Requests and their failures, against a server that answers what a test says."""

import email
import http.server
import io
import json
import pickle
import socket
import tempfile
import threading
import unittest
from unittest import mock
from urllib.request import ProxyHandler

from trainyard import AccessError, ApiError, Client, InvalidRequestError, NotFoundError, UnreachableError

PROBLEM = {
    "status": 422,
    "title": "Unprocessable Entity",
    "code": "invalid",
    "detail": "/optimizer/lr: must be at least 0",
    "errors": [{"pointer": "/optimizer/lr", "detail": "must be at least 0"}],
}


class Scripted(unittest.TestCase):
    """Each request takes the next of `answers`: a status, headers and a body; None closes the connection."""

    def setUp(self):
        self.answers, self.requests = [], []
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.headers.get("transfer-encoding") == "chunked":
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                test.requests.append((self.command, self.path, dict(self.headers.items()), body))
                answer = test.answers.pop(0)
                if answer is None:
                    return
                status, headers, content = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.client = Client(f"http://127.0.0.1:{self.server.server_port}/", "ty_key")
        self.slept = []
        patch = mock.patch("time.sleep", self.slept.append)
        patch.start()
        self.addCleanup(patch.stop)

    def json(self, value, status=200, **headers):
        self.answers.append((status, {"content-type": "application/json", **headers}, json.dumps(value).encode()))

    def problem(self, status=422, **headers):
        text = json.dumps({**PROBLEM, "status": status}).encode()
        self.answers.append((status, {"content-type": "application/problem+json", **headers}, text))


class Requests(Scripted):
    def test_carry_the_key_and_what_is_asked(self):
        self.json({"id": "job_1"})
        self.assertEqual(self.client.job("a/b"), {"id": "job_1"})
        [(method, path, headers, _)] = self.requests
        self.assertEqual((method, path, headers["Authorization"]), ("GET", "/v1/jobs/a%2Fb", "Bearer ty_key"))

    def test_lists_go_through_all_pages(self):
        self.json({"data": [{"id": 1}, {"id": 2}], "has_more": True, "next_after": "2"})
        self.json({"data": [{"id": 3}], "has_more": False, "next_after": "3"})
        self.assertEqual([job["id"] for job in self.client.jobs(state="queued")], [1, 2, 3])
        self.assertEqual([path for _, path, _, _ in self.requests][1], "/v1/jobs?limit=100&state=queued&after=2")

    def test_a_lost_answer_is_asked_for_again_under_the_same_key(self):
        self.answers.append(None)
        self.problem(503)
        self.json({"id": "job_1"}, 202)
        self.client.submit({"data": {}})
        keys = {headers["Idempotency-Key"] for _, _, headers, _ in self.requests}
        self.assertEqual((len(self.requests), len(keys)), (3, 1))

    def test_an_answer_that_breaks_off_is_asked_for_again_under_the_same_key(self):
        self.answers.append((202, {"content-length": "99"}, b'{"id":'))
        self.json({"id": "job_1"}, 202)
        self.assertEqual(self.client.submit({"data": {}}), {"id": "job_1"})
        keys = {headers["Idempotency-Key"] for _, _, headers, _ in self.requests}
        self.assertEqual((len(self.requests), len(keys)), (2, 1))

    def test_questions_about_a_model_are_jobs(self):
        asked = [
            (lambda: self.client.influence("a@1", [[1, 2]], leave_out={"sample": 5}, actual=["x"]), "influence"),
            (lambda: self.client.learning_curve("a@1", repeats=8), "learning-curve"),
            (lambda: self.client.seeds("a@1", 5), "seeds"),
        ]
        for ask, _ in asked:
            self.json({"id": "job_1"}, 202)
            self.assertEqual(ask(), {"id": "job_1"})
        self.assertEqual(
            [(method, path) for method, path, _, _ in self.requests], [("POST", f"/v1/models/a@1/{name}") for _, name in asked]
        )
        self.assertEqual(
            [json.loads(body) for _, _, _, body in self.requests],
            [{"instances": [[1, 2]], "actual": ["x"], "rows": {"sample": 5}}, {"repeats": 8}, {"seeds": 5}],
        )
        self.assertTrue(all("Idempotency-Key" in headers for _, _, headers, _ in self.requests))

    def test_scores_are_compared_on_rows_that_are_named_or_not(self):
        for dataset, query in ((None, "with=b"), ("ds_1", "with=b&dataset=ds_1")):
            self.json({"figures": []})
            self.assertEqual(self.client.compare_scores("a", "b", dataset), {"figures": []})
            self.assertEqual(self.requests[-1][:2], ("GET", f"/v1/models/a/compare/scores?{query}"))

    def test_lists_begin_where_they_are_asked_to(self):
        self.json({"data": [{"number": 6}], "has_more": True, "next_after": 6})
        self.json({"data": [], "has_more": False, "next_after": None})
        self.assertEqual(len(list(self.client.trials("s", after=5, order_by="number"))), 1)
        self.assertEqual([path.split("after=")[1] for _, path, _, _ in self.requests], ["5", "6"])

    def test_waits_as_long_as_the_server_asks_but_no_longer_than_a_minute(self):
        self.problem(429, **{"retry-after": "7"})
        self.problem(429, **{"retry-after": "9999"})
        self.json({"id": "job_1"})
        self.client.job("job_1")
        self.assertEqual(self.slept, [7, 60])

    def test_what_may_not_be_repeated_is_sent_once(self):
        self.problem(503)
        with self.assertRaises(ApiError):
            self.client.delete_job("job_1")
        self.assertEqual(len(self.requests), 1)

    def test_a_redirect_is_not_followed_with_the_key(self):
        self.answers.append((302, {"location": "http://127.0.0.1:1/"}, b""))
        with self.assertRaises(ApiError) as raised:
            self.client.job("job_1")
        self.assertEqual(raised.exception.status, 302)

    def test_a_block_whose_answer_is_too_large_is_halved(self):
        self.problem(413)
        for answers in (["a"], ["b", "c"]):
            self.json({"predictions": answers})
        self.assertEqual(self.client.predict("m", [[1], [float("nan")], [3]]), ["a", "b", "c"])
        self.assertEqual([json.loads(body)["instances"] for *_, body in self.requests], [[[1], [None], [3]], [[1]], [[None], [3]]])

    def test_frames_come_once_across_broken_connections(self):
        def events(*frames):
            text = "".join(f"id: {frame['seq']}\ndata: {json.dumps(frame)}\n\n" for frame in frames)
            self.answers.append((200, {"content-type": "text/event-stream"}, b"retry: 1000\n\n:\n\n" + text.encode()))

        state = {"type": "state", "state": "running"}
        events({"seq": 1, **state})
        self.problem(503)
        events({"seq": 1, **state}, {"seq": 2, **state}, {"seq": 2, "type": "end", "state": "running"})
        events({"seq": 3, "type": "end", "state": "succeeded"})
        self.assertEqual([frame["seq"] for frame in self.client.watch("job_1")], [1, 2, 3])
        self.assertEqual([path.split("=")[1] for _, path, _, _ in self.requests], ["0", "1", "1", "2"])


class Uploads(Scripted):
    def test_of_files_are_sent_again_from_where_they_were(self):
        file = io.BytesIO(b"# a comment\na\n1\n")
        file.readline()
        self.problem(503)
        self.json({"id": "d"}, 201)
        self.client.upload(file, "rows", format="csv")
        self.assertEqual([body for *_, body in self.requests], [b"a\n1\n"] * 2)

    def test_of_files_of_text_are_utf_8(self):
        with tempfile.NamedTemporaryFile("w+", encoding="utf-16", suffix=".csv") as file:
            for table in (file, io.StringIO()):
                table.write("a\n\u20acé\n")
                table.seek(0)
                self.json({"id": "d"}, 201)
                self.client.upload(table, "rows", format="csv")
        self.assertEqual([body.decode() for *_, body in self.requests], ["a\n\u20acé\n"] * 2)

    def test_of_what_cannot_be_read_again_are_sent_once(self):
        class Pipe(io.RawIOBase):
            pieces = [b"a\n", b"1\n"]

            def read(self, _size=-1):
                return self.pieces.pop(0) if self.pieces else b""

        self.problem(503)
        with self.assertRaises(ApiError):
            self.client.upload(Pipe(), "rows", format="csv")
        self.assertEqual([body for *_, body in self.requests], [b"a\n1\n"])

    def test_with_many_columns_are_forms(self):
        columns = {f"a column é {at}": [at] for at in range(1000)}
        self.json({"id": "d"}, 201)
        self.client.upload(columns, "wide", types=dict.fromkeys(columns, "number"), header=True)
        [(_, path, headers, body)] = self.requests
        self.assertEqual(path, "/v1/datasets")
        message = email.message_from_bytes(b"content-type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        parts = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}
        self.assertEqual(sorted(parts), ["file", "header", "name", "types"])
        self.assertEqual(json.loads(parts["types"].get_payload(decode=True)), dict.fromkeys(columns, "number"))
        self.assertEqual((parts["header"].get_payload(), parts["file"].get_content_type()), ("true", "text/csv"))
        self.assertTrue(parts["file"].get_payload(decode=True).decode().startswith("a column é 0,"))


class Refusing(unittest.TestCase):
    """A server that does not read a large body to its end: it answers, or does not, and closes the connection."""

    def refuse(self, answer):
        listener = socket.create_server(("127.0.0.1", 0))
        self.connections, self.is_over = 0, False

        def serve():
            while True:
                connection, _ = listener.accept()
                with connection:
                    if self.is_over:
                        return
                    self.connections += 1
                    connection.recv(1000)
                    connection.sendall(answer)
                    # It closes with bytes unread, which is a reset.

        def stop():
            self.is_over = True
            socket.create_connection(listener.getsockname()).close()

        thread = threading.Thread(target=serve)
        thread.start()
        for clean_up in (listener.close, thread.join, stop):
            self.addCleanup(clean_up)
        return Client(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def test_an_upload_says_that_the_connection_broke_and_is_sent_once(self):
        client = self.refuse(b"")
        for table in (io.BytesIO(bytes(32 << 20)), bytes(32 << 20)):
            self.connections = 0
            with self.assertRaisesRegex(UnreachableError, "broke while the request was sent .*TRAINYARD_MAX_DATASET_BYTES") as raised:
                client.upload(table, "rows", format="csv")
            self.assertEqual(self.connections, 1)
            self.assertTrue(pickle.loads(pickle.dumps(raised.exception)).was_sending)


    def test_an_upload_shows_the_answer_that_came_before_its_end(self):
        text = json.dumps({**PROBLEM, "status": 413}).encode()
        head = f"HTTP/1.1 413 No\r\ncontent-type: application/problem+json\r\ncontent-length: {len(text)}\r\nconnection: close\r\n\r\n"
        client = self.refuse(head.encode() + text)
        with self.assertRaisesRegex(InvalidRequestError, "413 invalid"):
            client.upload(io.BytesIO(bytes(32 << 20)), "rows", format="csv")
        self.assertEqual(self.connections, 1)


class Errors(Scripted):
    def test_name_the_field_and_the_cure(self):
        self.problem()
        with self.assertRaisesRegex(InvalidRequestError, "(?s)422 invalid.*/optimizer/lr: must be at least 0") as raised:
            self.client.submit({})
        self.assertIsInstance(raised.exception, ValueError)
        self.assertEqual(raised.exception.errors, [("/optimizer/lr", "must be at least 0")])
        self.assertEqual(str(pickle.loads(pickle.dumps(raised.exception))), str(raised.exception))

    def test_have_a_class_by_status(self):
        for status, kind in ((404, NotFoundError), (401, AccessError), (403, AccessError)):
            self.problem(status)
            with self.assertRaises(kind):
                self.client.job("job_1")

    def test_show_what_a_proxy_says(self):
        self.answers.append((500, {"content-type": "text/html"}, b"<h1>Bad</h1>"))
        with self.assertRaisesRegex(ApiError, "500 unknown: <h1>Bad</h1>"):
            self.client.job("job_1")

    def test_without_a_server_say_how_to_start_one(self):
        # Port 1 is reserved (tcpmux), and nobody listens there.
        with self.assertRaisesRegex(UnreachableError, "npx trainyard serve"):
            Client("http://127.0.0.1:1").job("job_1")
        with self.assertRaisesRegex(ValueError, "http://localhost:8080"):
            Client("localhost:8080")

    def test_of_this_machine_are_no_proxys(self):
        with mock.patch.dict("os.environ", {"http_proxy": "http://127.0.0.1:1", "no_proxy": ""}):
            self.json({"id": "job_1"})
            self.assertEqual(Client(self.client.url).job("job_1"), {"id": "job_1"})
            for host, is_local in {"[::1]": True, "127.9.9.9": True, "a.localhost": True, "10.0.0.1": False, "example.com": False}.items():
                opener = Client(f"http://{host}")._transport._opener
                self.assertEqual(not any(hasattr(handler, "http_open") and isinstance(handler, ProxyHandler) for handler in opener.handlers), is_local)

    def test_a_pickled_client_has_no_key(self):
        self.assertNotIn(b"ty_key", pickle.dumps(self.client))
        self.assertEqual(pickle.loads(pickle.dumps(self.client)).url, self.client.url)


if __name__ == "__main__":
    unittest.main()
