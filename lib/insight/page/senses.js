// Shows the passage behind a point: by pointer, by touch, by arrow keys.
"use strict";
(() => {
  const plane = document.getElementById("plane");
  const points = Array.from(plane.querySelectorAll(".point"));
  const panel = document.getElementById("passage");
  let picked = -1;

  function show(index) {
    if (picked >= 0) points[picked].classList.remove("picked");
    picked = index;
    const point = points[index];
    point.classList.add("picked");
    const place = document.createElement("p");
    place.className = "soft text";
    place.textContent = `sense ${point.dataset.sense}   ${point.dataset.place}`;
    const text = document.createElement("p");
    text.className = "text";
    const mark = document.createElement("mark");
    mark.textContent = point.dataset.word;
    text.append(point.dataset.before, mark, point.dataset.after);
    panel.replaceChildren(place, text);
  }

  points.forEach((point, index) => {
    point.addEventListener("pointerenter", () => show(index));
    point.addEventListener("click", () => show(index));
  });
  plane.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || points.length === 0) return;
    event.preventDefault();
    const from = picked < 0 && step < 0 ? 0 : picked;
    show((from + step + points.length) % points.length);
  });
})();
