"""What tests share: the real model, the library that published it, tiny checkpoints, real data."""

from __future__ import annotations

import os
import random
import shutil
import signal
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise.hub.catalog import DEFAULT
from likewise.hub.locate import find_local
from tests.loopback_s3 import new_bucket, s3_server

# started in the background, a shell has interrupts ignored, here and in every child process
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# side by side on two cores, threads that wait for each other in a loop take ten times as long
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def skip_unless_ci(what: str) -> NoReturn:
    """Skip a test for which something is not installed; in CI, where all is, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI must have it")
    pytest.skip(what)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache and one folder of models for all tests, separate from the user's own."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # shared by the workers
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIKEWISE_CACHE", str(base / "cache-of-this-run"))
        patch.setenv("LIKEWISE_MODELS", str(tmp_path_factory.getbasetemp() / "models"))
        yield


# the real model and its oracle


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """The files of all-MiniLM-L6-v2."""
    location = find_local(DEFAULT)
    if location is None:
        skip_unless_ci(f"{DEFAULT} is not on this machine (make run downloads it)")
    return location.folder


@pytest.fixture(scope="session")
def other_model_folder(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that is not the default one: its word embeddings are disturbed by random numbers."""
    from safetensors.numpy import load_file, save_file

    folder = tmp_path_factory.mktemp("models") / "disturbed"
    shutil.copytree(model_folder, folder)
    weights = load_file(folder / "model.safetensors")
    name = next(each for each in weights if each.endswith("word_embeddings.weight"))
    noise = np.random.default_rng(0).standard_normal(weights[name].shape)
    disturbed = weights[name] + 1.5 * weights[name].std() * noise
    save_file({**weights, name: disturbed.astype(np.float32)}, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of an S3 server."""
    pytest.importorskip("moto")
    with s3_server() as address:
        yield address


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The variables of an Azure server."""
    pytest.importorskip("pyarrow")
    from tests.loopback_providers import azure_server

    with azure_server(tmp_path_factory.mktemp("azurite")) as variables:
        yield variables


@pytest.fixture(params=["s3", "az"])
def object_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty store on S3 and on Azure, with the variables that the guide names."""
    name = request.node.name
    if request.param == "s3":
        return (
            f"s3://{new_bucket(request.getfixturevalue('server'), name, monkeypatch)}/some/prefix"
        )
    variables = request.getfixturevalue("azure")
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    return f"az://texts/{name.partition('[')[0]}"


@pytest.fixture(scope="session")
def encoder(model_folder: Path) -> likewise.Encoder:
    """all-MiniLM-L6-v2 in float32."""
    return likewise.load(model_folder, compute="float32")


@pytest.fixture(scope="session")
def encoder_bfloat16(model_folder: Path) -> likewise.Encoder:
    """all-MiniLM-L6-v2 in bfloat16, where the processor has it."""
    from likewise.engine.openvino.timing import supports_bfloat16

    if not supports_bfloat16():
        pytest.skip("this processor does not multiply bfloat16")
    return likewise.load(model_folder, compute="bfloat16")


@pytest.fixture(scope="session")
def encoder_int8(model_folder: Path) -> likewise.Encoder:
    """all-MiniLM-L6-v2 in int8 on OpenVINO; its graph is made once a run."""
    try:
        import nncf  # noqa: F401
    except ImportError:
        skip_unless_ci("nncf is not installed")
    return likewise.load(model_folder, compute="int8", runtime="openvino")


@pytest.fixture(scope="session")
def sentence_transformer() -> Callable[[Path], Any]:
    """Loads a folder with sentence-transformers, on the CPU, in float32."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        skip_unless_ci("sentence-transformers is not installed")

    def open_folder(folder: Path) -> Any:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    return open_folder


@pytest.fixture(scope="session")
def oracle(sentence_transformer: Callable[[Path], Any], model_folder: Path) -> Any:
    """all-MiniLM-L6-v2 as sentence-transformers runs it."""
    return sentence_transformer(model_folder)


@pytest.fixture(scope="session")
def oracle_vectors(oracle: Any, varied_texts: list[str]) -> NDArray[np.float32]:
    """The oracle's embeddings of `varied_texts`: float32 `[500, 384]`."""
    return np.asarray(oracle.encode(varied_texts, batch_size=32), dtype=np.float32)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real evaluation data, where it is beside the project."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not beside the project")
    return folder


