"""NumPy's files, read without trust: npy and npz bodies as float64 arrays.

The header is parsed by NumPy with its length bounded, then the declared shape is compared with the bytes that are
there; only then is the array made. Objects, strings, structures, dates and complex numbers are refused.
"""

import io
import math
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from backproof_service.convert import Labels
from backproof_service.http.problems import Problem, invalid
from backproof_service.wire.numbers import Array

LONGEST_HEADER = 10_000
NAMES = ("x", "y", "labels")
PLAIN = "fiub"  # kinds of dtypes: floats, integers, booleans
STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def malformed(detail: str) -> Problem:
    """A body that is not what its Content-Type says."""
    return Problem(400, "malformed_body", detail)


def read_npy(body: bytes, limit: int) -> Array:
    """The array in an npy body, as float64."""
    return _as_float64(_read(body, "The body", limit), "The body")


def read_npz(body: bytes, limit: int) -> dict[str, Any]:
    """The arrays of an npz body by name: x and y as float64 matrices, or x and labels as integers."""
    found = {name: _read(content, f'The array "{name}"', limit) for name, content in _members(body, limit).items()}
    if "x" not in found or ("y" in found) == ("labels" in found):
        raise invalid(f"The archive holds {_named(found)}; it must hold x, and either y or labels.")
    read: dict[str, Any] = {}
    for name, array in found.items():
        if name == "labels":
            read[name] = _as_labels(array)
        elif array.ndim != 2:
            raise invalid(
                f"{name} has the shape {list(array.shape)}; it must be a matrix, one row for each instance.", name
            )
        else:
            read[name] = _as_float64(array, f'The array "{name}"')
    return read


def _members(body: bytes, limit: int) -> dict[str, bytes]:
    """The unpacked files of the archive by array name; raises before unpacking what declares too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            _check_entries(archive.infolist(), limit)
            return {info.filename.removesuffix(".npy"): _unpack(archive, info) for info in archive.infolist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise malformed(f"The body is no npz archive that can be read: {error}. Write it with numpy.savez.") from None


def _check_entries(entries: list[zipfile.ZipInfo], limit: int) -> None:
    names = [info.filename.removesuffix(".npy") for info in entries]
    if not names or len(set(names)) != len(names) or not set(names) <= set(NAMES):
        given = ", ".join(f'"{name[:40]}"' for name in names[:8]) or "nothing"
        raise invalid(f"The archive holds {given}; it must hold x, and either y or labels, each once.")
    for info in entries:
        if info.flag_bits & 1 or info.compress_type not in STORED_OR_DEFLATED:
            raise malformed(f'"{info.filename}" is encrypted or compressed in a way that NumPy does not write.')
    declared = sum(info.file_size for info in entries)
    if declared > limit:
        detail = f"The archive declares {declared:,} bytes unpacked; the limit max_dataset_bytes is {limit:,} bytes."
        raise Problem(413, "body_too_large", detail, limit_bytes=limit, actual_bytes=declared)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        return file.read(info.file_size)


def _read(content: bytes, what: str, limit: int) -> NDArray[Any]:
    """The array as it was written; raises where the header declares something else than the bytes hold."""
    file = io.BytesIO(content)
    shape, fortran, dtype = _header(file, what)
    if dtype.kind not in PLAIN or dtype.hasobject:
        need = "numbers (floats, integers or booleans); pickled objects are never read"
        raise invalid(f'{what} is of type "{dtype}"; it must hold {need}.')
    count = math.prod(shape)
    declared, held = count * dtype.itemsize, len(content) - file.tell()
    if declared != held:
        raise malformed(f"{what} declares the shape {list(shape)}, {declared:,} bytes, but {held:,} bytes follow.")
    if count * 8 > limit:
        detail = f"{what} takes {count * 8:,} bytes as float64; the limit max_dataset_bytes is {limit:,} bytes."
        raise Problem(413, "body_too_large", detail, limit_bytes=limit, actual_bytes=count * 8)
    flat = np.frombuffer(content, dtype=dtype, offset=file.tell())
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _header(file: io.BytesIO, what: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(file)
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        shape, fortran, dtype = read(file, max_header_size=LONGEST_HEADER)
    except KeyError:
        raise malformed(f"{what} is in a version of the npy format that plain arrays do not need.") from None
    except Exception as error:  # NumPy's parser of an untrusted header may raise anything
        why = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise malformed(f"{what} has no valid npy header: {why}. Write it with numpy.save.") from None
    if len(shape) > 2 or any(type(length) is not int or length < 0 for length in shape):
        raise invalid(f"{what} has the shape {list(shape)}; it must be a matrix, one row for each instance.")
    return shape, fortran, dtype


def _as_float64(array: NDArray[Any], what: str) -> Array:
    if array.ndim != 2:
        raise invalid(f"{what} has the shape {list(array.shape)}; it must be a matrix, one row for each instance.")
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, dtype=np.float64)


def _as_labels(array: NDArray[Any]) -> Labels:
    if array.ndim != 1:
        raise invalid(f"labels has the shape {list(array.shape)}; it must have one entry for each row of x.", "labels")
    with np.errstate(invalid="ignore"):
        whole = array.astype(np.int64)
    bad = np.flatnonzero((whole != array) | (whole < 0) | (whole >= 2**53))
    if bad.size:
        i = int(bad[0])
        raise invalid(f"Label {i} is {array[i]}; it must be an integer from 0.", "labels", i)
    return whole


def _named(found: dict[str, Any]) -> str:
    return " and ".join(found) if found else "nothing"
