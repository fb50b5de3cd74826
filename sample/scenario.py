"""What is true in the demonstration: who needs what, and how many minutes a year it takes."""

from dataclasses import dataclass, field

COMPUTED = ("habitants", "forfait_site", "trajets")


@dataclass(frozen=True)
class IndicatorSpec:
    """A simulated count per commune: what it is, its total, and how it leans on poverty and on towns."""

    label: str
    unit: str
    nature: str
    total: int
    poverty: float = 0.0  # exponent on the commune's poverty factor
    town: float = 0.0  # exponent on the commune's size
    source: str = "simulé"


@dataclass(frozen=True)
class MissionSpec:
    """A mission: its professions, its total of posts, and the true share of its need that each component brings."""

    name: str
    professions: tuple[str, ...]
    posts: float
    need_share: dict[str, dict[str, float]]  # domain → indicator → share of the mission's direct workload
    respondents: int
    by_sector: bool  # posts cover a sector; otherwise a whole site
    deviations: dict[str, float] = field(default_factory=dict)  # territory → posts above its fair share


@dataclass(frozen=True)
class Scenario:
    title: str
    department: str
    day: str
    taxonomy: str
    campaign: tuple[str, str]
    seed: int
    year: int
    notice: str
    indicators: dict[str, IndicatorSpec]
    missions: dict[str, MissionSpec]
    poverty: dict[str, float]  # territory → factor
    pinned: dict[str, float] = field(default_factory=dict)  # territory → posts of the main mission today
    imputed: dict[str, str] = field(default_factory=dict)
    series: dict[str, dict[int, float]] = field(default_factory=dict)  # indicator → earlier year → its total over now's
    caseloads: tuple[tuple[str, tuple[str, ...], float, str], ...] = ()  # mission, indicators, files per post, source


THEMES = {
    "Population": (
        *("pop_0_5", "pop_6_17", "pop_18_64", "pop_75_plus", "monoparentales"),
        *("population", "pop_0_14", "pop_15_64", "menages"),
    ),
    "Minima sociaux": ("rmi", "api", "aah", "vulnerables", "surendettement", "defavorisation"),
    "Emploi": ("chomeurs",),
    "Logement": ("logements_sociaux", "impayes", "locataires"),
    "Santé et autonomie": ("naissances", "grossesses", "apa_domicile"),
    "Protection de l’enfance": ("enquetes", "aed", "aemo", "confies", "assistantes"),
}


CONFIDENTIAL = ("rmi", "api", "aah", "apa_domicile", "impayes", "surendettement")


def theme_of(indicator: str) -> str:
    return next((theme for theme, indicators in THEMES.items() if indicator in indicators), "")


DREES = "total réel du département en 2003 (DREES), répartition simulée"

