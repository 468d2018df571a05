"""The schema for editors: it accepts what can be read, and marks what is no key."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest
from hypothesis import given

from ningde_sim import ningde_2020, ningde_2021
from ningde_sim._support.toml import tables
from ningde_sim.plant import data_files, json_schema
from ningde_sim.plant.to_tables import tables_of
from tests.plant.test_any_shop import (
    BOTTLING,
    broken,
    built,
    refusal,
    with_everything,
)
from tests.shops import UNUSUAL, mixed_shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)

CHECK = jsonschema.Draft202012Validator(json_schema.shop_schema())


def test_what_ships_is_what_the_classes_say():
    shipped = json_schema.SHIPPED.read_text("utf-8")
    assert shipped == json_schema.text(), "python -m ningde_sim.plant.json_schema writes it anew"
    CHECK.check_schema(json.loads(shipped))


@built(60)
@given(shop=mixed_shops())
def test_it_accepts_built_shops(shop):
    CHECK.validate(tables_of(shop))


@pytest.mark.parametrize("make", [ningde_2020, ningde_2021, with_everything])
def test_it_accepts_shops_of_all_constructs(make):
    CHECK.validate(tables_of(make()))


def test_it_accepts_what_many_share():
    CHECK.validate(tomllib.loads(BOTTLING))


@pytest.mark.parametrize("name", ["appliance", "bottling", "engine_block"])
def test_it_accepts_the_files_that_ship(name):
    CHECK.validate(tables(data_files.path_of(name)))


def test_it_marks_all_unknown_keys_and_most_that_is_of_another_kind():
    cases = [*broken(tables_of(with_everything()))]
    refused = [(where, table) for where, table in cases if refusal(table)]
    passed = [where for where, table in refused if CHECK.is_valid(table)]
    # the names of stores, products and stations are keys of their own
    names = {"split", "scrap", "parts", "ages", "bodies", "time"}
    assert not [where for where in passed if where[-1] == "+" and not names & {*where}]
    assert len(passed) < 0.15 * len(refused)
