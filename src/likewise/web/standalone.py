"""Pages without scripts: the login page, and errors."""

from __future__ import annotations

from html import escape

from likewise.web.translations import Translations

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:12vh auto 0;padding:0 1.25rem}"
    "h1{font-size:1.4rem;margin:0 0 .75rem}p{margin:.5rem 0 1rem}"
    "label{display:block;font-size:.9rem;margin-bottom:.25rem}"
    "input{width:100%;box-sizing:border-box;font:inherit;padding:.5rem .75rem;border-radius:8px;"
    "border:1px solid #888;margin-bottom:1rem}"
    "button{font:inherit;font-weight:600;padding:.5rem 1.5rem;border:0;border-radius:8px;"
    "background:#0d9488;color:#fff;cursor:pointer}"
    ".error{border-left:4px solid #dc2626;padding:.25rem .75rem}"
    "a{color:light-dark(#0f766e,#2dd4bf)}"
)


def login_page(t: Translations, action: str, *, failed: bool = False) -> str:
    """The login page.

    Args:
        t: the translations.
        action: address that the form is sent to.
        failed: whether a wrong key was entered.
    """
    about, label, enter = t("login.about"), t("login.key"), t("login.enter")
    wrong = t("login.wrong") if failed else ""
    form = (
        f"<p>{escape(about)}</p>"
        + (f'<p class="error" role="alert">{escape(wrong)}</p>' if wrong else "")
        + f'<form method="post" action="{escape(action)}">'
        f'<label for="key">{escape(label)}</label>'
        '<input id="key" name="key" type="password" autocomplete="current-password" required '
        f"autofocus><button>{escape(enter)}</button></form>"
    )
    return _page(t, t("login.title"), form)


def error_page(t: Translations, status: int, message: str, home: str) -> str:
    """An error page.

    Args:
        t: the translations.
        status: the HTTP status.
        message: the error, with a hint.
        home: address of the app's page.
    """
    link = f'<p><a href="{escape(home)}">{escape(t("http.home"))}</a></p>'
    return _page(t, f"{status}", f'<p role="alert">{escape(message)}</p>{link}')


def _page(t: Translations, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{t.language.locale}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · {escape(t('title'))}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