RECONSTRUCTION = Scenario(
    title="Meurthe-et-Moselle, une reconstruction",
    department="54",
    day="2003-06-30",
    taxonomy="niagara-2000",
    campaign=("2003-03-10", "2003-03-21"),
    seed=20030630,
    year=2003,
    notice=(
        "Données de démonstration. Communes, populations et contours sont réels ; le rattachement des communes aux six "
        "territoires est un jugement ; postes, indicateurs par commune et enquête de temps sont SIMULÉS (plusieurs "
        "totaux départementaux sont ceux de 2003). Aucune conclusion sur les services réels."
    ),
    indicators={
        "pop_0_5": IndicatorSpec("Enfants de moins de 6 ans", "enfants", "externe", 51_000, 0.1),
        "pop_6_17": IndicatorSpec("Enfants et jeunes de 6 à 17 ans", "jeunes", "externe", 107_000, 0.1),
        "pop_18_64": IndicatorSpec("Adultes de 18 à 64 ans", "adultes", "externe", 448_000),
        "pop_75_plus": IndicatorSpec("Personnes de 75 ans et plus", "personnes", "externe", 54_000, -0.1),
        "monoparentales": IndicatorSpec("Familles monoparentales", "familles", "externe", 23_500, 0.7, 0.05),
        "chomeurs": IndicatorSpec("Demandeurs d’emploi", "personnes", "externe", 32_400, 0.9, 0.04),
        "rmi": IndicatorSpec("Allocataires du RMI", "allocataires", "externe", 12_584, 1.5, 0.08, DREES),
        "api": IndicatorSpec("Allocataires de l’API", "allocataires", "externe", 2_408, 1.3, 0.06, DREES),
        "aah": IndicatorSpec("Allocataires de l’AAH", "allocataires", "externe", 7_709, 0.6, 0.05, DREES),
        "apa_domicile": IndicatorSpec(
            "Bénéficiaires de l’APA à domicile", "personnes", "externe", 5_736, 0.1, -0.05, DREES
        ),
        "logements_sociaux": IndicatorSpec("Logements sociaux", "logements", "externe", 48_200, 0.9, 0.18),
        "impayes": IndicatorSpec("Assignations pour impayé de loyer", "assignations", "externe", 2_450, 1.2, 0.12),
        "surendettement": IndicatorSpec("Dossiers de surendettement", "dossiers", "externe", 2_130, 1.0, 0.05),
        "vulnerables": IndicatorSpec(
            "Personnes vulnérables (comptage collectif)", "personnes", "interne", 9_600, 1.1, 0.05
        ),
        "enquetes": IndicatorSpec("Enquêtes de protection de l’enfance", "enquêtes", "interne", 2_640, 1.2, 0.05),
        "aed": IndicatorSpec("Mesures administratives (AED)", "mesures", "interne", 518, 1.1, 0.0, DREES),
        "aemo": IndicatorSpec("Mesures judiciaires (AEMO)", "mesures", "interne", 1_839, 1.2, 0.0, DREES),
        "confies": IndicatorSpec("Enfants confiés à l’ASE", "enfants", "interne", 1_674, 1.2, 0.05, DREES),
        "naissances": IndicatorSpec("Naissances", "naissances", "externe", 8_900, 0.1),
        "grossesses": IndicatorSpec("Grossesses vulnérables signalées", "grossesses", "interne", 1_150, 1.2, 0.05),
        "assistantes": IndicatorSpec("Assistantes maternelles agréées", "personnes", "interne", 4_300, -0.4, -0.05),
    },
    missions={
        "polyvalence": MissionSpec(
            "Polyvalence de secteur",
            ("ASS", "CESF"),
            180,
            {
                "access": {"pop_18_64": 0.09, "vulnerables": 0.10, "forfait_site": 0.05},
                "insertion": {"rmi": 0.16, "chomeurs": 0.03},
                "housing": {"logements_sociaux": 0.04, "impayes": 0.07},
                "budget": {"api": 0.03, "surendettement": 0.05, "monoparentales": 0.03},
                "child_protection": {"enquetes": 0.11, "pop_6_17": 0.05},
                "autonomy": {"apa_domicile": 0.05, "aah": 0.04},
                "travel": {"habitants": 0.04, "trajets": 0.06},
            },
            98,
            True,
            {
                "Grand Nancy": -1.9,
                "Val de Lorraine": -0.9,
                "Terres de Lorraine": -0.5,
                "Lunévillois": 0.2,
                "Briey": -0.3,
            },
        ),
        "enfance": MissionSpec(
            "Protection de l’enfance",
            ("Éducateur", "ASS"),
            66,
            {
                "aed": {"aed": 0.13},
                "aemo": {"aemo": 0.33},
                "placement": {"confies": 0.42},
                "travel": {"habitants": 0.03, "trajets": 0.09},
            },
            28,
            False,
            {"Longwy": 0.9, "Grand Nancy": -1.4, "Val de Lorraine": 0.6, "Terres de Lorraine": -0.4, "Briey": 0.3},
        ),
        "pmi": MissionSpec(
            "Protection maternelle et infantile",
            ("Puéricultrice", "Sage-femme"),
            54,
            {
                "maternal": {"naissances": 0.10, "grossesses": 0.14},
                "early_childhood": {"naissances": 0.12, "pop_0_5": 0.30},
                "childminding": {"assistantes": 0.20},
                "travel": {"habitants": 0.06, "trajets": 0.08},
            },
            24,
            False,
            {"Longwy": 0.4, "Grand Nancy": -0.8, "Lunévillois": 0.7, "Terres de Lorraine": -0.3},
        ),
    },
    poverty={
        "Longwy": 1.46,
        "Briey": 1.10,
        "Grand Nancy": 1.00,
        "Lunévillois": 1.02,
        "Terres de Lorraine": 0.84,
        "Val de Lorraine": 0.82,
    },
    pinned={"Longwy": 30},
    series={
        "rmi": {2000: 0.91, 2001: 0.88, 2002: 0.93},
        "chomeurs": {2000: 0.94, 2001: 0.86, 2002: 0.95},
        "aed": {2001: 0.90, 2002: 0.97},
        "aemo": {2001: 0.96, 2002: 0.98},
        "naissances": {2000: 1.05, 2001: 1.04, 2002: 1.01},
    },
    caseloads=(("enfance", ("aed", "aemo", "confies"), 60, "plafond supposé, pour la démonstration"),),
)
