"""
Builds the package: the hooks that pip calls (PEP 517, PEP 660), and a program. Standard library only.

    python3 build_backend/trainyard_build.py FOLDER

writes the wheel into FOLDER. The same sources give the same bytes everywhere: files are sorted, dated 1980 and not compressed,
since versions of zlib compress differently.
"""

import base64
import gzip
import hashlib
import io
import os
import re
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"
PACKAGE = "trainyard"
VERSION = re.search(r'__version__ = "([^"]+)"', (SOURCES / PACKAGE / "_version.py").read_text("utf-8")).group(1)
RELEASE = f"{PACKAGE}-{VERSION}"
WHEEL_NAME = f"{RELEASE}-py3-none-any.whl"
FIRST_DATE_OF_ZIP = (1980, 1, 1, 0, 0, 0)

METADATA = f"""\
Metadata-Version: 2.1
Name: {PACKAGE}
Version: {VERSION}
Summary: Trainyard from Python: a client of its HTTP API, and estimators for scikit-learn.
License: Apache-2.0
Classifier: License :: OSI Approved :: Apache Software License
Classifier: Programming Language :: Python :: 3
Classifier: Typing :: Typed
Requires-Python: >=3.9
Description-Content-Type: text/markdown

"""

WHEEL = """\
Wheel-Version: 1.0
Generator: trainyard_build
Root-Is-Purelib: true
Tag: py3-none-any
"""


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Writes the wheel into a folder and returns its name."""
    paths = sorted(path for path in (SOURCES / PACKAGE).rglob("*") if path.suffix == ".py" or path.name == "py.typed")
    return _write_wheel(wheel_directory, {path.relative_to(SOURCES).as_posix(): path.read_bytes() for path in paths})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """Writes a wheel that points at the sources (`pip install -e`) and returns its name."""
    return _write_wheel(wheel_directory, {f"__editable__.{PACKAGE}.pth": f"{SOURCES}\n".encode()})


def build_sdist(sdist_directory, config_settings=None):
    """Writes the archive of sources into a folder and returns its name."""
    name = f"{RELEASE}.tar.gz"
    files = ["pyproject.toml", "README.md", *_below("build_backend"), *_below("src"), *_below("tests")]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in [("PKG-INFO", _metadata()), *((file, (ROOT / file).read_bytes()) for file in files)]:
            entry = tarfile.TarInfo(f"{RELEASE}/{path}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    Path(sdist_directory, name).write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    return name


def _below(folder):
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


def _metadata():
    return (METADATA + (ROOT / "README.md").read_text("utf-8")).encode()


def _write_wheel(folder, files):
    info = f"{RELEASE}.dist-info"
    files = {**files, f"{info}/METADATA": _metadata(), f"{info}/WHEEL": WHEEL.encode()}
    record = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    os.makedirs(folder, exist_ok=True)
    with zipfile.ZipFile(Path(folder, WHEEL_NAME), "w", zipfile.ZIP_STORED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, FIRST_DATE_OF_ZIP)
            entry.create_system = 3  # Unix, on Windows too: the permissions below are its.
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return WHEEL_NAME


def _digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: trainyard_build.py FOLDER")
    built = Path(sys.argv[1], build_wheel(sys.argv[1]))
    print(f"{built}  sha256 {hashlib.sha256(built.read_bytes()).hexdigest()}")
