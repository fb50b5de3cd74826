"""The evidence file of a scenario: one zip that holds every published figure, what it takes to compute them again, and
a signature; and its verification, which needs no database and no network.

    write_evidence(sheet, study_tables(engine, sheet), signer_of(data_dir), path)
    verify_evidence(path)                 # what is not as it was, or not as it computes; nothing when identical
"""

from workload.reporting.evidence_file.members import study_tables
from workload.reporting.evidence_file.signing import Signer, fingerprint_of, signer_of
from workload.reporting.evidence_file.verification import Finding, Verification, verify_evidence
from workload.reporting.evidence_file.writing import write_evidence

__all__ = [
    "Finding",
    "Signer",
    "Verification",
    "fingerprint_of",
    "signer_of",
    "study_tables",
    "verify_evidence",
    "write_evidence",
]
