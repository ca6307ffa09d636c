"use strict";

// The map: which one is shown, how it is turned, and its drawing.

const START = { turn: 0.55, tilt: 0.32, zoom: 1 };
// How far a stress can be trusted (Kruskal 1964).
const JUDGED = [[0.05, "close to the matrix"], [0.1, "fair"], [0.2, "rough"],
  [Infinity, "poor: read the matrix, not the map"]];
let view = { ...START };
let drawn = [];

const svg = (tag, attributes) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};
const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;
const matrixShown = () => data.matrices[$("matrix").value];
const mapShown = () => matrixShown().maps[chosen("method") + chosen("dimensions")];
const isSolid = () => chosen("dimensions") === "3";

function drawSpace() {
  const map = mapShown();
  const space = $("space");
  const box = { width: space.clientWidth, height: space.clientHeight };
  if (!map || !box.width) return space.replaceChildren();
  space.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
  const seen = isSolid() ? view : { turn: 0, tilt: 0, zoom: view.zoom };
  const { labels, roles } = matrixShown();
  const from = Number($("from").value);
  drawn = map.points.map((point, place) => ({ ...project(point, seen, box), place,
    text: labels[place], role: roles[place],
    urgent: place === from || roles[place] === "real" || labels.length <= 6 }));
  space.replaceChildren(
    ...(isSolid() ? CIRCLES : []).map((points) => circle(points, seen, box)),
    ...joins().map(([a, b]) => segment(drawn[a], drawn[b], "join")),
    ...[...drawn].sort((a, b) => a.depth - b.depth).map((spot) => dot(spot, from)),
    ...labelTexts(box));
}
function joins() {
  const pairs = nearestOf(matrixShown()).map((nearest, place) => [place, nearest]);
  return pairs.filter(([place, nearest]) => nearest !== null &&
    !(nearest < place && pairs[nearest][1] === place));
}
function circle(points, seen, box) {
  const corners = points.map((point) => project(point, seen, box))
    .map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);
  return svg("polyline", { class: "frame", points: corners.join(" ") });
}
function segment(a, b, name) {
  const ends = { x1: a.x, y1: a.y, x2: b.x, y2: b.y };
  for (const end of Object.keys(ends)) ends[end] = ends[end].toFixed(1);
  return svg("line", { class: name, ...ends });
}
function dot({ x, y, depth, place, text, role }, from) {
  const node = svg("circle", { class: `${role}${place === from ? " from" : ""}`, "data-place": place,
    cx: x.toFixed(1), cy: y.toFixed(1), r: (6 + 1.6 * depth).toFixed(1),
    "fill-opacity": (0.8 + 0.2 * depth).toFixed(2) });
  const title = svg("title", {});
  title.textContent = text;
  node.append(title);
  return node;
}
function labelTexts(box) {
  const rank = (spot) => (spot.urgent ? 2 : 0) + spot.depth;
  const spots = [...drawn].sort((a, b) => rank(b) - rank(a));
  return placeLabels(spots, box).flatMap((place, index) => {
    if (!place) return [];
    const node = svg("text", { x: place.left.toFixed(1), y: (place.top + 12.5).toFixed(1), class: spots[index].role });
    node.textContent = shorten(spots[index].text);
    return [node];
  });
}

function showStress() {
  const map = mapShown();
  const method = map?.perplexity ? `t-SNE, perplexity ${map.perplexity.toFixed(1)}` : "MDS";
  const name = `${method}, in ${chosen("dimensions")} dimensions`;
  $("space").setAttribute("aria-label", `Map of the sets, ${name}; the list beside it gives the distances`);
  if (!map) $("stress").textContent = "There is no such map of these distances.";
  else if (map.stress === null) $("stress").textContent = `${name}.`;
  else {
    const judged = JUDGED.find(([limit]) => map.stress < limit)[1];
    const of = matrixShown().of && ` Drawn of ${matrixShown().of}.`;
    $("stress").textContent = `${name}: stress ${map.stress.toFixed(3)}, ${judged}.${of}`;
  }
}
function showMap() {
  $("turns").hidden = !isSolid();
  $("space").classList.toggle("solid", isSolid());
  showStress();
  drawSpace();
}
function showMatrix() {
  const matrix = matrixShown();
  fillSelect($("from"), matrix.labels);
  $("from").value = Math.max(matrix.roles.indexOf("real"), 0);
  showFrom();
  showMap();
  drawHeat(matrix);
}
function showFrom() {
  drawNear(matrixShown(), Number($("from").value));
  drawSpace();
}
