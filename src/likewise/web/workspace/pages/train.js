// Train a model on data of one's own: choose, check, start.

import { html, useState } from "../lib/html.js";
import { call, post, send } from "../lib/api.js";
import { number, t } from "../lib/i18n.js";
import { jobs, start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { change, go, href, place } from "../lib/router.js";
import { OUTPUT, feedbackFile } from "../lib/training.js";
import { DataReport } from "../components/datacheck.js";
import { DropZone } from "../components/drop.js";
import { JobCard } from "../components/job.js";
import { ModelPicker } from "../components/models.js";
import { ErrorNotice } from "../components/notice.js";
import { Training } from "./training.js";

const DEFAULT = "all-MiniLM-L6-v2";
const MINUTES = [5, 15, 60, 240];

/** @param {{ job?: string }} props */
export function TrainPage({ job }) {
  return job ? html`<${Training} key=${job} id=${job} />` : html`<${Choose} />`;
}

function Choose() {
  const { query } = place.value;
  const ids = query.getAll("file");
  const model = query.get("model") ?? DEFAULT;
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const past = jobs.value.filter((each) => each.operation === "train");
  const add = (/** @type {SentFile} */ file) => change({ file: [...place.peek().query.getAll("file"), file.id] }, { replace: true });
  const sendAll = async (/** @type {import("../lib/dropped.js").Dropped[]} */ dropped) => {
    setError(null);
    try {
      for (const { file, name } of dropped) add(await send(file, name));
    } catch (failure) {
      setError(/** @type {Error} */ (failure));
    }
  };
  return html`
    <div class="page narrow">
      <div class="title"><h1>${t("train.title")}</h1><p class="soft">${t("train.about")}</p></div>
      <fieldset><legend>${t("train.data")}</legend>
        <${FeedbackPicker} onSent=${add} onError=${setError} />
        <${DropZone} bare onFiles=${sendAll} />
        <p class="soft">${t("train.data.about")}</p>
      </fieldset>
      ${error && html`<${ErrorNotice} error=${error} />`}
      ${ids.length > 0 && html`<${Prepare} key=${ids.join()} ids=${ids} model=${model} />`}
      ${past.length > 0 && html`<h2>${t("train.past")}</h2>
        <div class="jobs">${past.map((each) => html`<${JobCard} key=${each.id} job=${each}><p><a href=${href(["train", each.id])}>${t("job.open")}</a></p></${JobCard}>`)}</div>`}
    </div>
  `;
}

/** Examples that were given by thumbs in searches of a collection. @param {{ onSent: (file: SentFile) => void, onError: (error: Error) => void }} props */
function FeedbackPicker({ onSent, onError }) {
  const { value } = useLoad((signal) => call("/collections", { signal }), []);
  /** @type {Summary[]} */
  const found = value?.collections ?? [];
  if (!found.length) return null;
  const chosen = async (/** @type {string} */ name) => {
    try {
      const file = await feedbackFile(name);
      onSent(await send(file.blob, file.name));
    } catch (error) {
      onError(/** @type {Error} */ (error));
    }
  };
  return html`
    <label>${t("train.feedback")}
      <select value="" onChange=${(/** @type {any} */ event) => event.target.value && chosen(event.target.value)}>
        <option value="">${t("compare.collection.none")}</option>
        ${found.map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}
      </select>
    </label>
  `;
}

/** The check of the data, the settings, and the start. @param {{ ids: string[], model: string }} props */
function Prepare({ ids, model }) {
  const [weights, setWeights] = useState(/** @type {(number | null)[]} */ (ids.map(() => null)));
  const [settings, setSettings] = useState({ minutes: 15, queries: "", epochs: "", rate: "", drop: "0.5" });
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const files = useLoad((signal) => Promise.all(ids.map((id) => call(`/files/${id}`, { signal }))), [ids.join()]);
  const found = useLoad((signal) => /** @type {Promise<import("../lib/training.js").DataCheck>} */ (post("/check-data", { model, data: ids }, signal)), [model, ids.join()]);
  const set = (/** @type {Partial<typeof settings>} */ changed) => setSettings((before) => ({ ...before, ...changed }));
  const data = found.value;
  const shares = data && weights.map((weight, n) => weight ?? data.files[n]?.rows ?? 1);

  const begin = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setError(null);
    try {
      const job = await start("/train", {
        model, data: ids, output: OUTPUT, max_minutes: Number(settings.minutes), max_drop: Number(settings.drop),
        ...(weights.some((weight) => weight !== null) ? { weights: shares } : {}),
        ...(settings.epochs ? { epochs: Number(settings.epochs) } : {}),
        ...(settings.rate ? { learning_rate: Number(settings.rate) } : {}),
        every: Math.max(10, Math.ceil((data?.steps ?? 10) / 2)),
        queries: settings.queries.split("\n").map((line) => line.trim()).filter(Boolean).slice(0, 20),
      });
      go(href(["train", job.id]));
    } catch (problem) {
      setError(/** @type {Error} */ (problem));
    }
  };
  return html`
    <form class="stack" onSubmit=${begin}>
      <p class="chips">${(files.value ?? []).map((/** @type {SentFile} */ file) => html`<span class="chip on" key=${file.id}>${file.name} <button type="button" onClick=${() => change({ file: ids.filter((id) => id !== file.id) }, { replace: true })} aria-label=${`${t("common.remove")}: ${file.name}`}>×</button></span>`)}</p>
      <div class="fields"><${ModelPicker} value=${model} onChange=${(/** @type {string} */ name) => change({ model: name === DEFAULT ? null : name }, { replace: true })} /></div>
      <h2>${t("train.check")}</h2>
      ${found.busy && html`<p class="soft" role="status"><i class="spinner inline" aria-hidden="true"></i> ${t("train.checking")}</p>`}
      ${(files.error ?? found.error) && html`<${ErrorNotice} error=${files.error ?? found.error} retry=${found.reload} />`}
      ${data && html`<${DataReport} found=${data} />`}
      ${data && shares && data.files.length > 1 && html`
        <fieldset><legend>${t("train.weights")}</legend>
          <p class="soft">${t("train.weights.about")}</p>
          <div class="fields">${data.files.map((file, n) => html`
            <label key=${n}>${file.name}<input type="number" min="0.01" step="any" value=${weights[n] ?? ""} placeholder=${number(file.rows)} onInput=${(/** @type {any} */ event) => setWeights(weights.map((weight, i) => (i !== n ? weight : event.target.valueAsNumber > 0 ? event.target.valueAsNumber : null)))} />
              <span class="soft">${t("train.weights.share", { share: number((100 * shares[n]) / shares.reduce((sum, each) => sum + each, 0), 1) })}</span></label>`)}</div>
        </fieldset>`}
      <div class="fields">
        <label>${t("train.minutes")}<select value=${settings.minutes} onChange=${(/** @type {any} */ event) => set({ minutes: Number(event.target.value) })}>${MINUTES.map((each) => html`<option key=${each} value=${each}>${number(each)}</option>`)}</select></label>
        <label>${t("train.epochs")}<input type="number" min="0.1" step="any" value=${settings.epochs} placeholder=${t("train.epochs.auto")} onInput=${(/** @type {any} */ event) => set({ epochs: event.target.value })} /></label>
        <label>${t("train.drop")}<input type="number" min="0" max="100" step="any" required value=${settings.drop} onInput=${(/** @type {any} */ event) => set({ drop: event.target.value })} /></label>
        <label>${t("train.rate")}<input type="number" min="0" step="any" value=${settings.rate} placeholder="0.00005" onInput=${(/** @type {any} */ event) => set({ rate: event.target.value })} /></label>
      </div>
      <label>${t("train.queries")}<textarea rows="3" value=${settings.queries} onInput=${(/** @type {any} */ event) => set({ queries: event.target.value })}></textarea><span class="soft">${t("train.queries.about")}</span></label>
      ${error && html`<${ErrorNotice} error=${error} />`}
      <div class="buttons sticky"><button class="primary" disabled=${!data}>${t("train.go")}</button><span class="soft">${t("train.go.about")}</span></div>
    </form>
  `;
}
