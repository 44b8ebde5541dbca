"""Files that are whole or not at all."""

import errno
import os
import threading
from pathlib import Path

import pytest

from models.files import replacing, write_whole


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    """Old bytes, then new bytes, and no file aside."""
    path = tmp_path / "a"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    """Not the one aside; what stood there stays, and nothing stands beside it."""
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "none" / "a", b"new")
    assert (caught.value.filename, caught.value.filename2) == (str(tmp_path / "none" / "a"), None)
    (tmp_path / "a").write_bytes(b"old")

    def on_a_full_disk() -> None:
        with replacing(tmp_path / "a") as target:
            target.write_bytes(b"ne")
            raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        on_a_full_disk()
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"old")]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    """`--out /dev/stdout`, or as root `/dev/null`, must not put a file where the device was."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
    reader.start()
    write_whole(path, b"through")
    reader.join(10)
    assert found == [b"through"]
    assert path.is_fifo()
