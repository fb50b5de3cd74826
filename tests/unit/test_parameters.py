"""Dated numbers and taxonomies: what holds on a day, and that every coordinate exists."""

from datetime import date

import pytest

from workload.errors import RequestError
from workload.parameters import SUPPORT_DOMAIN, parameters_on, taxonomies, taxonomy


def test_the_legal_year_changed_in_2005() -> None:
    assert parameters_on(date(2003, 6, 30))["annual_hours"].value == 1600
    assert parameters_on(date(2004, 12, 31))["annual_hours"].value == 1600
    assert parameters_on(date(2005, 1, 1))["annual_hours"].value == 1607
    assert parameters_on(date(2026, 1, 1))["annual_hours"].since == date(2005, 1, 1)
    with pytest.raises(RequestError, match="parameter_too_early"):
        parameters_on(date(1999, 1, 1))
    assert all(p.source and p.unit for p in parameters_on(date(2026, 1, 1)).values())


@pytest.mark.parametrize("name", taxonomies())
def test_every_item_has_its_two_coordinates(name: str) -> None:
    found = taxonomy(name)
    assert len({item.code for item in found.items}) == len(found.items) >= 25
    for item in found.items:
        assert item.mode in found.modes
        assert item.domain in found.domains
        assert item.label
        assert item.note
    assert SUPPORT_DOMAIN in found.domains


def test_published_shares_are_marked_off_from_what_we_completed() -> None:
    found = taxonomy("niagara-2000")
    known = {item.code: item for item in found.items}
    assert {p.share for p in found.published} == {0.18, 0.09, 0.066, 0.056, 0.058, 0.11, 0.13, 0.10}
    assert all(p.domain in found.domains or p.items for p in found.published)
    assert not known["A2"].completed
    assert known["L1"].completed
    assert known["I1"].until == date(2009, 5, 31)


def test_an_unknown_taxonomy_names_those_that_exist() -> None:
    with pytest.raises(RequestError) as caught:
        taxonomy("niagara-1900")
    assert "niagara-2000" in caught.value.params["known"]
