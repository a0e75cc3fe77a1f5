"""What happened, told in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.errors import LikewiseError
from likewise.web import html
from likewise.web.job_runner import Failure, Job
from likewise.web.registry import Choice, NoFolderError, NotHereError
from likewise.web.translations import Translations


class PageError(LikewiseError):
    """Something that the reader can mend, in the page's own words.

    Attributes:
        key: of its sentence; the advice stands under the same key with `.hint`.
        values: what is filled in.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def failure_notice(
    failure: Failure, words: Translations, *, rename: tuple[str, str] = ("", "")
) -> str:
    """A failure as sentences: what happened, in the reader's language, then what to do.

    Args:
        failure: what went wrong.
        words: the language.
        rename: a path on the server, and the name under which the reader knows the file.
    """
    error = failure.error
    match error:
        case None:
            return html.notice(words("failure.unexpected"), words("failure.log", id=failure.log_id))
        case PageError():
            return html.notice(words(error.key, **error.values), words(f"{error.key}.hint"))
        case NotHereError():
            return html.notice(
                words("failure.not_here", name=error.name),
                words("failure.not_here.hint"),
                command=error.command,
            )
        case NoFolderError():
            return html.notice(
                words("failure.no_folder", name=error.name), words("failure.no_folder.hint")
            )
        case _:
            what = _sentence(error.message.replace(*rename) if rename[0] else error.message, words)
            hint = words("failure.hint", hint=error.hint) if error.hint else ""
            return html.notice(_lead(error, words), what, hint)


def _lead(error: LikewiseError, words: Translations) -> str:
    """The kind of error, by the nearest class that the page has words for."""
    for kind in type(error).__mro__:
        if words.has(f"failure.{kind.__name__}"):
            return words(f"failure.{kind.__name__}")
    return words("failure.LikewiseError")


def _sentence(message: str, words: Translations) -> str:
    ending = "" if message.endswith((".", "。", "!", "?")) else words("failure.stop")
    return message[:1].upper() + message[1:] + ending


def job_notice(job: Job, choice: Choice, words: Translations) -> str:
    """Work under way."""
    if job.phase == "loading":
        return html.progress(words("work.loading", name=choice.name), 0, 0, "")
    if job.phase == "reading":
        return html.progress(words("work.reading", n=f"{job.done:,}"), 0, 0, "")
    if job.phase == "waiting":
        return html.progress(words("work.waiting"), 0, 0, "")
    if not job.total:
        return html.progress(words("work.computing"), 0, 0, "")
    rate = job.done / max(job.seconds, 1e-9)
    detail = words(
        "work.progress", done=f"{job.done:,}", total=f"{job.total:,}", rate=f"{rate:,.0f}"
    )
    if job.done and job.seconds > 1:
        left = (job.total - job.done) / rate
        detail += words("work.left", time=_duration(left, words))
    return html.progress(words("work.computing"), job.done, job.total, detail)


def _duration(seconds: float, words: Translations) -> str:
    """A time as people say it, in its largest unit."""
    if seconds < 90:
        return words("seconds", n=f"{seconds:.0f}")
    if seconds < 90 * 60:
        return words("minutes", n=f"{seconds / 60:.0f}")
    return words("hours", n=f"{seconds / 3600:.1f}")


def fetching_notice(job: Job, name: str, words: Translations) -> str:
    """A download under way."""
    if job.phase == "reading":
        return html.progress(words("work.reading", n=f"{job.done:,}"), 0, 0, "")
    if job.phase == "waiting":
        return html.progress(words("fetch.waiting"), 0, 0, "")
    title = words("fetch.running", name=name)
    if not job.total:
        return html.progress(title, 0, 0, words("fetch.asking"))
    detail = words(
        "fetch.progress",
        done=megabytes(job.done), total=megabytes(job.total),
        percent=f"{100 * job.done / job.total:.0f}",
    )  # fmt: skip
    return html.progress(title, job.done, job.total, detail)


def megabytes(size: float) -> str:
    """A number of bytes for people: `438 MB`, `1.2 GB`."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:,.0f} MB" if size >= 10e6 else f"{size / 1e6:.1f} MB"


def foreign_notice(found: Mapping[str, Any], choice: Choice, words: Translations) -> str:
    """Texts in a script that the model was not made for.

    Args:
        found: values of the message `scripts` that an operation reported.
        choice: the model.
        words: the language.
    """
    scripts = ", ".join(words(f"script.{name}") for name in found["scripts"])
    values = {
        "n": f"{found['texts']:,}", "total": f"{found['total']:,}", "scripts": scripts,
        "name": choice.name,
    }  # fmt: skip
    whole = found["among"] == "texts"
    title = words("foreign" if whole else "foreign.first", **values)
    body = words("foreign.body", languages=words(f"language.{found['languages']}"))
    return html.notice(title, body, kind="warn")
