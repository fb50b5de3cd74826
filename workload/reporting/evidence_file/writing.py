"""Writing an evidence file: members, manifest, signature. Same sheet, tables and key: same bytes."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from workload.errors import RequestError
from workload.reporting.evidence_file.container import write_container
from workload.reporting.evidence_file.members import MANIFEST, head_of, members_of, plain_json
from workload.reporting.evidence_file.signing import Signer
from workload.store.scenario_sheets import Row, Sheet

FORMAT, KIND, ALGORITHM = 1, "workload evidence", "Ed25519"


def write_evidence(sheet: Sheet, published: Mapping[str, Sequence[Row]], signer: Signer, path: Path) -> None:
    """Writes the zip, complete or not at all. published: `study_tables`.

    Raises RequestError where it cannot be written.
    """
    members = members_of(sheet, published, signer.fingerprint)
    manifest = signed_manifest(head_of(sheet), members, signer)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                write_container({MANIFEST: manifest, **members}, file)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RequestError("evidence_unwritable", path=path, reason=error.strerror or type(error).__name__) from error


def signed_manifest(head: Mapping[str, Any], members: Mapping[str, bytes], signer: Signer) -> bytes:
    document = {
        **head,
        "format": FORMAT,
        "kind": KIND,
        "algorithm": ALGORITHM,
        "public_key": signer.public.hex(),
        "fingerprint": signer.fingerprint,
        "members": [
            {"name": name, "bytes": len(content), "sha256": sha256(content).hexdigest()}
            for name, content in members.items()
        ],
    }
    return plain_json({**document, "signature": signer.sign(plain_json(document)).hex()})
