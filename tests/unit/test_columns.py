"""The tables of a study hold the columns of the dictionary, of the kind it says, and no others."""

import pandas as pd
import pytest
from pandas.api import types

from tests.unit.test_study_folder import SAMPLE
from workload import columns
from workload.ingest.study import Study, read_study

KINDS = {
    "str": lambda s: s.dropna().map(type).eq(str).all(),
    "float64": types.is_float_dtype,
    "int64": types.is_integer_dtype,
    "Int64": lambda s: str(s.dtype) == "Int64",
    "bool": lambda s: s.map(type).isin([bool]).all() or types.is_bool_dtype(s),
}


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(SAMPLE)


@pytest.mark.parametrize("table", ["communes", "sites", "posts", "entries", "days"])
def test_every_column_is_in_the_dictionary_and_of_its_kind(study: Study, table: str) -> None:
    frame: pd.DataFrame = getattr(study, table)
    assert set(frame.columns) <= set(columns.ALL)
    for name in frame.columns:
        assert KINDS[columns.ALL[name].dtype](frame[name]), name


def test_each_column_is_defined_once_and_says_what_it_is() -> None:
    assert len({c.name for c in columns.ALL.values()}) == len(columns.ALL) > 20
    assert all(c.meaning and c.dtype in KINDS for c in columns.ALL.values())
