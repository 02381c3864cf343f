"use strict";
// One word in several sentences: lines over the layers, and one layer looked at closely.

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const { sentences, layers, attended, groups } = data;

const svgElement = (name, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const htmlElement = (name, text) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
};

const pairs = sentences.flatMap((_, i) => sentences.slice(i + 1).map((__, step) => ({ i, j: i + 1 + step })));
const groupOf = (sentence) => (groups ? groups.findIndex((members) => members.includes(sentence)) : -1);
const kindOf = ({ i, j }) => (groups ? (groupOf(i) === groupOf(j) ? "within" : "across") : "");
let layer = layers.length - 1; // index into layers

function drawSentences() {
  for (const { before, word, after, note } of sentences) {
    const item = htmlElement("li");
    item.className = "text";
    item.append(before, htmlElement("mark", word), after);
    if (note) item.append(Object.assign(htmlElement("span", ` ${note}`), { className: "soft" }));
    byId("sentences").append(item);
  }
}

// ---- The chart -------------------------------------------------------------------------------------------------

const frame = { width: 960, height: 360, left: 38, right: 80, top: 14, bottom: 42 }; // in pixels of the screen
const lowest = Math.min(0.9, ...layers.flatMap(({ cosine }) => cosine.flat()));
const floor = Math.floor(lowest * 10) / 10;
const xOf = (l) => frame.left + (l / (layers.length - 1)) * (frame.width - frame.left - frame.right);
const yOf = (cosine) => frame.top + ((1 - cosine) / (1 - floor)) * (frame.height - frame.top - frame.bottom);

function drawAxes(chart) {
  for (let tenth = Math.round(10 * floor); tenth <= 10; ++tenth) {
    const y = yOf(tenth / 10);
    chart.append(svgElement("line", { class: "axis", x1: frame.left, x2: frame.width - frame.right, y1: y, y2: y }));
    chart.append(svgElement("text", { x: frame.left - 8, y: y + 4, "text-anchor": "end" }, (tenth / 10).toFixed(1)));
  }
  layers.forEach(({ name }, l) => {
    const anchor = l === 0 ? "end" : "middle"; // "word" is long
    chart.append(svgElement("text", { x: xOf(l) + (l === 0 ? 8 : 0), y: frame.height - frame.bottom + 18, "text-anchor": anchor }, name));
  });
  const middle = (frame.left + frame.width - frame.right) / 2;
  chart.append(svgElement("text", { x: middle, y: frame.height - 6, "text-anchor": "middle" }, "layer"));
}

// Labels at the right end, moved apart where lines end close to each other.
function labelPlaces() {
  const kApart = 14;
  const last = layers.at(-1).cosine;
  const places = pairs.map((pair, index) => ({ index, y: yOf(last[pair.i][pair.j]) })).sort((a, b) => a.y - b.y);
  places.forEach((place, k) => {
    if (k > 0) place.y = Math.max(place.y, places[k - 1].y + kApart);
  });
  return new Map(places.map(({ index, y }) => [index, y]));
}

function drawChart() {
  const chart = byId("chart");
  frame.width = Math.max(300, chart.parentElement.clientWidth - 34);
  chart.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
  chart.replaceChildren();
  drawAxes(chart);
  chart.append(svgElement("line", { class: "now", id: "now", y1: frame.top, y2: frame.height - frame.bottom }));
  const kMostLabels = 21;
  const places = labelPlaces();
  pairs.forEach((pair, index) => {
    const line = svgElement("g", { class: kindOf(pair), "data-pair": index });
    const points = layers.map(({ cosine }, l) => `${xOf(l)},${yOf(cosine[pair.i][pair.j])}`).join(" ");
    line.append(svgElement("polyline", { points }));
    line.append(svgElement("polyline", { points, style: "stroke-width:12;stroke-opacity:0;stroke-dasharray:none" }));
    const end = layers.at(-1).cosine[pair.i][pair.j];
    const label = `${pair.i + 1}–${pair.j + 1}  ${end.toFixed(3)}`;
    if (pairs.length <= kMostLabels) {
      line.append(svgElement("text", { x: xOf(layers.length - 1) + 6, y: places.get(index) + 4 }, label));
    }
    line.append(svgElement("title", {}, `sentences ${label} after the last layer`));
    chart.append(line);
  });
  const lines = [...chart.querySelectorAll("g")];
  chart.onmousemove = (event) => {
    const over = event.target.closest("g");
    lines.forEach((line) => line.classList.toggle("faded", Boolean(over) && line !== over));
  };
  chart.onmouseleave = () => lines.forEach((line) => line.classList.remove("faded"));
  chart.onclick = (event) => {
    const x = ((event.clientX - chart.getBoundingClientRect().left) / chart.clientWidth) * frame.width;
    choose(Math.round(((x - frame.left) / (frame.width - frame.left - frame.right)) * (layers.length - 1)));
  };
  const numbers = groups && groups.map((members) => members.map((member) => member + 1).join(" + ")).join(", ");
  byId("chart-legend").textContent = groups
    ? `Solid: pairs within a group that the last layer tells apart (${numbers}). Dashed: pairs across. Click to look at a layer.`
    : "One line for each pair of sentences. Click to look at a layer.";
}

