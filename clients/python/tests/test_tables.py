"""Tables as bytes: what is written is what is read, and what cannot be written is refused by name."""

import csv
import io
import unittest
from datetime import date, datetime
from decimal import Decimal

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

    def test_the_format_of_bytes_has_to_be_said(self):
        with self.assertRaisesRegex(ValueError, "pass format="):
            to_upload(b"a\n1\n")
        self.assertEqual(to_upload(b"a\n1\n", format="csv").content_type, "text/csv")


if __name__ == "__main__":
    unittest.main()
