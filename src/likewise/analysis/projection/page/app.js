"use strict";
// The app: state, drawing, search, selection and panels.

const $ = (id) => document.getElementById(id);
const TRANSLATIONS = readJson("translations");
const MAX_LISTED = 100;

class App {
  constructor(data) {
    this.data = data;
    this.colors = palette(data.facts.coloring);
    this.grid = new Grid(data.coordinates);
    this.camera = new Camera();
    this.scatter = createScatter($("points"), data.coordinates);
    const labels = data.facts.labels.map((label) => ({
      ...label,
      x: ((label.x + 1) / 2) * 65535,
      y: ((label.y + 1) / 2) * 65535,
    }));
    this.overlay = new Overlay($("overlay"), labels);
    this.pointColors = new Uint8Array(data.count * 4);
    this.off = new Set(); // hidden groups
    this.found = null; // search matches, one flag per point
    this.selected = null;
    this.lasso = [];
    this.marked = -1;
    this.drawCount = 0;
    this.language = navigator.language.startsWith("zh") ? "zh" : "en";
    const dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark = dark.matches;
    dark.addEventListener("change", () => this.setTheme(dark.matches));
  }

  start() {
    new ResizeObserver(() => this.resize()).observe($("stage"));
    this.setTheme(this.dark);
    this.setLanguage(this.language);
    this.legend();
    this.resize();
    this.repaint();
    $("busy").hidden = true;
    document.documentElement.dataset.ready = "yes";
  }

