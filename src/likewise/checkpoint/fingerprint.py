"""The fingerprint of a checkpoint: a hash of everything that determines its vectors."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from likewise.checkpoint.config import Config
from likewise.checkpoint.weights import weight_files
from likewise.hub.verification import file_hash

_TOKENIZER_FILES = (
    "tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model",
)  # fmt: skip


def fingerprint(config: Config, *settings: object) -> str:
    """Hash of weights, tokenizer, network, modules and any further settings: 32 hex digits.

    It does not depend on paths: a copy of the files has the same fingerprint.

    Raises:
        DamagedFileError: the weights are missing.
    """
    digest = hashlib.sha256()
    for path in _files(config):
        digest.update(file_hash(path).encode())
    digest.update(json.dumps(dict(config.network), sort_keys=True).encode())
    modules = str(config.modules).replace(str(config.folder), "")
    for part in (modules, config.max_tokens, config.lowercase, *settings):
        digest.update(f"|{part}".encode())
    return digest.hexdigest()[:32]


def _files(config: Config) -> list[Path]:
    tokenizer = [config.folder / name for name in _TOKENIZER_FILES]
    module_folders = [getattr(module, "folder", None) for module in config.modules]
    return [
        *weight_files(config.folder),
        *(path for path in tokenizer if path.exists()),
        *(path for folder in module_folders if folder for path in weight_files(folder)),
    ]
