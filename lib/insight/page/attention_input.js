"use strict";
// What happens when somebody points, clicks or types.

// ---- Choosing --------------------------------------------------------------------------------------------------

function choose(layer, head) {
  if (layer === kMean && head >= 0) layer = 0; // one head is of one layer
  Object.assign(state, { layer, head });
  redraw("map");
  say();
}

function pick(row) {
  state.token = row === null ? null : shown.queries[row].tokens[0];
  redraw("picked");
  say();
}

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

function moveToken(step) {
  const row = pickedRow();
  pick(row === null ? (step > 0 ? 0 : shown.queries.length - 1) : clamp(row + step, 0, shown.queries.length - 1));
  const label = byId(`query-${pickedRow()}`);
  if (label) label.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// Along a layer the heads stand in the grid's order: 0, 1, … mean, rollout.
function moveHead(step) {
  const { columns } = headCells()[0];
  const heads = state.layer === kMean ? columns.filter((head) => head < 0) : columns;
  choose(state.layer, heads[clamp(heads.indexOf(state.head) + step, 0, heads.length - 1)]);
}

function moveLayer(step) {
  const layers = figures[state.figure].layers;
  const order = [...Array(layers).keys(), ...(state.head < 0 ? [kMean] : [])];
  choose(order[clamp(order.indexOf(state.layer) + step, 0, order.length - 1)], state.head);
}

const toggles = {
  m: () => choose(state.layer, kMean),
  r: () => figures[state.figure].isSelf && choose(state.layer, kRollout),
  v: () => show({ view: state.view === "matrix" ? "arcs" : "matrix" }),
  w: () => show({ isJoined: !state.isJoined }),
  s: () => show({ hasSpecial: !state.hasSpecial }),
  Escape: () => pick(null),
};

function show(change) {
  Object.assign(state, change, { pointed: null });
  redraw("view" in change ? "map" : "all");
  say();
}

const inPicture = {
  ArrowDown: () => moveToken(1),
  ArrowUp: () => moveToken(-1),
  Home: () => pick(0),
  End: () => pick(shown.queries.length - 1),
  ArrowLeft: () => moveHead(-1),
  ArrowRight: () => moveHead(1),
  PageUp: () => moveLayer(-1),
  PageDown: () => moveLayer(1),
};

const inGrid = {
  ArrowDown: () => moveLayer(1),
  ArrowUp: () => moveLayer(-1),
  ArrowLeft: () => moveHead(-1),
  ArrowRight: () => moveHead(1),
  Home: () => choose(state.layer, state.layer === kMean ? kMean : 0),
  End: () => choose(state.layer, headCells()[0].columns.at(-1)),
};

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("form")) return;
  const isGrid = Boolean(event.target.closest("#heads"));
  const isPicture = Boolean(event.target.closest("#stage"));
  const action = (isGrid && inGrid[event.key]) || (isPicture && inPicture[event.key]) || toggles[event.key];
  if (!action) return;
  event.preventDefault();
  action();
  if (isGrid) byId("heads").querySelector('[aria-selected="true"]').focus();
}

// ---- The mouse -------------------------------------------------------------------------------------------------

function cellAt(event) {
  const { place, map } = shown;
  const box = byId("matrix").getBoundingClientRect();
  const j = Math.floor((event.clientX - box.left - place.left) / place.cell);
  const i = Math.floor((event.clientY - box.top - place.top) / place.cell);
  return i >= 0 && j >= 0 && i < map.rows && j < map.columns ? { i, j } : null;
}

function showTip(event) {
  const tip = byId("tip");
  const point = state.pointed;
  tip.hidden = !point || point.j === null;
  if (tip.hidden) return;
  tip.textContent = `${shown.queries[point.i].label} → ${shown.keys[point.j].label}  ${percent(shown.map.at(point.i, point.j))}`;
  const stage = byId("stage");
  const box = stage.getBoundingClientRect();
  const x = event.clientX - box.left + stage.scrollLeft + 12;
  const end = stage.scrollLeft + stage.clientWidth;
  tip.style.left = Math.max(0, x + tip.offsetWidth > end ? x - tip.offsetWidth - 24 : x) + "px";
  tip.style.top = Math.max(0, event.clientY - box.top + stage.scrollTop - 34) + "px";
}

function pointAt(point, event) {
  const before = JSON.stringify(state.pointed);
  state.pointed = point;
  if (JSON.stringify(point) !== before) redraw("picked");
  showTip(event);
}

function pointedIn(event) {
  const { row, column } = event.target.dataset;
  if (event.target.id === "matrix") return cellAt(event);
  if (row !== undefined && event.target.closest("#stage")) return { i: Number(row), j: column === undefined ? null : Number(column) };
  return null;
}

function listen() {
  const stage = byId("stage");
  stage.addEventListener("mousemove", (event) => pointAt(pointedIn(event), event));
  stage.addEventListener("mouseleave", (event) => pointAt(null, event));
  stage.addEventListener("click", (event) => {
    const point = pointedIn(event);
    byId("rows").focus({ preventScroll: true });
    if (point) pick(point.i === pickedRow() ? null : point.i);
  });
  byId("heads").addEventListener("click", (event) => {
    const cell = event.target.closest('[role="gridcell"]');
    if (!cell) return;
    choose(Number(cell.dataset.layer), Number(cell.dataset.head));
    cell.focus({ preventScroll: true });
  });
  document.addEventListener("keydown", onKey);
  byId("layer").addEventListener("change", (event) => {
    const layer = Number(event.target.value);
    choose(layer, layer === kMean && state.head >= 0 ? kMean : state.head);
  });
  byId("head").addEventListener("change", (event) => choose(state.layer, Number(event.target.value)));
  byId("joined").addEventListener("change", (event) => show({ isJoined: event.target.checked }));
  byId("special").addEventListener("change", (event) => show({ hasSpecial: event.target.checked }));
  document.querySelectorAll('[name="view"]').forEach((choice) =>
    choice.addEventListener("change", () => show({ view: choice.value })),
  );
  byId("figure").addEventListener("change", (event) => {
    Object.assign(state, { figure: Number(event.target.value), layer: kMean, head: kMean, token: null, pointed: null });
    redraw("all");
    say();
  });
  byId("theme").addEventListener("change", (event) => {
    document.documentElement.style.colorScheme = event.target.value;
    recolour();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  let width = stage.clientWidth;
  new ResizeObserver(() => {
    if (stage.clientWidth === width) return;
    width = stage.clientWidth;
    redraw("map");
  }).observe(stage);
}

function recolour() {
  readPalette();
  drawScale(byId("scale"));
  redraw("all");
}

function start() {
  byId("figure-choice").hidden = figures.length < 2;
  figures.forEach((figure, i) => byId("figure").append(element("option", { value: i }, figure.name)));
  listen();
  recolour();
}

start();
