"""Texts to files of vectors: what comes out, how much memory it takes, what is used again."""

from __future__ import annotations

import csv
import gc
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise.errors import RecordError, TextError
from likewise.operations.rank import RankRequest, rank_vectors
from likewise.operations.session import CancelledError
from likewise.web.embedding import Embedding, VectorResult, embed
from likewise.web.encode import Statistics
from likewise.web.file_input import read_preview, texts_of
from likewise.web.find import CandidateCache
from likewise.web.job_runner import Job, JobSession
from likewise.web.messages import PageError, foreign_notice, job_notice
from likewise.web.registry import Choice, local_models
from likewise.web.texts import Texts
from likewise.web.translations import LANGUAGES, translations_for

MODELS = local_models()
CHOICE = Choice(compute="float32")


def session_of(job: Job) -> JobSession:
    return job.session(MODELS, lambda _: None)


def embedded(texts: Texts, job: Job | None = None, least: int = 1) -> Embedding:
    job = job or Job()
    return embed(session_of(job), job, CHOICE, texts, least=least)


def test_vectors_are_those_of_encode(encoder: likewise.Encoder, tmp_path: Path) -> None:
    texts = tuple(f"text number {i}" for i in range(1100))
    job = Job()
    found = embedded(Texts(texts), job)
    expected = encoder.encode(list(texts))
    np.testing.assert_allclose(np.concatenate(list(found.blocks())), expected, atol=1e-6)
    assert (job.done, job.total, found.count) == (1100, 1100, 1100)
    assert found.tokens == sum(count.kept for count in encoder.count_tokens(list(texts)))
    with pytest.raises(TextError) as caught:
        embedded(Texts((*texts, "\ud800")))
    assert caught.value.index == 1100, "the place among all texts"
    VectorResult(found).write(tmp_path / "v.csv")
    with (tmp_path / "v.csv").open(encoding="utf-8", newline="") as file:
        assert [row[0] for row in list(csv.reader(file))[1:]] == list(texts)
    folder = found.path.parent
    assert folder.exists()
    del found
    gc.collect()
    assert not folder.exists(), "it is deleted with the last reference"


def test_a_file_outlives_its_upload(model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title\n1,one\n2,two\n", "utf-8")
    found = embedded(texts_of(str(path), "", ""))
    path.unlink()
    assert [batch.texts for batch in found.batches()] == [["one", "two"]]


def test_stop_and_a_bad_row_leave_nothing(model_folder: Path, tmp_path: Path) -> None:
    def folders() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob("likewise-*"))

    before, job = folders(), Job()
    job.stop.set()
    with pytest.raises(CancelledError):
        embedded(Texts(("one", "two")), job)
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "fine"}\n{"text": 1}\n', "utf-8")
    with pytest.raises(RecordError, match="line 2"):
        embedded(texts_of(str(path), "", ""))
    with pytest.raises(PageError, match=r"failure\.few_texts"):
        embedded(Texts(("one",)), least=2)
    assert folders() <= before


def test_figures_block_by_block_are_those_of_the_whole() -> None:
    values = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    found = Statistics().with_block(values[:20]).with_block(values[20:])
    assert found.mean == pytest.approx(float(values.mean()), abs=1e-6)
    assert found.deviation == pytest.approx(float(values.std()), rel=1e-5)
    assert (found.minimum, found.maximum) == (values.min(), values.max())


def test_a_large_file_takes_little_memory(model_folder: Path, tmp_path: Path) -> None:
    """In a separate process, so that its memory can be measured; the vectors alone take 46 MB."""
    path = tmp_path / "many.csv"
    path.write_text("id,text\n" + "".join(f"{i},a b\n" for i in range(30_000)), "utf-8")
    code = (
        "import resource, sys\n"
        "from likewise.web.job_runner import Job\n"
        "from likewise.web.embedding import embed\n"
        "from likewise.web.file_input import texts_of\n"
        "from likewise.web.registry import Choice, local_models\n"
        "models, choice, job = local_models(), Choice(sys.argv[1], 'int8'), Job()\n"
        "encoder = models.get(choice.name, choice.compute)\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "encoder.encode(['a b'] * 8192)\n"
        "before = peak()\n"
        "session = job.session(models, lambda _: None)\n"
        "found = embed(session, job, choice, texts_of(sys.argv[2], '', ''))\n"
        "print(found.count, peak() - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(model_folder), str(path)],
        capture_output=True, encoding="utf-8", timeout=600, check=True,
    )  # fmt: skip
    count, megabytes = map(int, ran.stdout.split())
    assert count == 30_000
    assert megabytes < 30


def test_candidates_are_encoded_once(encoder: likewise.Encoder) -> None:
    candidates, texts = CandidateCache(limit=2), Texts(("It rains.", "A dog barks.", "Rain falls."))
    session = session_of(Job())
    first = candidates.of("page", session, CHOICE, texts)
    assert candidates.of("page", session, CHOICE, Texts(tuple(texts.texts))) is first
    assert candidates.of("other page", session, CHOICE, texts) is not first
    assert candidates.of("page", session, CHOICE, Texts(("other",))) is not first
    candidates.drop("page")
    for top_k in (1, 2, 3):
        asked = CHOICE.request(RankRequest, "wet", top_k=top_k)
        found = rank_vectors(asked, session, first).rows
        expected = encoder.rank("wet", list(texts.texts), top_k)
        assert [(row.line - 1, row.text) for row in found] == [
            (each.index, each.text) for each in expected
        ]
        np.testing.assert_allclose(
            [row.score for row in found], [each.score for each in expected], atol=1e-5
        )
    strict = CHOICE.request(RankRequest, "wet", top_k=3, threshold=2.0)
    none = rank_vectors(strict, session, first)
    assert (none.rows, none.total) == ((), 3)


def test_a_preview_has_column_and_encoding(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    rows = "编号,标题,内容\n1,天气,今天天气很好我们去公园散步\n2,新闻,股市下午大幅下跌引起关注\n"
    path.write_bytes(rows.encode("gb18030"))
    found = read_preview(str(path), "", "")
    assert found.encoding
    assert found.encoding.name == "gb18030"
    assert set(found.columns) == {"编号", "标题", "内容"}
    assert read_preview(str(path), "内容", "").records[0].text == "今天天气很好我们去公园散步"
    (tmp_path / "report.docx").write_bytes(b"x")
    with pytest.raises(RecordError, match="docx"):
        read_preview(str(tmp_path / "report.docx"), "", "")


@pytest.mark.parametrize("code", [each.code for each in LANGUAGES])
def test_notices_are_filled_in(code: str) -> None:
    words = translations_for(code)
    found = {"texts": 2, "total": 3, "scripts": ["Chinese"], "languages": "English"}
    for among in ("texts", "texts at the start"):
        said = foreign_notice(found | {"among": among}, Choice(), words)
        assert "{" not in said
        assert words("language.English") in said
    job = Job("computing", 100, 1000)
    job.started -= 20
    said = job_notice(job, Choice(), words)
    assert words("work.left", time=words("minutes", n="3")) in said
    assert "12" in job_notice(Job("reading", 12), Choice(), words)
