"""The demonstration study worked out as far as a recount needs it: need, posts and ledger, in tenths of a second."""

import json
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from workload.ingest.study import read_study
from workload.pipeline import RunResult, run
from workload.recount import basis_of

FOLDER = Path("sample/meurthe-et-moselle")
BESIDE = ("check_fit", "find_reasons", "stability", "by_profession", "week_of_posts", "estimate_time_use", "read_alike")
RULES = {
    "deplacement_maximal": [{"postes": 2}, {"mission": "pmi", "postes": 1}],
    "changement_maximal_pourcent": 40,
    "presence_minimale": [{"postes": 2}, {"territoire": "Val de Lorraine", "mission": "pmi", "postes": 8}],
    "plafond_par_territoire": [{"territoire": "Grand Nancy", "mission": "polyvalence", "postes": 71}],
    "decisions": [{"territoire": "LONGWY", "mission": "polyvalence", "changement": -1}],
}
OVERLOAD = {
    "mission": "enfance",
    "indicateurs": ["aed", "aemo", "confies"],
    "source": "essai",
    "partager_la_surcharge": True,
}
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "whole posts": {"pas": 1, "equite": "least-maximum", "regles": {}},
    "tenths, Hamilton": {"pas": 0.1, "equite": "least-absolute"},
    "Huntington–Hill, external counts alone": {"equite": "geometric", "indicateurs_internes": "comparaison"},
    "every kind of limit": {"regles": RULES},
    "overload shared at a ceiling that holds": {"plafonds": [OVERLOAD | {"dossiers_par_etp": 65}]},
    "overload shared at the least ceiling": {"plafonds": [OVERLOAD | {"dossiers_par_etp": 20}]},
    "allowances and transfers": {
        "allocations_individuelles": [
            {"territoire": "Longwy", "mission": "polyvalence", "profession": "ASS", "etp": 0.35, "motif": "mandat"}
        ],
        "transferts_de_taches": [
            {"mission": "polyvalence", "activite": "insertion", "de": "ASS", "vers": "CESF", "part": 0.3}
        ],
    },
}
WITHHELD = {
    "Huntington–Hill, external counts alone, ceiling on internal ones": {
        "indicateurs_internes": "comparaison",
        "plafonds": [OVERLOAD | {"mission": "polyvalence", "indicateurs": ["enquetes"], "dossiers_par_etp": 15}],
    }
}


@cache
def quick(variant: str = "as it is") -> RunResult:
    """The study under one of `VARIANTS`, or of `WITHHELD`. What is beside need, posts and ledger is left out."""
    study = read_study(FOLDER, key=b"tests of recount", choices=(VARIANTS | WITHHELD)[variant])
    with ExitStack() as stack:
        for name in BESIDE:
            stack.enter_context(patch(f"workload.pipeline.chain.{name}"))
        return run(study, 2)


def basis(result: RunResult, closed: Any = None) -> dict[str, Any]:
    """The basis as it comes back from JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(basis_of(result, closed or {}), allow_nan=False))
    return plain
