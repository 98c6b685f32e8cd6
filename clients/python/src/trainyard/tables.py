"""Tables as Python has them, written as bytes that the server reads. Frames are recognised by their looks: nothing is imported."""

from __future__ import annotations

import csv
import io
import math
import os
from datetime import date, time
from typing import IO, Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypeVar, Union

Table = Union[str, "os.PathLike[str]", bytes, IO[bytes], Sequence[Mapping[str, Any]], Mapping[str, Sequence[Any]], Any]
"""A file's path, its bytes, an open file, a list of dicts, a dict of columns, or a frame of pandas or polars."""

PIECE = 64 * 1024
"""Bytes, or characters, of a file that are read at a time."""

_TYPE_OF_FORMAT = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FORMAT_OF_ENDING = {
    "csv": "csv",
    "tsv": "csv",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
    "json": "json",
    "parquet": "parquet",
    "xlsx": "xlsx",
    "xlsm": "xlsx",
}


_TYPE_OF_DTYPE = {"float": "number", "bool": "boolean", "datetime": "datetime", "categor": "category", "enum": "category"}
"""Types of columns by how dtypes begin, in small letters: of pandas and polars."""
Value = TypeVar("Value")


class Upload(NamedTuple):
    """A table on its way to the server."""

    body: Union[bytes, Callable[[], Iterator[bytes]]]
    """Bytes, or what returns pieces of them."""
    content_type: str
    name: str
    """What the data set is called where nobody says so."""
    types: Dict[str, str]
    """Types of columns that the table itself declares."""
    repeatable: bool = True
    """Whether `body` can be read again from its start."""


def to_upload(table: Table, format: Optional[str] = None) -> Upload:
    """
    Returns a table as an upload. A path is opened, and closed, each time its pieces are read; an open file is read from where it is,
    as UTF-8 where it is of text. Raises TypeError for what is no table, and ValueError for a format or a cell that cannot be sent.
    """
    if isinstance(table, (str, os.PathLike)):
        path = os.fspath(table)
        name, ending = _named(path)
        content_type = _content_type(format or ending, path)
        with open(path, "rb"):
            pass  # A file that is not there is said here, rather than in the middle of a request.
        return Upload(lambda: _pieces_at(path), content_type, name, {})
    if isinstance(table, (bytes, bytearray, memoryview)):
        return Upload(bytes(table), _content_type(format, "bytes"), "table", {})
    if hasattr(table, "read"):
        name, ending = _named(str(getattr(table, "name", "table")))
        is_seekable = hasattr(table, "seekable") and table.seekable()
        start = table.tell() if is_seekable else None
        return Upload(lambda: _pieces_from(table, start), _content_type(format or ending, name), name, {}, is_seekable)
    columns, types = columns_of(table)
    return Upload(csv_of(trimmed(columns)), "text/csv", "table", types)


def _pieces_at(path: Any) -> Iterator[bytes]:
    with open(path, "rb") as file:
        yield from _pieces_from(file, None)


def _pieces_from(file: IO[Any], start: Optional[int]) -> Iterator[bytes]:
    if start is not None:
        file.seek(start)
    while piece := file.read(PIECE):
        yield piece.encode() if isinstance(piece, str) else piece


def _named(path: str) -> Tuple[str, Optional[str]]:
    """What a file's name says of the table in it: `rows.csv.gz` is a CSV named `rows`."""
    base = os.path.basename(path)
    if base.lower().endswith(".gz"):
        base = base[:-3]
    stem, ending = os.path.splitext(base)
    return stem or base, _FORMAT_OF_ENDING.get(ending[1:].lower())


def _content_type(format: Optional[str], what: str) -> str:
    if format not in _TYPE_OF_FORMAT:
        raise ValueError(f"{what}: the format is {format!r}; pass format= one of {', '.join(_TYPE_OF_FORMAT)}")
    return _TYPE_OF_FORMAT[format]


def trimmed(columns: Mapping[str, Value]) -> Dict[str, Value]:
    """Names, with what they name, as the server has them: without spaces around. Raises ValueError where two become one."""
    named: Dict[str, Value] = {}
    for name, value in columns.items():
        if name.strip() in named:
            raise ValueError(f"two columns are named {name.strip()!r}, the spaces around left out: rename one of them")
        named[name.strip()] = value
    return named


def is_frame(value: Any) -> bool:
    """Whether a value is a frame of pandas or polars, or one that looks like them."""
    return hasattr(value, "columns") and hasattr(value, "dtypes") and hasattr(value, "__getitem__")


def columns_of(table: Any) -> Tuple[Dict[str, List[Any]], Dict[str, str]]:
    """Returns the columns of a frame, a dict of columns or a list of dicts by name, and the types that a frame declares."""
    if is_frame(table):
        return _columns_of_frame(table)
    if isinstance(table, Mapping):
        return {str(name): _plain_list(values) for name, values in table.items()}, {}
    rows = list(table) if isinstance(table, Iterable) else []
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError("a table is a path, bytes, an open file, a list of dicts, a dict of columns, or a frame of pandas or polars")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {str(name): [row.get(name) for row in rows] for name in names}, {}


def _columns_of_frame(frame: Any) -> Tuple[Dict[str, List[Any]], Dict[str, str]]:
    names = [str(name) for name in frame.columns]
    if not hasattr(frame, "iloc") and not hasattr(frame, "to_dicts"):
        raise TypeError(f"a {type(frame).__name__} is no frame that can be read: pass one of pandas or polars, or a dict of columns")
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(f"columns that are there twice: {', '.join(twice)}; rename one of each")
    # By position in pandas, whose names may be numbers; by name in polars.
    columns = {name: _plain_list(frame.iloc[:, at] if hasattr(frame, "iloc") else frame[name]) for at, name in enumerate(names)}
    return columns, {name: kind for name, dtype in zip(names, frame.dtypes) if (kind := _declared_type(str(dtype).lower()))}


def _declared_type(dtype: str) -> Optional[str]:
    """The server's type of a column of this dtype; None where it finds the type by the values: of texts, and of whole numbers."""
    for start, kind in _TYPE_OF_DTYPE.items():
        if dtype.startswith(start):
            return kind
    return None


def _plain_list(values: Any) -> List[Any]:
    """Python's own values of a list, an array or a series."""
    return list(values.tolist()) if hasattr(values, "tolist") else list(values)


def csv_of(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Returns columns of one length as CSV (RFC 4180) with a header, in UTF-8. Floats are written so that they are read to the same bits."""
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns have different lengths: { {name: len(values) for name, values in columns.items()} }")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*([cell_text(value, name) for value in values] for name, values in columns.items())))
    return text.getvalue().encode()


def cell_text(value: Any, column: str) -> Any:
    """Returns a value as a cell of CSV; a missing one is empty. Raises TypeError for a value that no cell can hold."""
    plain = plain_value(value, column)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return "" if plain is None else plain


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, or pandas' NaT or NA."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ in ("NaTType", "NAType")


def plain_value(value: Any, column: str) -> Union[None, bool, int, float, str]:
    """Returns a value as JSON has it; None, NaN, pandas' NaT and NA are None. Raises TypeError for a value that no cell can hold."""
    if is_missing(value):
        return None
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return plain_value(value.item(), column)
    if hasattr(value, "as_tuple") or hasattr(value, "numerator"):  # Decimal and Fraction.
        return float(value)
    raise TypeError(f"column {column}: argument must be a string or a number, not {type(value).__name__!r}")
