"""Messages to the user, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.errors import LikewiseError
from likewise.web import html
from likewise.web.job_runner import Failure, Job
from likewise.web.registry import Choice, NoFolderError, NotInstalledError
from likewise.web.translations import Translations


class PageError(LikewiseError):
    """An error with translated texts.

    Attributes:
        key: translation key of the message; that of the hint ends in `.hint`.
        values: values of the placeholders.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def failure_notice(failure: Failure, t: Translations, *, rename: tuple[str, str] = ("", "")) -> str:
    """A failure as a message with a hint.

    Args:
        failure: the failure.
        t: the translations.
        rename: a path on the server, and the name of the file to show instead.
    """
    error = failure.error
    match error:
        case None:
            return html.notice(t("failure.unexpected"), t("failure.log", id=failure.log_id))
        case PageError():
            return html.notice(t(error.key, **error.values), t(f"{error.key}.hint"))
        case NotInstalledError():
            return html.notice(
                t("failure.not_here", name=error.name),
                t("failure.not_here.hint"),
                command=error.command,
            )
        case NoFolderError():
            return html.notice(t("failure.no_folder", name=error.name), t("failure.no_folder.hint"))
        case _:
            what = _sentence(error.message.replace(*rename) if rename[0] else error.message, t)
            hint = t("failure.hint", hint=error.hint) if error.hint else ""
            return html.notice(_lead(error, t), what, hint)


def _lead(error: LikewiseError, t: Translations) -> str:
    """The title of an error, by the nearest base class that has a translation."""
    for kind in type(error).__mro__:
        if t.has(f"failure.{kind.__name__}"):
            return t(f"failure.{kind.__name__}")
    return t("failure.LikewiseError")


def _sentence(message: str, t: Translations) -> str:
    ending = "" if message.endswith((".", "。", "!", "?")) else t("failure.stop")
    return message[:1].upper() + message[1:] + ending


def job_notice(job: Job, choice: Choice, t: Translations) -> str:
    """The progress of a job."""
    if job.phase == "loading":
        return html.progress(t("work.loading", name=choice.name), 0, 0, "")
    if job.phase == "reading":
        return html.progress(t("work.reading", n=f"{job.done:,}"), 0, 0, "")
    if job.phase == "waiting":
        return html.progress(t("work.waiting"), 0, 0, "")
    if not job.total:
        return html.progress(t("work.computing"), 0, 0, "")
    rate = job.done / max(job.seconds, 1e-9)
    detail = t("work.progress", done=f"{job.done:,}", total=f"{job.total:,}", rate=f"{rate:,.0f}")
    if job.done and job.seconds > 1:
        left = (job.total - job.done) / rate
        detail += t("work.left", time=_duration(left, t))
    return html.progress(t("work.computing"), job.done, job.total, detail)


def _duration(seconds: float, t: Translations) -> str:
    """A duration in its largest unit."""
    if seconds < 90:
        return t("seconds", n=f"{seconds:.0f}")
    if seconds < 90 * 60:
        return t("minutes", n=f"{seconds / 60:.0f}")
    return t("hours", n=f"{seconds / 3600:.1f}")


def fetching_notice(job: Job, name: str, t: Translations) -> str:
    """The progress of a download."""
    if job.phase == "reading":
        return html.progress(t("work.reading", n=f"{job.done:,}"), 0, 0, "")
    if job.phase == "waiting":
        return html.progress(t("fetch.waiting"), 0, 0, "")
    title = t("fetch.running", name=name)
    if not job.total:
        return html.progress(title, 0, 0, t("fetch.asking"))
    detail = t(
        "fetch.progress",
        done=megabytes(job.done), total=megabytes(job.total),
        percent=f"{100 * job.done / job.total:.0f}",
    )  # fmt: skip
    return html.progress(title, job.done, job.total, detail)


def megabytes(size: float) -> str:
    """A number of bytes with a unit: `438 MB`, `1.2 GB`."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:,.0f} MB" if size >= 10e6 else f"{size / 1e6:.1f} MB"


def foreign_notice(found: Mapping[str, Any], choice: Choice, t: Translations) -> str:
    """A warning about texts in a script that the model was not trained for.

    Args:
        found: values of the message `scripts` that an operation reported.
        choice: the model.
        t: the translations.
    """
    scripts = ", ".join(t(f"script.{name}") for name in found["scripts"])
    values = {
        "n": f"{found['texts']:,}", "total": f"{found['total']:,}", "scripts": scripts,
        "name": choice.name,
    }  # fmt: skip
    whole = found["among"] == "texts"
    title = t("foreign" if whole else "foreign.first", **values)
    body = t("foreign.body", languages=t(f"language.{found['languages']}"))
    return html.notice(title, body, kind="warn")
