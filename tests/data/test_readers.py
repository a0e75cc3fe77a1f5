"""Every kind of file, packing and encoding; folders and patterns; what goes on after a bad row."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from likewise.data import Record, Skipped, read_records, read_texts
from likewise.errors import InputError, RecordError

PAGE = """<!doctype html><html><head><title> A  page </title><style>p {}</style></head><body>
<nav>Home | About</nav><main><h1>Heading</h1><p>First <b>bold</b> para&shy;graph,
wrapped.</p><ul><li>one</li><li>two</li></ul><script>code()</script>
<table><tr><td>a</td><td>b</td></tr></table></main><footer>imprint</footer></body></html>"""
CHINESE = "今天天气很好，我们去公园散步吧。\n他说：你好，世界。\n"


def test_zstandard(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    whole = arrow.compress("a\nb\n食べる\n".encode(), codec="zstd", asbytes=True)
    path = tmp_path / "a.txt.zst"
    path.write_bytes(whole + whole)  # packed in pieces, as parallel packers do
    assert read_texts(path) == ["a", "b", "食べる"] * 2
    path.write_bytes(whole[:-6])
    with pytest.raises(RecordError, match="not a complete Zstandard file: Truncated"):
        read_texts(path)
    path.write_bytes(b"no frame at all")
    with pytest.raises(RecordError, match="not a complete Zstandard file"):
        read_texts(path)


def test_a_web_page_is_one_text(tmp_path: Path) -> None:
    pytest.importorskip("selectolax")
    path = tmp_path / "page.html"
    path.write_text(PAGE)
    (record,) = read_records(path, unit="document")
    assert record.title == "A page"
    assert record.text.replace("\u00ad", "") == (
        "Heading\n\nFirst bold paragraph, wrapped.\n\none\n\ntwo\n\na b"
    )


def test_a_web_page_may_state_its_encoding(tmp_path: Path) -> None:
    pytest.importorskip("selectolax")
    path = tmp_path / "page.htm.gz"
    page = '<meta charset="gbk"><title>标题</title><p>你好</p>'
    path.write_bytes(gzip.compress(page.encode("gbk")))
    (record,) = read_records(path)
    assert (record.title, record.text) == ("标题", "你好")


def write_pdf(path: Path, pages: list[str], title: str | None = None) -> None:
    """A small PDF of the pages' lines; an empty one is left blank."""
    pypdf = pytest.importorskip("pypdf")
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = pypdf.PdfWriter()
    for text in pages:
        page = writer.add_blank_page(300, 300)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode() if text else b"")
        page[NameObject("/Contents")] = writer._add_object(content)
    if title:
        writer.add_metadata({"/Title": title})
    writer.write(str(path))


