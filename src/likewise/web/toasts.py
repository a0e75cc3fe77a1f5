"""Messages that the framework's own script shows, in the reader's language."""

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
"""What the script says, and the key of the sentence that takes its place."""

_SCRIPT = """(() => {
  const rules = RULES.map(([said, words]) => [new RegExp(said, "s"), words]);
  const translate = (node) => {
    const rule = rules.find(([said]) => said.test(node.data));
    const words = rule && node.data.replace(...rule);
    // to write the same again would call this again, without an end
    if (rule && words !== node.data) node.data = words;
  };
  new MutationObserver(() => {
    for (const toast of document.querySelectorAll(".toast-body")) {
      const walker = document.createTreeWalker(toast, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) translate(walker.currentNode);
    }
  }).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
})();"""


def toast_script(words: Translations) -> str:
    """A script that rewrites the framework's messages as they appear."""
    rules = [(said, words(key, a="$1", b="$2")) for said, key in _PATTERNS]
    return _SCRIPT.replace("RULES", json.dumps(rules, ensure_ascii=False).replace("<", "\\u003c"))
