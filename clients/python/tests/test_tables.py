"""Tables as bytes: what is written is what is read, and what cannot be written is refused by name."""

import csv
import io
import os
import tempfile
import unittest
from datetime import date, datetime
from decimal import Decimal
from unittest import mock

from trainyard.tables import csv_of, to_upload


def read(table, **options):
    upload = to_upload(table, **options)
    return list(csv.reader(io.StringIO(upload.body.decode())))


class Tables(unittest.TestCase):
    def test_dicts_have_the_columns_of_all_of_them(self):
        self.assertEqual(read([{"a": 1, "b": "x"}, {"c": True, "a": None}]), [["a", "b", "c"], ["1", "x", ""], ["", "", "true"]])

    def test_cells_are_read_as_they_were(self):
        values = [0.1, 1e-320, -0.0, 12345678901234567890, Decimal("0.5"), date(2024, 2, 29), datetime(2024, 2, 29, 1, 2, 3)]
        cells = [row[0] for row in read({"a": values})[1:]]
        self.assertEqual([float(cell) for cell in cells[:5]], [float(value) for value in values[:5]])
        self.assertEqual(cells[3], "12345678901234567890")
        self.assertEqual(cells[5:], ["2024-02-29", "2024-02-29T01:02:03"])

    def test_texts_keep_quotes_commas_and_lines(self):
        texts = ['a "b"', "c,d", "e\nf", "é"]
        self.assertEqual([row[0] for row in read({"a": texts})[1:]], texts)

    def test_missing_values_are_empty_and_no_row_is_lost(self):
        self.assertEqual(csv_of({"a": [None, float("nan"), 1.5]}), b'a\n""\n""\n1.5\n')

    def test_what_no_cell_holds_is_refused_by_column(self):
        with self.assertRaisesRegex(TypeError, "column a: .*not 'dict'"):
            to_upload([{"a": {}}])
        with self.assertRaisesRegex(ValueError, "different lengths"):
            to_upload({"a": [1], "b": []})
        with self.assertRaisesRegex(TypeError, "a table is"):
            to_upload(3)

    def test_names_are_sent_without_the_spaces_around_them(self):
        upload = to_upload({" a ": [1], "b": [2]})
        self.assertEqual(upload.body, b"a,b\n1,2\n")
        with self.assertRaisesRegex(ValueError, "two columns are named 'a'"):
            to_upload({"a ": [1], "a": [2]})

    def test_the_ending_of_a_path_says_the_format(self):
        with tempfile.TemporaryDirectory() as folder:
            for ending, content_type in [
                ("csv", "text/csv"),
                ("tsv.gz", "text/csv"),
                ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                ("XLSM", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ]:
                path = os.path.join(folder, f"report.{ending}")
                with open(path, "wb") as file:
                    file.write(b"PK")
                upload = to_upload(path)
                self.assertEqual((upload.content_type, upload.name, b"".join(upload.body())), (content_type, "report", b"PK"))
            with self.assertRaisesRegex(ValueError, "pass format= one of csv, .*xlsx"):
                to_upload(os.path.join(folder, "report.xls"))

    def test_frames_need_no_iloc(self):
        class Frame:  # As polars has it.
            columns, dtypes = ["a", "b", "c"], ["Float64", "String", "Categorical(ordering='physical')"]

            def __getitem__(self, name):
                return {"a": [1.5, None], "b": ["x", "y"], "c": ["u", "v"]}[name]

            def to_dicts(self):
                raise NotImplementedError

        upload = to_upload(Frame())
        self.assertEqual((upload.body, upload.types), (b"a,b,c\n1.5,x,u\n,y,v\n", {"a": "number", "c": "category"}))
        with mock.patch.object(Frame, "to_dicts", new_callable=mock.PropertyMock, side_effect=AttributeError):
            with self.assertRaisesRegex(TypeError, "a Frame is no frame that can be read"):
                to_upload(Frame())

    def test_a_format_that_is_wrong_opens_no_file(self):
        with mock.patch("builtins.open") as opened, self.assertRaisesRegex(ValueError, "rows.xls: the format is None"):
            to_upload("rows.xls")
        opened.assert_not_called()

    def test_the_format_of_bytes_has_to_be_said(self):
        with self.assertRaisesRegex(ValueError, "pass format="):
            to_upload(b"a\n1\n")
        self.assertEqual(to_upload(b"a\n1\n", format="csv").content_type, "text/csv")


if __name__ == "__main__":
    unittest.main()
