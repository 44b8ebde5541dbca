"""One reader under Atheris (libFuzzer): python scripts/fuzz.py SEED [libFuzzer options].

Anything but `InputError` that comes out of a reader is a finding; libFuzzer keeps the file that caused it. The seed
decides whether orders or a catalogue are read, and is what the search starts from.
"""

import sys
import tempfile
from pathlib import Path

import atheris

# An editable install finds modules by a loader of its own, which Atheris cannot instrument: the search would be blind.
sys.meta_path[:] = [finder for finder in sys.meta_path if "Redirecting" not in type(finder).__name__]

with atheris.instrument_imports(include=["training.readers"]):
    from training.readers.catalogue import read_catalogue
    from training.readers.errors import InputError
    from training.readers.options import ReadOptions
    from training.readers.orders import read_orders

LENIENT = ReadOptions(max_unparsed=1, as_of=1_767_225_600)


def main() -> None:
    """Search until libFuzzer's options say stop."""
    seed = Path(sys.argv[1])
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    corpus, file = folder / "corpus", folder / "export"
    corpus.mkdir()
    (corpus / seed.name).write_bytes(seed.read_bytes())

    def once(data: bytes) -> None:
        file.write_bytes(data)
        try:
            if seed.parent.name == "orders":
                read_orders([file], LENIENT, folder / "rejects.csv")
            else:
                read_catalogue(file, LENIENT)
        except InputError:
            pass

    atheris.Setup([sys.argv[0], str(corpus), *sys.argv[2:]], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
