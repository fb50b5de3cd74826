"""Studies on the real indicators of a folder of open data; posts and survey remain simulated, and say so."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sample.frames import ALLIER_BY_EPCI, TAMS_BY_EPCI
from sample.scenario import IndicatorSpec, MissionSpec, Scenario

_DOWNLOADED = {
    "population": ("population_municipale", 2023),
    "menages": ("menages", 2021),
    "pop_0_14": ("pop_0_14_est", 2022),
    "pop_15_64": ("pop_15_64", 2021),
    "pop_75_plus": ("pop_75_plus_est", 2022),
    "chomeurs": ("chomeurs_15_64", 2021),
    "locataires": ("pop_locataires", 2022),
    "naissances": ("naissances", 2022),
}

_SPECS = {
    "population": IndicatorSpec(
        "Population municipale 2023", "habitants", "externe", 0, source="INSEE, populations légales 2023"
    ),
    "menages": IndicatorSpec("Ménages 2021", "ménages", "externe", 0, source="INSEE, recensement 2021"),
    "pop_0_14": IndicatorSpec(
        "Enfants de 0 à 14 ans 2022 (estimation)", "enfants", "externe", 0, source="INSEE, recensement 2022"
    ),
    "pop_15_64": IndicatorSpec(
        "Personnes de 15 à 64 ans 2021", "personnes", "externe", 0, source="INSEE, recensement 2021"
    ),
    "pop_75_plus": IndicatorSpec(
        "Personnes de 75 ans et plus 2022 (estimation)", "personnes", "externe", 0, source="INSEE, recensement 2022"
    ),
    "chomeurs": IndicatorSpec(
        "Chômeurs de 15 à 64 ans 2021", "personnes", "externe", 0, source="INSEE, recensement 2021"
    ),
    "locataires": IndicatorSpec(
        "Personnes en logement loué 2022", "personnes", "externe", 0, source="INSEE, recensement 2022"
    ),
    "naissances": IndicatorSpec("Naissances 2022", "naissances", "externe", 0, source="INSEE, état civil 2022"),
    "monoparentales": IndicatorSpec(
        "Familles monoparentales 2022 (part × ménages)",
        "familles",
        "externe",
        0,
        source="INSEE, recensement 2022 ; approximation",
    ),
    "logements_sociaux": IndicatorSpec(
        "Logements sociaux 2024",
        "logements",
        "externe",
        0,
        source="SDES, RPLS 2024 ; commune absente du fichier : aucun logement",
    ),
    "defavorisation": IndicatorSpec(
        "Habitants × points d’indice de défavorisation au-dessus de la moyenne, 2021",
        "habitants × points",
        "externe",
        0,
        source="Santé publique France, indice FEDI 2021",
    ),
}


def _missions(
    posts: tuple[float, float], respondents: tuple[int, int], deviations: tuple[dict[str, float], dict[str, float]]
) -> dict[str, MissionSpec]:
    return {
        "polyvalence": MissionSpec(
            "Polyvalence de secteur",
            ("ASS", "CESF"),
            posts[0],
            {
                "access": {"pop_15_64": 0.14, "forfait_site": 0.05, "defavorisation": 0.04},
                "insertion": {"chomeurs": 0.20},
                "housing": {"locataires": 0.06, "logements_sociaux": 0.07},
                "budget": {"monoparentales": 0.10},
                "child_protection": {"pop_0_14": 0.09, "monoparentales": 0.07},
                "autonomy": {"pop_75_plus": 0.09},
                "travel": {"habitants": 0.04, "trajets": 0.05},
            },
            respondents[0],
            True,
            deviations[0],
        ),
        "pmi": MissionSpec(
            "Protection maternelle et infantile",
            ("Puéricultrice", "Sage-femme"),
            posts[1],
            {
                "maternal": {"naissances": 0.24},
                "early_childhood": {"naissances": 0.12, "pop_0_14": 0.30},
                "childminding": {"population": 0.20},
                "travel": {"habitants": 0.06, "trajets": 0.08},
            },
            respondents[1],
            False,
            deviations[1],
        ),
    }


def _scenario(title: str, department: str, seed: int, missions: dict[str, MissionSpec], source: str) -> Scenario:
    return Scenario(
        title=f"{title}, indicateurs réels",
        department=department,
        day="2026-06-30",
        taxonomy="departement-2024",
        campaign=("2026-03-09", "2026-03-20"),
        seed=seed,
        year=2024,
        notice=(
            f"Communes et indicateurs sont réels (données ouvertes, 2021 à 2024). {source} Postes et enquête de temps "
            "sont SIMULÉS. Aucune conclusion sur les services réels."
        ),
        indicators=_SPECS,
        missions=missions,
        poverty={},
        imputed={"pop_0_14": "population", "monoparentales": "menages", "locataires": "menages"},
    )


@dataclass(frozen=True)
class RealScenario:
    folder: str
    territories: dict[str, str]
    scenario: Scenario


MEURTHE = RealScenario(
    "meurthe_et_moselle",
    TAMS_BY_EPCI,
    _scenario(
        "Meurthe-et-Moselle",
        "54",
        20260630,
        _missions(
            (180, 54),
            (98, 30),
            ({"Longwy": 3.2, "Grand Nancy": -2.0, "Lunévillois": -0.7}, {"Longwy": 1.2, "Briey": -0.7}),
        ),
        "Le rattachement des communes aux six territoires est un jugement.",
    ),
)
ALLIER = RealScenario(
    "allier",
    ALLIER_BY_EPCI,
    _scenario(
        "Allier",
        "03",
        20260703,
        _missions(
            (96, 30), (60, 20), ({"Montluçon": 2.4, "Vichy": -1.6, "Moulins": -0.8}, {"Moulins": 0.9, "Vichy": -0.6})
        ),
        "Les territoires sont les nôtres, faits de ses intercommunalités.",
    ),
)


def real_counts(folder: Path, communes: pd.DataFrame) -> pd.DataFrame:
    """Commune × indicator from the open data; NaN where nothing is published."""
    table = pd.read_csv(folder / "indicators.csv", dtype={"insee": str})
    order = pd.Index(communes["commune"], name="commune")

    def column(indicator: str, year: int) -> pd.Series:
        chosen = table[(table["indicator"] == indicator) & (table["year"] == year)]
        return chosen.set_index("insee")["value"].reindex(order)

    counts = pd.DataFrame({name: column(*where) for name, where in _DOWNLOADED.items()}, index=order)
    counts["monoparentales"] = (column("part_familles_monoparentales_pct", 2022) / 100 * counts["menages"]).round(1)
    counts["logements_sociaux"] = column("rpls_logements_sociaux", 2024).fillna(0)
    index = column("fedi_2021_indice", 2021)
    counts["defavorisation"] = (np.maximum(index, 0) * counts["population"]).round(0)
    return counts[list(_SPECS)].round(3)
