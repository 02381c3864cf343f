"use strict";
// What is picked, and how it is shown.

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const figures = data.figures.map((figure, i) => new Figure(figure, byId("bytes-" + i)));

const state = {
  figure: data.view.figure,
  layer: data.view.layer,
  head: data.view.head,
  token: data.view.token < 0 ? null : data.view.token, // of the queries
  view: "matrix",
  isJoined: false,
  hasSpecial: true,
  pointed: null, // {i, j} under the mouse; j null over a label
};
let shown = {}; // what the state makes: figure, queries, keys, map, place

const element = (name, attributes, text) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};

// ---- What is shown ---------------------------------------------------------------------------------------------

const headName = (head) => (head === kMean ? "mean of heads" : head === kRollout ? "rollout" : `head ${head}`);
const layerName = (layer) => (layer === kMean ? "all layers" : `layer ${layer}`);
function viewName() {
  if (state.head === kRollout) return state.layer === kMean ? "Rollout over all layers" : `Rollout up to layer ${state.layer}`;
  const name = `${layerName(state.layer)}, ${headName(state.head)}`;
  return name[0].toUpperCase() + name.slice(1);
}

function pickedRow() {
  const row = shown.queries.findIndex((entry) => entry.tokens.includes(state.token));
  return row < 0 ? null : row;
}

function compute() {
  const figure = figures[state.figure];
  const queries = entriesOf(figure.queries, state.isJoined, state.hasSpecial);
  const keys = entriesOf(figure.keys, state.isJoined, state.hasSpecial);
  shown = { figure, queries, keys, map: joinMap(figure.map(state.layer, state.head), queries, keys) };
  shown.place = state.view === "matrix" ? matrixPlace() : arcsPlace();
}

const longest = (entries) => Math.max(...entries.map((entry) => [...entry.label].length));

function matrixPlace() {
  const width = byId("stage").clientWidth;
  const left = Math.min(130, 14 + 8 * longest(shown.queries));
  const label = Math.min(110, 8 * longest(shown.keys));
  const right = Math.round(label * 0.62) + 4;
  const cell = Math.max(11, Math.min(34, Math.floor((width - left - right) / shown.keys.length)));
  return { left, right, cell, top: Math.round(label * 0.79) + 16, line: cell };
}

function arcsPlace() {
  const width = Math.max(260, byId("stage").clientWidth);
  const left = Math.min(150, 20 + 8 * longest(shown.queries));
  const right = width - Math.min(150, 20 + 8 * longest(shown.keys));
  const count = Math.max(shown.queries.length, shown.keys.length);
  return { left, right, width, top: 4, line: Math.max(15, Math.min(26, Math.floor(620 / count))) };
}

// ---- Drawing it ------------------------------------------------------------------------------------------------

function drawPicture() {
  const { map, place } = shown;
  const isMatrix = state.view === "matrix";
  const row = state.pointed ? state.pointed.i : pickedRow();
  byId("matrix").hidden = !isMatrix;
  byId("arcs").toggleAttribute("hidden", isMatrix);
  if (isMatrix) {
    const cell = state.pointed && state.pointed.j !== null ? state.pointed : null;
    drawMatrix(byId("matrix"), map, place, pickedRow(), cell);
  } else {
    const svg = byId("arcs");
    const height = 2 * place.top + Math.max(map.rows, map.columns) * place.line;
    svg.setAttribute("viewBox", `0 0 ${place.width} ${height}`);
    svg.setAttribute("width", place.width);
    svg.setAttribute("height", height);
    drawArcs(svg, map, place, row);
  }
}

function strongest(row) {
  const weights = [...shown.map.row(row)].map((weight, j) => ({ weight, label: shown.keys[j].label }));
  return weights.sort((a, b) => b.weight - a.weight);
}

