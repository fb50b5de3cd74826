"""Makes a demonstration study folder.

python -m sample.build --out DIR                               the reconstruction of Meurthe-et-Moselle
python -m sample.build --source real-54 --open-data DIR --out DIR   real indicators of Meurthe-et-Moselle
python -m sample.build --source real-03 --open-data DIR --out DIR   real indicators of Allier
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from sample import frames, workbooks
from sample.counts import simulate_counts, simulate_series
from sample.geography import draw_map
from sample.people import draw_posts, draw_sheets
from sample.real import ALLIER, MEURTHE, RealScenario, real_counts
from sample.scenario import CONFIDENTIAL, RECONSTRUCTION, MissionSpec, Scenario, theme_of
from sample.truth import MissionTruth, current_posts, mission_truth, place_counts, truth_table
from workload.parameters import taxonomy

EXPERT_ERROR = 0.35


def build(scenario: Scenario, frame: frames.Frame, out: Path, counts: pd.DataFrame | None = None) -> None:
    """Writes the whole folder; the same scenario gives the same bytes."""
    rng = np.random.default_rng(scenario.seed)
    items = taxonomy(scenario.taxonomy)
    parts, sites = draw_map(frame.communes, rng)
    given = simulate_counts(frame.communes, scenario, rng) if counts is None else counts
    known = given.apply(
        lambda c: c.fillna(
            c.sum() / max(frame.communes["population"].sum(), 1) * frame.communes.set_index("commune")["population"]
        )
    )
    territory_of = {
        **dict(zip(parts["sector"], parts["territory_name"], strict=True)),
        **dict(zip(parts["site"], parts["territory_name"], strict=True)),
    }
    if out.exists():
        shutil.rmtree(out)
    truths: dict[str, MissionTruth] = {}
    current: dict[str, dict[str, float]] = {}
    posts: list[dict[str, object]] = []
    answered = 0
    for number, (code, spec) in enumerate(scenario.missions.items()):
        places = place_counts(parts, sites, known, "sector" if spec.by_sector else "site")
        truth = truths[code] = mission_truth(spec, places, territory_of)
        current[code] = current_posts(spec, truth, scenario.pinned if number == 0 else {})
        register = draw_posts(code, spec, current[code], parts, rng, first=1 + len(posts))
        posts += register
        domains = {*spec.need_share, "support"}
        for sheet in draw_sheets(spec, register, truth, places.index, items, rng):
            answered += 1
            path = out / "enquete" / f"releve-{answered:03d}.xlsx"
            workbooks.write_sheet(path, scenario, spec, sheet, items, domains)
    workbooks.write_territories(out / "territoires.xlsx", scenario, parts, sites)
    workbooks.write_posts(out / "postes.xlsx", scenario, posts)
    _write_indicators(out / "indicateurs", scenario, frame.communes, given)
    if scenario.series:
        _write_series(out / "indicateurs", scenario, frame.communes, given)
    _write_json(out / "contours.geojson", frame.contours)
    _write_json(out / "verite.json", truth_table(scenario, truths, current), indent=1)
    (out / "etude.yaml").write_text(_study_yaml(scenario, truths, rng), "utf-8")
    _write_scenarios(out / "scenarios")


SCENARIOS = {
    "1-etude": {
        "titre": "Scénario de l’étude",
        "description": "Les choix d’etude.yaml, sans rien changer : demi-postes, deux postes au plus par territoire.",
        "ouverture": "publie",
    },
    "2-postes-entiers": {
        "titre": "Postes entiers",
        "description": "Les mêmes choix, mais seuls des postes entiers changent de territoire.",
        "ouverture": "publie",
        "choix": {"pas": 1},
    },
    "3-indicateurs-externes": {
        "titre": "Indicateurs externes seuls",
        "description": "Sans les comptages du service, qui suivent ses propres moyens.",
        "ouverture": "partage",
        "choix": {"indicateurs_internes": "comparaison"},
    },
}


def _write_scenarios(folder: Path) -> None:
    """Three scenarios of the study, in the three states of opening but draft."""
    folder.mkdir()
    for name, content in SCENARIOS.items():
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
        (folder / f"{name}.yaml").write_text(f"# Fait par sample/build.py.\n{text}", "utf-8")


def _write_json(path: Path, content: object, indent: int | None = None) -> None:
    path.write_text(
        json.dumps(content, ensure_ascii=False, indent=indent, separators=None if indent else (",", ":")) + "\n",
        "utf-8",
    )


def _write_indicators(folder: Path, scenario: Scenario, communes: pd.DataFrame, counts: pd.DataFrame) -> None:
    """Two files, as they would come: what others publish, and what the service counts itself."""
    for nature, name in (("externe", "indicateurs-externes"), ("interne", "comptages-du-service")):
        chosen = [n for n, spec in scenario.indicators.items() if spec.nature == nature]
        if not chosen:
            continue
        simulated = any("simul" in scenario.indicators[n].source for n in chosen)
        note = (
            "DONNÉES SIMULÉES par commune (plusieurs totaux sont réels, voir la carte source)"
            if simulated
            else "Données ouvertes réelles"
        )
        headings = {n: scenario.indicators[n].label for n in chosen}
        workbooks.write_counts(
            folder / f"{name}.xlsx",
            f"Indicateurs par commune, {scenario.year} — {scenario.title}",
            note,
            communes,
            counts[chosen],
            headings,
        )
        columns = {n: _column(scenario, n, scenario.indicators[n].label) for n in chosen}
        licence = "EUPL-1.2" if simulated else "Licence Ouverte 2.0"
        _write_card(folder, name, scenario, columns, chosen, licence)


def _write_series(folder: Path, scenario: Scenario, communes: pd.DataFrame, counts: pd.DataFrame) -> None:
    """Earlier years of some indicators, for the profile of a place over the years; a stream of chance of its own, so
    that nothing else of the study changes with it."""
    earlier = simulate_series(counts, scenario, np.random.default_rng([scenario.seed, 7]))
    columns, headings = {}, {}
    for n, years in scenario.series.items():
        for year in years:
            headings[f"{n}_{year}"] = heading = f"{scenario.indicators[n].label} {year}"
            columns[f"{n}_{year}"] = _column(scenario, n, heading) | {"serie": n, "annee": year, "simule": True}
    title = f"Indicateurs des années précédentes — {scenario.title}"
    workbooks.write_counts(
        folder / "annees-precedentes.xlsx", title, "DONNÉES SIMULÉES", communes, earlier[list(columns)], headings
    )
    _write_card(folder, "annees-precedentes", scenario, columns, list(scenario.series), "EUPL-1.2")


def _column(scenario: Scenario, indicator: str, heading: str) -> dict[str, object]:
    spec = scenario.indicators[indicator]
    return {
        "titre": heading,
        "libelle": spec.label,
        "unite": spec.unit,
        "nature": spec.nature,
        "theme": theme_of(indicator),
        "confidentiel": indicator in CONFIDENTIAL,
        "simule": "simul" in spec.source,
    }


def _write_card(
    folder: Path, name: str, scenario: Scenario, columns: dict[str, dict[str, object]], used: list[str], licence: str
) -> None:
    card = {
        "fichier": f"{name}.xlsx",
        "feuille": "Indicateurs",
        "ligne_titres": 4,
        "colonne_cle": "Code INSEE",
        "ligne_total": "Total",
        "annee": scenario.year,
        "source": "; ".join(sorted({scenario.indicators[n].source for n in used})),
        "licence": licence,
        "colonnes": columns,
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(card, allow_unicode=True, sort_keys=False, width=120), "utf-8")


def _study_yaml(scenario: Scenario, truths: dict[str, MissionTruth], rng: np.random.Generator) -> str:
    def domains(spec: MissionSpec, truth: MissionTruth) -> dict[str, object]:
        found: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
        for (domain, indicator), minutes in zip(truth.components, truth.minutes_per_unit, strict=True):
            guess = float(f"{minutes * rng.lognormal(0, EXPERT_ERROR):.2g}")
            found.setdefault(domain, {"indicateurs": {}})["indicateurs"][indicator] = {"minutes": guess}
        return dict(found)

    study = {
        "etude": scenario.title,
        "departement": scenario.department,
        "simule": True,
        "avertissement": scenario.notice,
        "date": _day(scenario.day),
        "taxonomie": scenario.taxonomy,
        "campagne": {"debut": _day(scenario.campaign[0]), "fin": _day(scenario.campaign[1])},
        "graine": scenario.seed,
        "pas": 0.5,
        "equite": "least-squares",
        "mission_principale": next(iter(scenario.missions)),
        "regles": {"deplacement_maximal": 2, "presence_minimale": 2},
        "indicateurs_internes": "inclus",  # the counts of 2002–2003 were collective, and validated by the committee
        "echeancier": {"annees": 3, "taux_de_depart": 0.15},  # IGAS 2005: up to 15 % a year of the young
        "missions": {
            code: {"nom": spec.name, "professions": list(spec.professions), "domaines": domains(spec, truths[code])}
            for code, spec in scenario.missions.items()
        },
    }
    if scenario.caseloads:
        study["plafonds"] = [
            {"mission": mission, "indicateurs": list(indicators), "dossiers_par_etp": files, "source": source}
            for mission, indicators, files, source in scenario.caseloads
        ]
    if scenario.imputed:
        study["donnees_manquantes"] = {name: {"proportionnel_a": proxy} for name, proxy in scenario.imputed.items()}
    head = (
        "# Les choix de l’étude. Poids d’experts en minutes par an et par unité, incertitude relative.\n"
        "# Fichier de démonstration, fait par sample/build.py.\n"
    )
    return head + yaml.safe_dump(study, allow_unicode=True, sort_keys=False, width=120)


def _day(text: str) -> object:
    return yaml.safe_load(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--source", choices=["reconstruction", "real-54", "real-03"], default="reconstruction")
    parser.add_argument("--open-data", type=Path, help="folder with meurthe_et_moselle/ and allier/")
    parser.add_argument("--seed", type=int, help="another draw of the same truth")
    args = parser.parse_args()
    real: dict[str, RealScenario] = {"real-54": MEURTHE, "real-03": ALLIER}
    if args.source == "reconstruction":
        frame, counts, scenario = frames.from_package("54", frames.TAMS_BY_EPCI), None, RECONSTRUCTION
    else:
        if args.open_data is None:
            parser.error("--open-data is needed with real indicators")
        chosen = real[args.source]
        frame = frames.from_open_data(args.open_data / chosen.folder, chosen.territories)
        counts = real_counts(args.open_data / chosen.folder, frame.communes)
        scenario = chosen.scenario
    if args.seed is not None:
        scenario = Scenario(**{**scenario.__dict__, "seed": args.seed})
    build(scenario, frame, args.out, counts)
    print(f"{args.out}: {len(list((args.out / 'enquete').glob('*.xlsx')))} relevés, {len(frame.communes)} communes")


if __name__ == "__main__":
    main()
