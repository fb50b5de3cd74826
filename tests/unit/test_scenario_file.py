"""What a scenario changes of etude.yaml, and how wrong files are said."""

from pathlib import Path

import pytest

from workload.errors import InputError
from workload.ingest.scenario_file import read_scenario, scenario_files
from workload.ingest.study import read_study
from workload.ingest.study_file import laid_over

SAMPLE = Path("sample/meurthe-et-moselle")


def test_sections_are_merged_values_replaced_and_empty_ones_taken_away():
    raw = {"pas": 0.5, "regles": {"presence_minimale": 2, "deplacement_maximal": 2}, "liste": [1, 2]}
    assert laid_over(raw, {"regles": {"deplacement_maximal": 4}, "liste": [3], "pas": None}) == {
        "regles": {"presence_minimale": 2, "deplacement_maximal": 4},
        "liste": [3],
    }
    assert raw["pas"] == 0.5


def test_the_demonstration_has_three_scenarios():
    found = [read_scenario(path) for path in scenario_files(SAMPLE)]
    assert [s.opened for s in found] == ["publie", "publie", "partage"]
    study = read_study(SAMPLE, choices=found[1].choices)
    assert study.settings.step == 1
    assert study.settings.rules == read_study(SAMPLE).settings.rules


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        ("description: x\n", "titre"),
        ("titre: x\nouverture: ouvert\n", "ouverture"),
        ("titre: x\nchoi: {}\n", "choi"),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, content: str, cell: str):
    path = tmp_path / "a.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    assert [issue.cell for issue in caught.value.issues] == [cell]


def test_a_scenario_that_etude_yaml_would_refuse_is_refused_at_its_key():
    with pytest.raises(InputError) as caught:
        read_study(SAMPLE, choices={"pas": 3})
    assert [issue.cell for issue in caught.value.issues] == ["pas"]
