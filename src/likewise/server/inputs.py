"""The texts of a request, in the forms that several dialects share."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import msgspec

from likewise.server.http import BadRequestError, EmptyInputError, TooManyTextsError
from likewise.wording import counted

MOST_TEXTS = 2048
"""Texts of one request, as at OpenAI."""

MOST_DOCUMENTS = 10_000
"""Documents that one request ranks, as at Cohere."""

Row = Annotated[list[int], msgspec.Meta(min_length=1)]


class Inputs(NamedTuple):
    """What is to be encoded: one of the two is empty.

    Attributes:
        texts: texts.
        rows: token ids of texts.
    """

    texts: list[str]
    rows: list[list[int]]


def read_inputs(given: Any, name: str = "input") -> Inputs:
    """A text, a list of texts, token ids, or lists of token ids.

    Args:
        given: what the client sent; a text may also be `{"text": …}`.
        name: the field it was in, for messages.

    Raises:
        BadRequestError: something else, an empty text, or too many.
    """
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list):
        raise BadRequestError(f"{name} is neither a text nor a list")
    if not given:
        raise EmptyInputError(f"{name} is empty", hint="send a text or a list of texts")
    if all(type(each) is int for each in given):
        given = [given]
    check_count(given, name)
    if any(type(each) is dict for each in given):
        given = [text_of(each, f"{name}[{index}]") for index, each in enumerate(given)]
    if all(type(each) is str for each in given):
        if "" in given:
            raise EmptyInputError(f"{name}[{given.index('')}] is empty", hint="leave it out")
        return Inputs(given, [])
    try:
        return Inputs([], msgspec.convert(given, list[Row]))
    except msgspec.ValidationError as error:
        raise BadRequestError(
            f"{name} is neither a text, nor a list of texts, nor token ids"
        ) from error


def text_of(given: Any, name: str) -> Any:
    """The text of `{"text": …}`; anything but an object as it is.

    Raises:
        BadRequestError: an object without a text.
    """
    if type(given) is not dict:
        return given
    text = given.get("text")
    if not isinstance(text, str):
        raise BadRequestError(f"{name} has no text", hint="only texts can be used")
    return text


def check_count(given: list[Any], name: str, most: int = MOST_TEXTS) -> None:
    """Refuse too many texts.

    Raises:
        TooManyTextsError: there are more than `most`.
    """
    if len(given) > most:
        raise TooManyTextsError(
            f"{name} has {counted(len(given), 'text')}, a request at most {most:,}",
            hint="send them in several requests",
        )
