"""What each role comes for, from the login to the goal, through what the pages show; every page looked over on the way.

Pictures go to var/captures; with WORKLOAD_WRITE_PICTURES=1 those of the guides are written again.
"""

import base64
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from playwright.sync_api import Browser, Download, Page, expect, sync_playwright

from tests.e2e.web_place import PASSWORD, PATIENCE_MS, Place, faults, place, seen
from tests.programs import require_program

pytestmark = [pytest.mark.e2e, pytest.mark.integration]
SHEETS = Path("sample/meurthe-et-moselle/enquete")
POSTS = Path("sample/meurthe-et-moselle/postes.xlsx")
SCENARIO = "Scénario de l’étude"
TEXT = "une heure environ"
UNKNOWN = "Maraude du mercredi"
LONG_MS = 240_000
expect.set_options(timeout=PATIENCE_MS)


def of_territory(path: Path) -> str:
    return str(openpyxl.load_workbook(path, read_only=True).active["B5"].value)


LONGWY = [path for path in sorted(SHEETS.glob("*.xlsx"))[50:] if of_territory(path) == "Longwy"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = require_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def there(browser: Browser) -> Iterator[Place]:
    with place(browser, frozenset(path.name for path in LONGWY)) as found:
        yield found


@pytest.fixture(autouse=True)
def watched(there: Place) -> Iterator[None]:
    yield
    noticed, there.wrong[:] = list(there.wrong), []
    assert noticed == []


def menu(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Navigation principale").get_by_role("link", name=name, exact=True).click()


def taken(page: Page, name: str, role: str = "link") -> Download:
    with page.expect_download(timeout=LONG_MS) as found:
        page.get_by_role(role, name=name, exact=True).first.click()
    return found.value


def ended(page: Page) -> None:
    """The work's page, once its bar is gone."""
    expect(page.locator("progress")).to_have_count(0, timeout=LONG_MS)


def drop(page: Page, files: dict[str, bytes]) -> None:
    """Onto the form, as from a file manager."""
    carried = page.evaluate_handle(
        """files => {
            const carried = new DataTransfer();
            for (const [name, content] of files) {
                const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
                carried.items.add(new File([bytes], name));
            }
            return carried;
        }""",
        [[name, base64.b64encode(content).decode()] for name, content in files.items()],
    )
    for kind in ("dragover", "drop"):
        page.dispatch_event(".drop", kind, {"dataTransfer": carried})


# ---------------------------------------------------------------- the manager


def agents_of(territory: str) -> set[str]:
    rows = openpyxl.load_workbook(POSTS, read_only=True).active.iter_rows(min_row=5, values_only=True)
    return {str(row[8]) for row in rows if row[1] == territory and row[8]}


def changed(content: bytes, **cells: object) -> bytes:
    """A workbook with some cells of its form changed."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for cell, value in cells.items():
        book["Relevé"][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def filled(content: bytes) -> bytes:
    """A prefilled sheet with two days noted."""
    return changed(
        content, C15=timedelta(hours=3), C16=timedelta(hours=4), D15=timedelta(hours=2), D17=timedelta(hours=5)
    )


def thirty(templates: zipfile.ZipFile) -> dict[str, bytes]:
    """Longwy's sheets: three of them spoilt, those of agents who had none filled in the prefilled ones, and another's."""
    files = {path.name: path.read_bytes() for path in LONGWY}
    first, second, third, *_ = files
    files[first] = changed(files[first], D15=TEXT)
    for name in (second, third):
        files[name] = changed(files[name], A17=None, B17=UNKNOWN)
    other = next(path for path in sorted(SHEETS.glob("*.xlsx")) if of_territory(path) != "Longwy")
    files[other.name] = other.read_bytes()
    noted = {str(openpyxl.load_workbook(path, read_only=True).active["B4"].value) for path in LONGWY}
    blank = [name for name in sorted(templates.namelist()) if name[len("releve_") : -len(".xlsx")] not in noted]
    for name in blank[: 30 - len(files)]:
        files[name] = filled(templates.read(name))
    assert len(files) == 30
    return files


def test_a_manager_hands_out_sheets_and_sends_them_back(there: Place, tmp_path: Path):
    page = there.enter("responsable.longwy")
    seen(page, "responsable-accueil", picture="web-responsable-accueil")
    menu(page, "Campagnes")
    seen(page, "responsable-campagne", picture="web-campagne", whole=True)
    expect(page.get_by_role("heading", name="Envoyer des relevés remplis")).to_be_visible()

    taken(page, "Télécharger les feuilles (zip)", "button").save_as(tmp_path / "feuilles.zip")
    templates = zipfile.ZipFile(tmp_path / "feuilles.zip")
    assert {name[len("releve_") : -len(".xlsx")] for name in templates.namelist()} == agents_of("Longwy")

    files = thirty(templates)
    spoilt, second, third = list(files)[:3]
    drop(page, files)
    expect(page.get_by_text("30 fichiers choisis")).to_be_visible()
    page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(page.locator("progress")).to_be_visible()
    ended(page)
    expect(page.get_by_role("status")).to_contain_text("4 fichiers refusés sur 30")
    seen(page, "responsable-refus", picture="web-envoi")
    wrong = page.get_by_role("region", name=spoilt)
    expect(wrong.get_by_role("row").filter(has_text=TEXT)).to_contain_text("D15")
    expect(page.get_by_role("region", name=second).get_by_role("row").filter(has_text=UNKNOWN)).to_contain_text("B17")

    with page.expect_download() as copy:
        wrong.get_by_role("link", name="Télécharger la copie annotée").click()
    copy.value.save_as(tmp_path / "copie.xlsx")
    marked = openpyxl.load_workbook(tmp_path / "copie.xlsx")
    assert marked["Relevé"]["D15"].value == TEXT
    assert (
        marked["Relevé"]["D15"].fill.fgColor.rgb
        != openpyxl.load_workbook(SHEETS / spoilt)["Relevé"]["D15"].fill.fgColor.rgb
    )
    assert marked["Relevé"]["D15"].comment is not None

    page.get_by_role("link", name="Dire une fois pour toutes à quoi elles correspondent").click()
    seen(page, "responsable-correspondances", picture="web-correspondances")
    page.get_by_label(f"Activité pour {UNKNOWN}").select_option(
        label="A4 Actions collectives et développement social local"
    )
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Les activités inconnues ont maintenant leur correspondance")).to_be_visible()
    page.get_by_role("button", name="Relire les fichiers refusés").click()
    ended(page)
    expect(page.get_by_role("status")).to_contain_text("2 fichiers refusés sur 4")
    for name in (second, third):
        expect(page.get_by_role("row").filter(has_text=name)).to_contain_text("accepté")

    page.get_by_role("link", name="Envoyer des fichiers corrigés").click()
    page.get_by_label("Classeurs à envoyer").set_input_files(LONGWY[0])
    page.get_by_role("button", name="Envoyer", exact=True).click()
    ended(page)
    expect(page.get_by_role("status")).to_contain_text("Le fichier est entré.")
    menu(page, "Campagnes")
    seen(page, "responsable-avancement")
    table = page.get_by_role("table", name="Relevés attendus et reçus")
    expect(table.get_by_role("row").filter(has_text="Longwy")).to_have_count(3)
    assert "Briey" not in table.inner_text()
    page.context.close()


def test_a_manager_reads_her_own_territory_and_no_other(there: Place):
    page = there.enter("responsable.longwy")
    menu(page, "Résultats")
    seen(page, "responsable-resultats")
    page.get_by_role("link", name=SCENARIO).click()
    seen(page, "responsable-scenario")
    page.get_by_role("link", name="Longwy", exact=True).click()
    seen(page, "responsable-territoire", picture="web-territoire")
    address = page.url
    page.get_by_role("definition").filter(has_text="Pourquoi ?").last.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("postes à Longwy ?")
    seen(page, "responsable-pourquoi")

    answer = page.goto(address.replace("longwy", "briey"))
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text("Votre compte ne donne pas accès à cette page.")).to_be_visible()
    seen(page, "responsable-refusee")
    page.context.close()


# ---------------------------------------------------------------- the HR direction


def test_the_direction_builds_compares_shares_and_publishes(there: Place):
    page = there.enter("drh")
    seen(page, "direction-accueil", picture="web-direction-accueil")
    menu(page, "Données")
    page.get_by_role("link", name="Indicateurs et leur couverture").click()
    expect(page.get_by_role("columnheader", name="Communes publiées")).to_be_visible()
    seen(page, "direction-indicateurs", picture="web-indicateurs")
    menu(page, "Données")
    page.get_by_role("link", name="Registre des postes").click()
    expect(page.get_by_role("table").first.get_by_role("row").filter(has_text="Longwy")).to_be_visible()
    seen(page, "direction-postes")
    menu(page, "Résultats")
    page.get_by_role("link", name=SCENARIO).click()
    seen(page, "direction-scenario", picture="web-scenario")
    page.get_by_role("link", name="Ce que pèse chaque indicateur").click()
    expect(page.get_by_role("heading", name="Le calcul tient-il ?")).to_be_visible()
    seen(page, "direction-poids")

    menu(page, "Construire")
    seen(page, "direction-construire", picture="web-construire", whole=True)
    page.get_by_label("Titre du scénario").fill("Essai à un poste")
    page.get_by_label("Déplacement maximal (postes)").fill("un seul")
    page.get_by_role("button", name="Calculer et garder en brouillon").click()
    expect(page.get_by_role("alert")).to_contain_text("« un seul » n’est pas un nombre.")
    expect(page.get_by_label("Titre du scénario")).to_have_value("Essai à un poste")
    expect(page.get_by_label("Déplacement maximal (postes)")).to_have_value("un seul")
    expect(page.get_by_label("Déplacement maximal (postes)")).to_have_attribute("aria-invalid", "true")
    seen(page, "direction-nombre-faux")
    page.get_by_label("Déplacement maximal (postes)").fill("-1")
    page.get_by_role("button", name="Calculer et garder en brouillon").click()
    expect(page.get_by_role("alert")).to_contain_text("deplacement_maximal")
    expect(page.get_by_label("Déplacement maximal (postes)")).to_have_value("-1")

    page.get_by_label("Déplacement maximal (postes)").fill("1")
    page.get_by_label("Les postes vont par").select_option(label="postes entiers")
    page.get_by_label("Activité ou domaine").first.select_option(label="Aides financières : instruction")
    page.get_by_label("De", exact=True).first.select_option("ASS")
    page.get_by_label("Vers", exact=True).first.select_option("CESF")
    page.get_by_label("Part (%)").first.fill("30")
    page.get_by_label("100 tirages (pour essayer)").check()
    page.get_by_role("button", name="Calculer et garder en brouillon").click()
    expect(page.locator("progress")).to_be_visible()
    seen(page, "direction-calcul", picture="web-calcul")
    first = page.url
    menu(page, "Construire")  # the work goes on
    page.get_by_label("Titre du scénario").fill("Par dixièmes")
    page.get_by_label("Les postes vont par").select_option(label="dixièmes de poste")
    page.get_by_label("100 tirages (pour essayer)").check()
    page.get_by_role("button", name="Calculer et garder en brouillon").click()
    ended(page)
    expect(page.get_by_role("status")).to_contain_text("gardé en brouillon")
    page.goto(first)
    ended(page)
    expect(page.get_by_role("status")).to_contain_text("gardé en brouillon")
    seen(page, "direction-calcule")
    page.get_by_role("link", name="Voir le résultat").click()
    seen(page, "direction-brouillon")
    moves = page.get_by_role("table").first.locator("tbody tr td:nth-child(7)").all_inner_texts()
    assert len(moves) == 6
    assert all(abs(float(text.replace("=", "0").replace("−", "-").replace(",", "."))) <= 1 for text in moves), moves

    menu(page, "Résultats")
    for title in (SCENARIO, "Essai à un poste", "Par dixièmes"):
        page.get_by_label(f"Comparer {title}", exact=True).check()
    page.get_by_role("button", name="Comparer les scénarios cochés").click()
    expect(page.get_by_role("table").get_by_role("columnheader")).to_have_count(5)
    seen(page, "direction-comparer", picture="web-comparer", whole=True)

    page.get_by_role("table").get_by_role("link", name="Essai à un poste").click()
    page.get_by_role("link", name="Partager ou publier").click()
    expect(page.get_by_text(re.compile(r"tables ; \d+ cases masquées"))).to_be_visible()
    page.get_by_text("Table par table", exact=True).click()
    seen(page, "direction-ouvrir", picture="web-publier")
    draft = page.url
    page.get_by_role("button", name="Partager", exact=True).click()
    ended(page)
    expect(page.get_by_role("status")).to_contain_text("partagé avec la direction")

    page.get_by_role("link", name="Partager ou publier").click()
    assert page.url == draft
    page.get_by_role("button", name="Publier", exact=True).click()  # without the tick: the browser holds it back
    assert page.url == draft
    page.get_by_label("J’ai compris que c’est définitif").check()
    page.get_by_role("button", name="Publier", exact=True).click()
    ended(page)
    expect(page.get_by_role("status")).to_contain_text("publié : tout le monde le voit")
    page.context.close()

    for login in ("syndicat", "responsable.longwy"):
        other = there.enter(login)
        menu(other, "Résultats")
        expect(other.get_by_role("link", name="Essai à un poste")).to_be_visible()
        expect(other.get_by_role("link", name="Par dixièmes")).to_have_count(0)
        other.context.close()


def test_rules_that_cannot_hold_together_are_said(there: Place):
    page = there.enter("drh")
    menu(page, "Construire")
    page.get_by_label("Titre du scénario").fill("Impossible")
    page.get_by_label("Présence minimale (postes)").fill("200")
    page.get_by_label("100 tirages (pour essayer)").check()
    page.get_by_role("button", name="Voir seulement ce qui serait montré ou masqué").click()
    ended(page)
    expect(page.get_by_role("alert")).to_contain_text("Pour que tout tienne")
    seen(page, "direction-impossible")
    page.get_by_role("link", name="Changer les choix").click()
    expect(page.get_by_label("Titre du scénario")).to_have_value("Impossible")
    expect(page.get_by_label("Présence minimale (postes)")).to_have_value("200")
    page.context.close()


# ---------------------------------------------------------------- the staff representatives


def test_the_representatives_ask_why_try_object_and_take_the_evidence(there: Place, tmp_path: Path):
    page = there.enter("syndicat")
    seen(page, "representants-accueil", picture="web-representants-accueil")
    menu(page, "Résultats")
    page.get_by_role("link", name=SCENARIO).click()
    page.get_by_role("link", name="Longwy", exact=True).click()
    seen(page, "representants-territoire")
    page.get_by_role("definition").first.get_by_role("link", name="Pourquoi ?").click()
    expect(page.get_by_role("table", name="Ce dont le besoin est fait")).to_be_visible()
    seen(page, "representants-besoin", picture="web-pourquoi-besoin")
    page.get_by_role("table").get_by_role("link", name="Pourquoi ?").nth(1).click()
    for part in ("Le calcul", "Son poids", "Les relevés et les fichiers"):
        expect(page.get_by_role("heading", name=part, exact=True)).to_be_visible()
    expect(page.get_by_text("Relevés de temps de la mission")).to_be_visible()
    assert re.search(r"\b[0-9a-f]{64}\b", page.get_by_role("main").inner_text())
    seen(page, "representants-pourquoi", picture="web-pourquoi-indicateur")

    page.get_by_label("Votre objection").fill("Ce comptage date d’avant l’ouverture du foyer : il manque une rue.")
    page.get_by_role("button", name="Déposer l’objection").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sans réponse")
    expect(page.get_by_text(re.compile(r"Il disait : .+ : [+−]?\d+,\d{4}$"))).to_be_visible()
    seen(page, "representants-objection")
    objection = page.url

    page.get_by_role("link", name="le chiffre contesté").click()
    page.get_by_role("link", name="Essayer un autre poids").click()
    assert urlsplit(page.url).fragment.startswith("poids-")
    page.get_by_label("Nom de l’essai").fill("Plus pour le RMI")
    page.get_by_label("Minutes à essayer, Allocataires du RMI").fill("beaucoup")
    page.get_by_role("button", name="Recalculer").click()
    expect(page.get_by_role("alert")).to_contain_text("« Allocataires du RMI » : « beaucoup » n’est pas un nombre.")
    expect(page.get_by_label("Nom de l’essai")).to_have_value("Plus pour le RMI")
    page.get_by_label("Minutes à essayer, Allocataires du RMI").fill("250")
    page.get_by_label("Les postes vont par").select_option(label="postes entiers")
    page.get_by_label("Déplacement maximal (postes)").fill("3")
    page.get_by_role("button", name="Recalculer").click()
    result = page.get_by_role("table", name="publié, et avec vos choix")
    expect(result.get_by_role("row").filter(has_text="Longwy")).to_be_visible()
    seen(page, "representants-essai", picture="web-essayer")
    page.get_by_label("Pourquoi ces choix sont meilleurs").fill("Le suivi du RMI est sous-compté : voir les relevés.")
    page.get_by_role("button", name="Déposer la contre-proposition").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Contre-proposition")
    expect(page.get_by_role("heading", name="Les choix proposés")).to_be_visible()
    seen(page, "representants-contre-proposition")

    direction = there.enter("drh")
    menu(direction, "Objections")
    direction.get_by_role("link", name=re.compile("^Objection n°")).first.click()
    direction.get_by_label("Répondre").fill("Exact : la rue sera ajoutée au prochain envoi des indicateurs.")
    direction.get_by_label("Suite donnée").select_option(label="accepté")
    direction.get_by_role("button", name="Envoyer la réponse").click()
    seen(direction, "direction-reponse", picture="web-objection")
    direction.context.close()

    menu(page, "Objections")
    seen(page, "representants-objections")
    page.get_by_role("link", name=re.compile("^Objection n°")).first.click()
    assert page.url == objection
    expect(page.get_by_text("la rue sera ajoutée")).to_be_visible()

    menu(page, "Résultats")
    page.get_by_role("link", name=SCENARIO).click()
    page.get_by_role("link", name="Dossier et preuves").click()
    seen(page, "representants-preuves", picture="web-preuves")
    for name, start in (("PDF", b"%PDF"), ("Excel", b"PK"), ("Zip", b"PK")):
        path = tmp_path / f"preuves-{name}"
        taken(page, name).save_as(path)
        assert path.read_bytes().startswith(start)
        assert path.stat().st_size > 20_000
    said = page.locator(".formula code").inner_text()
    fingerprint = re.search(r'--fingerprint "([^"]+)"', said)
    assert fingerprint is not None
    command = [
        sys.executable,
        "-m",
        "workload.cli",
        "verify",
        str(tmp_path / "preuves-Zip"),
        "--fingerprint",
        fingerprint[1],
    ]
    verdict = subprocess.run(command, capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert "dentique" in verdict.stdout
    page.context.close()


# ---------------------------------------------------------------- the administration


def test_the_administration_makes_an_account_and_watches(there: Place):
    page = there.enter("admin")
    seen(page, "administration-accueil")
    menu(page, "Comptes")
    page.get_by_label("Identifiant").fill("c.martin")
    page.get_by_label("Nom", exact=True).fill("Claire Martin")
    page.get_by_label("Rôle").select_option(label="Responsable de territoire")
    page.get_by_label("Territoire d’un responsable").fill("longwy")
    seen(page, "administration-comptes", picture="web-comptes")
    page.get_by_role("button", name="Créer le compte").click()
    given = page.locator(".secret").inner_text()
    seen(page, "administration-compte", picture="web-compte-cree")

    person = there.enter("c.martin", given)
    expect(person.get_by_text("Choisissez maintenant votre propre mot de passe")).to_be_visible()
    seen(person, "premiere-connexion", picture="web-premiere-connexion")
    menu(person, "Résultats")  # nothing else is open before
    expect(person.get_by_role("heading", level=1)).to_have_text("Mon compte")
    person.get_by_label("Mot de passe actuel").fill(given)
    person.get_by_label("Nouveau mot de passe", exact=True).fill("une phrase bien à elle")
    person.get_by_label("Nouveau mot de passe, une seconde fois").fill("une phrase bien à elle")
    person.get_by_role("button", name="Changer le mot de passe").click()
    expect(person.get_by_role("heading", level=1)).to_have_text("Bonjour Claire Martin")

    menu(page, "Sessions")
    expect(page.get_by_role("row").filter(has_text="c.martin")).to_be_visible()
    seen(page, "administration-sessions")
    menu(page, "Comptes")
    page.get_by_role("link", name="c.martin").click()
    page.get_by_label("Rôle").select_option(label="Représentants du personnel")
    page.get_by_label("Territoire d’un responsable").fill("")
    page.get_by_role("button", name="Enregistrer").click()
    menu(person, "Résultats")
    expect(person.get_by_role("heading", level=1)).to_have_text("Connexion")
    person.context.close()

    menu(page, "Journal")
    for action in ("account_made", "password_changed", "account_changed"):
        expect(page.get_by_role("row").filter(has_text="c.martin").filter(has_text=action).first).to_be_visible()
    page.get_by_role("button", name="Vérifier la chaîne").click()
    expect(page.get_by_role("status")).to_have_text("La chaîne est intacte.")
    seen(page, "administration-journal", picture="web-journal")
    menu(page, "Santé du service")
    expect(page.get_by_text("Tout va bien.")).to_be_visible()
    seen(page, "administration-sante", picture="web-sante")
    menu(page, "Conservation")
    seen(page, "administration-conservation")
    page.context.close()


# ---------------------------------------------------------------- everybody


def reach(page: Page, name: str, most: int = 80) -> None:
    """Tab until the focus is on what is called so; each stop is visible."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
                return [(e.labels?.[0]?.textContent || e.getAttribute('aria-label') || e.textContent || '').trim(),
                    s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 && b.width > 0 && b.left >= 0]; }"""
        )
        assert found[1], f"focus not visible on {found[0]!r}"
        if found[0].startswith(name):
            return
    raise AssertionError(f"{name!r} not reached by Tab")


def test_the_keyboard_alone_leads_to_a_why(there: Place):
    page = there.context().new_page()
    page.goto(there.address)
    reach(page, "Aller au contenu", 1)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    reach(page, "Identifiant", 2)
    page.keyboard.type("syndicat")
    reach(page, "Mot de passe", 1)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bonjour")
    for name in ("Résultats", SCENARIO, "Longwy", "Pourquoi ?"):
        reach(page, name)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pourquoi un besoin")
    page.context.close()


def shape(path: str) -> str:
    """Pages of one kind are looked over once."""
    for pattern, kind in (
        (r"^/resultats/[^/]+/[^/]+", "/resultats/S"),
        (r"/territoires/[^/]+", "/territoires/T"),
        (r"/pourquoi/[^/]+/[^/]+/\d+", "/pourquoi/N"),
        (r"/pourquoi/[^/]+/[^/]+", "/pourquoi"),
        (r"^/(taches|objections)/.+", r"/\1/N"),
        (r"/comptes/\d+", "/comptes/N"),
    ):
        path = re.sub(pattern, kind, path)
    return path


NOT_PAGES = re.compile(r"/preuves/.|/modeles|/copie$|^/static|^/api/v1|^/tableaux/entrer")


@pytest.mark.parametrize("login", ["responsable.longwy", "drh", "syndicat", "admin"])
def test_every_page_that_links_lead_to_is_fit_for_everybody(there: Place, login: str):
    """No fault that axe knows of, wide and narrow; English on the way for one of them."""
    page = there.enter(login)
    if login == "syndicat":
        page.get_by_role("button", name="English").click()
    todo, done, found = ["/"], set[str](), list[str]()
    while todo:
        path = todo.pop(0)
        if shape(urlsplit(path).path) in done or NOT_PAGES.search(urlsplit(path).path):
            continue
        done.add(shape(urlsplit(path).path))
        answer = page.goto(there.address + path)
        assert answer is not None
        assert answer.status == 200, path
        found += faults(page, wide=False)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        todo += [link.removeprefix(there.address) for link in links if link.startswith(there.address + "/")]
    if login == "syndicat":
        page.get_by_role("button", name="Français").click()
    assert found == []
    assert len(done) > 10
    page.context.close()
