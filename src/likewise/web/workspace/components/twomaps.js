// The same texts by two models: both maps, and the texts that moved most.

import { html, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { call, fetched, jobFile } from "../lib/api.js";
import { number, t } from "../lib/i18n.js";
import { isOpen, jobs, loaded, result, start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { LiveMap } from "../lib/map.js";
import { readPoints } from "../lib/points.js";
import { change, place } from "../lib/router.js";
import { theme } from "../lib/theme.js";
import { css, palette } from "../page/colors.js";
import { JobCard } from "./job.js";
import { ErrorNotice } from "./notice.js";
import { RecordPanel } from "./record.js";

const FILE = "both.points";
const FEW = 12;

/** @typedef {{ id: string, text: string }} Stored */
/** @typedef {{ shared: number, chunk: Stored, before: Stored[], after: Stored[] }} Moved */
/** @typedef {{ own: string, model: string, chunks: number, neighbors: number, shared: number, moved: Moved[] }} Contrast */
/** @typedef {import("../lib/points.js").Points} Points */

const short = (/** @type {string} */ model) => model.split(/[/\\]/).pop() ?? model;

/** @param {{ name: string, summary: Summary, model: string }} props */
export function TwoMaps({ name, summary, model }) {
  const since = Date.parse(summary.updated) / 1000 || 0;
  const mine = jobs.value.filter(({ operation, request, created }) => operation === "collections_contrast" && request.name === name && request.model === model && created >= since);
  const running = mine.find(isOpen);
  const done = mine.find((job) => job.status === "done");
  const failed = !running && !done && mine[0] && mine[0].status !== "done" ? mine[0] : null;
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const draw = () => start(`/collections/${encodeURIComponent(name)}/contrast`, { model, output: FILE }).catch(setError);
  const found = useLoad(async (signal) => {
    if (!done) return null;
    const [answer, contrast] = await Promise.all([fetched(jobFile(done.id, FILE), { signal }), result(done.id)]);
    return { points: readPoints(await answer.arrayBuffer()), contrast: /** @type {Contrast} */ (contrast) };
  }, [done?.id]);
  return html`
    ${(error ?? found.error) && html`<${ErrorNotice} error=${error ?? found.error} />`}
    ${(running ?? failed) && html`<${JobCard} job=${running ?? failed} />`}
    ${loaded.value && !mine.length && html`<p>${t("beside.about", { model })} <button type="button" class="primary" onClick=${draw}>${t("beside.draw")}</button></p>`}
    ${found.value && html`<${Both} name=${name} points=${found.value.points} contrast=${found.value.contrast} />`}
  `;
}

/** @param {{ name: string, points: Points, contrast: Contrast }} props */
function Both({ name, points, contrast }) {
  const open = place.value.query.get("open") ?? "";
  const [all, setAll] = useState(false);
  const [over, setOver] = useState(-1);
  const [more, setMore] = useState(false);
  const far = useMemo(() => contrast.moved.map(({ chunk }) => points.rows.get(chunk.id)).filter((row) => row !== undefined), [contrast, points]);
  const focus = all ? null : /** @type {number[]} */ (far);
  const marked = over >= 0 ? over : (points.rows.get(open) ?? -1);
  const pick = (/** @type {number} */ row) => change({ open: points.ids[row] });
  const column = points.columns[0];
  const colors = /** @type {any[]} */ (palette(column));
  const planes = useMemo(() => [points, { ...points, coordinates: /** @type {Uint16Array} */ (points.other) }], [points]);
  return html`
    <p role="status">${t("beside.shared", { share: number(100 * contrast.shared, 1), neighbors: contrast.neighbors })}</p>
    <div class="twomaps">
      ${[contrast.own, contrast.model].map((model, n) => html`<${Plane} key=${n} title=${t("beside.map", { model: short(model) })} points=${planes[n]} column=${column} focus=${focus} marked=${marked} onHover=${setOver} onPick=${pick} />`)}
      <div class="moved">
        ${open
          ? html`<${RecordPanel} name=${name} id=${open} onClose=${() => change({ open: null })} onChanged=${() => change({ open: null })} />`
          : html`
            <div><p class="soft">${t("beside.color")}</p><div class="shades" aria-hidden="true">${[0, 32, 64, 96, 128, 160, 192, 224, 255].map((step) => html`<i key=${step} style=${{ background: css(colors[step]) }}></i>`)}</div><p class="figures soft"><span>0 %</span><span>100 %</span></p></div>
            <h3>${t("beside.moved")}</h3>
            <p class="soft">${t("beside.moved.about")} <button type="button" class="link" aria-pressed=${all} onClick=${() => setAll(!all)}>${t("beside.clear")}</button></p>
            <ol class="near">${contrast.moved.slice(0, more ? undefined : FEW).map((each) => html`<${MovedText} key=${each.chunk.id} moved=${each} models=${[short(contrast.own), short(contrast.model)]} onPick=${() => change({ open: each.chunk.id })} onHover=${(/** @type {boolean} */ on) => setOver(on ? (points.rows.get(each.chunk.id) ?? -1) : -1)} />`)}</ol>
            ${contrast.moved.length > FEW && html`<button type="button" class="link" onClick=${() => setMore(!more)}>${more ? t("facets.fewer") : t("facets.more", { count: contrast.moved.length - FEW })}</button>`}`}
      </div>
    </div>
  `;
}

/** @param {{ moved: Moved, models: string[], onPick: () => void, onHover: (on: boolean) => void }} props */
function MovedText({ moved, models, onPick, onHover }) {
  return html`
    <li><button type="button" onClick=${onPick} onMouseEnter=${() => onHover(true)} onMouseLeave=${() => onHover(false)} onFocus=${() => onHover(true)} onBlur=${() => onHover(false)}>
      <span>${moved.chunk.text.slice(0, 160)}</span>
      <span class="soft">${t("beside.common", { share: number(100 * moved.shared) })}</span>
      ${[moved.before, moved.after].map((texts, n) => texts.length > 0 && html`<span class="soft" key=${n}>${t("beside.before", { model: models[n] })}: ${texts.map((each) => each.text.slice(0, 60)).join(" · ")}</span>`)}
    </button></li>
  `;
}

/** One of the maps. @param {{ title: string, points: Points, column: import("../lib/points.js").Column, focus: number[] | null, marked: number, onHover: (row: number) => void, onPick: (row: number) => void }} props */
function Plane({ title, points, column, focus, marked, onHover, onPick }) {
  const dots = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const overlay = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [map, setMap] = useState(/** @type {any} */ (null));
  useEffect(() => {
    const made = new LiveMap(/** @type {any} */ (dots.current), /** @type {any} */ (overlay.current), points, {
      onHover: (row) => onHover(row), onPick, onEnclose: () => {}, onLasso: () => {},
    });
    made.paint(points.groups("column-0"), column, []);
    setMap(made);
    return () => made.close();
  }, [points]);
  useEffect(() => map?.redraw(), [theme.value]);
  useEffect(() => map?.setFocus(focus), [map, focus]);
  useEffect(() => map?.mark(marked), [map, marked]);
  return html`
    <figure>
      <figcaption>${title}</figcaption>
      <div class="stage">
        <canvas ref=${dots} aria-hidden="true"></canvas>
        <canvas class="overlay" ref=${overlay} tabindex="0" role="application" aria-label=${title}></canvas>
      </div>
      <p class="soft tipline">${marked >= 0 ? points.texts[marked].slice(0, 120) : "\u00a0"}</p>
    </figure>
  `;
}
