"""A checkpoint's tokenizer as a `tokenizers.Tokenizer`, from the files that are present."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tokenizers

from likewise.checkpoint.config import Config
from likewise.errors import DamagedFileError, UnsupportedModelError

_SENTENCEPIECE = ("sentencepiece.bpe.model", "spiece.model", "spm.model", "tokenizer.model")
"""SentencePiece's files, which transformers converts into tokenizer.json."""


def read_backend(folder: Path, settings: dict[str, Any]) -> tokenizers.Tokenizer:
    """The tokenizer of a checkpoint.

    It is read from `tokenizer.json`, else `vocab.txt` (WordPiece), else `vocab.json` and
    `merges.txt` (byte pair encoding).

    Args:
        folder: of the checkpoint.
        settings: the content of `tokenizer_config.json`.

    Raises:
        DamagedFileError: its files are missing or damaged.
        UnsupportedModelError: it is in SentencePiece's own format only.
    """
    path, vocabulary = folder / "tokenizer.json", folder / "vocab.txt"
    if path.exists():
        try:
            return tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing narrower
            raise DamagedFileError(
                f"{path} cannot be read as a tokenizer: {error}",
                hint="download the checkpoint again",
            ) from error
    if vocabulary.exists():
        try:
            return _wordpiece(vocabulary, settings)
        except Exception as error:  # the library raises nothing narrower
            raise DamagedFileError(
                f"{vocabulary} cannot be read as a vocabulary: {error}",
                hint="download the checkpoint again",
            ) from error
    if (folder / "vocab.json").exists() and (folder / "merges.txt").exists():
        return _byte_level_bpe(folder, settings)
    if sentencepiece := next((name for name in _SENTENCEPIECE if (folder / name).exists()), None):
        raise UnsupportedModelError(
            f"{folder} has no tokenizer.json, and {sentencepiece} alone is not supported",
            hint="create it: transformers.AutoTokenizer.from_pretrained(folder)"
            ".save_pretrained(folder), or download the checkpoint's tokenizer.json",
        )
    raise DamagedFileError(
        f"{folder} has neither tokenizer.json nor vocab.txt",
        hint="the checkpoint is incomplete; download it again",
    )


def read_pad_id(config: Config, settings: dict[str, Any], backend: tokenizers.Tokenizer) -> int:
    """The id of the padding token, by its spelling or from config.json."""
    pad_id = backend.token_to_id(_content(settings, "pad_token", "[PAD]"))
    return int(config.network.get("pad_token_id") or 0) if pad_id is None else int(pad_id)


def _byte_level_bpe(folder: Path, settings: dict[str, Any]) -> tokenizers.Tokenizer:
    """RoBERTa's tokenizer, from the files that preceded tokenizer.json."""
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    first, last = (_content(settings, "cls_token", "<s>"), _content(settings, "sep_token", "</s>"))
    prefix_space = bool(settings.get("add_prefix_space", False))
    try:
        model = tokenizers.models.BPE.from_file(str(vocabulary), str(merges))
        backend = tokenizers.Tokenizer(model)
        special = {first, last} | {
            _content(settings, f"{name}_token", default)
            for name, default in (("pad", "<pad>"), ("unk", "<unk>"), ("mask", "<mask>"))
        }
        ids = backend.get_vocab()
        backend.add_special_tokens(sorted(special & set(ids)))
        backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
        backend.post_processor = tokenizers.processors.RobertaProcessing(
            (last, ids[last]),
            (first, ids[first]),
            add_prefix_space=prefix_space,
        )
    except Exception as error:  # the library raises nothing narrower
        raise DamagedFileError(
            f"{vocabulary} and {merges.name} cannot be read as a tokenizer: {error}",
            hint="download the checkpoint again",
        ) from error
    return backend


def _content(settings: dict[str, Any], name: str, default: str) -> str:
    """The spelling of a special token; its setting is a string or an object."""
    token = settings.get(name) or default
    return str(token["content"] if isinstance(token, dict) else token)


def _wordpiece(vocabulary: Path, settings: dict[str, Any]) -> tokenizers.Tokenizer:
    from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

    wordpiece = BertWordPieceTokenizer(
        str(vocabulary),
        lowercase=bool(settings.get("do_lower_case", True)),
        strip_accents=settings.get("strip_accents"),
        handle_chinese_chars=bool(settings.get("tokenize_chinese_chars", True)),
    )
    return tokenizers.Tokenizer.from_str(wordpiece.to_str())
