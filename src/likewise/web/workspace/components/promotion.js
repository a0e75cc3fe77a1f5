// What becomes of a trained model: a name, and a collection that it moves into.

import { html, useState } from "../lib/html.js";
import { call, post } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { isOpen, jobs, start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { href } from "../lib/router.js";
import { folderOf } from "../lib/training.js";
import { Icon } from "./icon.js";
import { MigrationOutcome } from "./migration.js";
import { ErrorNotice } from "./notice.js";

/** The name under which a training's model was added, in this browser. @param {string} id */
const key = (id) => `likewise.trained.${id}`;

/** @param {{ id: string, report: import("../lib/training.js").Report }} props */
export function Promotion({ id, report }) {
  const [name, setName] = useState(`${report.model.split("/").pop()}-tuned`);
  const [added, setAdded] = useState(localStorage.getItem(key(id)) ?? "");
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const { value } = useLoad((signal) => call("/models", { signal }), [added]);
  const isThere = added && (value?.models ?? []).some((/** @type {ModelFacts} */ each) => each.name === added);
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setError(null);
    try {
      await post("/models", { folder: folderOf(id, report.verdict.promoted), name: name.trim() });
      localStorage.setItem(key(id), name.trim());
      setAdded(name.trim());
    } catch (failure) {
      setError(/** @type {Error} */ (failure));
    }
  };
  if (isThere) return html`<${Move} model=${added} />`;
  return html`
    <section class="job">
      <h2>${t("promote.title")}</h2>
      <p class="soft">${t(report.verdict.promoted ? "promote.about" : "promote.anyway")}</p>
      <form class="row" onSubmit=${add}>
        <input type="text" required pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]*" value=${name} aria-label=${t("promote.name")} title=${t("import.name.title")} onInput=${(/** @type {any} */ event) => setName(event.target.value)} />
        <button class=${report.verdict.promoted ? "primary" : ""}>${t("promote.go")}</button>
      </form>
      ${error && html`<${ErrorNotice} error=${error} />`}
    </section>
  `;
}

/** A collection that gets the model. @param {{ model: string }} props */
function Move({ model }) {
  const { value } = useLoad((signal) => call("/collections", { signal }), []);
  const moved = jobs.value.find((job) => job.operation === "collections_migrate" && job.request.model === model);
  const [chosen, setChosen] = useState("");
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  /** @type {Summary[]} */
  const found = value?.collections ?? [];
  const name = chosen || (moved?.request.name ?? "");
  const move = (/** @type {Event} */ event) => {
    event.preventDefault();
    setError(null);
    start(`/collections/${encodeURIComponent(name)}/migrate`, { model }).catch(setError);
  };
  return html`
    <section class="job">
      <h2><${Icon} name="check" /> ${t("promote.done", { name: model })}</h2>
      ${found.length > 0 && html`
        <p class="soft">${t("promote.move")} ${t("migrate.about")}</p>
        <form class="row" onSubmit=${move}>
          <select required value=${name} aria-label=${t("promote.collection")} onChange=${(/** @type {any} */ event) => setChosen(event.target.value)}>
            <option value="">${t("compare.collection.none")}</option>
            ${found.map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}
          </select>
          <button disabled=${!name || Boolean(moved && isOpen(moved))}>${t("migrate.go")}</button>
        </form>`}
      ${error && html`<${ErrorNotice} error=${error} />`}
      ${moved && html`<${MigrationOutcome} name=${moved.request.name} />
        ${moved.status === "done" && html`<p><a href=${href(["collections", moved.request.name])}>${t("promote.open", { name: moved.request.name })}</a></p>`}`}
    </section>
  `;
}
