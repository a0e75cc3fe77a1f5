// The map with its tools: search, colours, clusters, selection, side panel.

import { html, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { number, t } from "../lib/i18n.js";
import { bind } from "../lib/keys.js";
import { useLoad } from "../lib/load.js";
import { LiveMap } from "../lib/map.js";
import { change, place } from "../lib/router.js";
import { theme } from "../lib/theme.js";
import { Icon } from "./icon.js";
import { Legend } from "./legend.js";
import { MapFilters } from "./mapfilters.js";
import { Outliers } from "./outliers.js";
import { RecordPanel } from "./record.js";
import { Selection } from "./selection.js";

const LIT = 200;

/** @param {{ name: string, points: import("../lib/points.js").Points, updated: string }} props */
export function MapView({ name, points, updated }) {
  const { query } = place.value;
  const stage = useRef(/** @type {HTMLElement | null} */ (null));
  const dots = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const overlay = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [map, setMap] = useState(/** @type {any} */ (null));
  const [tip, setTip] = useState({ row: -1, x: 0, y: 0 });
  const [lasso, setLasso] = useState(false);
  const [selected, setSelected] = useState(/** @type {number[]} */ ([]));
  const [far, setFar] = useState(/** @type {number[]} */ ([])); // outliers, while they are shown
  const [text, setText] = useState(query.get("q") ?? "");
  const color = query.get("color") ?? "";
  const open = query.get("open") ?? "";
  const q = query.get("q") ?? "";

  useEffect(() => {
    const made = new LiveMap(/** @type {any} */ (dots.current), /** @type {any} */ (overlay.current), points, {
      onHover: (row, [x, y]) => { setTip({ row, x, y }); made.mark(row); },
      onPick: (row) => change({ open: points.ids[row] }),
      onEnclose: (rows) => { setSelected(rows); change({ q: null, open: null }, { replace: true }); },
      onLasso: setLasso,
    });
    setMap(made);
    setSelected([]);
    document.documentElement.dataset.map = `${points.method}-${points.levels.length ? "named" : "coarse"}`;
    return () => made.close();
  }, [points]);
  useEffect(() => map?.redraw(), [theme.value]);

  const [turn, setTurn] = useState(0); // grows when a column of the points has changed
  const [mask, setMask] = useState(/** @type {Uint8Array | null} */ (null));
  const shown = useMemo(() => coloring(points, color, Number(query.get("clusters"))), [points, color, query.get("clusters"), turn]);
  const tagged = (/** @type {string} */ column) => { setTurn(turn + 1); change({ color: column }, { replace: true }); };
  useEffect(() => map?.paint(shown.groups, shown.column, shown.labels), [map, shown]);

  useEffect(() => {
    if (text === q) return;
    const timer = setTimeout(() => change({ q: text, open: null }, { replace: true }), 120);
    return () => clearTimeout(timer);
  }, [text]);
  const lit = useLoad((signal) => (q.trim() ? post(`/collections/${encodeURIComponent(name)}/search`, { query: q, top_k: LIT }, signal) : Promise.resolve(null)), [name, q]);
  const rows = useMemo(() => /** @type {number[]} */ ((lit.value?.hits ?? []).map((/** @type {Hit} */ hit) => points.rows.get(hit.id)).filter((/** @type {number | undefined} */ row) => row !== undefined)), [lit.value, points]);
  useEffect(() => {
    if (q) setSelected([]);
  }, [q]);
  useEffect(() => map?.setFocus(selected.length ? selected : q && rows.length ? rows : far.length ? far : null), [map, selected, rows, q, far]);
  useEffect(() => {
    const row = points.rows.get(open);
    if (map && row !== undefined) map.mark(row);
  }, [map, open]);
  useEffect(() => bind({
    "/": () => box.current?.select(),
    Escape: () => (open ? change({ open: null }) : (setSelected([]), setText(""), change({ q: null }, { replace: true }))),
  }), [open]);

  const near = selected.length ? selected : rows;
  const outliersOn = query.get("outliers") === "1";
  const outliers = html`<${Outliers} name=${name} points=${points} updated=${updated} onRows=${setFar} onSelect=${(/** @type {number[]} */ rows) => { setSelected(rows); setText(""); change({ q: null }, { replace: true }); }} onPick=${(/** @type {number} */ row) => { map?.goTo(row); change({ open: points.ids[row] }); }} />`;
  return html`
    <div class="map ${open ? "with-panel" : ""}">
      <div class="stage" ref=${stage}>
        <canvas ref=${dots} aria-hidden="true"></canvas>
        <canvas class="overlay" ref=${overlay} tabindex="0" role="application" aria-label=${t("map.label")} aria-describedby="map-keys"></canvas>
        <p class="hidden" id="map-keys">${t("map.keys")}</p>
        <div class="mapbar">
          <input ref=${box} type="search" value=${text} placeholder=${t("map.search")} aria-label=${t("map.search")} onInput=${(/** @type {any} */ event) => setText(event.target.value)} />
          <button type="button" aria-pressed=${lasso} onClick=${() => map?.setLasso(!lasso)} aria-label=${t("map.lasso")} title=${t("map.lasso")}><${Icon} name="lasso" /></button>
          <button type="button" onClick=${() => map?.zoom(1 / 1.6)} aria-label=${t("map.out")} title=${t("map.out")}>−</button>
          <button type="button" onClick=${() => map?.zoom(1.6)} aria-label=${t("map.in")} title=${t("map.in")}>+</button>
          <button type="button" onClick=${() => map?.fit()} aria-label=${t("map.fit")} title=${t("map.fit")}><${Icon} name="fit" /></button>
        </div>
        ${tip.row >= 0 && html`<div class="tip" style=${tipPlace(tip, stage.current)}>${points.texts[tip.row]}<small>${shown.nameOf(tip.row)}</small></div>`}
      </div>
      <div class="side">
        ${open
          ? html`<${RecordPanel} name=${name} id=${open} onClose=${() => change({ open: null })} onChanged=${() => change({ open: null })} onPick=${(/** @type {string} */ id) => { const row = points.rows.get(id); if (row !== undefined) map?.goTo(row); change({ open: id }); }} />`
          : html`
            ${(near.length > 0 || q) && html`<${Selection} name=${name} points=${points} rows=${near} lassoed=${selected.length > 0} onClear=${() => { setSelected([]); setText(""); change({ q: null }, { replace: true }); }} onPick=${(/** @type {number} */ row) => { map?.goTo(row); change({ open: points.ids[row] }); }} onTagged=${tagged} />`}
            ${outliersOn && outliers}
            <${Legend} name=${name} points=${points} shown=${shown} color=${color} map=${map} mask=${mask} onTagged=${tagged} />
            ${!outliersOn && outliers}
            <${MapFilters} points=${points} map=${map} turn=${turn} onCount=${setMask} />
            <${Trust} points=${points} />`}
      </div>
    </div>
  `;
}

/** @param {{ row: number, x: number, y: number }} tip @param {HTMLElement | null} stage */
function tipPlace({ x, y }, stage) {
  const width = stage?.clientWidth ?? 800;
  return { left: `${Math.max(4, Math.min(x + 14, width - 330))}px`, top: `${y + 16}px` };
}

/** @param {{ points: import("../lib/points.js").Points }} props */
function Trust({ points }) {
  if (points.trustworthiness === null) return points.method === "pca" && !points.levels.length ? html`<section><p class="soft">${t("map.coarse")}</p></section>` : null;
  return html`<section><h3>${t("map.trust")}</h3><p class="soft">${t("map.trust.about", { value: number(points.trustworthiness, 2), sampled: points.sampled })}</p></section>`;
}

/**
 * What the points are coloured by.
 * @param {import("../lib/points.js").Points} points
 * @param {string} color a column; clusters where it is empty
 * @param {number} clusters their number; as found where there is no such level
 */
function coloring(points, color, clusters) {
  const at = points.columns.findIndex((each) => each.title === color);
  if (at >= 0) {
    const column = points.columns[at];
    const groups = points.groups(`column-${at}`);
    const span = (column.high ?? 0) - (column.low ?? 0);
    const nameOf = (/** @type {number} */ row) => (column.low === null ? (column.names[groups[row]] ?? "") : groups[row] > 255 ? "" : `${color} ${number(column.low + (groups[row] / 255) * span, 1)}`);
    return { kind: "column", level: null, groups, column, labels: [], nameOf };
  }
  const found = points.levels.findIndex((each) => each.clusters === clusters);
  const level = found >= 0 ? found : points.levels.findIndex((each) => each.found);
  if (level < 0) return { kind: "none", level: null, groups: new Uint16Array(points.count), column: { title: "", names: [], low: null, high: null }, labels: [], nameOf: () => "" };
  const { topics, labels } = points.levels[level];
  const groups = points.groups(`level-${level}`);
  const column = { title: "", names: topics.map((topic) => topic.name), low: null, high: null };
  return { kind: "clusters", level: points.levels[level], groups, column, labels, nameOf: (/** @type {number} */ row) => column.names[groups[row]] ?? t("map.unclustered") };
}
