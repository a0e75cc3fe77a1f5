// Versions of a collection: what changed when, undo, storage, removal.

import { html, useRef, useState } from "../lib/html.js";
import { call, post } from "../lib/api.js";
import { moment, number, t } from "../lib/i18n.js";
import { start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { change, go, href } from "../lib/router.js";
import { ErrorNotice } from "../components/notice.js";
import { Icon } from "../components/icon.js";
import { Differences } from "../components/differences.js";
import { Migration } from "../components/migration.js";
import { attempt, toast } from "../components/toast.js";
import { short } from "./collections.js";

/** @param {{ name: string, summary: Summary, onChanged: () => void }} props */
export function HistoryTab({ name, summary, onChanged }) {
  const path = `/collections/${encodeURIComponent(name)}`;
  const { value, error, reload } = useLoad((signal) => call(`${path}/log`, { signal }), [name, summary.runs]);
  const [failure, setFailure] = useState(/** @type {Error | null} */ (null));
  /** @type {Run[]} */
  const runs = [...(value?.runs ?? [])].reverse();
  const act = async (/** @type {string} */ verb, /** @type {any} */ body = {}) => {
    setFailure(null);
    try {
      const { run } = await post(`${path}/${verb}`, body);
      toast(t("history.done", { records: run.records }));
      onChanged();
      reload();
    } catch (problem) {
      setFailure(/** @type {Error} */ (problem));
    }
  };
  return html`
    <div class="history">
      <div class="buttons">
        <button type="button" onClick=${() => act("undo")}><${Icon} name="undo" />${t("history.undo")}</button>
        <button type="button" onClick=${() => act("redo")}>${t("history.redo")}</button>
        <button type="button" onClick=${() => start(`${path}/compact`, {}).catch(setFailure)} title=${t("history.compact.title")}>${t("history.compact")}</button>
      </div>
      ${(error ?? failure) && html`<${ErrorNotice} error=${error ?? failure} />`}
      <div class="scroll" tabindex="0" role="region" aria-label=${t("tab.history")}>
        <table>
          <thead><tr><th scope="col">${t("history.run")}</th><th scope="col">${t("history.when")}</th><th scope="col">${t("history.what")}</th><th scope="col" class="number">${t("history.records")}</th><th scope="col">${t("history.from")}</th><th scope="col"><span class="hidden">${t("history.actions")}</span></th></tr></thead>
          <tbody>
            ${runs.map((run, n) => html`
              <tr key=${run.number}>
                <td>${run.number}</td><td>${moment(run.time)}</td>
                <td>${t(/** @type {any} */ (`history.${run.action}`))} <span class="soft">+${number(run.added)} −${number(run.removed)}</span></td>
                <td class="number">${number(run.records)}</td>
                <td>${run.sources.slice(0, 3).map((source) => source.split(/[/\\]/).pop()).join(", ")}${run.sources.length > 3 ? "…" : ""}</td>
                <td class="nowrap">${run.before > 0 && html`<button type="button" class="link" onClick=${() => change({ from: String(run.before), to: String(run.number) })}>${t("diff.changes")}</button> `}${n > 0 && html`<a href=${href(["collections", name], { as_of: String(run.number) })}>${t("history.see")}</a> <button type="button" class="link" onClick=${() => act("restore", { run: run.number })}>${t("history.restore")}</button>`}</td>
              </tr>`)}
          </tbody>
        </table>
      </div>
      <${Differences} name=${name} runs=${runs} />
      <h2>${t("history.storage")}</h2>
      <dl class="facts wide">
        <div><dt>${t("history.model")}</dt><dd>${short(summary.model)} · ${summary.compute}</dd></div>
        <div><dt>${t("history.vectors")}</dt><dd>${t("history.vectors.value", { dimension: summary.dimension, storage: summary.storage })}</dd></div>
        <div><dt>${t("history.chunks")}</dt><dd>${number(summary.chunks)}</dd></div>
        <div><dt>${t("history.index")}</dt><dd>${summary.index.kind} · ${t("history.recall", { recall: number(100 * summary.index.recall, 1) })}</dd></div>
      </dl>
      <h2>${t("migrate.title")}</h2>
      <${Migration} name=${name} summary=${summary} />
      <${Removal} name=${name} records=${summary.records} />
    </div>
  `;
}

/** @param {{ name: string, records: number }} props */
function Removal({ name, records }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const remove = () => attempt(async () => {
    await call(`/collections/${encodeURIComponent(name)}`, { method: "DELETE" });
    toast(t("history.removed", { name }));
    go(href(["collections"]));
  });
  return html`
    <p><button type="button" class="danger" onClick=${() => dialog.current?.showModal()}><${Icon} name="trash" />${t("history.remove")}</button></p>
    <dialog ref=${dialog} aria-labelledby="remove-title">
      <h2 id="remove-title">${t("history.remove.sure", { name })}</h2>
      <p>${t("history.remove.about", { records })}</p>
      <form method="dialog" class="buttons"><button>${t("common.cancel")}</button><button class="danger" onClick=${remove}>${t("history.remove")}</button></form>
    </dialog>
  `;
}
