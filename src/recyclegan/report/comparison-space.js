"use strict";

// Points in space as a person sees them: turned, seen from a distance, labelled without overlap.

const DISTANCE = 3.4; // from which the unit ball is seen
const CHARACTER = 6.9; // width of a label's character, in pixels
const MAX_LABEL = 22;

// Returns x and y on the picture and depth in [-1, 1], near points positive.
function project([x, y, z = 0], { turn, tilt, zoom }, { width, height }) {
  const across = x * Math.cos(turn) + z * Math.sin(turn);
  const away = z * Math.cos(turn) - x * Math.sin(turn);
  const up = y * Math.cos(tilt) - away * Math.sin(tilt);
  const depth = y * Math.sin(tilt) + away * Math.cos(tilt);
  const scale = (zoom * 0.43 * Math.min(width, height) * DISTANCE) / (DISTANCE - depth);
  return { x: width / 2 + across * scale, y: height / 2 - up * scale, depth };
}

// The ball that holds all points, as its equator and two meridians.
const ARCS = Array.from({ length: 61 }, (_, i) => (i * Math.PI) / 30);
const CIRCLES = [
  ARCS.map((arc) => [Math.cos(arc), 0, Math.sin(arc)]),
  ARCS.map((arc) => [0, Math.cos(arc), Math.sin(arc)]),
  ARCS.map((arc) => [Math.cos(arc), Math.sin(arc), 0]),
];

function shorten(text) {
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL - 1)}…` : text;
}

// Gives each spot a place for its label, the first spots first; null where none is free.
function placeLabels(spots, { width, height }) {
  const taken = spots.map(({ x, y }) => ({ left: x - 7, right: x + 7, top: y - 7, bottom: y + 7 }));
  return spots.map(({ x, y, text, urgent }) => {
    const wide = shorten(text).length * CHARACTER;
    const places = [[x + 10, y - 8], [x - 10 - wide, y - 8], [x - wide / 2, y - 26],
      [x - wide / 2, y + 10], [x + 8, y - 24], [x + 8, y + 8], [x - 8 - wide, y - 24]];
    const boxes = places.map(([left, top]) => ({ left, top, right: left + wide, bottom: top + 16 }));
    const inside = boxes.filter((box) =>
      box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height);
    const free = inside.find((box) => !taken.some((other) => overlap(box, other)));
    const box = free ?? (urgent ? inside[0] ?? boxes[0] : null);
    if (box) taken.push(box);
    return box;
  });
}
function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
