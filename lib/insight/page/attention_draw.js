"use strict";
// Drawing: colours, the matrix, the arcs, the thumbnails. Nothing here knows what is picked but what it is told.

// The page's colours as numbers, read anew when the theme changes.
const palette = { paper: [255, 255, 255], ink: [0, 0, 0], accent: [0, 0, 0], warm: "", steps: new Uint32Array(256) };

function readPalette() {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const numbers = (name) => {
    const element = document.createElement("span");
    element.style.color = `var(${name})`;
    document.body.append(element);
    probe.fillStyle = getComputedStyle(element).color;
    element.remove();
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  palette.paper = numbers("--cell");
  palette.accent = numbers("--deep");
  palette.ink = numbers("--soft-ink");
  palette.warm = `rgb(${numbers("--warm")})`;
  const bytes = new Uint8Array(palette.steps.buffer);
  for (let step = 0; step < 256; ++step) bytes.set([...colourOf((step / 255) ** 2), 255], 4 * step);
}

// From the paper's colour to the deep one, by the square root of the weight.
function colourOf(weight) {
  const share = Math.sqrt(Math.min(1, Math.max(0, weight)));
  return palette.paper.map((from, i) => Math.round(from + (palette.accent[i] - from) * share));
}

// One pixel a weight; the browser scales it.
function drawThumbnail(canvas, map) {
  canvas.width = map.columns;
  canvas.height = map.rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(map.columns, map.rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; ++i) pixels[i] = palette.steps[Math.round(255 * Math.sqrt(Math.min(1, map.values[i])))];
  context.putImageData(image, 0, 0);
}

function drawScale(canvas) {
  const context = canvas.getContext("2d");
  for (let x = 0; x < canvas.width; ++x) {
    context.fillStyle = `rgb(${colourOf(x / (canvas.width - 1))})`;
    context.fillRect(x, 0, 1, canvas.height);
  }
}

// Gives a canvas so many CSS pixels and draws in them, sharp on every screen.
function sized(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return context;
}

// The matrix in cells of `cell` pixels from (left, top) on; the picked row stays clear while the others fade.
function drawMatrix(canvas, map, place, picked, pointed) {
  const { left, top, cell } = place;
  const context = sized(canvas, left + map.columns * cell + place.right, top + map.rows * cell + 1);
  const gap = cell > 9 ? 1 : 0;
  for (let i = 0; i < map.rows; ++i) {
    context.globalAlpha = picked === null || picked === i ? 1 : 0.55;
    for (let j = 0; j < map.columns; ++j) {
      context.fillStyle = `rgb(${colourOf(map.at(i, j))})`;
      context.fillRect(left + j * cell, top + i * cell, cell - gap, cell - gap);
    }
  }
  context.globalAlpha = 1;
  context.strokeStyle = palette.warm;
  context.lineWidth = 2;
  if (picked !== null) context.strokeRect(left - 1, top + picked * cell - 1, map.columns * cell + 1, cell + 1);
  if (pointed) context.strokeRect(left + pointed.j * cell - 1, top + pointed.i * cell - 1, cell + 1, cell + 1);
}

// Lines from the queries on the left to the keys on the right, as strong as the weights.
function drawArcs(svg, map, place, picked) {
  const { left, right, top, line } = place;
  const kFaintest = picked === null ? 0.03 : 0.004; // below it a line is only noise
  svg.replaceChildren();
  const lines = [];
  for (let i = 0; i < map.rows; ++i) {
    if (picked !== null && picked !== i) continue;
    for (let j = 0; j < map.columns; ++j) {
      if (map.at(i, j) >= kFaintest) lines.push({ i, j, weight: map.at(i, j) });
    }
  }
  lines.sort((a, b) => a.weight - b.weight);
  for (const { i, j, weight } of lines) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const from = top + (i + 0.5) * line;
    const to = top + (j + 0.5) * line;
    const bend = (right - left) / 2;
    path.setAttribute("d", `M${left},${from} C${left + bend},${from} ${right - bend},${to} ${right},${to}`);
    path.setAttribute("fill", "none");
    path.setAttribute("stroke", `rgb(${palette.accent})`);
    path.setAttribute("stroke-opacity", Math.min(1, 0.1 + 0.9 * Math.sqrt(weight)).toFixed(3));
    path.setAttribute("stroke-width", (0.8 + 8 * weight).toFixed(2));
    path.dataset.row = i;
    path.dataset.column = j;
    svg.append(path);
  }
}