# texts

WORDS = {
    "English": "the quick brown fox jumps over a lazy dog while scientists measure ocean currents, "
    "don't they? naïve café owners re-open at 7:30 p.m. for $12.50 unbelievably "
    "Constantinople internationalization COVID-19 e.g. rock'n'roll",
    "Chinese": "今天 天气 很 好 ，我们 一起 去 公园 散步 吧 。 机器 学习 模型 龘 㐀 漢字 東京",
    "Japanese": "彼 は 食べ物 を 食べている 。 カタカナ ﾊﾝｶｸ ひらがな プログラミング が 好き です",
    "Arabic": "السلام عليكم كيف حالك اليوم؟ القِطَّةُ تَنامُ على السرير ١٢٣",
    "Hebrew": "שלום עולם מה שלומך היום הַיֶּלֶד",
    "Hindi": "नमस्ते दुनिया आज मौसम अच्छा है क्या आप खाना खा रहे हैं क्षत्रिय १२३",
    "Thai": "สวัสดีชาวโลก วันนี้อากาศดีมาก ฉันกำลังกินข้าว ๑๒๓",
    "Russian": "съешь ещё этих мягких французских булок да выпей чаю Ёлка",
    "Korean": "안녕하세요 세계 오늘 날씨가 좋네요",
    "Greek": "Καλημέρα κόσμε ΟΔΥΣΣΕΥΣ τί κάνεις;",
    "Turkish": "İstanbul'da ışıklar ığdır şöyle güzel",
    "Vietnamese": unicodedata.normalize("NFD", "Hôm nay trời đẹp quá đường phố"),
    "Emoji": "😀 👩‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️ 🏴‍☠️ ☃ 🤷",
    "Symbols": "∑ x² ≤ ½ → ∞ © ™ … — “quoted” «guillemets» ￥ ﬁ Å Ⅷ 𝒳 \\n "
    "<b> &amp; {} [CLS] [SEP] ##ing",
    "Noise": "a\u0301\u0323\u0300\u0308 \u200b \u200d \ufeff \u202eabc\u202c "
    "\u00a0 \u3000 \x00 \x01 \x1b[0m \x7f \x85 \ufffd \ue000 \U0010ffff",
}  # fmt: skip
EDGE_TEXTS = (
    "", " ", "\n\t \r\n", "\u3000\u00a0", "\x00", "\x00\x01\x02", "nul\x00inside",
    "\u200b", "\ufeff", "a", "?", "。", "\u0301", "e\u0301", "é", "[PAD]", "[MASK] [UNK]",
    "😀", "👩‍👩‍👧‍👦", "\U0010ffff", "ﷺ", "x" * 99, "x" * 101, "x" * 5000,
    "\n".join("line" for _ in range(99)), "\u202eevil\u202c",
    "word " * 253, "word " * 254, "word " * 255, "word " * 300, "我" * 400,
)  # fmt: skip


def make_varied_texts(count: int, seed: int) -> list[str]:
    """Different texts of 1 to some 400 tokens, in many scripts, one or several of them in each."""
    chance = random.Random(seed)
    texts = list(EDGE_TEXTS)
    while len(texts) < count:
        scripts = chance.sample(sorted(WORDS), k=chance.choice((1, 1, 1, 2, 4)))
        words = [word for script in scripts for word in WORDS[script].split(" ")]
        longest = chance.choice((4, 10, 10, 20, 20, 40, 80, 200))
        gap = chance.choice((" ", " ", " ", "", "  ", "\n"))
        texts.append(gap.join(chance.choices(words, k=chance.randint(1, longest))))
    chance.shuffle(texts)
    return texts


@pytest.fixture(scope="session")
def varied_texts() -> list[str]:
    """500 texts of every kind."""
    return make_varied_texts(500, seed=20)


# tiny checkpoints


def word_pieces(backend: Any, texts: Sequence[str], count: int) -> list[str]:
    """WordPiece's vocabulary of a few texts: every character, and the commonest parts of words.

    The library's own trainer breaks ties by chance: each run of it gives another vocabulary.
    """
    found: Counter[str] = Counter()
    for text in texts:
        normal = backend.normalizer.normalize_str(text)
        for word, _ in backend.pre_tokenizer.pre_tokenize_str(normal):
            for start in range(len(word)):
                for end in range(start + 1, min(start + 6, len(word)) + 1):
                    found["##" * (start > 0) + word[start:end]] += end - start
    single = sorted(piece for piece in found if len(piece.removeprefix("##")) == 1)
    longer = sorted(found.keys() - set(single), key=lambda piece: (-found[piece], piece))
    return [*single, *longer][:count]