def test_pdf_page_by_page(tmp_path: Path) -> None:
    messages: list[str] = []
    path = tmp_path / "report.pdf"
    write_pdf(path, ["The first page.", "", "The last page."], "Annual report")
    records = list(read_records(path, on_message=messages.append))
    assert [(r.text, r.line, r.title) for r in records] == [
        ("The first page.", 1, "Annual report"),
        ("The last page.", 3, "Annual report"),
    ]
    assert messages == [f"{path}: 1 of 3 pages have no text (scans?)"]
    write_pdf(path, ["Text."])
    assert next(read_records(path)).title == "report"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(RecordError, match="cannot be read as PDF"):
        read_texts(path)


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("notes.md", "intro\n\n## The *plan* ##\n\nmore\n", "The *plan*"),
        ("notes.md", "A title\n=======\n\ntext\n", "A title"),
        ("notes.md", '---\ntitle: "In front"\ntags: []\n---\n# Below\n', "In front"),
        ("notes.md", "no heading\n", "notes"),
        ("a story.txt", "Once upon a time.\n\nThe end.\n", "a story"),
    ],
)
def test_a_document_is_one_record(tmp_path: Path, name: str, text: str, title: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    (record,) = read_records(path, unit="document")
    assert (record.text, record.title, record.line) == (text, title, 1)
    assert read_texts(path, unit="line") == [line for line in text.split("\n") if line]
    with pytest.raises(InputError, match="unknown unit"):
        next(read_records(path, unit="page"))  # type: ignore[arg-type]


def test_an_endless_document_comes_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likewise.data.readers.plain.PART", 100)
    path = tmp_path / "book.md"
    text = "# Book\n" + "A line of text.\n" * 8 + "\n" + "Another line.\n" * 30
    path.write_text(text)
    records = list(read_records(path, unit="document"))
    assert "".join(r.text for r in records) == text
    assert [(r.line, r.title) for r in records] == [(1, "Book"), (11, "Book"), (26, "Book")]


def test_a_title_column_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Title,text,n\nT one,a,1\n,b,2\n")
    first, second = read_records(path)
    assert (first.title, first.text, first.fields) == ("T one", "a", {"Title": "T one", "n": "1"})
    assert second.title == ""


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", CHINESE),
        ("utf-16", CHINESE),
        ("utf-16-le", "hello world\nsecond line\n"),
        ("utf-16-be", "hello world\nsecond line\n"),
        ("utf-32", CHINESE),
        ("gb18030", CHINESE),
        ("big5", "今天天氣很好，我們去公園散步吧。\n他說：你好，世界。\n"),
        ("shift_jis", "今日は天気がいいですね。\n散歩しましょう。\n"),
        ("euc_jp", "今日は天気がいいですね。\n散歩しましょう。\n"),
        ("cp1252", "Il a été très heureux de vous voir à la fête, où l’été n’est pas fini.\n"),
        ("cp1251", "Привет, как дела?\nСегодня хорошая погода.\n"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_encodings_are_found_out_and_told(
    tmp_path: Path, name: str, encoding: str, text: str
) -> None:
    lines = text.replace("，", "").replace(",", "").splitlines()
    header = ["text"] if name == "a.csv" else []
    path = tmp_path / name
    path.write_bytes("\n".join([*header, "plain ASCII first", *lines]).encode(encoding))
    messages: list[str] = []
    assert read_texts(path) == ["plain ASCII first", *lines]
    list(read_records(path, on_message=messages.append))
    expected = 0 if encoding == "utf-8-sig" else 1
    assert len([line for line in messages if "read as" in line]) == expected
    if encoding != "utf-8-sig":
        named = list(read_records(path, encoding=encoding, on_message=messages.append))
        assert [record.text for record in named] == ["plain ASCII first", *lines]


def test_an_encoding_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("caf\xe9\n".encode("latin-1"))
    assert [r.text for r in read_records(path, encoding="latin-1")] == ["café"]
    with pytest.raises(RecordError, match="unknown encoding 'klingon'"):
        next(read_records(path, encoding="klingon"))


def test_utf8_stays_utf8_after_one_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(
        "食べる\n".encode() + b"\xe9\xe8\xe0 broken \xf9\xea\xe2\xfb\xee\n" + "é\n".encode()
    )
    bad: list[Skipped] = []
    assert read_texts(path, on_error=bad.append) == ["食べる", "é"]
    assert (bad[0].line, bad[0].source) == (2, str(path))
    assert "not UTF-8 (byte 0xe9 at position 1" in bad[0].reason


ROWS: dict[str, tuple[bytes, list[str], list[int]]] = {
    "a.jsonl": (b'"a"\n{broken\n17\nnull\n"b\\ud800"\n"c"\n', ["a", "c"], [2, 3, 4, 5]),
    "a.json": (b'[{"text": "a"}, {"text": null}, 3, {"text": "b"}]', ["a", "b"], [2, 3]),
    "a.csv": (
        b'id,text\n1,a\n2\n3,"x"y\n4,b,c\n5,"two\nlines"\n6\xff,d\n7,e\n',
        ["a", "two\nlines", "e"],
        [3, 4, 5, 8],
    ),
    "b.csv": (b'id,text\n1,a\n2,"never closed\n3,b\n', ["a"], [3]),
    "a.tsv": (b"id\ttext\n1\ta\n2\n3\tb\n", ["a", "b"], [3]),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_told_and_the_rest_goes_on(tmp_path: Path, name: str) -> None:
    data, texts, lines = ROWS[name]
    path = tmp_path / name
    path.write_bytes(data)
    bad: list[Skipped] = []
    assert read_texts(path, on_error=bad.append) == texts
    assert [skipped.line for skipped in bad] == lines
    assert all(skipped.reason and skipped.hint for skipped in bad)
    with pytest.raises(RecordError, match=rf"(line|item) {lines[0]}\b"):
        read_texts(path)


def test_a_bad_file_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a\n")
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"c\n" * 9999)[:-9])
    (tmp_path / "d.csv").write_text("n\n1\n")
    (tmp_path / "e.txt").write_text("e\n")
    bad: list[Skipped] = []
    texts = read_texts([tmp_path, tmp_path / "gone.txt"], on_error=bad.append)
    assert [text for text in texts if text != "c"] == ["a", "e"]
    found = [(Path(skipped.source).name, skipped.line) for skipped in bad]
    assert found == [("b.json", 0), ("c.txt.gz", 0), ("d.csv", 0), ("gone.txt", 0)]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.txt", "a.md", "sub/c.txt", "sub/deep/d.jsonl", ".hidden.txt", ".git/x.txt"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(name) + "\n")
    (tmp_path / "tree" / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "tree" / "sub" / "LICENSE").write_text("law")
    return tmp_path / "tree"


def names(records: list[Record], tree: Path) -> list[str]:
    return [Path(record.source).relative_to(tree).as_posix() for record in records]


def test_a_folder_stands_for_its_files(tree: Path) -> None:
    messages: list[str] = []
    records = list(read_records(tree, on_message=messages.append))
    assert names(records, tree) == ["a.md", "b.txt", "sub/c.txt", "sub/deep/d.jsonl"]
    assert messages == [
        f"{tree}: 2 files of other formats are left out (1 .png, 1 without a suffix)"
    ]
    (tree / "empty").mkdir()
    with pytest.raises(RecordError, match="has no file of a known format"):
        read_texts(tree / "empty")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", ["b.txt"]),
        ("**/*.txt", ["b.txt", "sub/c.txt"]),
        ("s*", ["sub/c.txt", "sub/deep/d.jsonl"]),
        ("[ab].*", ["a.md", "b.txt"]),
    ],
)
def test_a_pattern_stands_for_what_it_matches(
    tree: Path, pattern: str, expected: list[str]
) -> None:
    assert names(list(read_records(str(tree / pattern))), tree) == expected
    with pytest.raises(RecordError, match="nothing matches"):
        read_texts(str(tree / "*.nothing"))