function drawLabels() {
  const { place, queries, keys } = shown;
  const isMatrix = state.view === "matrix";
  const size = Math.max(9, Math.min(14, place.line - 1));
  const rows = byId("rows");
  const columns = byId("columns");
  rows.replaceChildren();
  columns.replaceChildren();
  rows.className = columns.className = state.view;
  rows.setAttribute("aria-label", `Tokens that attend, of ${shown.figure.queries.name}`);
  queries.forEach((entry, i) => {
    const label = element("div", { role: "option", id: `query-${i}`, "data-row": i, title: entry.label }, entry.label);
    label.classList.toggle("special", entry.special);
    label.style.cssText = `left:0;top:${place.top + i * place.line}px;width:${place.left - 3}px;height:${place.line}px;
      line-height:${place.line}px;font-size:${size}px`;
    rows.append(label);
  });
  keys.forEach((entry, j) => {
    const label = element("span", { "data-column": j, title: entry.label }, entry.label);
    label.classList.toggle("special", entry.special);
    label.style.cssText = isMatrix
      ? `left:${place.left + (j + 0.75) * place.cell}px;top:${place.top - 22}px;height:18px;line-height:18px;
         max-width:110px;font-size:${size}px`
      : `left:${place.right}px;top:${place.top + j * place.line}px;width:${place.width - place.right}px;
         height:${place.line}px;line-height:${place.line}px;font-size:${size}px`;
    columns.append(label);
  });
}

function markLabels() {
  const row = pickedRow();
  for (const label of byId("rows").children) {
    label.setAttribute("aria-selected", String(Number(label.dataset.row) === row));
  }
  if (row === null) byId("rows").removeAttribute("aria-activedescendant");
  else byId("rows").setAttribute("aria-activedescendant", `query-${row}`);
  for (const label of byId("columns").children) {
    label.classList.toggle("lit", Boolean(state.pointed) && Number(label.dataset.column) === state.pointed.j);
  }
}

// The row under the mouse, else the picked one, else the mean of all.
function drawRow() {
  const row = state.pointed ? state.pointed.i : pickedRow();
  const body = byId("row").tBodies[0];
  const { map, keys, queries, figure } = shown;
  const weights =
    row === null
      ? keys.map((key, j) => ({ label: key.label, weight: queries.reduce((sum, _, i) => sum + map.at(i, j), 0) / map.rows }))
      : strongest(row);
  weights.sort((a, b) => b.weight - a.weight);
  byId("row-title").textContent =
    row === null ? "What all of them attend to, on average" : `What “${queries[row].label}” attends to`;
  if (state.head === kRollout) {
    byId("row-title").textContent = row === null ? "What they are made of, on average" : `What “${queries[row].label}” is made of`;
  }
  const kMost = 12;
  body.replaceChildren(
    ...weights.slice(0, kMost).map(({ label, weight }) => {
      const line = element("tr");
      const track = element("div", { class: "track" });
      const fill = element("div", { class: "fill" });
      fill.style.width = (100 * weight).toFixed(2) + "%";
      track.append(fill);
      const bar = element("td", { "aria-hidden": "true" });
      bar.append(track);
      line.append(element("td", { class: "name text", title: label }, label), bar, element("td", { class: "value" }, percent(weight)));
      return line;
    }),
  );
  const sum = weights.reduce((total, { weight }) => total + weight, 0);
  const rest = weights.slice(kMost).reduce((total, { weight }) => total + weight, 0);
  const parts = [];
  if (weights.length > kMost) parts.push(`${weights.length - kMost} more hold ${percent(rest)}`);
  if (!state.hasSpecial) parts.push(`what is hidden holds ${percent(1 - sum)}`);
  parts.push(`sum of the row ${percent(state.hasSpecial ? sum : 1)}`);
  const text = parts.join("; ");
  byId("row-sum").textContent = text[0].toUpperCase() + text.slice(1) + ".";
  byId("row-sum").dataset.sum = sum;
  const axes = figure.isSelf ? "" : ` Rows are ${figure.queries.name}, columns are ${figure.keys.name}.`;
  byId("caption").textContent = figure.caption + axes;
}

function drawTitle() {
  const figure = shown.figure.name + ": ";
  byId("picture-title").textContent = (figures.length > 1 ? figure : "") + viewName();
}

function headCells() {
  const { layers, heads, isSelf } = figures[state.figure];
  const columns = [...Array(heads).keys(), kMean, ...(isSelf ? [kRollout] : [])];
  return [...Array(layers).keys(), kMean].map((layer) => ({
    layer,
    cells: columns.filter((head) => layer !== kMean || head < 0).map((head) => ({ layer, head })),
    columns,
  }));
}

