// Stores inputs in the session storage of the browser tab, across refreshes and languages;
// Ctrl+Enter presses the main button of a tab; failed uploads are recorded.
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
    // stores an input that differs from its initial value
    keep(name, value, first) {
      if (!restored) return;
      try {
        if (value === first) sessionStorage.removeItem(KEY + name);
        else sessionStorage.setItem(KEY + name, JSON.stringify(value));
      } catch {
        sessionStorage.removeItem(KEY + name);  // too long for the browser's storage
      }
    },
    // updates of the inputs with these names, when a page is opened again
    restore(names) {
      restored = true;
      return names.map((name) => {
        const stored = sessionStorage.getItem(KEY + name);
        return { __type__: "update", ...(stored === null ? {} : { value: JSON.parse(stored) }) };
      });
    },
    arrived: (tab) => void pending.delete(tab),
    // the name of a file whose upload has not finished; cleared by this call
    lost(tab) {
      const name = pending.get(tab) ?? "";
      pending.delete(tab);
      return name;
    },
  };
})();
