// The map on its canvases: points, names, lasso, and what is in focus.

import { Camera, createScatter } from "../page/scatter.js";
import { Overlay } from "../page/labels.js";
import { palette } from "../page/colors.js";
import { Grid, pointsInside } from "../page/grid.js";
import { attachPointer } from "../page/pointer.js";

/** @typedef {import("./points.js").Points} Points */

/** What the page hears of: a point under the pointer, a click, a lasso. */
/** @typedef {{ onHover: (row: number, place: [number, number]) => void, onPick: (row: number) => void, onEnclose: (rows: number[]) => void, onLasso: (on: boolean) => void }} Listener */

export class LiveMap {
  /**
   * @param {HTMLCanvasElement} canvas of the points
   * @param {HTMLCanvasElement} overlay above it
   * @param {Points} points
   * @param {Listener} listener
   */
  constructor(canvas, overlay, points, listener) {
    this.points = points;
    this.canvas = canvas;
    this.top = overlay;
    this.listener = listener;
    this.camera = /** @type {any} */ (new Camera());
    this.grid = /** @type {any} */ (new Grid(points.coordinates));
    this.scatter = /** @type {any} */ (createScatter(canvas, points.coordinates));
    this.overlay = /** @type {any} */ (new Overlay(overlay, []));
    this.bytes = new Uint8Array(points.count * 4);
    /** @type {[number, number][]} */
    this.lasso = [];
    this.marked = -1;
    this.lassoOn = false;
    /** @type {Uint8Array | null} one flag for each point in focus */
    this.focus = null;
    /** @type {Uint8Array | null} one flag for each point that the filters let through */
    this.filter = null;
    /** @type {Set<number>} groups that are switched off */
    this.off = new Set();
    /** @type {Uint16Array} */
    this.groups = new Uint16Array(points.count);
    /** @type {number[][]} */
    this.colors = [[138, 146, 152]];
    this.named = false;
    this.frame = 0;
    Object.assign(this, attachPointer(overlay, this));
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(/** @type {Element} */ (canvas.parentElement));
    this.recolor = () => this.redraw();
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.recolor);
    this.resize();
  }

  close() {
    this.observer.disconnect();
    this.dark.removeEventListener("change", this.recolor);
    cancelAnimationFrame(this.frame);
    this.frame = -1;
  }

  /**
   * Color the points.
   * @param {Uint16Array} groups
   * @param {import("./points.js").Column} column
   * @param {any[]} labels
   */
  paint(groups, column, labels) {
    this.groups = groups;
    this.colors = palette({ ...column, low: column.low });
    this.off = new Set();
    this.overlay.labels = labels.map((label) => ({ ...label, x: ((label.x + 1) / 2) * 65535, y: ((label.y + 1) / 2) * 65535 }));
    this.named = labels.length > 0;
    this.refresh();
  }

  /** The group of a point; the last one is none. @param {number} row */
  group(row) {
    return Math.min(this.groups[row], this.colors.length - 1);
  }

  /** @param {number} row */
  shown(row) {
    return !this.off.has(this.group(row)) && (!this.filter || this.filter[row] > 0);
  }

  /** @param {Uint8Array | null} mask */
  setFilter(mask) {
    this.filter = mask;
    this.refresh();
  }

  /** @param {Iterable<number> | null} rows */
  setFocus(rows) {
    this.focus = null;
    if (rows) {
      this.focus = new Uint8Array(this.points.count);
      for (const row of rows) this.focus[row] = 1;
    }
    this.refresh();
  }

  /** @param {number} group */
  toggle(group) {
    if (this.off.has(group)) this.off.delete(group);
    else this.off.add(group);
    this.refresh();
  }

  /** Put the colors and the order of the points on the graphics card. */
  refresh() {
    const { count } = this.points;
    const full = count > 30000 ? 190 : 225;
    const dim = new Uint32Array(count);
    const bright = new Uint32Array(count);
    let [dims, brights] = [0, 0];
    for (let row = 0; row < count; row++) {
      const group = this.group(row);
      if (!this.shown(row)) continue;
      const on = !this.focus || this.focus[row];
      const color = this.colors[group];
      this.bytes.set(color, 4 * row);
      this.bytes[4 * row + 3] = on ? (this.focus ? 255 : full) : 30;
      if (on) bright[brights++] = row;
      else dim[dims++] = row;
    }
    const order = new Uint32Array(dims + brights);
    order.set(dim.subarray(0, dims));
    order.set(bright.subarray(0, brights), dims);
    this.scatter.paint(this.bytes, order);
    this.redraw();
  }

  redraw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    this.scatter.draw(this.camera, this.pointSize());
    const style = getComputedStyle(document.body);
    const { coordinates } = this.points;
    const at = this.marked;
    this.overlay.draw(this.camera, {
      hidden: (/** @type {number} */ group) => this.off.has(group),
      lasso: this.lasso,
      marked: at < 0 ? null : [coordinates[2 * at], coordinates[2 * at + 1]],
      theme: { ground: style.backgroundColor, ink: style.color, accent: style.getPropertyValue("outline-color") || style.color },
    });
  }

  pointSize() {
    const { width, height, zoom } = this.camera;
    const spacing = Math.sqrt((width * height) / this.points.count);
    return Math.max(2, Math.min(14, spacing * 0.5 * Math.sqrt(zoom)));
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = /** @type {Element} */ (this.canvas.parentElement);
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.camera.resize(width, height, ratio);
    for (const canvas of [this.canvas, this.top]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.draw();
  }

  /** Ring a point. @param {number} row */
  mark(row) {
    if (row === this.marked) return;
    this.marked = row;
    this.redraw();
  }

  /** Go to a point. @param {number} row */
  goTo(row) {
    const { coordinates } = this.points;
    Object.assign(this.camera, { x: coordinates[2 * row], y: coordinates[2 * row + 1] });
    if (this.camera.zoom < 3) this.camera.zoomBy(3 / this.camera.zoom);
    this.mark(row);
    this.redraw();
  }

  // what the pointer calls

  /** @param {[number, number]} point @returns {number} */
  nearest(point) {
    const [x, y] = this.camera.toMap(...point);
    const reach = (this.pointSize() / 2 + 6) / this.camera.scale;
    return this.grid.nearest(x, y, reach, (/** @type {number} */ row) => this.shown(row));
  }

  /** @param {[number, number]} point */
  hover(point) {
    const row = this.nearest(point);
    this.listener.onHover(row, point);
  }

  leave() {
    this.listener.onHover(-1, [0, 0]);
  }

  /** @param {[number, number]} point */
  pick(point) {
    const row = this.nearest(point);
    if (row >= 0) this.listener.onPick(row);
  }

  /** @param {[number, number][]} polygon */
  enclose(polygon) {
    const inside = /** @type {number[]} */ (pointsInside(this.points.coordinates, polygon));
    this.listener.onEnclose(inside.filter((row) => this.shown(row)));
  }

  isLassoOn() {
    return this.lassoOn;
  }

  /** @param {boolean} on */
  setLasso(on) {
    this.lassoOn = on;
    this.top.classList.toggle("lasso", on);
    this.listener.onLasso(on);
  }
}
