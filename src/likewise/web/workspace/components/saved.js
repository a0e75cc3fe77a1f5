// Searches that are saved with a collection, for everybody who opens it.

import { html, signal, useRef, useState } from "../lib/html.js";
import { call, post } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { useLoad } from "../lib/load.js";
import { href, place } from "../lib/router.js";
import { Icon } from "./icon.js";
import { ErrorNotice } from "./notice.js";
import { attempt, toast } from "./toast.js";

const FEW = 12;

/** What of an address is no part of a search: what is open, how many, and an earlier state. */
const PASSING = ["open", "k", "as_of"];

/** Grows when a search was saved or removed here. */
const changed = signal(0);

/** @typedef {{ id: string, title: string, query: string, mode: string, fold_duplicates: boolean, where: string | null, view: string }} Saved */

const pathOf = (/** @type {string} */ name) => `/collections/${encodeURIComponent(name)}/searches`;

/** The address of a saved search; one that was not saved by a page has no view. @param {string} name @param {Saved} saved */
function addressOf(name, { query, mode, fold_duplicates: fold, where, view }) {
  const own = ["collections", name];
  if (view) return `${href(own)}?${view}`;
  return href(own, { q: query, mode: mode === "semantic" ? null : mode, fold: fold ? "1" : null, where });
}

/** @param {{ name: string, ask: any }} props */
export function SaveSearch({ name, ask }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [title, setTitle] = useState("");
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const open = () => {
    setTitle(ask.query.trim() || ask.where);
    setError(null);
    dialog.current?.showModal();
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const view = new URLSearchParams(place.peek().query);
    for (const each of PASSING) view.delete(each);
    try {
      await post(pathOf(name), { title, query: ask.query, mode: ask.mode, fold_duplicates: ask.fold, where: ask.where, view: view.toString() });
    } catch (problem) {
      setError(/** @type {Error} */ (problem));
      return;
    }
    dialog.current?.close();
    changed.value++;
    toast(t("saved.done"));
  };
  return html`
    <button type="button" disabled=${!ask.query.trim() && !ask.where} onClick=${open} title=${t("saved.save.title")}><${Icon} name="star" />${t("saved.save")}</button>
    <dialog ref=${dialog} aria-labelledby="save-title">
      <form class="stack" onSubmit=${save}>
        <h2 id="save-title">${t("saved.title")}</h2>
        <p>${t("saved.about")}</p>
        <label>${t("import.name")}<input type="text" required maxlength="200" value=${title} onInput=${(/** @type {any} */ event) => setTitle(event.target.value)} /></label>
        ${error && html`<${ErrorNotice} error=${error} />`}
        <div class="buttons"><button type="button" onClick=${() => dialog.current?.close()}>${t("common.cancel")}</button><button class="primary" disabled=${!title.trim()}>${t("saved.save")}</button></div>
      </form>
    </dialog>
  `;
}

/** @param {{ name: string, empty: boolean }} props */
export function SavedSearches({ name, empty }) {
  const [all, setAll] = useState(false);
  const { value } = useLoad((signal) => call(pathOf(name), { signal }), [name, changed.value]);
  /** @type {Saved[]} */
  const saved = value?.searches ?? [];
  if (!empty || !saved.length) return null;
  const remove = async (/** @type {Saved} */ search) => {
    await attempt(async () => { // somebody else may have removed it
      await post(`${pathOf(name)}/remove`, { ids: [search.id] });
      const { title, query, mode, fold_duplicates, where, view } = search;
      toast(t("saved.removed", { title }), {
        label: t("common.undo"),
        run: () => post(pathOf(name), { title, query, mode, fold_duplicates, where, view }).then(() => { changed.value++; }),
      });
    });
    changed.value++;
  };
  return html`
    <div class="chips"><span class="soft">${t("saved.list")}</span>
      ${saved.slice(0, all ? undefined : FEW).map((search) => html`
        <span class="chip" key=${search.id}><a href=${addressOf(name, search)}>${search.title}</a>
          <button type="button" onClick=${() => remove(search)} aria-label=${t("saved.remove", { title: search.title })}>×</button></span>
      `)}
      ${saved.length > FEW && html`<button type="button" class="link" onClick=${() => setAll(!all)}>${all ? t("facets.fewer") : t("facets.more", { count: saved.length - FEW })}</button>`}
    </div>
  `;
}
