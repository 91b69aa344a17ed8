"""The bill of materials of what runs, as CycloneDX 1.6 JSON: every package of the hashed lock, with its hashes.

`make sbom` prints it. It says what the lock says and asks no registry: no licences, and nothing of the machine.
"""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

PROJECT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)(?: ; ([^\\]+?))?(?: \\)?$")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill(lock: str, *, version: str) -> dict[str, Any]:
    """The same lock gives the same document, to the byte. Raises ValueError for a line it cannot read."""
    components: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if found := HASH.search(line):
            components[-1]["hashes"].append({"alg": "SHA-256", "content": found[1]})
        elif found := PINNED.match(line):
            name, pinned, only_where = found.groups()
            one: dict[str, Any] = {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{pinned}",
                "name": name,
                "version": pinned,
                "purl": f"pkg:pypi/{name}@{pinned}",
                "hashes": [],
            }
            if only_where:
                one["properties"] = [{"name": "amble:only-where", "value": only_where}]
            components.append(one)
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"This line of the lock is no package and no hash: {line}")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, lock)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "amble", "version": version}},
        "components": components,
    }


if __name__ == "__main__":
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    made = bill((PROJECT / "requirements.txt").read_text(), version=project["version"])
    json.dump(made, sys.stdout, indent=2)
    print()
