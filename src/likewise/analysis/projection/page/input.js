"use strict";
// Input: pointer, wheel, touch and keyboard.

function attachInput(app) {
  const canvas = $("overlay");
  const pointers = new Map(); // pressed pointers by id
  let lassoing = false;
  let moved = 0;

  const position = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const isLassoOn = () => $("lasso").getAttribute("aria-pressed") === "true";
  const setLasso = (on) => {
    $("lasso").setAttribute("aria-pressed", String(on));
    canvas.classList.toggle("lasso", on);
  };
  const hover = ([x, y]) => {
    const [mx, my] = app.camera.toMap(x, y);
    const reach = (app.pointSize() / 2 + 5) / app.camera.scale;
    app.mark(app.grid.nearest(mx, my, reach, (i) => app.shown(i)));
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, position(event));
    moved = 0;
    lassoing = pointers.size === 1 && (isLassoOn() || event.shiftKey);
    app.lasso = lassoing ? [app.camera.toMap(...position(event))] : [];
    canvas.classList.add("dragging");
  });
  canvas.addEventListener("pointermove", (event) => {
    const point = position(event);
    const before = pointers.get(event.pointerId);
    if (!before) return hover(point);
    moved += Math.hypot(point[0] - before[0], point[1] - before[1]);
    if (lassoing) app.lasso.push(app.camera.toMap(...point));
    else if (pointers.size === 1) app.camera.pan(point[0] - before[0], point[1] - before[1]);
    else pinch(event.pointerId, before, point);
    pointers.set(event.pointerId, point);
    if (moved > 4) app.mark(-1);
    app.redraw();
  });
  const pinch = (id, before, point) => {
    const [other] = [...pointers].filter(([key]) => key !== id).map(([, value]) => value);
    const span = (p) => Math.max(Math.hypot(p[0] - other[0], p[1] - other[1]), 1);
    app.camera.pan((point[0] - before[0]) / 2, (point[1] - before[1]) / 2);
    app.camera.zoomBy(span(point) / span(before), (point[0] + other[0]) / 2, (point[1] + other[1]) / 2);
  };
  const release = (event) => {
    if (!pointers.delete(event.pointerId) || pointers.size) return;
    canvas.classList.remove("dragging");
    if (lassoing) {
      if (app.lasso.length > 2 && moved > 4) app.select(pointsInside(app.data.coordinates, app.lasso));
      app.lasso = [];
      lassoing = false;
      setLasso(false);
    } else if (moved <= 4) hover(position(event));
    app.redraw();
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => pointers.size || app.mark(-1));
  canvas.addEventListener("dblclick", (event) => zoom(2, ...position(event)));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 20 : 1;
      zoom(Math.exp(-event.deltaY * lines * 0.0016), ...position(event));
    },
    { passive: false },
  );

  const zoom = (factor, ...point) => {
    app.camera.zoomBy(factor, ...point);
    app.mark(-1);
    app.redraw();
  };
  const fit = () => {
    app.camera.fit();
    app.redraw();
  };
  const pan = (dx, dy) => () => {
    app.camera.pan(dx, dy);
    app.redraw();
  };
  const keys = {
    ArrowLeft: pan(60, 0), ArrowRight: pan(-60, 0), ArrowUp: pan(0, 60), ArrowDown: pan(0, -60),
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
      app.clear();
    }
  });

  let searchTimer;
  $("search").addEventListener("input", () => {
    clearTimeout(searchTimer);
    searchTimer = setTimeout(() => app.search($("search").value), 120);
  });
  $("lasso").onclick = () => setLasso(!isLassoOn());
  $("in").onclick = () => zoom(1.6);
  $("out").onclick = () => zoom(1 / 1.6);
  $("fit").onclick = fit;
  $("clear").onclick = () => app.clear();
  $("csv").onclick = () => app.save("csv");
  $("jsonl").onclick = () => app.save("jsonl");
  $("language").onclick = () => app.setLanguage(app.language === "en" ? "zh" : "en");
  $("theme").onclick = () => app.setTheme(!app.dark);
}

load()
  .then((data) => {
    const app = new App(data);
    attachInput(app);
    app.start();
    globalThis.likewiseMap = app; // for scripts and tests
  })
  .catch((error) => {
    const zh = navigator.language.startsWith("zh");
    $("busy").textContent = typeof DecompressionStream === "undefined" ? TRANSLATIONS[zh ? "zh" : "en"].old : String(error);
    throw error;
  });
