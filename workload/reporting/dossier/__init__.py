"""The dossier that justifies a scenario, as a web page and as a PDF, from the scenario's sheet and nothing else."""

from workload.reporting.dossier.html import write_dossier_html
from workload.reporting.dossier.model import DossierView
from workload.reporting.dossier.pdf import write_dossier_pdf
from workload.reporting.dossier.view import dossier_view

__all__ = ["DossierView", "dossier_view", "write_dossier_html", "write_dossier_pdf"]
