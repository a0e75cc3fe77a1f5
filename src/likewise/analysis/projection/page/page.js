"use strict";
// The page: what is shown, what people do with it.

const $ = (id) => document.getElementById(id);
const WORDS = read("words");
const LISTED = 100;

class Page {
  constructor(data) {
    this.data = data;
    this.colors = palette(data.facts.coloring);
    this.grid = new Grid(data.places);
    this.camera = new Camera();
    this.points = pointsOn($("points"), data.places);
    const labels = data.facts.labels.map((label) => ({
      ...label,
      x: ((label.x + 1) / 2) * 65535,
      y: ((label.y + 1) / 2) * 65535,
    }));
    this.overlay = new Overlay($("overlay"), labels);
    this.tints = new Uint8Array(data.count * 4);
    this.off = new Set(); // groups that are not shown
    this.found = null; // points that the search found, as flags
    this.selected = null;
    this.lasso = [];
    this.marked = -1;
    this.draws = 0;
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

  // drawing: only when something has changed, once a frame

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.drawNow();
    });
  }

  drawNow() {
    this.draws++;
    this.points.draw(this.camera, this.pointSize());
    const mark = this.marked;
    this.overlay.draw(this.camera, {
      hidden: (group) => !this.data.facts.byColumn && this.off.has(group),
      lasso: this.lasso,
      marked: mark < 0 ? null : [this.data.places[2 * mark], this.data.places[2 * mark + 1]],
      theme: this.theme,
    });
  }

  pointSize() {
    const { width, height, zoom } = this.camera;
    const room = Math.sqrt((width * height) / this.data.count);
    return Math.max(2, Math.min(14, room * 0.6 * Math.sqrt(zoom)));
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = $("stage");
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.camera.resize(width, height, ratio);
    for (const id of ["points", "overlay"]) {
      $(id).width = Math.round(width * ratio);
      $(id).height = Math.round(height * ratio);
    }
    this.drawNow();
  }

  group(i) {
    return Math.min(this.data.groups[i], this.colors.length - 1);
  }

  shown(i) {
    return !this.off.has(this.group(i));
  }

  /** The flags of what is in focus: the selection, else what was found; null is everything. */
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
      this.tints[4 * i] = r;
      this.tints[4 * i + 1] = g;
      this.tints[4 * i + 2] = b;
      this.tints[4 * i + 3] = on ? (focus ? 255 : full) : 26;
      if (on) bright[brights++] = i;
      else dim[dims++] = i;
    }
    const order = new Uint32Array(dims + brights);
    order.set(dim.subarray(0, dims));
    order.set(bright.subarray(0, brights), dims);
    this.points.paint(this.tints, order);
    this.list();
    this.redraw();
  }

  // search and selection

  search(query) {
    const wanted = query.trim().toLowerCase();
    this.lowered ??= this.data.texts.map((text) => text.toLowerCase());
    this.found = wanted ? Uint8Array.from(this.lowered, (text) => text.includes(wanted)) : null;
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
    const text = await saved(this.data, this.rows(), (i) => this.groupName(i), kind);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = `${this.data.facts.file}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // words

  say(key, values = {}) {
    return WORDS[this.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  number(value) {
    return value.toLocaleString(this.language);
  }

  setLanguage(language) {
    this.language = language;
    document.documentElement.lang = language;
    const { facts, count } = this.data;
    for (const each of document.querySelectorAll("[data-word]")) each.textContent = this.say(each.dataset.word);
    for (const each of document.querySelectorAll("[data-label]")) {
      each.setAttribute("aria-label", this.say(each.dataset.label));
      if (each.tagName === "BUTTON") each.title = this.say(each.dataset.label);
    }
    $("search").placeholder = this.say("search");
    $("language").textContent = this.say("other");
    $("language").setAttribute("aria-label", this.say("otherLabel"));
    $("facts").textContent = this.say("facts", {
      count: this.number(count),
      clusters: this.number(facts.clusters),
      method: this.say(facts.method),
    });
    const [before, after] = this.say("trust", { value: "\n", sampled: this.number(facts.sampled) }).split("\n");
    const value = document.createElement("strong");
    value.textContent = facts.trustworthiness?.toFixed(2);
    $("trust").replaceChildren(...(facts.trustworthiness === null ? [this.say("noTrust")] : [before, value, after]));
    const { title } = facts.coloring;
    $("coloring").textContent = facts.byColumn ? this.say("column", { name: title }) : this.say("cluster");
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
    const rest = this.say(byColumn ? "rest" : "none");
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
    $("count").textContent = this.say(key, { count: this.number(rows.length) });
    $("clear").hidden = !this.focus;
    const items = (this.focus ? rows.slice(0, LISTED) : []).map((i) => {
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
    if (this.focus && rows.length > LISTED) {
      const more = document.createElement("li");
      more.textContent = this.say("more", { count: this.number(rows.length - LISTED) });
      items.push(more);
    }
    $("list").replaceChildren(...items);
  }

  goTo(i) {
    const [x, y] = [this.data.places[2 * i], this.data.places[2 * i + 1]];
    Object.assign(this.camera, { x, y });
    if (this.camera.zoom < 4) this.camera.zoomBy(4 / this.camera.zoom);
    this.mark(i);
  }

  /** Put a ring around a point, and its text beside it. */
  mark(i) {
    if (i !== this.marked) this.redraw();
    this.marked = i;
    const tip = $("tip");
    tip.hidden = i < 0;
    if (i < 0) return;
    const text = this.data.texts[i];
    const group = document.createElement("small");
    const name = this.groupName(i);
    group.textContent = typeof name === "number" ? this.number(name) : name || this.say(this.data.facts.byColumn ? "empty" : "none");
    tip.replaceChildren(text.length > 400 ? `${text.slice(0, 400)}…` : text, group);
    const [x, y] = this.camera.toScreen(this.data.places[2 * i], this.data.places[2 * i + 1]);
    const { offsetWidth: width, offsetHeight: height } = tip;
    tip.style.left = `${Math.max(4, Math.min(this.camera.width - width - 4, x + 12))}px`;
    tip.style.top = `${y + 14 + height > this.camera.height ? Math.max(4, y - 14 - height) : y + 14}px`;
  }
}