def train_tokenizer(texts: Sequence[str], special_tokens: Sequence[str], vocabulary: int) -> Any:
    """A WordPiece tokenizer as BERT has it, learned from a few texts, the same in every run."""
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

    _, unknown, first, last, *_ = special_tokens
    backend = tokenizers.Tokenizer(models.WordPiece(unk_token=unknown))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    pieces = word_pieces(backend, texts, vocabulary - len(special_tokens))
    ids = {piece: number for number, piece in enumerate([*special_tokens, *pieces])}
    backend.model = models.WordPiece(vocab=ids, unk_token=unknown)
    backend.add_special_tokens(list(special_tokens))
    backend.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=[(token, ids[token]) for token in (first, last)]
    )
    return backend


@pytest.fixture
def tiny_checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """Makes small checkpoints of random weights, in the layout that sentence-transformers saves.

    `tiny_checkpoint(config=None, pooling="mean", after=(), max_tokens=64, name="tiny", seed=0,
    special_tokens=SPECIAL_TOKENS)`: `config` is a transformers config of any architecture (its
    `vocab_size` must be at least the tokenizer's 700; a small BERT where none is given), `pooling`
    one mode or several, `after` modules of sentence-transformers that follow it.
    """
    pytest.importorskip("sentence_transformers")

    def make(
        config: Any = None,
        *,
        pooling: str | Sequence[str] = "mean",
        after: Sequence[Any] = (),
        max_tokens: int = 64,
        name: str = "tiny",
        seed: int = 0,
        special_tokens: Sequence[str] = SPECIAL_TOKENS,
    ) -> Path:
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
        from transformers import AutoModel, PreTrainedTokenizerFast

        torch.manual_seed(seed)
        config = tiny_bert() if config is None else config
        network = AutoModel.from_config(config).eval()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for parameter in network.parameters():  # biases too, so that a missing one shows
                parameter.add_(torch.randn_like(parameter) * 0.1)
        texts = [text for words in WORDS.values() for text in words.split(" ")]
        names = dict(
            zip(("pad_token", "unk_token", "cls_token", "sep_token"), special_tokens, strict=False)
        )
        tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=train_tokenizer(texts, special_tokens, 700), **names
        )
        raw = tmp_path / f"{name}-network"
        network.save_pretrained(raw)
        tokenizer.save_pretrained(raw)
        transformer = Transformer(str(raw), max_seq_length=max_tokens)
        modes = pooling if isinstance(pooling, str) else tuple(pooling)
        modules = [transformer, Pooling(config.hidden_size, pooling_mode=modes), *after]
        folder = tmp_path / name
        SentenceTransformer(modules=modules, device="cpu").save(str(folder))
        return folder

    return make


def tiny_bert(**changes: Any) -> Any:
    """A BERT of two narrow layers."""
    from transformers import BertConfig

    settings = {
        "vocab_size": 700,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 128,
    }
    return BertConfig(**(settings | changes))


@pytest.fixture
def cross_encoder(tiny_checkpoint: Callable[..., Path], tmp_path: Path) -> Path:
    """A cross-encoder with random weights and the tokenizer of a tiny checkpoint."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tiny_checkpoint()
    torch.manual_seed(1)
    network = transformers.BertForSequenceClassification(tiny_bert(num_labels=1))
    for parameter in network.parameters():
        parameter.data += torch.randn_like(parameter) * 0.3
    network.save_pretrained(tmp_path / "cross")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "cross" / name).write_bytes((folder / name).read_bytes())
    return tmp_path / "cross"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No hub, as `HF_HUB_OFFLINE=1` has it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def unreadable() -> Iterator[Callable[[Path], Path]]:
    """Removes the permission to read a file or folder, until the test ends."""
    taken: list[Path] = []

    def take(path: Path) -> Path:
        if not hasattr(os, "geteuid") or os.geteuid() == 0:
            pytest.skip("this user may read every file")
        path.chmod(0)
        taken.append(path)
        return path

    yield take
    for path in taken:
        path.chmod(0o700)
