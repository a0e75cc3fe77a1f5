// What the colours mean; groups can be switched off, and clusters be made more or fewer.

import { html, useEffect, useState } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";
import { change } from "../lib/router.js";
import { ClusterNames } from "./clusternames.js";
import { ColumnNotes } from "./notes.js";
import { css, palette } from "../page/colors.js";

const FEW = 30;

/** @param {{ name: string, points: import("../lib/points.js").Points, shown: any, color: string, map: any, mask: Uint8Array | null, onTagged: (column: string) => void }} props */
export function Legend({ name, points, shown, color, map, mask, onTagged }) {
  const [all, setAll] = useState(false);
  const [off, setOff] = useState(/** @type {number[]} */ ([]));
  useEffect(() => setOff([]), [shown]);
  if (!map) return null;
  const { column, groups, level } = shown;
  const colors = /** @type {any[]} */ (palette(column));
  const counts = new Uint32Array(column.names.length + 1);
  for (let row = 0; row < points.count; row++) if (!mask || mask[row]) counts[Math.min(groups[row], column.names.length)]++;
  const toggle = (/** @type {number} */ group) => {
    map.toggle(group);
    setOff([...map.off]);
  };
  const names = [...column.names, t(level ? "map.unclustered" : "map.other")];
  const more = names.length - FEW;
  const isShown = (/** @type {number} */ group) => counts[group] > 0 && (all || group < FEW || group === names.length - 1);
  const at = level ? points.levels.indexOf(level) : -1;
  return html`
    <section>
      <label>${t("map.color")}
        <select value=${color} onChange=${(/** @type {any} */ event) => change({ color: event.target.value || null }, { replace: true })}>
          <option value="">${t("map.clusters")}</option>
          ${points.columns.map((each) => html`<option key=${each.title} value=${each.title}>${each.title}</option>`)}
        </select>
      </label>
      ${level && points.levels.length > 1 && html`
        <label>${t("map.level", { count: level.clusters })}
          <input type="range" min="0" max=${points.levels.length - 1} step="1" value=${at} onInput=${(/** @type {any} */ event) => change({ clusters: String(points.levels[event.target.value].clusters) }, { replace: true })} />
        </label>`}
      ${column.low !== null
        ? html`<div class="shades" aria-hidden="true">${[0, 32, 64, 96, 128, 160, 192, 224, 255].map((step) => html`<i key=${step} style=${{ background: css(colors[step]) }}></i>`)}</div><p class="figures soft"><span>${number(column.low, 2)}</span><span>${number(column.high, 2)}</span></p>`
        : html`<ul class="legend">
            ${names.map((each, group) => isShown(group) && html`
              <li key=${group}><button type="button" aria-pressed=${!off.includes(group)} onClick=${() => toggle(group)}>
                <i style=${{ background: css(colors[Math.min(group, colors.length - 1)]) }}></i><span class="name">${each}</span><span class="soft">${number(counts[group])}</span>
              </button></li>`)}
          </ul>
          ${more > 1 && html`<button type="button" class="link" onClick=${() => setAll(!all)}>${all ? t("facets.fewer") : t("facets.more", { count: more })}</button>`}`}
      ${level && html`<${ClusterNames} key=${level.clusters} name=${name} points=${points} shown=${shown} map=${map} onSaved=${onTagged} />`}
      ${!level && column.title && column.low === null && html`<${ColumnNotes} key=${column.title} name=${name} column=${column} names=${column.names.filter((/** @type {string} */ _, /** @type {number} */ group) => isShown(group))} />`}
    </section>
  `;
}