function drawHeads() {
  const grid = byId("heads");
  const rows = headCells();
  const { columns } = rows[0];
  grid.replaceChildren();
  grid.style.gridTemplateColumns = `2rem repeat(${columns.length}, minmax(0, 3.2rem))`;
  const header = element("div", { role: "row" });
  header.append(element("span", { role: "columnheader" }, "layer"));
  columns.forEach((head) =>
    header.append(element("span", { role: "columnheader", title: headName(head) }, head === kMean ? "mean" : head === kRollout ? "roll" : head)),
  );
  grid.append(header);
  for (const { layer, cells } of rows) {
    const row = element("div", { role: "row" });
    row.append(element("span", { role: "rowheader" }, layer === kMean ? "all" : layer));
    for (const { head } of cells) {
      const cell = element("div", {
        role: "gridcell",
        "data-layer": layer,
        "data-head": head,
        "aria-label": `${layerName(layer)}, ${headName(head)}`,
        title: `${layerName(layer)}, ${headName(head)}`,
      });
      const canvas = element("canvas", { "aria-hidden": "true" });
      drawThumbnail(canvas, joinMap(figures[state.figure].map(layer, head), shown.queries, shown.keys));
      cell.append(canvas);
      if (layer === kMean && head === kMean) cell.style.gridColumn = columns.indexOf(kMean) + 2;
      row.append(cell);
    }
    grid.append(row);
  }
}

function markHeads() {
  for (const cell of byId("heads").querySelectorAll('[role="gridcell"]')) {
    const isChosen = Number(cell.dataset.layer) === state.layer && Number(cell.dataset.head) === state.head;
    cell.setAttribute("aria-selected", String(isChosen));
    cell.tabIndex = isChosen ? 0 : -1;
  }
}

function fillChoices() {
  const { layers, heads, isSelf } = figures[state.figure];
  const option = (value, text) => element("option", { value }, text);
  byId("layer").replaceChildren(option(kMean, "all"), ...[...Array(layers).keys()].map((l) => option(l, String(l))));
  const special = [option(kMean, "mean"), ...(isSelf ? [option(kRollout, "rollout")] : [])];
  byId("head").replaceChildren(...special, ...[...Array(heads).keys()].map((h) => option(h, String(h))));
}

// The special tokens of a figure by name, each once: "[CLS] and [SEP]".
function specialNames({ queries, keys }) {
  const names = [...new Set([...queries.tokens, ...keys.tokens].filter((token) => token.special).map((token) => token.label))];
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

// What the figure has, and what the words around it say of it.
function showFigure() {
  const figure = figures[state.figure];
  const names = specialNames(figure);
  byId("special-names").textContent = names;
  byId("special").parentElement.hidden = names === "";
  document.querySelectorAll(".of-special").forEach((part) => (part.hidden = names === ""));
  document.querySelectorAll(".of-self").forEach((part) => (part.hidden = !figure.isSelf));
}

function showControls() {
  byId("layer").value = state.layer;
  byId("head").value = state.head;
  byId("figure").value = state.figure;
  byId("joined").checked = state.isJoined;
  byId("special").checked = state.hasSpecial;
  document.querySelector(`[name="view"][value="${state.view}"]`).checked = true;
}

// `what` changed: "all" of the figure, the "map", or only what is "picked" or pointed at.
function redraw(what) {
  if (what !== "picked") compute();
  if (what === "all") {
    showFigure();
    fillChoices();
    drawHeads();
  }
  if (what !== "picked") drawLabels();
  showControls();
  markHeads();
  markLabels();
  drawTitle();
  drawPicture();
  drawRow();
}

function say() {
  const row = pickedRow();
  const kSaid = 4;
  const words = row === null ? "" : strongest(row).slice(0, kSaid).map(({ label, weight }) => `${label} ${percent(weight)}`).join(", ");
  const verb = state.head === kRollout ? "is made of" : "attends to";
  byId("live").textContent = viewName() + (row === null ? "." : `. ${shown.queries[row].label} ${verb} ${words}.`);
}
