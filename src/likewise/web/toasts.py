"""Translates messages that the script of the framework shows."""

from __future__ import annotations

import json

from likewise.web.translations import Translations

_PATTERNS = (
    ("^\\s*Error\\s*$", "toast.error"),
    ("^\\s*Warning\\s*$", "toast.warning"),
    ("^Invalid file types?: (.*)\\. Only (.*) allowed\\.$", "toast.kind"),
    ("^File\\(s\\) exceed the maximum allowed size of (.*): (.*)$", "toast.size"),
    ("^This application is currently busy\\. Please try again\\.\\s*$", "toast.busy"),
    ("^Connection errored out\\.\\s*$", "toast.connection"),
    ("^Connection to the server was lost\\. Attempting reconnection\\.\\.\\.$", "toast.lost"),
    ("^Value: (.*) is not in the list of choices: .*$", "toast.choice"),
)
"""Patterns of messages, and the translation keys of their replacements."""

_SCRIPT = """(() => {
  const rules = RULES.map(([pattern, text]) => [new RegExp(pattern, "s"), text]);
  const translate = (node) => {
    const rule = rules.find(([pattern]) => pattern.test(node.data));
    const text = rule && node.data.replace(...rule);
    // writing the same text would trigger the observer again
    if (rule && text !== node.data) node.data = text;
  };
  new MutationObserver(() => {
    for (const toast of document.querySelectorAll(".toast-body")) {
      const walker = document.createTreeWalker(toast, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) translate(walker.currentNode);
    }
  }).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
})();"""


def toast_script(translations: Translations) -> str:
    """A script that rewrites the framework's messages as they appear."""
    rules = [(pattern, translations(key, a="$1", b="$2")) for pattern, key in _PATTERNS]
    return _SCRIPT.replace("RULES", json.dumps(rules, ensure_ascii=False).replace("<", "\\u003c"))
