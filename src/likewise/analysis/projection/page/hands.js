"use strict";
// Pointer, wheel, fingers and keys.

function attach(page) {
  const canvas = $("overlay");
  const held = new Map(); // pointers that are down, by id
  let lassoing = false;
  let moved = 0;

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const lassoOn = () => $("lasso").getAttribute("aria-pressed") === "true";
  const setLasso = (on) => {
    $("lasso").setAttribute("aria-pressed", String(on));
    canvas.classList.toggle("lasso", on);
  };
  const hover = ([x, y]) => {
    const [mx, my] = page.camera.toMap(x, y);
    const reach = (page.pointSize() / 2 + 5) / page.camera.scale;
    page.mark(page.grid.nearest(mx, my, reach, (i) => page.shown(i)));
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, at(event));
    moved = 0;
    lassoing = held.size === 1 && (lassoOn() || event.shiftKey);
    page.lasso = lassoing ? [page.camera.toMap(...at(event))] : [];
    canvas.classList.add("dragging");
  });
  canvas.addEventListener("pointermove", (event) => {
    const place = at(event);
    const before = held.get(event.pointerId);
    if (!before) return hover(place);
    moved += Math.hypot(place[0] - before[0], place[1] - before[1]);
    if (lassoing) page.lasso.push(page.camera.toMap(...place));
    else if (held.size === 1) page.camera.pan(place[0] - before[0], place[1] - before[1]);
    else pinch(event.pointerId, before, place);
    held.set(event.pointerId, place);
    if (moved > 4) page.mark(-1);
    page.redraw();
  });
  const pinch = (id, before, place) => {
    const [other] = [...held].filter(([key]) => key !== id).map(([, value]) => value);
    const span = (p) => Math.max(Math.hypot(p[0] - other[0], p[1] - other[1]), 1);
    page.camera.pan((place[0] - before[0]) / 2, (place[1] - before[1]) / 2);
    page.camera.zoomBy(span(place) / span(before), (place[0] + other[0]) / 2, (place[1] + other[1]) / 2);
  };
  const release = (event) => {
    if (!held.delete(event.pointerId) || held.size) return;
    canvas.classList.remove("dragging");
    if (lassoing) {
      if (page.lasso.length > 2 && moved > 4) page.select(inside(page.data.places, page.lasso));
      page.lasso = [];
      lassoing = false;
      setLasso(false);
    } else if (moved <= 4) hover(at(event));
    page.redraw();
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => held.size || page.mark(-1));
  canvas.addEventListener("dblclick", (event) => zoom(2, ...at(event)));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 20 : 1;
      zoom(Math.exp(-event.deltaY * lines * 0.0016), ...at(event));
    },
    { passive: false },
  );

  const zoom = (factor, ...place) => {
    page.camera.zoomBy(factor, ...place);
    page.mark(-1);
    page.redraw();
  };
  const fit = () => {
    page.camera.fit();
    page.redraw();
  };
  const step = (dx, dy) => () => {
    page.camera.pan(dx, dy);
    page.redraw();
  };
  const keys = {
    ArrowLeft: step(60, 0), ArrowRight: step(-60, 0), ArrowUp: step(0, 60), ArrowDown: step(0, -60),
    "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: fit,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      setLasso(false);
      page.clear();
    }
  });

  let waiting;
  $("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => page.search($("search").value), 120);
  });
  $("lasso").onclick = () => setLasso(!lassoOn());
  $("in").onclick = () => zoom(1.6);
  $("out").onclick = () => zoom(1 / 1.6);
  $("fit").onclick = fit;
  $("clear").onclick = () => page.clear();
  $("csv").onclick = () => page.save("csv");
  $("jsonl").onclick = () => page.save("jsonl");
  $("language").onclick = () => page.setLanguage(page.language === "en" ? "zh" : "en");
  $("theme").onclick = () => page.setTheme(!page.dark);
}

load()
  .then((data) => {
    const page = new Page(data);
    attach(page);
    page.start();
    globalThis.likewiseMap = page; // for whoever scripts the page
  })
  .catch((error) => {
    const zh = navigator.language.startsWith("zh");
    $("busy").textContent = typeof DecompressionStream === "undefined" ? WORDS[zh ? "zh" : "en"].old : String(error);
    throw error;
  });
