// The map of a collection.

import { html, useEffect, useState } from "../lib/html.js";
import { call, fetched, jobFile } from "../lib/api.js";
import { ago, t } from "../lib/i18n.js";
import { isOpen, jobs, loaded, onMessage, start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { readPoints } from "../lib/points.js";
import { change, href, place } from "../lib/router.js";
import { JobCard } from "../components/job.js";
import { Empty, ErrorNotice } from "../components/notice.js";
import { MapView } from "../components/map.js";
import { useModels } from "../components/models.js";
import { TwoMaps } from "../components/twomaps.js";
import { Tabs } from "./collection.js";

const FILE = "map.points";

/** @param {{ name?: string }} props */
export function ExplorePage({ name }) {
  return name ? html`<${CollectionMap} key=${name} name=${name} />` : html`<${Choice} />`;
}

function Choice() {
  const { value, error, reload } = useLoad((signal) => call("/collections", { signal }), []);
  /** @type {Summary[]} */
  const found = value?.collections ?? [];
  return html`
    <div class="page">
      <div class="title"><h1>${t("explore.title")}</h1><p class="soft">${t("explore.about")}</p></div>
      ${error && html`<${ErrorNotice} error=${error} retry=${reload} />`}
      ${value && !found.length && html`<${Empty} title=${t("explore.none")}><a class="button" href=${href(["collections"])}>${t("nav.collections")}</a></${Empty}>`}
      <ul class="cards">
        ${found.map((each) => html`<li class="card" key=${each.name}><h2><a class="stretched" href=${href(["explore", each.name])}>${each.name}</a></h2><p class="soft">${t("collections.records", { records: each.records })}</p></li>`)}
      </ul>
    </div>
  `;
}

/** @param {{ name: string }} props */
function CollectionMap({ name }) {
  const path = `/collections/${encodeURIComponent(name)}`;
  const summary = useLoad((signal) => /** @type {Promise<Summary>} */ (call(path, { signal })), [name]);
  const mine = jobs.value.filter((job) => job.operation === "collections_map" && job.request.name === name);
  const running = mine.find(isOpen);
  const done = mine.find((job) => job.status === "done");
  const failed = !running && mine[0]?.status === "failed" ? mine[0] : null;
  const [coarse, setCoarse] = useState(0);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const draw = () => start(`${path}/map`, { output: FILE }).catch(setError);
  const known = summary.value;

  useEffect(() => {
    if (loaded.value && known && known.records > 0 && !mine.length) draw();
  }, [known?.name, mine.length === 0, loaded.value]);
  useEffect(() => running && onMessage(running.id, ({ code }) => code === "coarse" && setCoarse((n) => n + 1)), [running?.id]);

  const shown = running ?? done;
  const file = useLoad(async (signal) => {
    if (!shown || shown.status === "queued") return null;
    const { files } = await call(`/jobs/${shown.id}/files`, { signal });
    if (!files.some((/** @type {{ name: string }} */ each) => each.name === FILE)) return null;
    const answer = await fetched(jobFile(shown.id, FILE), { signal });
    return readPoints(await answer.arrayBuffer());
  }, [shown?.id, shown?.status, coarse]);
  const beside = place.value.query.get("beside") ?? "";
  const stale = done && !running && known && Date.parse(known.updated) / 1000 > done.created;

  return html`
    <div class="page full">
      <p class="crumbs"><a href=${href(["explore"])}>${t("nav.explore")}</a></p>
      <div class="title row">
        <h1>${name}</h1>
        ${known && known.records > 0 && html`<${Beside} own=${known.model} beside=${beside} />`}
        ${done && !beside && !running && html`<p class="soft">${t("explore.drawn", { when: ago(done.finished ?? done.created) })} <button type="button" class="link" onClick=${draw}>${t("explore.again")}</button></p>`}
      </div>
      <${Tabs} name=${name} tab="map" />
      ${(summary.error ?? error ?? file.error) && html`<${ErrorNotice} error=${summary.error ?? error ?? file.error} />`}
      ${stale && !beside && html`<p class="notice warn">${t("explore.stale")}</p>`}
      ${known && !known.records && html`<${Empty} title=${t("search.empty")} />`}
      ${!beside && (running ?? failed) && html`<${JobCard} job=${running ?? failed} />`}
      ${beside && known && html`<${TwoMaps} key=${beside} name=${name} summary=${known} model=${beside} />`}
      ${!beside && file.value && html`<${MapView} name=${name} points=${file.value} updated=${known?.updated ?? ""} />`}
    </div>
  `;
}

/** The model whose map is drawn beside the collection's own. @param {{ own: string, beside: string }} props */
function Beside({ own, beside }) {
  const { here } = useModels();
  const others = here.filter((each) => each.name !== own.split("/").pop());
  if (!others.length && !beside) return null;
  const names = new Set([...others.map((each) => each.name), ...(beside ? [beside] : [])]);
  return html`
    <label class="beside">${t("beside.label")}
      <select value=${beside} onChange=${(/** @type {any} */ event) => change({ beside: event.target.value, open: null, q: null, outliers: null, color: null })}>
        <option value="">${t("beside.none")}</option>
        ${[...names].map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
      </select>
    </label>
  `;
}