  // drawing: at most once per frame, and only after a change

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    this.drawCount++;
    this.scatter.draw(this.camera, this.pointSize());
    const mark = this.marked;
    this.overlay.draw(this.camera, {
      hidden: (group) => !this.data.facts.byColumn && this.off.has(group),
      lasso: this.lasso,
      marked: mark < 0 ? null : [this.data.coordinates[2 * mark], this.data.coordinates[2 * mark + 1]],
      theme: this.theme,
    });
  }

  pointSize() {
    const { width, height, zoom } = this.camera;
    const spacing = Math.sqrt((width * height) / this.data.count);
    return Math.max(2, Math.min(14, spacing * 0.6 * Math.sqrt(zoom)));
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = $("stage");
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.camera.resize(width, height, ratio);
    for (const id of ["points", "overlay"]) {
      $(id).width = Math.round(width * ratio);
      $(id).height = Math.round(height * ratio);
    }
    this.draw();
  }

  group(i) {
    return Math.min(this.data.groups[i], this.colors.length - 1);
  }

  shown(i) {
    return !this.off.has(this.group(i));
  }

  /** One flag per point in focus: the selection, else the search matches; null means all. */
  get focus() {
    return this.selected ?? this.found;
  }

  repaint() {
    const { count } = this.data;
    const focus = this.focus;
    const full = count > 30000 ? 190 : 225;
    const dim = new Uint32Array(count);
    const bright = new Uint32Array(count);
    let [dims, brights] = [0, 0];
    for (let i = 0; i < count; i++) {
      const group = this.group(i);
      if (this.off.has(group)) continue;
      const on = !focus || focus[i];
      const [r, g, b] = this.colors[group];
      this.pointColors[4 * i] = r;
      this.pointColors[4 * i + 1] = g;
      this.pointColors[4 * i + 2] = b;
      this.pointColors[4 * i + 3] = on ? (focus ? 255 : full) : 26;
      if (on) bright[brights++] = i;
      else dim[dims++] = i;
    }
    const order = new Uint32Array(dims + brights);
    order.set(dim.subarray(0, dims));
    order.set(bright.subarray(0, brights), dims);
    this.scatter.paint(this.pointColors, order);
    this.list();
    this.redraw();
  }

  // search and selection

  search(query) {
    const needle = query.trim().toLowerCase();
    this.lowercaseTexts ??= this.data.texts.map((text) => text.toLowerCase());
    this.found = needle ? Uint8Array.from(this.lowercaseTexts, (text) => text.includes(needle)) : null;
    this.selected = null;
    this.repaint();
  }

  select(rows) {
    this.selected = null;
    if (rows.length) {
      this.selected = new Uint8Array(this.data.count);
      for (const i of rows) if (this.shown(i)) this.selected[i] = 1;
    }
    this.repaint();
  }

  rows() {
    const focus = this.focus;
    const rows = [];
    for (let i = 0; i < this.data.count; i++) {
      if ((!focus || focus[i]) && this.shown(i)) rows.push(i);
    }
    return rows;
  }

  clear() {
    this.selected = this.found = null;
    this.lasso = [];
    $("search").value = "";
    this.mark(-1);
    this.repaint();
  }

  async save(kind) {
    const text = await exportRows(this.data, this.rows(), (i) => this.groupName(i), kind);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = `${this.data.facts.file}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // translations

  t(key, values = {}) {
    return TRANSLATIONS[this.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  number(value) {
    return value.toLocaleString(this.language);
  }

  setLanguage(language) {
    this.language = language;
    document.documentElement.lang = language;
    const { facts, count } = this.data;
    for (const each of document.querySelectorAll("[data-text]")) each.textContent = this.t(each.dataset.text);
    for (const each of document.querySelectorAll("[data-label]")) {
      each.setAttribute("aria-label", this.t(each.dataset.label));
      if (each.tagName === "BUTTON") each.title = this.t(each.dataset.label);
    }
    $("search").placeholder = this.t("search");
    $("language").textContent = this.t("other");
    $("language").setAttribute("aria-label", this.t("otherLabel"));
    $("facts").textContent = this.t("facts", {
      count: this.number(count),
      clusters: this.number(facts.clusters),
      method: this.t(facts.method),
    });
    const [before, after] = this.t("trust", { value: "\n", sampled: this.number(facts.sampled) }).split("\n");
    const value = document.createElement("strong");
    value.textContent = facts.trustworthiness?.toFixed(2);
    $("trust").replaceChildren(...(facts.trustworthiness === null ? [this.t("noTrust")] : [before, value, after]));
    const { title } = facts.coloring;
    $("coloring").textContent = facts.byColumn ? this.t("column", { name: title }) : this.t("cluster");
    this.legend();
    this.list();
  }

  setTheme(dark) {
    this.dark = dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    const style = getComputedStyle(document.documentElement);
    const value = (name) => style.getPropertyValue(name).trim();
    this.theme = { ground: value("--ground"), ink: value("--ink"), accent: value("--accent") };
    this.redraw();
  }

  groupName(i) {
    const { coloring } = this.data.facts;
    if (coloring.low === null) return coloring.names[this.data.groups[i]] ?? "";
    const step = this.data.groups[i];
    return step > 255 ? "" : coloring.low + (step / 255) * (coloring.high - coloring.low);
  }

  // panels

  legend() {
    const { coloring, byColumn } = this.data.facts;
    if (coloring.low !== null) {
      const bar = document.createElement("li");
      bar.className = "shades";
      const stops = [0, 64, 128, 192, 255].map((step) => css(this.colors[step]));
      bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
      const ends = document.createElement("li");
      ends.className = "ends";
      ends.append(...[coloring.low, coloring.high].map((end) => {
        const span = document.createElement("span");
        span.textContent = this.number(end);
        return span;
      }));
      $("legend").replaceChildren(bar, ends);
      return;
    }
    this.sizes ??= this.data.groups.reduce((sizes, _, i) => (sizes[this.group(i)]++, sizes), new Uint32Array(this.colors.length));
    const rest = this.t(byColumn ? "rest" : "none");
    const items = [...coloring.names, rest].map((name, group) => this.legendItem(name, group));
    $("legend").replaceChildren(...items.filter((_, group) => this.sizes[group]));
  }

  legendItem(name, group) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(!this.off.has(group)));
    const parts = ["swatch", "name", "size"].map((part) => {
      const span = document.createElement("span");
      span.className = part;
      return span;
    });
    parts[0].style.background = css(this.colors[group]);
    parts[1].textContent = name;
    parts[2].textContent = this.number(this.sizes[group]);
    button.append(...parts);
    button.onclick = () => {
      const off = this.off.has(group);
      if (off) this.off.delete(group);
      else this.off.add(group);
      button.setAttribute("aria-pressed", String(off));
      this.repaint();
    };
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  list() {
    const rows = this.rows();
    const key = this.selected ? "selected" : this.found ? "found" : "all";
    $("count").textContent = this.t(key, { count: this.number(rows.length) });
    $("clear").hidden = !this.focus;
    const items = (this.focus ? rows.slice(0, MAX_LISTED) : []).map((i) => {
      const button = document.createElement("button");
      button.type = "button";
      const [swatch, text] = [document.createElement("i"), document.createElement("span")];
      swatch.className = "swatch";
      swatch.style.background = css(this.colors[this.group(i)]);
      text.textContent = this.data.texts[i];
      button.append(swatch, text);
      button.onclick = () => this.goTo(i);
      button.onfocus = () => this.mark(i);
      const item = document.createElement("li");
      item.append(button);
      return item;
    });
    if (this.focus && rows.length > MAX_LISTED) {
      const more = document.createElement("li");
      more.textContent = this.t("more", { count: this.number(rows.length - MAX_LISTED) });
      items.push(more);
    }
    $("list").replaceChildren(...items);
  }

  goTo(i) {
    const [x, y] = [this.data.coordinates[2 * i], this.data.coordinates[2 * i + 1]];
    Object.assign(this.camera, { x, y });
    if (this.camera.zoom < 4) this.camera.zoomBy(4 / this.camera.zoom);
    this.mark(i);
  }

  /** Highlight a point with a ring and show its text in a tooltip. */
  mark(i) {
    if (i !== this.marked) this.redraw();
    this.marked = i;
    const tip = $("tip");
    tip.hidden = i < 0;
    if (i < 0) return;
    const text = this.data.texts[i];
    const group = document.createElement("small");
    const name = this.groupName(i);
    group.textContent = typeof name === "number" ? this.number(name) : name || this.t(this.data.facts.byColumn ? "empty" : "none");
    tip.replaceChildren(text.length > 400 ? `${text.slice(0, 400)}…` : text, group);
    const [x, y] = this.camera.toScreen(this.data.coordinates[2 * i], this.data.coordinates[2 * i + 1]);
    const { offsetWidth: width, offsetHeight: height } = tip;
    tip.style.left = `${Math.max(4, Math.min(this.camera.width - width - 4, x + 12))}px`;
    tip.style.top = `${y + 14 + height > this.camera.height ? Math.max(4, y - 14 - height) : y + 14}px`;
  }
}
