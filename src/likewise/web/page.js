// Inputs survive a refresh and a switch of language, in this browser tab's session storage alone;
// Ctrl+Enter presses a tab's main button; an upload that never arrived is remembered.
window.likewise = (() => {
  const KEY = "likewise.";
  const pending = new Map();
  let restored = false;

  const panel = (element) => element.closest?.('[role="tabpanel"]');

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    const start = panel(event.target)?.querySelector('button[id$="-run"]:not([disabled])');
    if (!start) return;
    event.preventDefault();
    start.click();
  }, true);

  const chosen = (event, files) => {
    const box = event.target.closest?.('[id$="-file"]');
    if (box && files?.length) pending.set(box.id.replace(/-file$/, ""), files[0].name);
  };
  document.addEventListener("change", (event) => chosen(event, event.target.files), true);
  document.addEventListener("drop", (event) => chosen(event, event.dataTransfer?.files), true);

  return {
    // remembers an input that differs from what a new page shows
    keep(name, value, first) {
      if (!restored) return;
      try {
        if (value === first) sessionStorage.removeItem(KEY + name);
        else sessionStorage.setItem(KEY + name, JSON.stringify(value));
      } catch {
        sessionStorage.removeItem(KEY + name);  // too long for the browser's storage
      }
    },
    // what a page shows that is opened again: changes to the inputs of these names
    restore(names) {
      restored = true;
      return names.map((name) => {
        const kept = sessionStorage.getItem(KEY + name);
        return { __type__: "update", ...(kept === null ? {} : { value: JSON.parse(kept) }) };
      });
    },
    arrived: (tab) => void pending.delete(tab),
    // the name of a file that was chosen and has not arrived; asked once, it is forgotten
    lost(tab) {
      const name = pending.get(tab) ?? "";
      pending.delete(tab);
      return name;
    },
  };
})();
