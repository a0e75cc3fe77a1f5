// Whether the files of a collection have changed since they were indexed.

import { html, useState } from "../lib/html.js";
import { call } from "../lib/api.js";
import { ago, t } from "../lib/i18n.js";
import { start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { Icon } from "./icon.js";
import { ErrorNotice } from "./notice.js";

/** @typedef {{ path: string, time: string, missing: boolean, unchanged: number, changes: number }} Source */
/** @typedef {{ sources: Source[], new: number, changed: number, gone: number, unchanged: number, files: { path: string, change: "new" | "changed" | "gone" }[] }} Status */

/** @param {{ name: string, state: string, busy: boolean }} props `busy`: files are being indexed now */
export function FileStatus({ name, state, busy }) {
  const path = `/collections/${encodeURIComponent(name)}`;
  const { value, error, reload } = useLoad((signal) => /** @type {Promise<Status>} */ (call(`${path}/status`, { signal })), [name, state, busy]);
  const [failure, setFailure] = useState(/** @type {Error | null} */ (null));
  if (busy) return null;
  if (error ?? failure) return html`<${ErrorNotice} error=${error ?? failure} retry=${() => { setFailure(null); reload(); }} />`;
  if (!value?.sources.length) return null;
  const missing = value.sources.filter((source) => source.missing);
  const last = value.sources.map((source) => source.time).sort().at(-1) ?? "";
  const changes = value.new + value.changed + value.gone;
  if (!changes && !missing.length) {
    return html`<p class="soft filestatus"><${Icon} name="check" />${t("files.same", { count: value.unchanged, when: ago(last) })} <button type="button" class="link" onClick=${reload}>${t("files.again")}</button></p>`;
  }
  const counts = /** @type {const} */ (["new", "changed", "gone"]).filter((each) => value[each]).map((each) => t(`files.${each}`, { count: value[each] }));
  return html`
    <div class="notice filestatus">
      ${changes > 0 && html`
        <div class="row">
          <p><b>${counts.join(" · ")}</b> <span class="soft">${t("files.since", { when: ago(last) })}</span></p>
          <button type="button" class="primary" onClick=${() => start(`${path}/sync`, {}).catch(setFailure)}>${t("files.sync")}</button>
        </div>
        <details><summary>${t("files.list")}</summary>
          <ul>${value.files.map((file) => html`<li key=${file.path}><span class="tag">${t(`files.is.${file.change}`)}</span> ${file.path}</li>`)}</ul>
          ${changes > value.files.length && html`<p class="soft">${t("facets.more", { count: changes - value.files.length })}</p>`}
        </details>`}
      ${missing.map((source) => html`<p key=${source.path}>${t("files.missing", { path: source.path })}</p>`)}
    </div>
  `;
}
