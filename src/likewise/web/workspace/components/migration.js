// Another model for a collection: compared first, switched where the results agree, undoable.

import { html, useState } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";
import { isOpen, jobs, result, start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { JobCard } from "./job.js";
import { ModelPicker } from "./models.js";
import { ErrorNotice, sentence } from "./notice.js";

const COMPUTES = ["auto", "float32", "bfloat16", "int8"];

/**
 * @typedef {{ switched: boolean, after: string | null, computes: [string, string], failure: { reasons: string[] } | null,
 *   measurement: { queries: number, overlap: { value: number, low: number, high: number } } | null }} Migrated
 */

/** @param {{ name: string, summary: Summary }} props */
export function Migration({ name, summary }) {
  const [model, setModel] = useState(summary.model.split("/").pop() ?? summary.model);
  const [compute, setCompute] = useState("auto");
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const last = lastMigration(name);
  const begin = (/** @type {Event} */ event) => {
    event.preventDefault();
    setError(null);
    start(`/collections/${encodeURIComponent(name)}/migrate`, { model, compute }).catch(setError);
  };
  return html`
    <form class="stack" onSubmit=${begin}>
      <p class="soft">${t("migrate.about")}</p>
      <div class="fields">
        <${ModelPicker} value=${model} onChange=${setModel} />
        <label>${t("compare.compute")}<select value=${compute} onChange=${(/** @type {any} */ event) => setCompute(event.target.value)}>${COMPUTES.map((each) => html`<option key=${each} value=${each}>${each === "auto" ? t("migrate.fastest") : each}</option>`)}</select></label>
      </div>
      ${error && html`<${ErrorNotice} error=${error} />`}
      <div class="buttons"><button disabled=${Boolean(last && isOpen(last))}>${t("migrate.go")}</button></div>
      <${MigrationOutcome} name=${name} />
    </form>
  `;
}

/** @param {string} name of a collection */
const lastMigration = (name) => jobs.value.find((job) => job.operation === "collections_migrate" && job.request.name === name);

/** How far the last migration of a collection is, or what it gave. @param {{ name: string }} props */
export function MigrationOutcome({ name }) {
  const last = lastMigration(name);
  const { value } = useLoad((_) => (last?.status === "done" ? /** @type {Promise<Migrated>} */ (result(last.id)) : Promise.resolve(null)), [last?.id, last?.status]);
  if (last && last.status !== "done") return html`<${JobCard} job=${last} />`;
  if (!value) return null;
  return html`
    <p class="notice">${t(value.switched ? "migrate.done" : "migrate.kept")}
      ${value.measurement && html` ${t("migrate.overlap", { share: number(100 * value.measurement.overlap.value), queries: value.measurement.queries })}`}
      ${value.failure && html`<br /><span class="soft">${value.failure.reasons.map(sentence).join(". ")}</span>`}</p>
  `;
}
