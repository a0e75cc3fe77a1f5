"""Encodings of short, realistic texts: which one is found, who hears of it, and what is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from likewise.data import read_records, read_texts
from likewise.errors import RecordError

SAMPLES = [
    ("gb18030", "今天天气很好，我们去公园散步吧。"),
    ("gb18030", "如何申请退款？\n忘记密码怎么办？"),
    ("gb18030", "会议决定推迟发布"),
    ("gb18030", "人工智能技术正在改变医疗行业"),
    ("gb18030", "一个男人在吃东西\n有人在弹吉他\n一个女人在切洋葱"),
    ("gb18030", "產品說明書\n請先閱讀本手冊"),
    ("big5", "今天天氣很好，我們去公園散步吧。"),
    ("big5", "如何申請退款？\n忘記密碼怎麼辦？"),
    ("big5", "會議決定延後發布"),
    ("shift_jis", "今日は天気がいいですね。散歩しましょう。"),
    ("shift_jis", "会議の議事録"),
    ("cp932", "パスワードを忘れました①"),
    ("euc_jp", "返金の方法を教えてください"),
    ("euc_kr", "오늘은 날씨가 좋네요. 공원에 산책하러 가요."),
    ("euc_kr", "환불은 어떻게 신청하나요?"),
    ("euc_kr", "회의에서 결정한 내용\n출시를 미루기로 했다"),
    ("cp949", "똠방각하가 나타났다"),
    ("cp1252", "Il a été très heureux de vous voir à la fête, où l’été n’est pas fini."),
    ("cp1252", "Über die Straße führt eine Brücke. Die Größe ist schön."),
    ("cp1252", "El niño comió mañana. ¿Cómo está usted? Corazón y canción"),
    ("latin-1", "café crème\nnaïve façade\ndéjà vu"),
    ("latin-1", "São Paulo não é a capital, são três opções"),
    ("latin-1", "Smörgåsbord på ön, fråga mig hur det går"),
    ("cp1251", "Привет, как дела?\nСегодня хорошая погода."),
    ("koi8_r", "Привет, как дела?\nСегодня хорошая погода."),
    ("iso8859_2", "Zażółć gęślą jaźń. Książka jest na stole, proszę pana."),
    ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy"),
    ("utf-16", "今天天气很好，我们去公园散步吧。"),
    ("utf-16-le", "café crème\nnaïve façade"),
    ("utf-16-be", "café crème\nnaïve façade"),
]


@pytest.mark.parametrize(("encoding", "text"), SAMPLES)
@pytest.mark.parametrize("name", ["a.txt", "a.json"])
def test_short_texts_are_read_as_what_they_are(
    tmp_path: Path, name: str, encoding: str, text: str
) -> None:
    path = tmp_path / name
    lines = text.split("\n")
    written = json.dumps(lines, ensure_ascii=False) if name == "a.json" else text
    path.write_bytes(written.encode(encoding))
    assert read_texts(path) == lines


def test_callers_can_see_the_encoding_and_choose_another(tmp_path: Path) -> None:
    from likewise.data import DetectedEncoding, detect_encoding

    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("text\nplain\n会议决定推迟发布\n".encode("gb18030")))
    assert detect_encoding(path) == DetectedEncoding("gb18030", "guessed")
    heard: list[object] = []
    messages: list[str] = []
    texts = read_texts(
        path, on_encoding=lambda *found: heard.append(found), on_message=messages.append
    )
    assert texts == ["plain", "会议决定推迟发布"]
    assert heard == [(str(path), DetectedEncoding("gb18030", "guessed"))]
    assert messages[-1].startswith(f"{path} is not UTF-8; it is read as GB18030, which was guessed")
    chosen = detect_encoding(path, encoding="GBK")
    assert chosen == DetectedEncoding("gbk", "given")
    assert not chosen.guessed
    assert read_texts(path, encoding="cp949") != texts


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.txt", b"ascii\n", ("utf-8", "valid")),
        ("a.txt", "食べる\n".encode(), ("utf-8", "valid")),
        ("a.txt", "\ufeffa\n".encode(), ("utf-8-sig", "mark")),
        ("a.txt", "食べる\n".encode("utf-16"), ("utf-16", "mark")),
        ("a.json", '["会议决定推迟发布"]'.encode("gb18030"), ("gb18030", "guessed")),
        ("a.html", '<meta charset="gbk"><p>你好'.encode("gbk"), ("gbk", "stated")),
        ("a.html", "<p>会议决定推迟发布".encode("gbk"), ("gb18030", "guessed")),
    ],
)
def test_how_an_encoding_is_known(
    tmp_path: Path, name: str, data: bytes, expected: tuple[str, str]
) -> None:
    from likewise.data import detect_encoding

    if name.endswith(".html"):
        pytest.importorskip("selectolax")
    path = tmp_path / name
    path.write_bytes(data)
    found = detect_encoding(path)
    assert found
    assert (found.name, found.basis) == expected


def test_the_lines_that_follow_are_evidence_too(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 8190 + "\n好\n".encode("gb18030") + "会议决定推迟\n".encode("gb18030"))
    assert read_texts(path)[1:] == ["好", "会议决定推迟"]


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [("café\n", "latin-1", "cp1252"), ("你好\n", "gb18030", "gb18030"), ("好的\n", "gbk", "gb")],
)
@pytest.mark.parametrize("name", ["a.txt", "a.json"])
def test_where_too_little_speaks_for_any_the_hint_names_a_likely_one(
    tmp_path: Path, name: str, text: str, encoding: str, named: str
) -> None:
    path = tmp_path / name
    path.write_bytes(
        (json.dumps([text], ensure_ascii=False) if "json" in name else text).encode(encoding)
    )
    with pytest.raises(RecordError, match="not UTF-8") as caught:
        read_texts(path)
    assert f"encoding='{named}" in caught.value.hint
    assert text.strip() in next(read_records(path, encoding=encoding)).text


def test_a_list_that_is_not_all_in_its_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes('["会议决定推迟发布", "'.encode("gb18030") + b'\xff\xff"]')
    with pytest.raises(RecordError, match=r"a\.json: not "):
        read_texts(path)
