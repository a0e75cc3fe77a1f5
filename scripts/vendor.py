"""Copy the libraries of the workspace from npm into `src/likewise/web/workspace/vendor/`.

    python scripts/vendor.py

Needs npm. The files are checked in: nobody who installs the project needs this. Imports between
them are made relative, since the page has no import map; nothing else is changed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src/likewise/web/workspace/vendor"


@dataclass(frozen=True)
class Library:
    """One file of a package.

    Attributes:
        file: its name here.
        package: on npm.
        version: exactly.
        path: in the package.
        licence: of the package.
    """

    file: str
    package: str
    version: str
    path: str
    licence: str


LIBRARIES = (
    Library("preact.js", "preact", "10.29.8", "dist/preact.module.js", "MIT"),
    Library("hooks.js", "preact", "10.29.8", "hooks/dist/hooks.module.js", "MIT"),
    Library("signals-core.js", "@preact/signals-core", "1.14.5", "dist/signals-core.module.js",
            "MIT"),
    Library("signals.js", "@preact/signals", "2.11.4", "dist/signals.module.js", "MIT"),
    Library("htm.js", "htm", "3.1.1", "dist/htm.module.js", "Apache-2.0"),
)  # fmt: skip

RELATIVE = {
    "preact": "./preact.js",
    "preact/hooks": "./hooks.js",
    "@preact/signals-core": "./signals-core.js",
}


def main() -> None:
    """Write the files, their licences and the table of versions."""
    with tempfile.TemporaryDirectory() as folder:
        for library in LIBRARIES:
            package = unpacked(library, Path(folder))
            text = (package / library.path).read_text("utf-8")
            for name, relative in RELATIVE.items():
                text = re.sub(rf"""(from|import)(\s*)["']{re.escape(name)}["']""",
                              rf'\1\2"{relative}"', text)  # fmt: skip
            text = re.sub(r"\n?//# sourceMappingURL=.*", "", text).strip()
            head = f"/*! {library.package} {library.version}, {library.licence} */\n"
            (TARGET / library.file).write_text(head + text + "\n", "utf-8")
            licence = (package / "LICENSE").read_text("utf-8")
            name = library.package.replace("@", "").replace("/", "-")
            (TARGET / f"LICENSE.{name}").write_text(licence, "utf-8")
    sys.stderr.write(f"wrote {len(LIBRARIES)} libraries to {TARGET}\n")


def unpacked(library: Library, folder: Path) -> Path:
    """The package's files, fetched by npm, which checks them."""
    target = folder / f"{library.package.replace('/', '-')}-{library.version}"
    if not target.exists():
        done = subprocess.run(
            ["npm", "pack", "--json", "--silent", f"{library.package}@{library.version}"],
            cwd=folder, check=True, capture_output=True, text=True,
        )  # fmt: skip
        with tarfile.open(folder / json.loads(done.stdout)[0]["filename"]) as archive:
            archive.extractall(target, filter="data")
    package = target / "package"
    declared = json.loads((package / "package.json").read_text("utf-8"))
    if declared["version"] != library.version or declared["license"] != library.licence:
        raise SystemExit(f"{library.package} is not what the table says")
    return package


if __name__ == "__main__":
    main()