def test_several_paths_each_file_once(tree: Path) -> None:
    paths: list[str | Path] = [tree / "sub", str(tree / "*.txt"), tree]
    records = list(read_records(paths))
    assert names(records, tree) == ["sub/c.txt", "sub/deep/d.jsonl", "b.txt", "a.md"]
    odd = tree / "odd[1].txt"  # no pattern, since there is such a file
    odd.write_text("here\n")
    assert read_texts(odd) == ["here"]


def test_a_column_is_for_the_tables_among_several_files(tree: Path) -> None:
    (tree / "t.csv").write_text("id,body\n1,x\n")
    messages: list[str] = []
    assert read_texts([tree / "b.txt", tree / "t.csv"], column="body") == ['"b.txt"', "x"]
    list(read_records(tree / "t.csv", on_message=messages.append))
    assert messages == [f"using column 'body' of {tree / 't.csv'} as text"]


READ = """
import resource, sys
from likewise.data import read_records
count = sum(len(record.text) > 0 for record in read_records(sys.argv[1], on_error=print))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of memory there")
@pytest.mark.parametrize("name", ["large.csv.gz", "large.jsonl", "large.txt"])
def test_a_file_larger_than_memory_is_fine(tmp_path: Path, name: str) -> None:
    row: Callable[[int], str] = {
        "large.csv.gz": lambda i: f'{i},"a text of some length, number {i} {"word " * 30}"\n',
        "large.jsonl": lambda i: json.dumps({"id": i, "text": f"text {i} {'word ' * 30}"}) + "\n",
        "large.txt": lambda i: f"text {i} {'word ' * 30}\n",
    }[name]
    block = "".join(map(row, range(20_000))).encode()
    path = tmp_path / name
    with gzip.open(path, "wb", 1) if name.endswith(".gz") else path.open("wb") as file:
        file.write(b"id,text\n" if ".csv" in name else b"")
        for _ in range(12):  # 45 MB, and as records several times that
            file.write(block)

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (100_000_000, 100_000_000))

    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    result = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        env=environment | {"OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.split()[0] == "240000"
