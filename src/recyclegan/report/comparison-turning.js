"use strict";

// The map turned by drags, keys and buttons; a press without a drag chooses a point.

const STEP = 0.12;
const PACE = 0.01; // radians for each pixel of a drag
const SLACK = 5; // A press that moves less, in pixels, chooses a point.
const MAX_TILT = Math.PI / 2;
const KEYS = {
  ArrowLeft: () => turnBy(-STEP, 0),
  ArrowRight: () => turnBy(STEP, 0),
  ArrowUp: () => turnBy(0, -STEP),
  ArrowDown: () => turnBy(0, STEP),
  "+": () => zoomBy(1.15),
  "-": () => zoomBy(1 / 1.15),
  Home: () => { view = { ...START }; },
};
KEYS["="] = KEYS["+"];

function turnBy(across, up) {
  if (!isSolid()) return;
  view.turn += across;
  view.tilt = Math.min(MAX_TILT, Math.max(-MAX_TILT, view.tilt + up));
}
function zoomBy(factor) {
  view.zoom = Math.min(4, Math.max(0.5, view.zoom * factor));
}
function pressKey(key) {
  KEYS[key]();
  drawSpace();
}

function followPointer(space) {
  let start = null;
  let last = null;
  let isDrag = false;
  space.addEventListener("pointerdown", (event) => {
    start = last = [event.clientX, event.clientY];
    isDrag = false;
    space.setPointerCapture(event.pointerId);
  });
  space.addEventListener("pointermove", (event) => {
    if (!last) return;
    const [across, down] = [event.clientX - start[0], event.clientY - start[1]];
    if (!isDrag && Math.hypot(across, down) < SLACK) return;
    if (event.pointerType === "touch" && !isDrag && Math.abs(down) > Math.abs(across)) {
      last = null; // The browser scrolls the page instead.
      return;
    }
    isDrag = true;
    turnBy((event.clientX - last[0]) * PACE, (event.clientY - last[1]) * PACE);
    last = [event.clientX, event.clientY];
    drawSpace();
  });
  space.addEventListener("pointerup", (event) => {
    if (last && !isDrag) choosePoint(event);
    last = null;
  });
  space.addEventListener("pointercancel", () => { last = null; });
}
function choosePoint(event) {
  const box = $("space").getBoundingClientRect();
  const far = ({ x, y }) => Math.hypot(x - event.clientX + box.left, y - event.clientY + box.top);
  const nearest = drawn.reduce((a, b) => (far(b) < far(a) ? b : a), drawn[0]);
  if (!nearest || far(nearest) > 24) return;
  $("from").value = nearest.place;
  showFrom();
}

if ($("space")) {
  const space = $("space");
  space.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    pressKey(event.key);
  });
  for (const button of document.querySelectorAll(".chartroom button[data-key]")) {
    button.addEventListener("click", () => pressKey(button.dataset.key));
  }
  for (const input of document.querySelectorAll(".switch input")) {
    input.addEventListener("change", showMap);
  }
  followPointer(space);
  $("matrix").addEventListener("change", showMatrix);
  $("from").addEventListener("change", showFrom);
  $("heat-box").addEventListener("toggle", () => drawHeat(matrixShown()));
  new ResizeObserver(drawSpace).observe(space);
  showMatrix();
}
