"""What a question asks for: a time, a number or a name; and whether a sentence has one."""

from __future__ import annotations

import re

_TIME_QUESTION = re.compile(
    r"\b(?:when|(?:what|which) (?:year|date|day|month|century|decade))\b"
    r"|什么时候|何时|哪一?年|哪一?天|几月",
    re.IGNORECASE,
)
_NUMBER_QUESTION = re.compile(
    r"\bhow (?:many|much|long|far|old|tall|large|often|big|high|fast|deep|wide)\b"
    r"|\bwhat (?:percent|percentage|number|fraction|age|distance)\b"
    r"|多少|几[个名位次种]|多[长大高远久]",
    re.IGNORECASE,
)
_NAME_QUESTION = re.compile(
    r"\b(?:who|whom|whose|where|which|what (?:city|country|state|company|person|name))\b",
    re.IGNORECASE,
)

_TIME = re.compile(
    r"\b(?:1\d{3}|20\d\d)\b|\b(?:January|February|March|April|May|June|July|August|September"
    r"|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
    r"|century|spring|summer|autumn|winter)\b|\d{1,2}(?:st|nd|rd|th)\b|\d\s*[年月日]|世纪|年代"
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty"
    r"|fifty|hundred|thousand|million|billion|half|third|dozen)\b|[一二三四五六七八九十百千万亿两]",
    re.IGNORECASE,
)
# a capital inside of a sentence; in the first word it means nothing
_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-Z]\w+")
_WORD = re.compile(r"\w+")


def has_expected_type(question: str, sentence: str) -> bool | None:
    """Whether a sentence has what a question asks for; None where that is not known.

    A name that the question has itself does not count.
    """
    if _TIME_QUESTION.search(question):
        return bool(_TIME.search(sentence))
    if _NUMBER_QUESTION.search(question):
        return bool(_NUMBER.search(sentence))
    if _NAME_QUESTION.search(question):
        known = {word.lower() for word in _WORD.findall(question)}
        return any(match.group().lower() not in known for match in _NAME.finditer(sentence))
    return None