// ---- One layer -------------------------------------------------------------------------------------------------

function drawCosines() {
  const table = byId("cosines");
  const { cosine } = layers[layer];
  const head = htmlElement("tr");
  head.append(htmlElement("th"), ...sentences.map((_, i) => Object.assign(htmlElement("th", i + 1), { scope: "col" })));
  const rows = cosine.map((row, i) => {
    const line = htmlElement("tr");
    line.append(Object.assign(htmlElement("th", i + 1), { scope: "row" }));
    row.forEach((value) => {
      const cell = htmlElement("td", value.toFixed(3));
      const share = Math.max(0, (value - floor) / (1 - floor));
      cell.style.background = `color-mix(in srgb, var(--deep) ${(100 * share).toFixed(0)}%, var(--cell))`;
      cell.style.color = share > 0.45 ? "var(--paper)" : "var(--ink)";
      line.append(cell);
    });
    return line;
  });
  table.replaceChildren(table.caption, head, ...rows);
}

// What made this layer's vectors: the attention inside encoder layer n is attention layer n - 1.
function drawAttended() {
  const box = byId("attended");
  const inside = layers[layer].name === "word" ? -1 : Number(layers[layer].name) - 1;
  if (inside < 0) {
    box.replaceChildren(htmlElement("p", "No attention yet: what makes this layer looks at no other word."));
    return;
  }
  const kMost = 8;
  box.replaceChildren(
    ...attended[inside].map(({ words, leftOut }, s) => {
      const part = htmlElement("div");
      part.append(htmlElement("h3", `In ${s + 1}, attention layer ${inside}`));
      const list = htmlElement("ul");
      words.slice(0, kMost).forEach(({ word, weight }) => {
        const item = htmlElement("li");
        const bar = htmlElement("i");
        bar.style.width = `${((100 * weight) / words[0].weight).toFixed(1)}%`;
        item.append(bar, htmlElement("span", word), htmlElement("span", `${(100 * weight).toFixed(1)} %`));
        list.append(item);
      });
      part.append(list, Object.assign(htmlElement("p", `Left out: ${(100 * leftOut).toFixed(1)} %`), { className: "soft" }));
      return part;
    }),
  );
}

function choose(wanted) {
  layer = Math.max(0, Math.min(layers.length - 1, wanted));
  const { name } = layers[layer];
  byId("layer").value = layer;
  byId("layer").setAttribute("aria-valuetext", name);
  byId("layer-name").textContent = name;
  byId("layer-title").textContent =
    name === "word" ? "At layer word: the row of the embedding table" : name === "0" ? "At layer 0: word and position" : `After layer ${name}`;
  byId("now").setAttribute("x1", xOf(layer));
  byId("now").setAttribute("x2", xOf(layer));
  drawCosines();
  drawAttended();
  const { cosine } = layers[layer];
  byId("live").textContent = `Layer ${name}: ` + pairs.map(({ i, j }) => `${i + 1} and ${j + 1} ${cosine[i][j].toFixed(3)}`).join(", ");
}

byId("layer").max = layers.length - 1;
byId("layer").addEventListener("input", (event) => choose(Number(event.target.value)));
window.addEventListener("resize", () => {
  drawChart();
  choose(layer);
});
drawSentences();
drawChart();
choose(layer);
